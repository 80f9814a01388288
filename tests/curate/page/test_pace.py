"""The pace of a sitting: pictures a minute of work, pauses not counted."""

from __future__ import annotations

from curate.page.course import Course
from curate.store.pages import Look, Step


def course(*times: float) -> Course:
    """One answer in single mode at each of the times, in seconds."""
    names = [f"{number:064x}" for number in range(len(times))]
    steps = [
        Step(name, at, "ada", "tab", "single", (Look(name, "first", "label", "comic"),), ms=800,
             number=number)
        for number, (name, at) in enumerate(zip(names, times, strict=True), 1)
    ]  # fmt: skip
    return Course(steps, {name: name for name in names})


def test_a_pause_is_no_work() -> None:
    """Twenty minutes away from the page change nothing of the pace."""
    before = [float(second) for second in range(10)]
    after = [1200.0 + second for second in range(3)]

    assert course(*before).rate() == 60.0
    assert course(*before, *after).rate() == 60.0


def test_nothing_is_known_of_one_answer() -> None:
    """One answer, or one after a pause, tells no pace."""
    assert course(5.0).rate() == 0.0
    assert course(5.0, 900.0).rate() == 0.0
