"""`curate build --split-from`: the parts that a published lock file gives, for one's own pictures.

A picture is recognised by its sha256, else by one of its addresses: what was encoded anew since
stands where the publisher had it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.selection import Chosen
from curate.store.opinions import Assigned
from harvest.ledger.errors import DataError
from harvest.ledger.lockfile import LockLine, read_lock
from harvest.ledger.manifest import SPLITS

_GROUP = re.compile(r"[0-9a-f]{8,64}")
_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True)
class LockParts:
    """What a lock file says of the pictures of a data set."""

    assigned: Mapping[str, Assigned]
    """sha256 -> its part and group in the lock file."""
    left_out: frozenset[str]
    """Pictures that the lock file names and has in no part: its build left them out."""
    told: str = ""
    """In a line for people, how many it knows; empty without a lock file."""


NO_LOCK = LockParts({}, frozenset())
"""What is known without a lock file."""


def read_parts(path: Path, pictures: Iterable[Chosen]) -> LockParts:
    """Read what a lock file says of these pictures.

    Raises DataError for one that knows no parts, or other ones, and as `lockfile.read_lock` does.
    """
    by_content: dict[str, LockLine] = {}
    by_address: dict[str, LockLine] = {}
    for line in read_lock(path):
        if line.split and line.split not in SPLITS:
            raise DataError(f"{path}: the part {line.split[:40]!r}; wanted {', '.join(SPLITS)}")
        by_content.setdefault(line.sha256, line)
        by_address.setdefault(line.url, line)
    if not any(line.split for line in by_address.values()):
        raise DataError(
            f"{path}: names no part: it was exported before `winnow curate build`, or by a"
            " re-download; wanted the lock file of a data set that was built"
        )
    assigned, left_out, count = dict[str, Assigned](), set[str](), 0
    for picture in pictures:
        count += 1
        found = by_content.get(picture.sha256) or _by_address(by_address, picture)
        if found is None:
            continue
        if found.split:
            group = found.group if _GROUP.fullmatch(found.group) else found.sha256[:_NAME_DIGITS]
            assigned[picture.sha256] = Assigned(found.split, group)
        else:
            left_out.add(picture.sha256)
    told = f"{path}: names {len(assigned) + len(left_out):,} of {count:,} pictures"
    told += f" ({len(left_out):,} in no part: left out)" if left_out else ""
    told += "; what it does not name is divided as ever" if len(assigned) < count else ""
    return LockParts(assigned, frozenset(left_out), told)


def _by_address(lines: Mapping[str, LockLine], picture: Chosen) -> LockLine | None:
    """The line of the first address that gave the picture, and was not another one's."""
    every = (*picture.sightings, *picture.merged)
    return next((lines[s.url] for s in every if s.url in lines and not s.stands_in), None)
