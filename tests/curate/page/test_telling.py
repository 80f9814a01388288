"""What a sitting tells of itself is no more than blind looks and answers bear out."""

from __future__ import annotations

import pytest

from curate.page.values import ReviewAnswer


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 60)


def test_an_answer_that_was_too_fast_is_told(data, opened, colours) -> None:
    """What nobody can have seen says in its receipt that it changed nothing and comes again."""
    sitting = opened(data, audit=0)
    person = colours.Person(sitting, data)
    hasty, calm = person.single(ms=100), person.single(ms=700)

    assert (hasty.note, dict(hasty.said), hasty.pictures) == (
        "too fast: will be asked again", {}, 0
    )  # fmt: skip
    assert (calm.note, calm.pictures) == ("", 1)


@pytest.fixture
def proven(data, opened, colours):
    """A sitting after a certificate whose looks found two wrong labels, with those."""
    sitting = opened(data, colours.MeanColour(), limit=0.1)
    person = colours.Person(sitting, data)
    while person.single():
        pass
    certified = sitting.certify(1)
    sample = sitting._table.trials.last.sample
    wrong = sorted(sample)[:2]
    flipped = {"comic": "photo", "photo": "comic"}
    truth = dict(data.truth)
    data.truth |= {s: flipped[truth[s]] for s in wrong}
    while person.single():
        pass
    data.truth |= truth
    return sitting, certified, wrong


def test_what_a_certificate_found_is_in_the_estimate(proven) -> None:
    """Its looks are counted with the hidden sample's, each picture once."""
    sitting, certified, wrong = proven
    told, sample = sitting.state(), set(sitting._table.sample)

    assert told.certificate.wrong == len(wrong) == 2
    looked = sitting._table.trials.last.sample.keys() | sample
    assert certified.looks < told.estimate.looks == len(looked)
    assert told.estimate.wrong == 2
    assert told.estimate.accuracy == pytest.approx(1 - 2 / len(looked))
    assert told.estimate.low < told.estimate.accuracy < told.estimate.high


def test_what_was_found_stays_found_when_it_is_mended(proven) -> None:
    """Labels that are changed after the looks count as wrong, mended by them or against them."""
    sitting, _, (one, other) = proven
    before = sitting.state().estimate
    said = sitting._table.trials.disagreed()
    sitting.decide(ReviewAnswer("1", "tab", one, "label", said[one], 900))
    sitting.decide(ReviewAnswer("2", "tab", other, "junk", "", 900))
    mended = sitting.state().estimate
    third = next(s for s in sitting._table.trials.last.sample if s not in said)
    now = sitting._table.items.status[third]
    against = next(label for label in ("comic", "photo") if label != now)
    sitting.decide(ReviewAnswer("3", "tab", third, "label", against, 900))
    after = sitting.state().estimate

    assert (mended.looks, mended.wrong) == (before.looks, before.wrong)
    assert after.wrong == before.wrong + 1


def test_looks_that_are_under_way_tell_nothing(data, opened, colours) -> None:
    """While a certificate's looks are made the estimate is that of the hidden sample."""
    sitting = opened(data, limit=0.1)
    person = colours.Person(sitting, data)
    person.finish()
    before = sitting.state().estimate
    sitting.certify()
    person.slips = set(data.truth)
    person.single()

    assert sitting.state().estimate == before


def test_a_picture_with_two_reasons_is_one_row(proven) -> None:
    """What a blind look and the model both speak against stands once, with both reasons."""
    sitting, _, (one, other) = proven
    said = sitting._table.trials.disagreed()
    sitting._table.queue.doubted = {one: (said[one], 0.98)}
    rows = [row for row in sitting.review() if row.reason == "likely error"]
    (both,) = [row for row in rows if row.stack.sha256 == one]

    assert sorted(row.stack.sha256 for row in rows) == [one, other]
    assert both.words == f"a blind look said {said[one]}; the model says {said[one]}, 98.0% sure"
    assert (both.other, both.chance) == (said[one], 0.98)
