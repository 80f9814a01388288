"""The verdict on a fine-tuned network, by scores that were made up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from classify.data import Example
from classify.finetune.verdict import Compared, Held, decide
from classify.measures.judged import judge

TRUTH = np.arange(40, dtype=np.intp) % 2
APART = tuple(str(i) for i in range(40))


def held(groups: tuple[str, ...] = APART) -> Held:
    """40 pictures of two labels."""
    return Held(TRUTH, groups, 2, "balanced")


def scored(margins: NDArray[np.floating] | list[float]) -> NDArray[np.float64]:
    """Scores [40, 2] whose truth is ahead by these margins."""
    scores = np.zeros((40, 2))
    scores[np.arange(40), TRUTH] = margins
    return scores


def uneven(mean: float, spread: float) -> NDArray[np.float64]:
    """40 margins around a mean, the same ones each time."""
    return np.random.default_rng(1).normal(mean, spread, 40)


def test_a_network_that_is_better_on_nearly_all_pictures_is_handed_out() -> None:
    """A lower loss by more than its standard error, with as many right answers, is enough."""
    margins = uneven(1.0, 0.3)

    verdict = decide(scored(margins), scored(margins + uneven(1.0, 0.2)), held())

    assert verdict.taken
    assert [c.name for c in verdict.contest] == ["head alone", "fine-tuned"]
    assert verdict.contest[0].behind > verdict.contest[0].noise > 0
    assert "40 right against 40" in verdict.because


@pytest.mark.parametrize("lead", [0.0, -0.5])
def test_a_network_that_is_no_better_is_declined(lead: float) -> None:
    """Equal is not better."""
    margins = uneven(1.0, 0.3)

    verdict = decide(scored(margins), scored(margins + lead), held())

    assert not verdict.taken
    assert verdict.because.startswith("it is not better: ")


def test_a_difference_within_its_standard_error_is_chance() -> None:
    """A few pictures that gained and a few that lost prove nothing."""
    margins = np.full(40, 1.0)
    changed = margins.copy()
    changed[:3], changed[3:5] = 4.0, 0.2

    verdict = decide(scored(margins), scored(changed), held())

    assert verdict.contest[0].loss > verdict.contest[1].loss
    assert not verdict.taken
    assert "by more than chance" in verdict.because


def test_a_difference_of_little_more_than_its_standard_error_is_chance_still() -> None:
    """One in six of equals is so far ahead by luck."""
    margins = uneven(2.0, 0.2)

    verdict = decide(scored(margins), scored(margins + uneven(0.9, 1.0)), held())

    alone = verdict.contest[0]
    assert 1 < alone.behind / alone.noise < 1.64
    assert not verdict.taken
    assert "by more than chance" in verdict.because


@pytest.mark.parametrize(("gain", "taken"), [(0.01, False), (0.2, True)])
def test_a_gain_too_small_to_be_worth_it_is_declined(gain: float, taken: bool) -> None:
    """However sure: the head alone has learnt from all pictures in the end, the network has not."""
    margins = uneven(1.0, 0.3)

    verdict = decide(scored(margins), scored(margins + gain), held())

    assert verdict.contest[0].behind > verdict.contest[0].noise
    assert verdict.taken is taken
    assert ("less than 5% of the log loss" in verdict.because) is not taken


def test_pictures_that_are_alike_count_as_one() -> None:
    """The same gain, all of it on one group of near duplicates, is one picture's gain."""
    margins = np.full(40, 1.0)
    changed = margins + 0.01 * uneven(0, 1)
    changed[:8] = 3.0
    alike = tuple("one" if i < 8 else name for i, name in enumerate(APART))

    apart = decide(scored(margins), scored(changed), held())
    together = decide(scored(margins), scored(changed), held(alike))

    assert apart.taken
    assert not together.taken


def test_fewer_right_answers_are_never_taken_for_a_lower_loss() -> None:
    """People count right answers."""
    margins = uneven(0.5, 0.1)
    surer = margins + 2.0
    surer[0] = -0.1

    verdict = decide(scored(margins), scored(surer), held())

    assert not verdict.taken
    assert verdict.because.startswith("it has fewer right answers: ")
    assert "39 right against 40" in verdict.because


def test_a_temperature_makes_unsure_scores_surer() -> None:
    """Scores that are always right can be divided by less than one."""
    assert held().temperature(scored(np.full(40, 0.5))) < 1


def test_both_are_told_with_intervals_and_where_they_differ() -> None:
    """The card's facts count who alone was right."""
    examples = tuple(Example(None, f"{i}", "ab"[k], "test", "") for i, k in enumerate(TRUTH))  # type: ignore[arg-type]
    right, wrong = np.full(40, 2.0), np.full(40, 2.0)
    wrong[:3] = -1.0
    parts = []
    for margins in (wrong, right):
        odds = 1 / (1 + np.exp(-margins))
        found = np.where(np.eye(2, dtype=bool)[TRUTH], odds[:, None], 1 - odds[:, None])
        parts.append(judge("test", ("a", "b"), examples, TRUTH, found))

    facts = Compared(*parts).facts()

    assert facts["only_one_right"] == {"head_alone": 0, "fine_tuned": 3}
    assert (facts["head_alone"]["right"], facts["fine_tuned"]["right"]) == (37, 40)
    low, high = facts["head_alone"]["interval_95"]
    assert low < 37 / 40 < high
    assert math.isclose(facts["fine_tuned"]["log_loss"], math.log1p(math.exp(-2.0)))
    assert facts["chose"] is False
