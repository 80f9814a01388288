"""Which pictures are missing: each named once a target, in order, without loading them all."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from harvest.ledger.records import Outcome, Page, Sighting, Status, Target
from harvest.store.listing import read_missing
from harvest.store.outcomes import settle
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin

ADA, TAG = Target("twitter", "ada"), Target("tumblr", "comic")
ENDS = (Status.FAILED, Status.GONE, Status.REFUSED, Status.PENDING)


def seen(number: int, **more: object) -> Sighting:
    return Sighting("twitter", str(number), 0, f"https://a.example/{number}.jpg", **more)  # type: ignore[arg-type]


@pytest.fixture
def catalog(tmp_path: Path):
    """Eight pictures of an account, two of which a tag shows too; two of each end."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        begin(opened, [ADA, TAG])
        shown = [seen(number, post_url=f"https://a.example/p/{number}") for number in range(7)]
        local = Sighting("folder", "f", 0, "", fallback_urls=("/pictures/a b.jpg",))
        add_page(opened, ADA, Page((*shown, local), None))
        add_page(opened, TAG, Page((shown[4], shown[0]), None))
        settle(
            opened,
            [
                (Outcome(one, ENDS[number % 4], None, f"why_{number}", f"said {number}"), 0)
                for number, one in enumerate((*shown, local))
                if number % 4 < 3
            ],
        )
        yield opened


def test_each_is_named_with_its_targets(catalog) -> None:
    """Target by target, in the order in which each showed them; address, reason, detail, post."""
    failed = list(read_missing(catalog, [Status.FAILED]))

    assert [(one.target, one.address, one.reason) for one in failed] == [
        ("tumblr:comic", "https://a.example/4.jpg", "why_4"),
        ("tumblr:comic", "https://a.example/0.jpg", "why_0"),
        ("twitter:ada", "https://a.example/0.jpg", "why_0"),
        ("twitter:ada", "https://a.example/4.jpg", "why_4"),
    ]
    assert (failed[2].detail, failed[2].post_url) == ("said 0", "https://a.example/p/0")


def test_what_has_no_address_has_a_path(catalog) -> None:
    """A file of a folder is named by where it lies; what was never asked for has no reason."""
    waiting = list(read_missing(catalog, [Status.PENDING]))

    assert [one.address for one in waiting] == ["https://a.example/3.jpg", "/pictures/a b.jpg"]
    assert {(one.reason, one.detail) for one in waiting} == {("", "")}


@pytest.mark.parametrize("status", ENDS)
def test_one_status_or_several(catalog, status: Status) -> None:
    """Those of the statuses asked for, all of them, and no others."""
    some = list(read_missing(catalog, [status]))
    every = list(read_missing(catalog, ENDS))

    assert some == [one for one in every if one.status == status]
    assert 2 <= len(some) < len(every) == 10
    assert list(read_missing(catalog, [])) == []


def test_large_sets_are_read_row_by_row(tmp_path: Path) -> None:
    """Memory does not grow with the list."""
    with open_store(tmp_path / "catalog.sqlite") as opened:
        begin(opened, [ADA])
        detail = "x" * 400
        for start in range(0, 20_000, 2000):
            page = Page(tuple(seen(n, alt_text=detail) for n in range(start, start + 2000)), "more")
            add_page(opened, ADA, page)
        tracemalloc.start()
        count = sum(1 for _ in read_missing(opened, [Status.PENDING]))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert count == 20_000
    assert most < 500_000
