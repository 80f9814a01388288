"""Addresses that give another picture than the one they were published for, as reports found.

A verdict is about bytes: it holds of the picture also when the address gives another by now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harvest.ledger.catalog import Catalog
from harvest.store.relisting import SOURCE


class Verdict(NamedTuple):
    """What a report says of one address and the bytes that it gave."""

    key: str
    """Post id of the line."""
    sha256: str
    """The bytes."""
    category: str
    """`replaced`, `placeholder`; "" for a picture that may stand where it does."""
    reason: str
    """How a placeholder was recognised; "" for others."""
    lock: str
    """Name of the lock file that knows the address; "" for none."""


class WrongPicture(NamedTuple):
    """A picture that addresses give, and none as its own."""

    sha256: str
    """Its bytes."""
    category: str
    """`replaced`, or `placeholder` where one address at least shows it as such."""
    placed_as: str
    """Path below `images/` where harvest put it; "" for none."""


def any_judged(catalog: Catalog) -> bool:
    """Whether any verdict is remembered."""
    row = catalog.connection.execute("SELECT EXISTS(SELECT 1 FROM judged)").fetchone()
    return bool(row[0])


def note_verdicts(catalog: Catalog, verdicts: Sequence[Verdict]) -> None:
    """Remember what is wrong, and forget what was and is not; all or nothing. Raises StorageFull.

    What a lock file said only a lock file takes back.
    """
    wrong = [(SOURCE, *v) for v in verdicts if v.category]
    fine = {(v.key, v.sha256): v.lock for v in verdicts if not v.category}
    cleared = list(_cleared(catalog, fine)) if fine else []
    if not (wrong or cleared):
        return
    with catalog.transaction() as connection:
        connection.executemany("DELETE FROM judged WHERE sighting = ? AND sha256 = ?", cleared)
        connection.executemany(
            "INSERT INTO judged(sighting, sha256, category, reason, lock)"
            " SELECT id, ?3, ?4, ?5, ?6 FROM sighting"
            " WHERE source = ?1 AND post_id = ?2 AND media_index = 0"
            " ON CONFLICT DO UPDATE SET category = excluded.category, reason = excluded.reason,"
            " lock = excluded.lock WHERE excluded.lock <> '' OR lock = ''",
            wrong,
        )


def _cleared(catalog: Catalog, fine: Mapping[tuple[str, str], str]) -> Iterator[tuple[int, str]]:
    """Yield (sighting's row, sha256) of verdicts that no longer hold."""
    rows = catalog.connection.execute(
        "SELECT w.sighting, w.sha256, w.lock, s.post_id FROM json_each(?) k"
        " CROSS JOIN sighting s ON s.source = ? AND s.post_id = k.value AND s.media_index = 0"
        " JOIN judged w ON w.sighting = s.id",
        (json.dumps([key for key, _ in fine]), SOURCE),
    )
    for row in rows:
        lock = fine.get((row["post_id"], row["sha256"]))
        if lock or (lock is not None and not row["lock"]):
            yield row["sighting"], row["sha256"]


def read_wrong_pictures(catalog: Catalog) -> Iterator[WrongPicture]:
    """Yield the pictures that stand in for others at all addresses that give them, by sha256."""
    rows = catalog.connection.execute(
        "SELECT k.sha256, MIN(k.category) AS category, i.placed_as FROM stand_in k"
        " JOIN image i ON i.sha256 = k.sha256"
        " JOIN sighting g ON g.id = k.sighting AND g.sha256 = k.sha256"
        " WHERE NOT EXISTS(SELECT 1 FROM sighting s"
        " WHERE s.sha256 = k.sha256 AND NOT EXISTS(SELECT 1 FROM stand_in o"
        " WHERE o.sighting = s.id AND o.sha256 = s.sha256)) GROUP BY k.sha256 ORDER BY k.sha256"
    )
    for row in rows:
        yield WrongPicture(row["sha256"], row["category"], row["placed_as"] or "")


def gave_before(catalog: Catalog) -> dict[int, set[str]]:
    """Row of a sighting -> sha256 of wrong pictures that it gave once and no address gives now."""
    rows = catalog.connection.execute(
        "SELECT sighting, sha256 FROM judged j"
        " WHERE NOT EXISTS(SELECT 1 FROM sighting s WHERE s.sha256 = j.sha256)"
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["sighting"], set()).add(row["sha256"])
    return found
