"""`curate differ`: a person says that two pictures are different, once and for ever.

Only ever added to: taking it back is one more word on the pair, and the last one stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from curate.conflicts import Standing
from curate.labels import Clock, login, read_hands, utc_now
from curate.store.likeness import Saying, add_saying, read_apart
from curate.store.schema import open_store
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder

_HASH = re.compile(r"[0-9a-f]{6,64}")


def differ(
    folder: DatasetFolder, one: str, other: str, *, undo: bool = False, clock: Clock = utc_now
) -> Saying:
    """Remember that two pictures are different, or with `undo` take that back.

    Pictures are named as `find_picture` takes them. The caller holds the lock. Raises UsageError
    for a name that is none or several, for one picture twice, and where there is nothing to undo.
    """
    with open_store(folder) as catalog:
        standing, _ = read_hands(catalog, folder, clock, dry_run=True)
        a, b = sorted(find_picture(standing, name) for name in (one, other))
        if a == b:
            raise UsageError(f"{one!r} and {other!r}: one picture, {a[:8]}; wanted two")
        if undo and (a, b) not in read_apart(catalog):
            raise UsageError(f"{a[:8]} and {b[:8]}: never called different, so nothing to undo")
        saying = Saying(a, b, clock().isoformat(timespec="seconds"), login(), not undo)
        add_saying(catalog, saying)
        return saying


def find_picture(standing: Standing, name: str) -> str:
    """The sha256 of the picture that a person means: by its first digits, or by its file's name.

    `name`: six hex digits or more of the sha256, a path below `images/`, or any path to a file of
    that name. Raises UsageError when none or several fit.
    """
    given = PurePath(name)
    found = _by_digits(standing.images, name.lower()) | {
        sha256
        for sha256, places in standing.places.items()
        for place in places
        if place.path == name or PurePath(place.path).name == given.name
    }
    exact = {s for s in found for p in standing.places.get(s, ()) if name.endswith(p.path)}
    found = exact or found
    if len(found) == 1:
        return found.pop()
    which = "no picture" if not found else f"{len(found)} pictures"
    raise UsageError(
        f"{name!r}: {which} of that name; wanted the first digits of one sha256, or the name of"
        " its file below images/ (the pages of `winnow curate groups` show the digits)"
    )


def _by_digits(images: Mapping[str, object], digits: str) -> set[str]:
    if not _HASH.fullmatch(digits):
        return set()
    return {sha256 for sha256 in images if sha256.startswith(digits)}
