"""Which label a target gives a picture: its own, its sub-folder's, a tag's, or who posted it.

One rule for all sources. It holds for what is stored now, and, when the settings have changed,
for what was stored before: author and tags stand in the catalog, so nobody is asked again.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.labelling import fold_tag
from harvest.ledger.labelnames import check_label
from harvest.ledger.records import Sighting, Target

Doubt = Literal["", "two_labels", "unfit_name"]
DERIVED = ("tag", "account")
"""Ways of `label_from` by which each picture's own facts tell its label."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Told:
    """What a target says of one picture's label."""

    label: str | None = None
    """None: a person sorts."""
    doubt: Doubt = ""
    """Why there is none although something was said: tags of two labels, a name that is none."""
    several: tuple[str, ...] = ()
    """The labels that tags name, where they name more than one."""


def label_of(target: Target, sighting: Sighting, page_label: str | None = None) -> Told:
    """The label that a target gives a sighting; `page_label` is what the source knows itself.

    Where `label_from` says nothing (no such tag, nobody named), the target's own `label` holds;
    where it says two things, none does.
    """
    if target.label_from == "tag":
        return _by_tag(target, sighting.tags)
    if target.label_from == "account":
        return _by_account(target, sighting.author)
    return Told(page_label or target.label)


def label_anew(connection: sqlite3.Connection, target: Target) -> None:
    """Give what a target showed before the labels that it says now, within a transaction.

    Labels of sub-folders are read from the folder itself, which is walked whole in every run;
    without any word on labels in the settings, the old ones stay.
    """
    if target.label_from not in DERIVED:
        if target.label is not None:
            connection.execute(
                "UPDATE seen SET label = ?1 WHERE target = ?2 AND label IS NOT ?1",
                (target.label, target.key),
            )
        return
    for row in _shown(connection, target):
        label = _row_label(target, row).label
        if label != row["label"]:
            connection.execute(
                "UPDATE seen SET label = ? WHERE target = ? AND sighting = ?",
                (label, target.key, row["sighting"]),
            )


def walk_tells(target: Target) -> bool:
    """Whether a walk itself meets a picture under several labels: sub-folders, rows of lists."""
    return target.label_from == "folder" or target.source == "urls"


def note_doubts(catalog: Catalog, target: Target) -> Counter[Doubt]:
    """Note between which labels tags leave pictures, as the settings are now, for curation to show.

    Returns how many of the pictures that a target has shown have no label, by why. Raises
    StorageFull.
    """
    found: Counter[Doubt] = Counter()
    with catalog.transaction() as connection:
        if walk_tells(target):  # noted by the walk itself: only that knows the files
            query = "SELECT COUNT(DISTINCT sighting) FROM doubt WHERE target = ?"
            found["two_labels"] = connection.execute(query, (target.key,)).fetchone()[0]
            return found
        connection.execute("DELETE FROM doubt WHERE target = ?", (target.key,))
        if target.label_from not in DERIVED:
            return found
        for row in _shown(connection, target):
            told = _row_label(target, row)
            if told.doubt:
                found[told.doubt] += 1
            connection.executemany(
                "INSERT INTO doubt(sighting, target, label) VALUES (?, ?, ?)",
                [(row["sighting"], target.key, label) for label in told.several],
            )
    return found


def _by_tag(target: Target, tags: tuple[str, ...]) -> Told:
    known = _folded(target.labels)
    found = {label for tag in tags if (label := known.get(fold_tag(tag)))}
    if len(found) > 1:
        return Told(doubt="two_labels", several=tuple(sorted(found)))
    return Told(found.pop() if found else target.label)


def _by_account(target: Target, author: str | None) -> Told:
    if not author:
        return Told(target.label)
    # Names of accounts know no case, and no two labels may differ by case only.
    name = author.strip().removeprefix("@").lower()
    try:
        return Told(check_label(_folded(target.labels).get(fold_tag(name), name)))
    except UsageError:
        return Told(target.label, doubt="unfit_name")


@lru_cache(maxsize=64)
def _folded(labels: tuple[str, ...]) -> dict[str, str]:
    return {fold_tag(label): label for label in labels}


def _row_label(target: Target, row: sqlite3.Row) -> Told:
    if target.label_from == "tag":
        return _by_tag(target, tuple(json.loads(row["tags"])) if row["tags"] else ())
    return _by_account(target, row["author"])


def _shown(connection: sqlite3.Connection, target: Target) -> Iterator[sqlite3.Row]:
    """Rows of what a target has shown; they may be changed while they are read."""
    after = -1
    while rows := connection.execute(
        "SELECT n.position, n.sighting, n.label, s.author, s.tags FROM seen n"
        " JOIN sighting s ON s.id = n.sighting WHERE n.target = ? AND n.position > ?"
        " ORDER BY n.position LIMIT ?",
        (target.key, after, _BATCH),
    ).fetchall():
        yield from rows
        after = rows[-1]["position"]
