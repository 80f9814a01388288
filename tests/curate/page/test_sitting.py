"""Sorting in single mode: what is written, what is shown, what is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curate.history import batches
from curate.labels import sync
from curate.page.values import Answer
from curate.store.decisions import read_decisions
from curate.undo import Goal, undo
from harvest.ledger.errors import UsageError


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures."""
    return colours.make_coloured(tmp_path / "strips", 26)


@pytest.fixture
def sitting(opened, data):
    """A sitting without a model."""
    return opened(data, audit=0)


@pytest.fixture
def person(sitting, data, colours):
    """Who sorts in it."""
    return colours.Person(sitting, data)


def decisions(sitting):
    every = read_decisions(sitting._answers.catalog).values()
    return sorted((d for some in every for d in some), key=lambda d: d.number)


def test_all_is_sorted_unaided(sitting, person, data) -> None:
    """Without a model every picture is asked for once, and stands in its label's folder."""
    person.finish()
    state = sitting.state()

    assert sorted(person.shown) == sorted(data.truth)
    assert {s: f for f, some in data.tree().items() for s in some} == data.truth
    assert (state.done, state.left, state.model.state) == (26, 0, "none")
    assert sitting.next_grid("tab", 24) is None


def test_answer_is_a_decision_before_its_receipt(sitting, person, data) -> None:
    """The row says who, how, from where and to where, and stands when the receipt is there."""
    receipt = person.single()
    (decision,) = decisions(sitting)

    assert (decision.who, decision.how, decision.hand) == ("ada", "page", True)
    assert decision.before == {"_unsorted"}
    assert decision.after == {data.truth[decision.sha256]}
    assert (receipt.step, receipt.pictures, receipt.said) == (
        1,
        1,
        {data.truth[person.shown[0]]: 1},
    )
    assert decision.sha256 in data.tree()[data.truth[decision.sha256]]


def test_repeat_brings_the_same_receipt(sitting, person, data, opened) -> None:
    """The same client id again changes nothing, in this sitting and in the next."""
    shown = sitting.next_single("tab", 1)[0]
    answer = Answer("one", "tab", shown.shown, "label", "comic", 500)
    first = sitting.answer(answer)
    other = replace(answer, label="photo")
    again, later = sitting.answer(other), opened(data, audit=0).answer(other)

    assert first == again == later
    assert len(decisions(sitting)) == 1
    assert data.tree()["comic"] == {shown.stack.sha256}


def test_second_answer_to_one_showing_changes_nothing(sitting, data) -> None:
    """A key pressed twice labels one picture once."""
    shown = sitting.next_single("tab", 1)[0]
    sitting.answer(Answer("one", "tab", shown.shown, "label", "comic", 500))
    late = sitting.answer(Answer("two", "tab", shown.shown, "label", "photo", 700))

    assert late.step == 0
    assert late.note
    assert data.tree()["comic"] == {shown.stack.sha256}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": "hat"}, "wanted one of comic, photo"),
        ({"choice": "eat"}, "wanted label, skip or junk"),
        ({"client": ""}, "client"),
        ({"client": "x" * 65}, "client"),
        ({"tab": "caf\xe9"}, "tab"),
        ({"ms": -1}, "milliseconds"),
    ],
)
def test_nonsense_is_refused(sitting, change: dict[str, object], words: str) -> None:
    """An answer that makes no sense is a user error, and nothing is written."""
    shown = sitting.next_single("tab", 1)[0]
    answer = Answer("one", "tab", shown.shown, "label", "comic", 500)
    with pytest.raises(UsageError, match=words):
        sitting.answer(replace(answer, **change))

    assert decisions(sitting) == []


def test_skip_and_junk(sitting, person, data) -> None:
    """Junk leaves for `_rejected/junk`; what is skipped twice stays, and is no longer asked for."""
    person.single(choice="junk")
    person.single(choice="skip")
    while not sitting.state().left == sitting.state().skipped == 1:
        person.single()
    again = person.single(choice="skip")
    person.finish()
    state, tree = sitting.state(), data.tree()

    assert again is not None
    assert person.shown.count(person.shown[1]) == 2
    assert tree["_rejected/junk"] == {person.shown[0]}
    assert tree["_unsorted"] == {person.shown[1]}
    assert (state.left, state.skipped, state.by_label["junk"]) == (1, 1, 1)
    assert [(r.reason, r.stack.sha256) for r in sitting.review()] == [("skipped", person.shown[1])]


def test_undo_has_no_end(sitting, person, data) -> None:
    """Every answer can be taken back, the last one first, until all stands as before."""
    person.single(choice="skip")
    person.finish()
    backs = []
    while (receipt := sitting.undo("tab", f"u{len(backs)}")).step:
        backs += receipt.back

    assert backs == person.shown[::-1]
    assert data.tree() == {"_unsorted": set(data.truth)}
    assert sitting.state().undoable == 0
    assert not any(sitting._answers.is_by_hand(s) for s in data.truth)


