"""Pages of tiles, planted tiles, the hidden sample, and what the model doubts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curate.page.grids import batches, ranked
from curate.page.suggester import Opinion
from curate.page.values import PageAnswer
from harvest.ledger.errors import UsageError


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 120)


@pytest.fixture
def model(colours):
    """A model that learns along."""
    return colours.MeanColour()


def taught(opened, data, colours, model, answers: int = 12, **settings):
    """A sitting in which so many pictures were sorted one by one."""
    sitting = opened(data, model, **settings)
    person = colours.Person(sitting, data)
    for _ in range(answers):
        person.single()
    return sitting, person


def test_pages_save_keys(opened, data, colours, model) -> None:
    """With a model all is sorted right, in far fewer answers than there are pictures."""
    sitting, person = taught(opened, data, colours, model)
    person.finish()
    told = sitting.state()

    assert {s: f for f, some in data.tree().items() for s in some} == data.truth
    assert person.number < 50
    assert (told.left, told.estimate.wrong) == (0, 0)
    assert told.estimate.looks >= 5
    assert told.overlooked.planted > 0
    assert told.overlooked.missed == 0


def test_page_holds_what_is_sure(opened, data, colours, model) -> None:
    """A page is of one label, no fuller than asked, and at most half a tile of it is wrong."""
    sitting, _ = taught(opened, data, colours, model)
    page = sitting.next_grid("tab", 30)
    held = model.learn(model.lessons[-1])
    wrong = [
        1 - held.chances[t.sha256][held.labels.index(page.label)]
        for t in page.tiles
        if t.sha256 in sitting._table.items.left
    ]

    assert 4 <= len(page.tiles) <= 30
    assert sum(wrong) == pytest.approx(page.expected_wrong)
    assert page.expected_wrong <= 0.5
    assert [t.sha256 for t in page.tiles] == model.alike([t.sha256 for t in page.tiles])


@pytest.mark.parametrize(("chance", "distrust", "tiles"), [(0.99, 1, 20), (0.9, 1, 5), (0.9, 2, 0)])
def test_expected_errors_bound_a_page(chance: float, distrust: float, tiles: int) -> None:
    """Tiles of one in ten wrong make a page of five; where twice as many were, none at all."""
    some = [f"{n:064x}" for n in range(20)]
    opinion = Opinion(("comic", "photo"), dict.fromkeys(some, (chance, 1 - chance)), {})
    found = batches(ranked(opinion), lambda _: True, 24, 0.5, distrust)

    assert sum(len(batch.tiles) for batch in found) == tiles


def test_page_is_frozen_until_it_is_answered(opened, data, colours, model) -> None:
    """The same page again, also after a restart; the one after it is another one."""
    sitting, _ = taught(opened, data, colours, model)
    page = sitting.next_grid("tab", 20)
    following = sitting.next_grid("tab", 20, after=page.page)
    other = sitting.next_grid("other", 20)
    again = opened(data, model).next_grid("tab", 20)
    tiles = [{t.sha256 for t in p.tiles} & sitting._table.items.left for p in (page, following)]

    assert sitting.next_grid("tab", 20) == page == again
    assert not tiles[0] & tiles[1]
    assert other is None or not {t.sha256 for t in other.tiles} & (tiles[0] | tiles[1])


def test_marks_flip_and_unseen_tiles_wait(opened, data, colours, model) -> None:
    """With two labels a mark gives the other one; junk goes; what was not in view stays."""
    sitting, _ = taught(opened, data, colours, model)
    page = sitting.next_grid("tab", 20)
    left = [t.sha256 for t in page.tiles if t.sha256 in sitting._table.items.left]
    flipped, junk, unseen, kept = left[:4]
    seen = tuple(t.sha256 for t in page.tiles if t.sha256 != unseen)
    marks = {flipped: "wrong", junk: "junk"}
    receipt = sitting.confirm(PageAnswer("p", "tab", page.page, seen, marks, 3000))
    where = {s: f for f, some in data.tree().items() for s in some}

    assert (where[flipped], where[kept]) == (page.other, page.label)
    assert (where[junk], where[unseen]) == ("_rejected/junk", "_unsorted")
    assert receipt.said == {page.label: len(left) - 3, page.other: 1, "junk": 1}


def test_three_labels_ask_for_marked_ones(tmp_path, opened, colours, model) -> None:
    """With more labels a marked tile is asked for by itself, and no page shows it again."""
    data = colours.make_coloured(tmp_path / "three", 90, ("comic", "photo", "sketch"))
    sitting, _ = taught(opened, data, colours, model, answers=15, audit=0)
    sitting.release("tab")
    page = sitting.next_grid("tab", 20)
    marked = next(t.sha256 for t in page.tiles if t.sha256 in sitting._table.items.left)
    seen = tuple(t.sha256 for t in page.tiles)
    answer = PageAnswer("p", "tab", page.page, seen, {marked: "wrong"}, 3000)
    receipt = sitting.confirm(answer)

    assert page.other is None
    assert receipt.to_single == 1
    assert sitting.next_single("tab", 1)[0].stack.sha256 == marked
    assert marked in data.tree()["_unsorted"]


def test_a_page_is_one_step(opened, data, colours, model) -> None:
    """Z takes all of a page back, and shows the same tiles again."""
    sitting, person = taught(opened, data, colours, model)
    page, before = sitting.next_grid("tab", 20), data.tree()
    person.page(20)
    sitting.undo("tab", "u")
    again = sitting.next_grid("tab", 20)

    assert data.tree() == before
    assert (again.tiles, again.label, again.other) == (page.tiles, page.label, page.other)


def test_tiles_of_no_page_are_refused(opened, data, colours, model) -> None:
    """Nobody answers for tiles that were not on the page, or not seen; a hasty Enter is told."""
    sitting, _ = taught(opened, data, colours, model)
    page = sitting.next_grid("tab", 20)
    seen = tuple(t.sha256 for t in page.tiles)
    answer = PageAnswer("p", "tab", page.page, seen, {}, 3000)
    for strange in (
        replace(answer, seen=("f" * 64,)),
        replace(answer, seen=seen[1:], marks={seen[0]: "wrong"}),
    ):
        with pytest.raises(UsageError, match="no tile"):
            sitting.confirm(strange)
    hasty = sitting.confirm(replace(answer, ms=100))

    assert (hasty.step, "too fast" in hasty.note) == (0, True)
    assert sitting.next_grid("tab", 20) == page


def test_missed_plants_are_told_at_once(opened, data, colours, model) -> None:
    """Who never marks a planted tile reads it in the receipt, and it keeps its label."""
    sitting, person = taught(opened, data, colours, model)
    person.blind_to = set(data.truth)
    missed = []
    while receipt := person.page():
        assert len(receipt.missed) == receipt.planted
        missed += receipt.missed
    told = sitting.state().overlooked

    assert missed
    assert (told.missed, told.rate) == (len(missed), 1.0)
    assert all(s in data.tree()[data.truth[s]] for s in missed)


def test_sample_is_never_learnt_from(opened, data, colours, model) -> None:
    """No picture of the hidden sample is ever in a lesson, and each of it is looked at twice."""
    sitting, person = taught(opened, data, colours, model)
    person.finish()
    sample = set(sitting._table.sample)

    assert len(sample) == 6
    assert all(not sample & lesson.keys() for lesson in model.lessons)
    assert all(person.shown.count(s) <= 2 for s in sample)
    assert sitting.state().estimate.looks > 0


def test_estimate_finds_wrong_labels(opened, data, colours) -> None:
    """Every first look slips, those of the sample too: only labels that are wrong count as such."""
    sitting = opened(data, audit=120)
    person = colours.Person(sitting, data)
    person.slips = set(data.truth)
    person.finish()
    told = sitting.state().estimate
    where = {s: f for f, some in data.tree().items() for s in some}
    wrong = sum(where[s] != data.truth[s] for s in sitting._table.sample)

    assert (told.looks, told.wrong, told.accuracy) == (6, wrong, None)
    assert 0 < wrong < 6
    assert told.low <= 1 - wrong / 6 <= told.high


def test_contradicted_answers_return_once_blind(opened, data, colours, model) -> None:
    """A slip that the model contradicts is asked again, 20 and more pictures later, and mended."""
    sitting = opened(data, model, audit=0)
    person = colours.Person(sitting, data)
    slip = sitting.next_single("tab", 1)[0].stack.sha256
    person.slips = {slip}
    while person.single():
        pass
    places = [n for n, s in enumerate(person.shown) if s == slip]

    assert len(places) == 2
    assert places[1] - places[0] > 20
    assert slip in data.tree()[data.truth[slip]]


def test_certificate(opened, data, colours) -> None:
    """The price is told before, the looks are blind, and a perfect set gets its certificate."""
    sitting = opened(data, audit=0, limit=0.05)
    person = colours.Person(sitting, data)
    early = sitting.price()
    with pytest.raises(UsageError, match="not sorted yet"):
        sitting.certify()
    person.finish()
    offered, running = sitting.price(), sitting.certify()
    person.single()
    again = opened(data, audit=0, limit=0.05).state().certificate
    person.finish()
    given = sitting.state().certificate

    assert (early.state, offered.state, running.state) == ("early", "offered", "running")
    assert early.looks == offered.looks == running.looks == given.looks < 120
    assert (again.state, again.looked, again.wrong) == ("running", 1, 0)
    assert (given.state, given.looked, given.wrong) == ("given", given.looks, 0)
    assert given.at_most <= 0.05


def test_refused_certificate_costs_more_next_time(opened, data, colours) -> None:
    """One picture found to be wrong refuses it; the next try needs more looks, and is surer."""
    sitting = opened(data, audit=0, limit=0.05)
    person = colours.Person(sitting, data)
    person.finish()
    first = sitting.certify()
    wrong = sitting.next_single("tab", 1)[0].stack.sha256
    data.truth[wrong] = next(other for other in data.labels if other != data.truth[wrong])
    person.finish()
    refused = sitting.state().certificate

    assert (refused.state, refused.wrong, refused.sure) == ("refused", 1, 0.95)
    assert refused.at_most > 0.05
    assert [r.stack.sha256 for r in sitting.review() if r.reason == "likely error"] == [wrong]
    assert sitting.price().looks > first.looks
    assert sitting.price().sure == 0.975
    assert sitting.state().offers[0].looks == sitting.price().looks


def test_slips_do_not_refuse_a_certificate(opened, data, colours) -> None:
    """Looks that slip are made again, blind, and what is offered at which price is kept to."""
    sitting = opened(data, audit=0, limit=0.05)
    person = colours.Person(sitting, data)
    early = sitting.state().offers
    person.finish()
    offers = sitting.state().offers
    begun = sitting.certify(offers[1].allowed)
    person.slips, before = set(list(sitting._table.trials.last.sample)[:5]), person.number
    person.finish()
    given = sitting.state().certificate

    assert early == ()
    assert [offer.allowed for offer in offers] == [0, 1, 2, 3]
    assert offers[0].looks < offers[1].looks == begun.looks
    assert (given.state, given.wrong) == ("given", 0)
    assert person.number - before == begun.looks + 10


@pytest.mark.parametrize("relabel", [False, True])
def test_tiles_moved_by_hand_meanwhile_stay(opened, data, colours, model, relabel: bool) -> None:
    """Tiles that a person moves while the page is in view, the first one too, stay there."""
    sitting, person = taught(opened, data, colours, model, audit=0, relabel=relabel)
    page = sitting.next_grid("tab", 20)
    tiles = [t.sha256 for t in page.tiles if t.sha256 in sitting._table.items.left]
    other = next(label for label in data.labels if label != page.label)
    data.move(tiles[0], other)
    data.move(tiles[-1], "_rejected/junk")
    receipt = person.page(20)
    tree = data.tree()

    assert set(tiles[1:-1]) <= tree[page.label]
    assert tiles[0] in tree[other]
    assert tiles[-1] in tree["_rejected/junk"]
    assert (receipt.by_hand, receipt.pictures) == (2, len(tiles) - 2)
    assert "2 pictures were moved by hand" in receipt.note
    assert receipt.missed == ()
