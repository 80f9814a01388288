from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Image, Outcome, Page, Sighting, Status, Target, Walk
from harvest.store.outcomes import count_targets, read_ends, settle
from harvest.store.places import read_places
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin, read_due, read_walk

TARGET = Target("twitter", "ada")
OTHER = Target("twitter", "bob")


@pytest.fixture
def catalog(tmp_path: Path):
    """An empty catalog."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        yield opened


def sighting(number: int, post: str = "") -> Sighting:
    return Sighting("twitter", post or f"{number:03}", 0, f"https://pics.example/{number}.jpg")


def page(numbers: range, cursor: str | None, newest: str | None = None) -> Page:
    return Page(tuple(map(sighting, numbers)), cursor, b"answer", len(numbers), newest)


def save(catalog: Catalog, one: Sighting, sha256: str = "a" * 64) -> list[Outcome]:
    return settle(catalog, [(Outcome(one, Status.SAVED, Image(sha256, "image/png", 9)), 1)])


def test_page_and_cursor_go_together(catalog: Catalog) -> None:
    """A page leaves its sightings due, its answer journaled and the walk behind it."""
    begin(catalog, [TARGET])
    added = add_page(catalog, TARGET, page(range(3), "next", "900"))
    walk, seen = read_walk(catalog, TARGET)
    due = read_due(catalog, 0, 10)
    (pages,) = catalog.connection.execute("SELECT COUNT(*) FROM page").fetchone()

    assert (added.due, added.seen, added.known) == (3, 3, ())
    assert walk == Walk("next", None, posts=3)
    assert seen == 3
    assert [d.sighting for d in due] == [sighting(n) for n in range(3)]
    assert pages == 1


def test_next_walk_stops_at_newest(catalog: Catalog) -> None:
    """A walk that went through leaves its newest post as the next one's end, not a later page's."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(2), "next", "900"))
    add_page(catalog, TARGET, page(range(2, 4), None, "700"))
    first = read_walk(catalog, TARGET)[0]
    add_page(catalog, TARGET, Page((), None))
    second = read_walk(catalog, TARGET)[0]

    assert first == second == Walk(None, "900")


def test_due_in_batches(catalog: Catalog) -> None:
    """The work list is handed out in order, each line once."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(5), None))
    first = read_due(catalog, 0, 2)
    rest = read_due(catalog, first[-1].number, 10)

    assert [d.sighting.post_id for d in first + rest] == ["000", "001", "002", "003", "004"]
    assert read_due(catalog, rest[-1].number, 10) == []


def test_again_in_the_same_list(catalog: Catalog) -> None:
    """A line that stands twice in a list is asked for once and told as known."""
    begin(catalog, [TARGET])
    twice = Page((sighting(1), sighting(1)), None)
    added = add_page(catalog, TARGET, twice)

    assert added.due == 1
    assert [(o.status, o.reason) for o in added.known] == [(Status.KNOWN, "same_line")]


def test_two_targets_one_picture(catalog: Catalog) -> None:
    """What two targets show is asked for once, told by the first, and belongs to both."""
    begin(catalog, [TARGET, OTHER])
    add_page(catalog, TARGET, page(range(1), None))
    added = add_page(catalog, OTHER, page(range(1), None))
    save(catalog, sighting(0))

    assert added.due == 0
    assert [o.reason for o in added.known] == ["other_target"]
    assert {(c.target, c.count) for c in count_targets(catalog)} == {
        ("twitter:ada", 1),
        ("twitter:bob", 1),
    }


def test_settled_is_known(catalog: Catalog) -> None:
    """What an earlier run settled is not due again, and brings its picture along."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(2), None))
    save(catalog, sighting(0))
    settle(catalog, [(Outcome(sighting(1), Status.GONE, reason="http_404"), 0)])
    left = begin(catalog, [TARGET])
    added = add_page(catalog, TARGET, page(range(2), None))

    assert left == 0
    assert [(o.reason, o.image is None) for o in added.known] == [
        ("was_saved", False),
        ("was_gone", True),
    ]


def test_failed_is_due_again(catalog: Catalog) -> None:
    """What failed is worth a retry in the next run, whether its walk shows it again or not."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(2), None))
    settle(catalog, [(Outcome(sighting(n), Status.FAILED, reason="timeout"), 0) for n in (0, 1)])
    left = begin(catalog, [TARGET])
    added = add_page(catalog, TARGET, page(range(1), None))

    assert left == 2
    assert added.known == ()
    assert len(read_due(catalog, 0, 10)) == 2


def test_left_open_counts_once(catalog: Catalog) -> None:
    """A line left open by a killed run is told once, though download and walk both meet it."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(1), "next"))
    begin(catalog, [TARGET])
    save(catalog, sighting(0))
    added = add_page(catalog, TARGET, page(range(1), None))

    assert added.known == ()
    assert added.due == 0


def test_max_images(catalog: Catalog) -> None:
    """Only as many as wanted are due; more wanted later, the rest is there without a request."""
    few = Target("twitter", "ada", max_images=2)
    begin(catalog, [few])
    added = add_page(catalog, few, page(range(5), "next"))
    more = begin(catalog, [Target("twitter", "ada", max_images=4)])

    assert (added.due, added.seen) == (2, 5)
    assert more == 4


def test_own_targets_only(catalog: Catalog) -> None:
    """A run over one target leaves what is open of another alone."""
    begin(catalog, [TARGET, OTHER])
    add_page(catalog, TARGET, page(range(2), None))
    add_page(catalog, OTHER, page(range(2, 3), None))
    left = begin(catalog, [OTHER])

    assert left == 1


def test_same_bytes(catalog: Catalog) -> None:
    """Bytes that are there already are saved without being a second picture."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(2), None))
    first = save(catalog, sighting(0))
    second = save(catalog, sighting(1))
    ends = {key: sha256 for key, _, sha256 in read_ends(catalog)}

    assert (first[0].reason, second[0].reason) == ("", "same_bytes")
    assert ends["twitter", "001", 0] == "a" * 64


def test_place_follows_facts(catalog: Catalog) -> None:
    """One label makes a place; two that differ, or none, leave it to a person."""
    labelled = Target("twitter", "ada", label="comic")
    rival = Target("twitter", "bob", label="no_comic")
    begin(catalog, [labelled, rival])
    add_page(catalog, labelled, page(range(1), None))
    save(catalog, sighting(0))
    (alone,) = read_places(catalog, ["a" * 64])
    add_page(catalog, rival, page(range(1), None))
    (disputed,) = read_places(catalog, ["a" * 64])

    assert alone.path == "comic/twitter_000_0_aaaaaaaa.png"
    assert disputed.path == "_unsorted/twitter_000_0_aaaaaaaa.png"
    assert disputed.labels == ("comic", "no_comic")


def test_label_of_the_settings_wins(catalog: Catalog) -> None:
    """A label given later holds for what the target showed before; a retry changes none."""
    begin(catalog, [TARGET])
    add_page(catalog, TARGET, page(range(1), None))
    labelled = Target("twitter", "ada", label="comic")
    begin(catalog, [labelled], relabel=False)
    before = catalog.connection.execute("SELECT label FROM seen").fetchone()[0]
    begin(catalog, [labelled])
    after = catalog.connection.execute("SELECT label FROM seen").fetchone()[0]

    assert (before, after) == (None, "comic")
