"""`winnow classify …` whole: the group with all its commands, for the roof."""

from __future__ import annotations

from classify.cli import answering, evaluating, exporting, serving, training
from classify.cli.group import group

__all__ = ["answering", "evaluating", "exporting", "group", "serving", "training"]
