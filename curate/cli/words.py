"""`winnow curate …` whole: the group with all its commands, for the roof."""

from __future__ import annotations

from curate.cli import cleaning, handing, judging, paging, sorting
from curate.cli.group import group

__all__ = ["cleaning", "group", "handing", "judging", "paging", "sorting"]
