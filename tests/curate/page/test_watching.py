"""Hand moves while the page is open."""

from __future__ import annotations

import pytest

from curate.page.values import Answer
from curate.page.watching import PAUSE


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 12)


@pytest.fixture
def clock(colours):
    """Seconds that pass when told."""
    return colours.Clock()


def ask(sitting, clock, times: int = 2):
    """The pictures ahead, asked for now and then."""
    for _ in range(times):
        clock.now += PAUSE
        ahead = sitting.next_single("tab", 3)
    return [one.stack.sha256 for one in ahead]


def test_moved_files_are_taken_in(opened, data, clock) -> None:
    """What a person moves to a label folder is sorted, and no longer asked for."""
    sitting = opened(data, clock=clock, audit=0)
    first, second, _ = ask(sitting, clock, 1)
    file = next(p for p in data.folder.images.rglob("*.png") if first[:8] in p.name)
    target = data.folder.label_folder("photo")
    target.mkdir()
    file.rename(target / file.name)
    ahead = ask(sitting, clock)

    assert first not in ahead
    assert second == ahead[0]
    assert sitting.state().left == 11


def test_moves_under_way_wait(opened, data, clock) -> None:
    """While files still come and go from one look to the next nothing is read."""
    sitting = opened(data, clock=clock, audit=0)
    files = sorted((data.folder.images / "_unsorted").iterdir())
    target = data.folder.label_folder("comic")
    target.mkdir()
    told = []
    for file in files[:4]:
        file.rename(target / file.name)
        ask(sitting, clock, 1)
        told.append(len(sitting._table.items.left))  # a state would be another look
    ask(sitting, clock)

    assert told == [12, 12, 12, 12]
    assert sitting.state().left == 8


def test_own_moves_are_no_news(opened, data, clock) -> None:
    """Answers move files, too; the sitting goes on with the same table, a text beside or not."""
    sitting = opened(data, clock=clock, audit=0)
    (data.folder.images / "notes.txt").write_text("mine")
    ask(sitting, clock)
    table = sitting._table
    for number in range(4):
        clock.now += PAUSE
        shown = sitting.next_single("tab", 3)[0]
        sitting.answer(Answer(f"a{number}", "tab", shown.shown, "label", "comic", 500))
    ask(sitting, clock)

    assert sitting._table is table
    assert sitting.state().done == 4


def test_files_moved_after_their_answers_are_counted(opened, data, clock, colours) -> None:
    """With all sorted, what a person moves back or elsewhere is in the counts a little later."""
    sitting = opened(data, clock=clock, audit=0)
    person = colours.Person(sitting, data)
    person.finish()
    before = sitting.state()
    data.move(person.shown[0], "_unsorted")
    other = next(label for label in data.labels if label != data.truth[person.shown[1]])
    data.move(person.shown[1], other)
    for _ in range(2):
        clock.now += PAUSE
        after = sitting.state()
    told = dict(before.by_label)
    told[data.truth[person.shown[0]]] -= 1
    told[data.truth[person.shown[1]]] -= 1
    told[other] += 1

    assert (before.left, after.left, after.done) == (0, 1, 11)
    assert after.by_label == told
    assert ask(sitting, clock) == [person.shown[0]]
