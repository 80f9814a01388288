"""The review list, and what is said of its rows."""

from __future__ import annotations

import shutil

import pytest

from curate.page.values import PairAnswer, ReviewAnswer
from curate.same import PROOF_VERSION
from curate.store.likeness import read_apart
from curate.store.opinions import Pair, save_pairs


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 30)


def reasons(sitting) -> list[tuple[str, str]]:
    return [(row.reason, row.stack.sha256) for row in sitting.review()]


def test_conflicts_are_listed_until_they_are_settled(data, opened, colours) -> None:
    """A picture in two label folders is a conflict; an answer puts it into one."""
    sitting = opened(data, audit=0)
    person = colours.Person(sitting, data)
    person.finish()
    sha256 = person.shown[0]
    file = next(data.folder.images.glob(f"*/*_{sha256[:8]}.png"))
    other = next(label for label in data.labels if label != data.truth[sha256])
    shutil.copyfile(file, data.folder.images / other / file.name)
    sitting.look_again()
    before = reasons(sitting)
    answer = ReviewAnswer("r", "tab", sha256, "label", data.truth[sha256], 900)
    receipt = sitting.decide(answer)

    assert before == [("conflict", sha256)]
    assert (receipt.kind, receipt.pictures) == ("review", 1)
    assert reasons(sitting) == []
    assert {s: f for f, some in data.tree().items() for s in some} == data.truth
    assert sitting.decide(answer) == receipt


def test_labels_that_the_model_contradicts(data, opened, colours) -> None:
    """A picture that was moved into the wrong folder by hand is a likely error."""
    wrong = next(s for s, label in data.truth.items() if label == "comic")
    for sha256 in (wrong, *[s for s in data.truth if s != wrong][:10]):
        label = "photo" if sha256 == wrong else data.truth[sha256]
        file = next(data.folder.unsorted.glob(f"*_{sha256[:8]}.png"))
        goal = data.folder.images / label / file.name
        goal.parent.mkdir(exist_ok=True)
        file.rename(goal)
    sitting = opened(data, colours.MeanColour(), audit=0)
    sitting.next_single("tab", 1)
    (row,) = [r for r in sitting.review() if r.reason == "likely error"]
    sitting.decide(ReviewAnswer("r", "tab", wrong, "label", "comic", 900))

    assert (row.stack.sha256, row.label, row.other) == (wrong, "photo", "comic")
    assert row.chance > 0.95
    assert wrong in data.tree()["comic"]
    assert not [r for r in sitting.review() if r.reason == "likely error"]


def mislabelled(sitting) -> list[str]:
    return [row.stack.sha256 for row in sitting.review() if row.reason == "likely error"]


def test_slips_in_the_last_answers_are_listed(data, opened, colours) -> None:
    """The list knows every answer, also one since which the model had too little news to learn."""
    sitting = opened(data, colours.MeanColour(), audit=0)
    person = colours.Person(sitting, data)
    for _ in range(12):
        person.single()
    before = mislabelled(sitting)
    person.slips = {sitting.next_single("tab", 1)[0].stack.sha256}
    person.single()

    assert before == []
    assert mislabelled(sitting) == [person.shown[-1]]


def test_the_last_answer_is_learnt(data, opened, colours) -> None:
    """When nothing is left the model has learnt all there is; an undo and another word, too."""
    model = colours.MeanColour()
    sitting = opened(data, model, audit=0)
    person = colours.Person(sitting, data)
    while sitting.state().left:
        person.single()
    sitting.state()
    last, lessons = model.lessons[-1], len(model.lessons)
    sitting.state()
    sitting.undo("tab", "u")
    person.slips = {person.shown[-1]}
    person.single()
    sitting.state()

    assert last == data.truth
    assert lessons < len(model.lessons)
    assert {s for s in last if model.lessons[-1][s] != last[s]} == {person.shown[-1]}


def test_nothing_new_is_not_learnt_again(data, opened, colours) -> None:
    """Looks at a list that is in order cost no refit."""
    model = colours.MeanColour()
    sitting = opened(data, model, audit=0)
    colours.Person(sitting, data).finish()
    sitting.review()
    lessons = len(model.lessons)
    sitting.review()
    sitting.state()

    assert len(model.lessons) == lessons


def test_a_new_sitting_with_all_sorted_knows_its_errors(data, opened, colours) -> None:
    """After a restart with nothing left the model learns as it comes, and nobody asks for it."""
    for sha256, label in data.truth.items():
        data.move(sha256, label)
    wrong = next(s for s, label in data.truth.items() if label == "comic")
    data.move(wrong, "photo")
    sitting = opened(data, None, audit=0)
    sitting.promise()
    sitting.take(colours.MeanColour())

    assert sitting.state().left == 0
    assert sitting.state().model.learnt_from == len(data.truth)
    assert mislabelled(sitting) == [wrong]


@pytest.fixture
def pair(data, opened, colours):
    """A sitting in which two pictures may be one."""
    a, b = sorted(data.truth)[:2]
    colours.tie(data.folder, a, [], [b])
    sitting = opened(data, audit=0)
    pairs = [Pair(a, b, 3, 9, 14.5, "unsure", "resized", (1, 2, 3, 4))]
    save_pairs(sitting._answers.catalog, pairs, PROOF_VERSION)
    return sitting, a, b


def test_pairs_stand_side_by_side(pair) -> None:
    """An unsure pair is listed with its proof."""
    sitting, a, b = pair
    (row,) = sitting.review()

    assert (row.reason, row.pair.a, row.pair.b, row.pair.kind) == ("duplicates", a, b, "unsure")
    assert (row.pair.how, row.pair.tile, row.pair.spot) == ("resized", 14.5, (1, 2, 3, 4))


def test_the_same_picture_is_set_aside(pair, data) -> None:
    """What is called the same goes to the duplicates, by hand, and comes back with an undo."""
    sitting, a, b = pair
    sitting.compare(PairAnswer("p", "tab", a, b, "same", 900))
    aside, rows = data.tree()["_rejected/near_duplicate"], sitting.review()
    sitting.undo("tab", "u")

    assert aside == {b}
    assert rows == []
    assert data.tree() == {"_unsorted": set(data.truth)}
    assert len(sitting.review()) == 1


@pytest.mark.parametrize("word", ["variant", "other"])
def test_two_pictures_are_told_apart(pair, data, word: str) -> None:
    """What is called two pictures is remembered as `curate differ` does, until it is taken back."""
    sitting, a, b = pair
    sitting.compare(PairAnswer("p", "tab", a, b, word, 900))
    apart, rows = set(read_apart(sitting._answers.catalog)), sitting.review()
    sitting.undo("tab", "u")

    assert apart == {(a, b)}
    assert rows == []
    assert read_apart(sitting._answers.catalog) == {}
    assert len(sitting.review()) == 1
