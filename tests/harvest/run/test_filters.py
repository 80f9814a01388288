"""What changed filters ask for: nothing, a second reading, or a walk anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harvest.ledger.records import Target, Walk
from harvest.run.filters import Change, Filters, judge
from harvest.store.journal import Past


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


ADA = Target("twitter", "ada", since=day(10), until=day(20))
FINISHED = Past(Walk(stop_at="900"), filters=str(Filters.of(ADA)), finished_at=day(25))
UNDER_WAY = replace(FINISHED, walk=Walk(cursor="next"), finished_at=None)


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({}, Change.NONE),
        ({"label": "comic", "max_images": 5}, Change.NONE),
        ({"quotes": False}, Change.NONE),
        ({"until": day(15)}, Change.NONE),
        ({"since": day(15)}, Change.NONE),
        ({"until": None}, Change.REREAD),
        ({"until": day(21)}, Change.REREAD),
        ({"label_from": "account"}, Change.NONE),
        ({"replies": True}, Change.ANEW),
        ({"retweets": True}, Change.ANEW),
        ({"since": day(9)}, Change.ANEW),
        ({"since": None}, Change.ANEW),
    ],
)
def test_each_filter(options: dict[str, Any], change: Change) -> None:
    """Narrower asks for nothing; wider for what was fetched, or else for a walk anew."""
    assert judge(FINISHED, replace(ADA, **options), rereads=True)[0] is change


def test_quotes_are_read_from_what_is_there() -> None:
    """Posts that quote were fetched all along: wanting them costs nothing."""
    without = replace(ADA, quotes=False)
    past = replace(FINISHED, filters=str(Filters.of(without)))

    assert judge(past, ADA, rereads=True)[0] is Change.REREAD
    assert judge(past, ADA, rereads=False)[0] is Change.ANEW


def test_narrowed_and_widened_again() -> None:
    """A `since` that moved forward and back lies within what was fetched; further does not."""
    change, filters = judge(FINISHED, replace(ADA, since=day(15)), rereads=True)
    later = replace(FINISHED, filters=str(filters))

    assert change is Change.NONE
    assert judge(later, ADA, rereads=True)[0] is Change.REREAD
    assert judge(later, replace(ADA, since=day(9)), rereads=True)[0] is Change.ANEW


def test_a_gap_is_not_forgotten() -> None:
    """Posts between the last walk and a later `since` were never fetched."""
    _, filters = judge(FINISHED, replace(ADA, since=day(28), until=None), rereads=True)
    later = replace(FINISHED, filters=str(filters), finished_at=day(30))

    assert judge(later, replace(ADA, until=None), rereads=True)[0] is Change.ANEW


def test_a_walk_under_way_goes_on_to_an_earlier_since() -> None:
    """Its older pages are still to come, so nothing is to be fetched twice."""
    change, filters = judge(UNDER_WAY, replace(ADA, since=day(5)), rereads=True)

    assert change is Change.REREAD
    assert filters.fetched_since == day(5).isoformat()


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"colour": 1}', "7"])
def test_unknown_filters_change_nothing(text: str | None) -> None:
    """Of a walk from before, or a torn row, nobody can say that it was narrower."""
    past = replace(FINISHED, filters=text)

    assert judge(past, replace(ADA, replies=True), rereads=True)[0] is Change.NONE


def test_a_first_walk_takes_any_filters() -> None:
    """Where nothing was walked nothing can be missing."""
    past = Past(filters=str(Filters.of(ADA)))

    assert judge(past, replace(ADA, replies=True, since=None), rereads=True)[0] is Change.NONE
