"""Who is shown what: pages, or looks in single mode that make the next pages fuller."""

from __future__ import annotations

import pytest

from curate.page.suggester import Opinion
from curate.page.values import PageAnswer

TILES = 20


class Settled:
    """A model whose mind is made up: so many pictures are sure, the others are not."""

    def __init__(self, data, sure: int, doubtful: float = 0.6) -> None:
        self.labels = data.labels
        every = sorted(data.truth)
        self.chance = dict.fromkeys(every, doubtful) | dict.fromkeys(every[:sure], 0.999)

    def begin(self, pictures) -> None:
        """Know all pictures."""

    def ready(self) -> int:
        return len(self.chance)

    def far_apart(self, among, count):
        return []

    def learn(self, labels):
        rest = {s: chance for s, chance in self.chance.items() if s not in labels}
        others = len(self.labels) - 1
        chances = {s: (c, *[(1 - c) / others] * others) for s, c in rest.items()}
        return Opinion(self.labels, chances, {})

    def alike(self, among):
        return list(among)

    def close(self) -> None:
        """Nothing is under way."""


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 80)


@pytest.mark.parametrize(("sure", "comes"), [(20, True), (15, True), (10, False)])
def test_pages_are_full_or_wait(opened, data, sure: int, comes: bool) -> None:
    """A page that is far from full waits for looks in single mode."""
    sitting = opened(data, Settled(data, sure), audit=0)

    assert (sitting.next_grid("tab", TILES) is not None) == comes
    assert sitting.next_single("tab", 3)


def test_all_that_is_left_is_a_page(opened, data) -> None:
    """What is held to be a label and is all there is of it waits for nothing."""
    few = Settled(data, 10)
    few.chance = {s: c for s, c in few.chance.items() if c > 0.9}
    page = opened(data, few, audit=0).next_grid("tab", TILES)

    assert len(page.tiles) == 10


def test_looks_that_do_not_help_end(opened, data, colours) -> None:
    """Where looks make pages no fuller, a small page comes all the same, and then looks again."""
    sitting = opened(data, Settled(data, 10), audit=0)
    person = colours.Person(sitting, data)
    looks = 0
    while sitting.next_grid("tab", TILES) is None:
        person.single()
        looks += 1
    person.page(TILES)

    assert 10 < looks < 60
    assert sitting.next_grid("tab", TILES) is None


def test_marked_tiles_come_first(tmp_path, opened, colours) -> None:
    """With more labels, where some marked tiles wait, they are asked for before the next page."""
    data = colours.make_coloured(tmp_path / "three", 80, ("comic", "photo", "sketch"))
    sitting = opened(data, Settled(data, 80), audit=0)
    page = sitting.next_grid("tab", TILES)
    seen = tuple(tile.sha256 for tile in page.tiles)
    marks = dict.fromkeys(seen[:8], "wrong")
    sitting.confirm(PageAnswer("p", "tab", page.page, seen, marks, 4000))
    waits = sitting.next_grid("tab", TILES)
    person = colours.Person(sitting, data)
    asked = [person.single() and person.shown[-1] for _ in range(8)]

    assert waits is None
    assert set(asked) == set(marks)
    assert sitting.next_grid("tab", TILES) is not None
