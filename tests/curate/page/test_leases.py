"""What a tab was given comes free again: when it is closed, and when nothing is heard of it."""

from __future__ import annotations

import pytest

from curate.page.leases import RELOAD
from curate.page.values import Answer, PageSettings


class Standing:
    """A clock that stands still."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """The clock of the sitting."""
    return Standing()


@pytest.fixture
def sitting(opened, data, clock):
    """A sitting without a model."""
    return opened(data, clock=clock, audit=0)


@pytest.fixture
def data(colours, tmp_path):
    """Six pictures of two labels."""
    return colours.make_coloured(tmp_path / "data", 6)


def pictures(shown):
    """sha256 of what a tab was given."""
    return [one.stack.sha256 for one in shown]


def test_a_closed_tab_gives_back_what_it_had(sitting, clock):
    """Seconds after a tab was closed another one gets its pictures, long before the lease ends."""
    mine = pictures(sitting.next_single("one", 6))
    sitting.hear("one", leaving=True)
    clock.now += RELOAD / 2
    early = pictures(sitting.next_single("two", 6))
    clock.now += RELOAD
    later = pictures(sitting.next_single("two", 6))

    assert PageSettings(("a", "b")).lease / 10 > RELOAD
    assert early == []
    assert later == mine


def test_a_reload_keeps_what_it_had(sitting, clock):
    """A tab that is heard again at once was loaded anew: the same pictures, by the same ids."""
    mine = sitting.next_single("one", 6)
    sitting.hear("one", leaving=True)
    clock.now += RELOAD / 2
    again = sitting.next_single("one", 6)
    clock.now += 5 * RELOAD
    theirs = sitting.next_single("two", 6)

    assert again == mine
    assert theirs == []


def test_an_answer_that_comes_after_the_closing_counts(sitting, clock, data):
    """What a closing tab sends last may arrive after word of the closing."""
    mine = sitting.next_single("one", 1)
    sitting.hear("one", leaving=True)
    clock.now += 3 * RELOAD
    receipt = sitting.answer(Answer("last", "one", mine[0].shown, "label", "comic", 500))

    assert (receipt.step, receipt.note) == (1, "")
    assert data.tree()["comic"] == set(pictures(mine))


def test_a_tab_that_says_so_keeps_its_pictures(sitting, clock):
    """Whoever looks at one picture for minutes has it still."""
    lease = PageSettings(("a", "b")).lease
    mine = sitting.next_single("one", 6)
    for _ in range(20):
        clock.now += lease / 3
        sitting.hear("one")
    theirs = sitting.next_single("two", 6)

    assert theirs == []
    assert sitting.next_single("one", 6) == mine


def test_word_of_an_unknown_tab_changes_nothing(sitting, clock):
    """A tab that was given nothing may come and go."""
    sitting.hear("nobody", leaving=True)
    clock.now += RELOAD / 2

    assert len(sitting.next_single("one", 6)) == 6


def test_who_wants_no_pages_sees_their_pictures_one_by_one(opened, colours, tmp_path):
    """A tab's own pages keep nothing from it once it looks at pictures one by one."""
    data = colours.make_coloured(tmp_path / "many", 30, noise=6.0)
    sitting = opened(data, colours.MeanColour(), audit=0)
    person = colours.Person(sitting, data, "one")
    for _ in range(8):
        person.single()
    first = sitting.next_grid("one", 8)
    second = sitting.next_grid("one", 8, first.page)
    laid = {tile.sha256 for page in (first, second) for tile in page.tiles}
    beside = set(pictures(sitting.next_single("one", 20)))
    sitting.give_up_pages("one")
    alone = set(pictures(sitting.next_single("one", 20)))

    assert beside.isdisjoint(laid)
    assert beside < alone
    assert alone & laid
