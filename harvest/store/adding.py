"""Sightings on their way into the catalog: stored once, shown by each target, due or known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from harvest.ledger.records import Outcome, Sighting, Status, Target
from harvest.store.labels import label_of
from harvest.store.rows import COLUMNS, Value, known, write_sighting

NO_LIMIT = 2**62
"""Stands for `max_images` of a target that has none."""

_INSERT = (
    f"INSERT INTO sighting({COLUMNS}, status)"  # noqa: S608
    f" VALUES ({'?, ' * len(COLUMNS.split(','))}'pending') ON CONFLICT DO NOTHING RETURNING id"
)
_FIND = (
    "SELECT s.id, s.status, s.sha256, s.detail, s.final_url, i.media_type, i.n_bytes"
    " FROM sighting s LEFT JOIN image i ON i.sha256 = s.sha256"
    " WHERE s.source = ? AND s.post_id = ? AND s.media_index = ?"
)

_TOLD = ("url", "post_url", "author", "posted_at", "tags", "alt_text", "text", "sensitive")
"""What a side file tells of a picture."""
_BRING_UP_TO_DATE = (
    f"UPDATE sighting SET ({', '.join(_TOLD)}) = ({', '.join('?' * len(_TOLD))})"  # noqa: S608
    f" WHERE id = ? AND ({', '.join(_TOLD)}) IS NOT ({', '.join('?' * len(_TOLD))})"
)


class Adding:
    """The sightings of one page on their way into the catalog."""

    def __init__(self, connection: sqlite3.Connection, target: Target, label: str | None) -> None:
        self._connection = connection
        self._target = target
        self._page_label = label
        self.position = count_seen(connection, target)
        self.due = 0

    def add(self, sighting: Sighting) -> Outcome | None:
        """Store one; an outcome when nothing will be asked for it."""
        run = self._connection.execute
        new = run(_INSERT, write_sighting(sighting)).fetchone()
        row = None if new is not None else run(_FIND, sighting.key).fetchone()
        number = new["id"] if row is None else row["id"]
        touched = run(
            "INSERT OR IGNORE INTO temp.touched(target, sighting) VALUES (?, ?)",
            (self._target.key, number),
        )
        label = label_of(self._target, sighting, self._page_label).label
        renewed = self._tell(number, sighting) and row is not None
        if row is None:
            self._make_due(number, self._show_new(number, label))
            return None
        derived = renewed and self._target.label_from in ("tag", "account")
        within = self._show(number, label, again=not touched.rowcount, anew=derived)
        if not touched.rowcount:
            return known(sighting, row, "same_line")
        reporter = run("SELECT target FROM temp.due WHERE sighting = ?", (number,)).fetchone()
        if reporter is not None:
            other = reporter["target"] != self._target.key
            return known(sighting, row, "other_target") if other else None
        if row["status"] in (Status.PENDING, Status.FAILED):
            run("UPDATE sighting SET status = 'pending' WHERE id = ?", (number,))
            self._make_due(number, within)
            return None
        return known(sighting, row, "")

    def _tell(self, number: int, sighting: Sighting) -> bool:
        """Bring what is told of a file up to date; whether that changed anything.

        A file that tells nothing takes nothing back: it may just not have been read again. Of
        several files with the same bytes the first one that tells something speaks.
        """
        told = tuple(_facts(sighting)) if sighting.is_local else ()
        if not any(told):
            return False
        first = self._connection.execute(
            "UPDATE temp.touched SET told = 1 WHERE target = ? AND sighting = ? AND told = 0",
            (self._target.key, number),
        )
        if not first.rowcount:
            return False
        values = (*told, number, *told)
        return bool(self._connection.execute(_BRING_UP_TO_DATE, values).rowcount)

    def _show(self, number: int, label: str | None, *, again: bool, anew: bool = False) -> bool:
        """Note that the target shows it; whether it is within the target's `max_images`.

        Shown twice in one walk under two labels (a file that lies in two sub-folders), it gets
        none: a person decides. `anew`: what the label comes from has changed.
        """
        run = self._connection.execute
        place = run(
            "SELECT position, label FROM seen WHERE target = ? AND sighting = ?",
            (self._target.key, number),
        ).fetchone()
        if place is None:
            return self._show_new(number, label)
        if (label is not None or anew) and place["label"] != label:
            run(
                "UPDATE seen SET label = ? WHERE target = ? AND sighting = ?",
                (None if again else label, self._target.key, number),
            )
        return bool(place["position"] < limit_of(self._target))

    def _show_new(self, number: int, label: str | None) -> bool:
        """Note that the target shows what it has not shown before."""
        self._connection.execute(
            "INSERT INTO seen(target, sighting, position, label) VALUES (?, ?, ?, ?)",
            (self._target.key, number, self.position, label),
        )
        self.position += 1
        return self.position <= limit_of(self._target)

    def _make_due(self, number: int, within: bool) -> None:
        if within:
            self.due += 1
            self._connection.execute(
                "INSERT INTO temp.due(sighting, target) VALUES (?, ?)", (number, self._target.key)
            )


def _facts(sighting: Sighting) -> Iterator[Value]:
    """What a side file tells, as the catalog holds it, in the order of `_TOLD`."""
    values = dict(zip(COLUMNS.split(", "), write_sighting(sighting), strict=True))
    return (values[name] for name in _TOLD)


def count_seen(connection: sqlite3.Connection, target: Target) -> int:
    """Pictures that a target has shown so far."""
    query = "SELECT COALESCE(MAX(position) + 1, 0) FROM seen WHERE target = ?"
    return one_number(connection, query, (target.key,))


def one_number(connection: sqlite3.Connection, query: str, values: tuple[str, ...] = ()) -> int:
    """The one number that a query gives."""
    return int(connection.execute(query, values).fetchone()[0])


def limit_of(target: Target) -> int:
    """A target's `max_images` as a number."""
    return NO_LIMIT if target.max_images is None else target.max_images
