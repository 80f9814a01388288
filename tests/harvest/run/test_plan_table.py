"""A plan as people read it: honest sums, and no word or sign that is not told below it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from harvest.ledger.prices import FREE, PRICES
from harvest.ledger.records import Target
from harvest.run.job import Job
from harvest.run.plan import make_plan
from harvest.run.plan_table import WALKS, Line, Plan

X = PRICES["twitter"]


def plan_of(*lines: Line) -> Plan:
    return Plan(lines, None, Decimal(0), 0, 0)


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([Line("a", "first", 800, 9, price=X), Line("b", "first", None, None)],
         ["800+?", "9+?", "$4.00", "?"]),
        ([Line("a", "first", None, None)], ["?", "?", "$0.00", "$0.00"]),
        ([Line("a", "all of it", None, 0), Line("b", "first", None, None)],
         ["?", "?", "$0.00", "$0.00"]),
        ([Line("a", "done", 0, 0, expected=0, price=X)], ["0", "0", "$0.00", "$0.00"]),
        ([Line("a", "newest only", 800, 8, expected=6, price=X),
          Line("b", "first", 800, 8, price=X)], ["1600", "16", "$8.00", "$0.03+?"]),
    ],
)  # fmt: skip
def test_what_is_unknown_is_never_zero(lines: list[Line], total: list[str]) -> None:
    """`12+?` where some are known, `?` where none is."""
    assert plan_of(*lines).rows()[-1][2:] == total


def test_words_and_signs_are_told(tmp_path: Path) -> None:
    """Below the table stands what its words mean, those alone that it holds; and each `?`."""
    last = plan_of(Line("a", "newest only, stored pages again", 800, 8, expected=6, price=X))
    first = plan_of(Line("a", "first", None, None))
    *others, words = last.notes()

    assert (
        words
        == f"walk: newest only = {WALKS['newest only']}; stored pages again = "
        + (WALKS["stored pages again"])
    )
    assert not [line for line in others if line.startswith("?")]
    assert [line for line in first.notes() if line.startswith("?: nobody knows")]


def job_of(tmp_path: Path, *targets: Target) -> Job:
    return Job(dataset=tmp_path / "set", targets=targets, prices={"twitter": X})


@pytest.mark.parametrize(
    ("most", "small"), [(None, False), (30, True), (100, False), (5000, False)]
)
def test_few_pictures_do_not_bound_posts(tmp_path: Path, most: int | None, small: bool) -> None:
    """`at most` is all that can be seen; where pages are small, a line says why."""
    every = make_plan(job_of(tmp_path, Target("twitter", "a"))).lines[0]
    plan = make_plan(job_of(tmp_path, Target("twitter", "a", max_images=most)))
    (line,) = plan.lines

    assert (line.posts, line.dollars) == (every.posts, every.dollars)
    assert ((line.requests or 0) > (every.requests or 0)) == small
    assert any(note.startswith("max_images counts pictures") for note in plan.notes()) == small


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is told before the run, and what that means."""
    (tmp_path / "there").mkdir()
    targets = [Target("folder", str(tmp_path / name)) for name in ("there", "nowhere")]
    plan = make_plan(job_of(tmp_path, *targets))

    assert [line.walk for line in plan.lines] == ["all of it", "no such folder"]
    assert "no such folder = nothing lies there" in plan.notes()[-1]
    assert all(line.price == FREE for line in plan.lines)