def test_what_was_taken_back_is_shown_next(sitting, person) -> None:
    """After an undo the picture is the next one, and those ahead keep their order."""
    ahead = [s.stack.sha256 for s in sitting.next_single("tab", 4)]
    person.single()
    person.single()
    sitting.undo("tab", "u1")
    sitting.undo("tab", "u2")

    assert [s.stack.sha256 for s in sitting.next_single("tab", 4)] == ahead


def test_repeated_undo_takes_back_once(sitting, person) -> None:
    """An undo has an id as well."""
    person.single()
    person.single()

    assert sitting.undo("tab", "u") == sitting.undo("tab", "u")
    assert sitting.state().done == 1


def test_sync_and_undo_understand_the_page(sitting, person, data, clock) -> None:
    """`curate sync` finds no hand move, and `curate undo` takes the last answer back."""
    person.finish()
    last = person.shown[-1]
    found = sync(data.folder, clock=clock)
    history = batches(decisions(sitting))
    undo(data.folder, Goal(), who="ada", clock=clock)

    assert found.hand_moves == 0
    assert len(history) == 26
    assert data.tree()["_unsorted"] == {last}


def test_hand_move_meanwhile_is_read(sitting, person, data) -> None:
    """A file that a person moved while it was on the screen stays, and the receipt says so."""
    shown = sitting.next_single("tab", 1)[0].stack.sha256
    data.move(shown, "photo")
    person.data.truth[shown] = "comic"
    receipt = person.single()
    person.single()

    assert shown in data.tree()["photo"]
    assert (receipt.by_hand, receipt.step, receipt.pictures) == (1, 0, 0)
    assert "moved by hand" in receipt.note
    assert person.shown[1] != shown
    assert [d.how for d in decisions(sitting)] == ["sync", "page"]


def test_too_fast_answers_are_asked_again(sitting, person, data) -> None:
    """Under 200 ms nothing is labelled, and the picture returns 20 others later or at the end."""
    person.single(ms=90)
    hasty = person.shown[0]
    person.finish()
    place = person.shown.index(hasty, 1)

    assert place > 20
    assert data.tree().keys() == {"comic", "photo"}
    assert len(decisions(sitting)) == 26


def test_two_tabs_never_share_a_picture(sitting, data, colours) -> None:
    """What one tab has, no other is given, until the tab is closed."""
    one = [s.stack.sha256 for s in sitting.next_single("one", 6)]
    two = [s.stack.sha256 for s in sitting.next_single("two", 6)]
    sitting.release("one")
    three = [s.stack.sha256 for s in sitting.next_single("three", 6)]

    assert not set(one) & set(two)
    assert three == one


def test_silent_tab_loses_its_pictures(opened, data, colours) -> None:
    """After the lease another tab gets them, and an answer that comes late changes nothing."""
    clock = colours.Clock()
    sitting = opened(data, clock=clock, audit=0)
    mine = sitting.next_single("one", 3)
    clock.now += 121
    theirs = sitting.next_single("two", 3)
    late = sitting.answer(Answer("late", "one", mine[0].shown, "label", "comic", 500))

    assert [s.stack for s in mine] == [s.stack for s in theirs]
    assert late.step == 0
    assert decisions(sitting) == []


def test_undo_keeps_to_its_tab(sitting, data, colours) -> None:
    """Z takes back what this tab said, not what another one said since."""
    one, two = (colours.Person(sitting, data, tab) for tab in ("one", "two"))
    one.single()
    two.single()
    receipt = sitting.undo("one", "u")

    assert receipt.back == (one.shown[0],)
    assert two.shown[0] in data.tree()[data.truth[two.shown[0]]]


def test_new_sitting_goes_on_with_the_same_pictures(sitting, person, data, opened) -> None:
    """After a restart the tab has the very same pictures ahead, by the same ids."""
    person.single()
    ahead = sitting.next_single("tab", 6)
    again = opened(data, audit=0)

    assert again.next_single("tab", 6) == ahead
    assert again.state().undoable == 1


def test_stack_gets_one_label(tmp_path, opened, colours) -> None:
    """A picture with its duplicates is one item, and all its unsorted files get the label."""
    data = colours.make_coloured(tmp_path / "twins", 9)
    keeper, twin, variant = sorted(data.truth)[:3]
    data.truth[twin] = data.truth[keeper]
    colours.tie(data.folder, keeper, [twin], [variant])
    sitting = opened(data, audit=0)
    person = colours.Person(sitting, data)
    person.finish()
    stack = next(s for s in sitting._table.items.stacks.by_picture.values() if s.sha256 == keeper)

    assert sitting.state().done == 8
    assert stack.members == (keeper, twin)
    assert (stack.duplicates, stack.variants) == ((twin,), (variant,))
    assert {s: f for f, some in data.tree().items() for s in some} == data.truth
