"""`winnow harvest …` whole: the group with all its commands, for the roof."""

from __future__ import annotations

from harvest.cli import again, gather, takedown, upkeep
from harvest.cli.group import group

__all__ = ["again", "gather", "group", "takedown", "upkeep"]
