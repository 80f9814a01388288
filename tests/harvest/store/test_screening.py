"""Pages held against tombstones: what the catalog holds of what is refused is buried at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harvest.ledger.catalog import Catalog, MigrationSet, open_catalog
from harvest.ledger.records import Image, Outcome, Page, Sighting, Status, Target
from harvest.store.forgotten import find_left, leave, lift, read_tombstones
from harvest.store.marks import Mark, account_mark
from harvest.store.outcomes import settle
from harvest.store.schema import HARVEST, open_store
from harvest.store.takedown import bury, find, read_doomed
from harvest.store.walks import add_page, begin, read_due

BOB = Target("twitter", "bob")
ONE = Image("a" * 64, "image/png", 9)
NAMELESS = Sighting("twitter", "10", 0, "https://a.example/1.jpg")
NAMED = Sighting("twitter", "10", 0, "https://a.example/1.jpg", author="ada")
OTHER = Sighting("twitter", "20", 0, "https://a.example/2.jpg", author="eve")


@pytest.fixture
def ada() -> Mark:
    mark = account_mark("twitter", "ada")
    assert mark is not None
    return mark


@pytest.fixture
def catalog(tmp_path: Path, ada: Mark) -> Iterator[Catalog]:
    """Two sightings whose authors are not told; then the account of one is forgotten."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        begin(opened, [BOB])
        add_page(opened, BOB, Page((NAMELESS, OTHER), "next"))
        with opened.transaction() as connection:
            leave(connection, [ada], "mail", ada[1])
        yield opened


def test_all_that_gave_the_bytes(catalog: Catalog, ada: Mark) -> None:
    """With the sighting go its bytes, and what else gave them; all is left for the first wish."""
    settle(catalog, [(Outcome(s, Status.SAVED, ONE), 1) for s in (NAMELESS, OTHER)])
    added = add_page(catalog, BOB, Page((NAMED,), None))
    doomed = read_doomed(catalog)
    stones = read_tombstones(catalog)

    assert [(o.status, o.reason) for o in added.known] == [(Status.REFUSED, "forgotten")]
    assert {s.key for s in doomed.sightings} == {NAMELESS.key, OTHER.key}
    assert list(doomed.images) == [ONE.sha256]
    assert doomed.unfinished
    assert {(s.why, s.wish) for s in stones} == {("mail", ada[1])}
    assert {s.kind for s in stones} == {"account", "address", "bytes", "sighting"}


def test_not_asked_for_yet(catalog: Catalog) -> None:
    """It leaves the work list."""
    before = [due.sighting.key for due in read_due(catalog, 0, 9)]
    add_page(catalog, BOB, Page((NAMED,), None))

    assert before == [NAMELESS.key, OTHER.key]
    assert [due.sighting.key for due in read_due(catalog, 0, 9)] == [OTHER.key]


@pytest.mark.parametrize("end", [Status.SAVED, Status.FAILED, Status.GONE])
def test_asked_for_meanwhile(catalog: Catalog, end: Status) -> None:
    """However its request ends, it is refused; the bytes that it brought are buried too."""
    add_page(catalog, BOB, Page((NAMED,), None))
    image = ONE if end is Status.SAVED else None
    (written,) = settle(catalog, [(Outcome(NAMELESS, end, image, "x"), 1)])
    doomed = read_doomed(catalog)

    assert (written.status, written.reason, written.image) == (Status.REFUSED, "forgotten", None)
    assert [s.key for s in doomed.sightings] == [NAMELESS.key]
    assert doomed.hashes == ({ONE.sha256} if end is Status.SAVED else set())


def test_lifted_whole(catalog: Catalog, ada: Mark) -> None:
    """With a wish goes all that was left for it, also later; what another wish left stays."""
    settle(catalog, [(Outcome(NAMELESS, Status.SAVED, ONE), 1)])
    add_page(catalog, BOB, Page((NAMED,), None))
    eve = account_mark("twitter", "eve")
    assert eve is not None
    bury(catalog, [([eve], find(catalog, [eve]))], "")
    found = find_left(catalog, [ada])
    lift(catalog, [ada])

    assert {kind for kind, _ in found} == {"account", "address", "bytes", "sighting"}
    assert find_left(catalog, [ada]) == []
    assert {stone.wish for stone in read_tombstones(catalog)} == {eve[1]}
    assert eve in find_left(catalog, [eve])
    assert read_doomed(catalog).unfinished


def test_shared_by_two_wishes(catalog: Catalog, ada: Mark) -> None:
    """What two wishes forbid stays forbidden when one is lifted."""
    settle(catalog, [(Outcome(s, Status.SAVED, ONE), 1) for s in (NAMELESS, OTHER)])
    eve = account_mark("twitter", "eve")
    assert eve is not None
    found = find(catalog, [eve])
    bury(catalog, [([eve], found), ([ada], found)], "")
    lift(catalog, [ada])

    assert ("bytes", ONE.sha256) in find_left(catalog, [eve])


def test_older_tombstones(tmp_path: Path, ada: Mark) -> None:
    """Tombstones from before wishes were noted stay, and are lifted by their own mark alone."""
    path = tmp_path / "old.sqlite"
    with open_catalog(path, [MigrationSet("harvest", HARVEST.steps[:4])]) as old:
        rows = [(*ada, "2026-01-01", "mail"), ("bytes", ONE.sha256, "2026-01-01", "mail")]
        with old.transaction() as connection:
            connection.executemany("INSERT INTO forgotten VALUES (?, ?, ?, ?)", rows)
    with open_store(path) as catalog:
        before = read_tombstones(catalog)
        curated = catalog.connection.execute("SELECT sha256 FROM forgotten_bytes").fetchall()
        lift(catalog, [ada])
        after = read_tombstones(catalog)

    assert [(s.kind, s.at, s.why, s.wish) for s in before] == [
        ("account", "2026-01-01", "mail", ""),
        ("bytes", "2026-01-01", "mail", ""),
    ]
    assert [row["sha256"] for row in curated] == [ONE.sha256]
    assert after == before[1:]
