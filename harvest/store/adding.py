"""Sightings on their way into the catalog: stored once, shown by each target, due or known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from harvest.ledger.records import Outcome, Sighting, Status, Target
from harvest.store.labels import DERIVED, label_of, walk_tells
from harvest.store.outcomes import SAME_BYTES
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
_FIND_SETTLED = (
    "SELECT p.n, s.id, s.status, s.sha256, s.detail, s.final_url, i.media_type, i.n_bytes, n.label"
    " FROM temp.page_key p CROSS JOIN sighting s ON s.source = p.source AND s.post_id = p.post_id"
    " AND s.media_index = p.media_index JOIN seen n ON n.target = ?1 AND n.sighting = s.id"
    " LEFT JOIN image i ON i.sha256 = s.sha256"
    " WHERE s.status NOT IN ('pending', 'failed')"
    " AND NOT EXISTS (SELECT 1 FROM temp.touched t WHERE t.target = ?1 AND t.sighting = s.id)"
    " AND NOT EXISTS (SELECT 1 FROM temp.due d WHERE d.sighting = s.id)"
)

_TOLD = ("url", "post_url", "author", "posted_at", "tags", "alt_text", "text", "sensitive")
"""What a side file tells of a picture."""
_BRING_UP_TO_DATE = (
    f"UPDATE sighting SET ({', '.join(_TOLD)}) = ({', '.join('?' * len(_TOLD))})"  # noqa: S608
    f" WHERE id = ? AND ({', '.join(_TOLD)}) IS NOT ({', '.join('?' * len(_TOLD))})"
)


class Adding:
    """The sightings of one page on their way into the catalog."""

    def __init__(self, connection: sqlite3.Connection, target: Target) -> None:
        self._connection = connection
        self._target = target
        self._untouched: list[tuple[str, int]] = []
        self.position = count_seen(connection, target)
        self.due = 0

    def add_all(
        self, sightings: Sequence[Sighting], told: Sequence[str | None]
    ) -> Iterator[Outcome]:
        """Store these; an outcome for each for which nothing will be asked.

        `told`: the labels that the source itself knows of, one each.
        """
        settled = self._settled(sightings)
        derived = self._target.label_from in DERIVED
        met: set[int] = set()
        for place, (sighting, word) in enumerate(zip(sightings, told, strict=True)):
            row = settled.get(place)
            if row is not None:
                again = row["id"] in met
                met.add(row["id"])
                label = word or self._target.label
                if derived:
                    label = label_of(self._target, sighting, word).label
                if not again and label in (None, row["label"]):
                    self._untouched.append((self._target.key, row["id"]))
                    yield known(sighting, row, "")
                    continue
            self._touch()
            if (outcome := self._add(sighting, word)) is not None:
                yield outcome
        self._touch()

    def _settled(self, sightings: Sequence[Sighting]) -> dict[int, sqlite3.Row]:
        """Places of those that this target showed before, that are settled and not met yet.

        One question for a whole page: a list of a million lines that is read again is all such.
        """
        keys = [(n, *one.key) for n, one in enumerate(sightings) if not one.is_local]
        run = self._connection.execute
        run("DELETE FROM temp.page_key")
        self._connection.executemany("INSERT INTO temp.page_key VALUES (?, ?, ?, ?)", keys)
        return {row["n"]: row for row in run(_FIND_SETTLED, (self._target.key,))}

    def _touch(self) -> None:
        """Note as met what was found settled."""
        if self._untouched:
            self._connection.executemany(
                "INSERT INTO temp.touched(target, sighting) VALUES (?, ?)", self._untouched
            )
            self._untouched.clear()

    def _add(self, sighting: Sighting, told: str | None) -> Outcome | None:
        """Store one; an outcome when nothing will be asked for it."""
        run = self._connection.execute
        new = run(_INSERT, write_sighting(sighting)).fetchone()
        row = None if new is not None else run(_FIND, sighting.key).fetchone()
        number = new["id"] if row is None else row["id"]
        touched = run(
            "INSERT OR IGNORE INTO temp.touched(target, sighting) VALUES (?, ?)",
            (self._target.key, number),
        )
        if row is not None and sighting.is_local and sighting.fallback_urls:
            self._note_file(number, sighting)
        label = label_of(self._target, sighting, told).label
        renewed = self._tell(number, sighting) and row is not None
        if row is None:
            self._make_due(number, self._show_new(number, label))
            return None
        derived = renewed and self._target.label_from in DERIVED
        within = self._show(number, label, again=not touched.rowcount, anew=derived)
        if not touched.rowcount:
            return known(sighting, row, SAME_BYTES if sighting.is_local else "same_line")
        reporter = run("SELECT target FROM temp.due WHERE sighting = ?", (number,)).fetchone()
        if reporter is not None:
            other = reporter["target"] != self._target.key
            return known(sighting, row, "other_target") if other else None
        if row["status"] in (Status.PENDING, Status.FAILED):
            run("UPDATE sighting SET status = 'pending' WHERE id = ?", (number,))
            self._make_due(number, within)
            return None
        return known(sighting, row, "")

    def _note_file(self, number: int, sighting: Sighting) -> None:
        """Remember a file whose bytes another one has brought: people know it by its name."""
        path = sighting.fallback_urls[0]
        self._connection.execute(
            "INSERT OR IGNORE INTO same_file(sighting, path) SELECT id, ?2 FROM sighting"
            " WHERE id = ?1 AND COALESCE(json_extract(fallback_urls, '$[0]'), '') <> ?2",
            (number, path),
        )

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

        Shown twice in one walk under two labels (a file that lies in two sub-folders, an address in
        two rows of a list), it gets none: a person decides, and curation shows between which.
        `anew`: what the label comes from has changed.
        """
        run = self._connection.execute
        place = run(
            "SELECT position, label FROM seen WHERE target = ? AND sighting = ?",
            (self._target.key, number),
        ).fetchone()
        if place is None:
            return self._show_new(number, label)
        if walk_tells(self._target):
            self._doubt(number, place["label"], label, again=again)
        if (label is not None or anew) and place["label"] != label:
            run(
                "UPDATE seen SET label = ? WHERE target = ? AND sighting = ?",
                (None if again else label, self._target.key, number),
            )
        return bool(place["position"] < limit_of(self._target))

    def _doubt(self, number: int, before: str | None, label: str | None, *, again: bool) -> None:
        """Note the labels between which a walk leaves a picture; each walk begins anew."""
        run = self._connection.execute
        key = (number, self._target.key)
        if not again:
            run("DELETE FROM doubt WHERE sighting = ? AND target = ?", key)
            return
        held = run("SELECT COUNT(*) FROM doubt WHERE sighting = ? AND target = ?", key).fetchone()
        labels = {before, label} - {None}
        if held[0] or len(labels) > 1:
            self._connection.executemany(
                "INSERT OR IGNORE INTO doubt(sighting, target, label) VALUES (?, ?, ?)",
                [(*key, one) for one in labels],
            )

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
