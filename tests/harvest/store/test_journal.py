"""What the journal remembers: costs, filters, bodies; and catalogs from before it did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harvest.ledger.catalog import Catalog, MigrationSet, open_catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.store.journal import (
    Paid,
    read_page,
    read_paid,
    read_past,
    remember_filters,
    restart_walk,
)
from harvest.store.schema import HARVEST, open_store
from harvest.store.walks import add_again, add_page, begin

ADA = Target("twitter", "ada")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with a run begun."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        begin(opened, [ADA])
        yield opened


def sighting(number: int) -> Sighting:
    at = datetime(2026, 1, 1 + number, tzinfo=UTC)
    return Sighting("twitter", str(number), 0, f"https://e.example/{number}.jpg", posted_at=at)


def walk_some(catalog: Catalog) -> None:
    add_page(catalog, ADA, Page((), "42:ada:", b"user", paid_users=1))
    one = Page((sighting(1),), "42:ada:next", b"one", posts=7, newest_id="9", paid_posts=8)
    add_page(catalog, ADA, one)


def test_costs_add_up(catalog: Catalog) -> None:
    """Posts, users and requests of all pages, by target."""
    walk_some(catalog)
    add_page(catalog, ADA, Page((sighting(2),), None, b"two", posts=2, paid_posts=2))

    assert read_paid(catalog) == [Paid("twitter:ada", posts=10, users=1, requests=3)]


def test_the_past_of_a_target(catalog: Catalog) -> None:
    """Where the walk stands, how many posts it brought, from when to when."""
    walk_some(catalog)
    remember_filters(catalog, ADA, "{}")
    under_way = read_past(catalog, ADA)
    add_page(catalog, ADA, Page((sighting(5),), None, b"two", posts=3))
    done = read_past(catalog, ADA)

    assert under_way.walk == Walk("42:ada:next", posts=7)
    assert (under_way.posts, under_way.filters, under_way.finished_at) == (7, "{}", None)
    assert (done.walk, done.walk.before) == (Walk(stop_at="9"), "42:ada:next")
    assert (done.posts, done.seen, done.filters) == (10, 2, "{}")
    assert done.oldest == sighting(1).posted_at
    assert done.newest == sighting(5).posted_at
    assert done.finished_at is not None


def test_bodies_come_back_in_order(catalog: Catalog) -> None:
    """One at a time, as they came; then nothing more."""
    walk_some(catalog)
    found = []
    after = 0
    while (page := read_page(catalog, ADA, after)) is not None:
        after = page[0]
        found.append(page[1])

    assert found == [b"user", b"one"]


def test_read_again_is_not_walked_again(catalog: Catalog) -> None:
    """Sightings of a page that is read anew leave journal, cost and cursor as they were."""
    walk_some(catalog)
    before = read_past(catalog, ADA), read_paid(catalog)
    added = add_again(catalog, ADA, Page((sighting(1), sighting(3)), None))

    assert added.due == 1
    assert (read_past(catalog, ADA).walk, read_paid(catalog)) == (before[0].walk, before[1])


def test_a_walk_anew_keeps_its_journal(catalog: Catalog) -> None:
    """It begins at the newest post and stops nowhere; what was paid stays known."""
    walk_some(catalog)
    paid = read_paid(catalog)
    restart_walk(catalog, ADA, "{}")

    assert read_past(catalog, ADA).walk == Walk()
    assert read_past(catalog, ADA).walk.before == "42:ada:next"
    assert read_paid(catalog) == paid


@pytest.mark.parametrize("read_only", [False, True])
def test_a_catalog_from_before(tmp_path: Path, read_only: bool) -> None:
    """Its pages are priced by what stands in the row, also for those who only read."""
    path = tmp_path / "catalog.sqlite"
    with open_catalog(path, [MigrationSet("harvest", HARVEST.steps[:1])]) as old:
        rows = [
            ("twitter:ada", "42:ada:", 0),
            ("twitter:ada", "42:ada:next", 95),
            ("twitter:ada", "42:ada:more", 0),
            ("twitter:ada", None, 3),
            ("tumblr:comic", "1700000000", 20),
        ]
        old.connection.executemany(
            "INSERT INTO page(target, cursor, body, posts, fetched_at) VALUES (?, ?, x'', ?, '')",
            rows,
        )
        old.connection.execute("INSERT INTO walk(target, stop_at) VALUES ('twitter:ada', '9')")
    with open_store(path, read_only=read_only) as now:
        paid, past = read_paid(now), read_past(now, ADA)

    assert paid == [Paid("tumblr:comic", 0, 0, 1), Paid("twitter:ada", 98, 1, 4)]
    assert past.walk == Walk(stop_at="9")
    assert past.filters is None


def test_reading_stays_reading(tmp_path: Path) -> None:
    """A catalog that is up to date is opened read-only and stays so."""
    open_store(tmp_path / "catalog.sqlite").close()
    with (
        open_store(tmp_path / "catalog.sqlite", read_only=True) as catalog,
        pytest.raises(UsageError, match="no permission to write"),
    ):
        remember_filters(catalog, ADA, "{}")
