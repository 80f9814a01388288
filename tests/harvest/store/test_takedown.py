"""What a take-down does to the catalog's rows, step by step."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Image, Outcome, Page, Sighting, Status, Target
from harvest.store.forgotten import is_forgotten, read_tombstones, refused
from harvest.store.marks import Mark, address_mark, target_mark
from harvest.store.outcomes import settle
from harvest.store.redaction import Words
from harvest.store.schema import open_store
from harvest.store.takedown import bury, erase, find, read_doomed, scrub
from harvest.store.walks import add_page, begin

ADA = Target("twitter", "ada")
BOB = Target("twitter", "bob")
TAG = Target("tumblr", "comic")


def post(number: int, author: str, source: str = "twitter") -> Sighting:
    return Sighting(source, f"{number}0000", 0, f"https://a.example/{number}.jpg", author=author)


def page_of(*sightings: Sighting) -> Page:
    ids = ", ".join(f'{{"id": "{s.post_id}", "by": "{s.author}"}}' for s in sightings)
    return Page(sightings, None, body=f"[{ids}]".encode(), posts=len(sightings), paid_posts=3)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Ada's own post, one of Bob's that both showed, and the same bytes under a tag."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        begin(opened, [ADA, BOB, TAG])
        add_page(opened, ADA, page_of(post(1, "ada"), post(2, "bob")))
        add_page(opened, BOB, page_of(post(2, "bob")))
        add_page(opened, TAG, page_of(post(3, "carl", "tumblr"), post(4, "dora", "tumblr")))
        one, two = (Image(digit * 64, "image/png", 9) for digit in "ab")
        every = [
            (post(1, "ada"), one),
            (post(2, "bob"), two),
            (post(3, "carl", "tumblr"), one),
        ]
        settle(opened, [(Outcome(s, Status.SAVED, image), 1) for s, image in every])
        yield opened


def take_out(catalog: Catalog, *marks: Mark | None) -> None:
    wanted = [mark for mark in marks if mark is not None]
    bury(catalog, [(wanted, find(catalog, wanted))], "")
    doomed = read_doomed(catalog)
    erase(catalog, doomed, Words.of(doomed.sightings))
    scrub(catalog)


def column(catalog: Catalog, query: str) -> list[object]:
    return [row[0] for row in catalog.connection.execute(query)]


def test_an_account(catalog: Catalog) -> None:
    """Its posts go with all that gave their bytes; what it showed of others stays, unnamed."""
    take_out(catalog, target_mark(ADA))
    seen = (
        "SELECT target || ' ' || s.author FROM seen JOIN sighting s ON s.id = sighting ORDER BY 1"
    )

    assert column(catalog, "SELECT sha256 FROM image") == ["b" * 64]
    assert column(catalog, seen) == [
        "tumblr:comic dora",
        "twitter:(forgotten) bob",
        "twitter:bob bob",
    ]
    assert is_forgotten(catalog, ADA)
    assert not is_forgotten(catalog, BOB)
    assert refused(catalog.connection, ["a" * 64, "b" * 64]) == {"a" * 64}
    assert read_doomed(catalog).empty


def test_two_accounts(catalog: Catalog) -> None:
    """A second account that showed the same picture goes the same way."""
    take_out(catalog, target_mark(ADA))
    take_out(catalog, target_mark(BOB))

    assert column(catalog, "SELECT DISTINCT target FROM seen") == ["tumblr:comic"]
    assert column(catalog, "SELECT target FROM walk") == ["tumblr:comic"]


def test_the_journal(catalog: Catalog) -> None:
    """Its posts are cut out of every answer; what was paid stays counted."""
    take_out(catalog, target_mark(ADA))
    bodies = [zlib.decompress(body) for body in column(catalog, "SELECT body FROM page")]

    assert not [body for body in bodies if b"10000" in body or b"ada" in body or b"30000" in body]
    assert [body for body in bodies if b"40000" in body]
    assert column(catalog, "SELECT SUM(paid_posts) FROM page") == [9]


def test_what_comes_again(catalog: Catalog) -> None:
    """A page that shows it again stores nothing of it, and gives one outcome for it."""
    take_out(catalog, address_mark("http://a.example/1.jpg"))
    added = add_page(catalog, TAG, page_of(post(5, "eve", "tumblr"), post(1, "ada"), post(6, "e")))
    body = zlib.decompress(column(catalog, "SELECT body FROM page ORDER BY id DESC")[0])

    assert [(o.status, o.reason) for o in added.known] == [(Status.REFUSED, "forgotten")]
    assert added.due == 2
    assert column(catalog, "SELECT 1 FROM sighting WHERE url LIKE '%/1.jpg'") == []
    assert (b"10000" in body, b"50000" in body) == (False, True)


def test_tombstones_stay_as_they_were(catalog: Catalog) -> None:
    """Said again with another reason, the first day and the first reason stand."""
    mark = address_mark("http://a.example/9.jpg")
    bury(catalog, [([mark], find(catalog, [mark]))], "first")
    before = read_tombstones(catalog)
    bury(catalog, [([mark], find(catalog, [mark]))], "second")

    assert [(stone.kind, stone.why) for stone in before] == [("address", "first")]
    assert read_tombstones(catalog) == before
