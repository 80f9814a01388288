from __future__ import annotations

from itertools import pairwise

import pytest

from harvest.pacing.window import Window


def rounds(window: Window, count: int) -> list[int]:
    """The size before and after each of `count` rounds in which every request went well."""
    sizes = [window.limit]
    for _ in range(count):
        for _ in range(window.limit):
            window.grow()
        sizes.append(window.limit)
    return sizes


def test_slow_start() -> None:
    """It begins small and doubles with each good round, up to the most there may be."""
    assert rounds(Window(4, 64), 5) == [4, 8, 16, 32, 64, 64]


def test_additive() -> None:
    """After a cut it grows by one a round: what was too much is approached with care."""
    window = Window(4, 64)
    rounds(window, 4)
    window.halve(window.cuts)
    sizes = rounds(window, 8)

    assert sizes[0] == 32
    assert all(0 <= after - before <= 1 for before, after in pairwise(sizes))
    assert sizes[-1] >= 38


def test_one_cut_a_round() -> None:
    """However many requests of a round are refused, it is halved once."""
    window = Window(4, 64)
    rounds(window, 4)
    sent = window.cuts
    for _ in range(64):
        window.halve(sent)

    assert window.limit == 32


def test_never_below_one() -> None:
    """A host that refuses everything is still asked, one request at a time."""
    window = Window(4, 64)
    for _ in range(10):
        window.halve(window.cuts)
    window.ease(window.cuts)

    assert window.limit == 1
    assert rounds(window, 4)[-1] >= 3


def test_server_errors_are_mild() -> None:
    """A failing server takes one off a round: a few failures cost next to nothing."""
    window = Window(4, 16)
    window.ease(window.cuts)
    early = rounds(window, 2)
    rounds(window, 9)
    sent = window.cuts
    for _ in range(3):
        window.ease(sent)

    assert early == [3, 6, 8]
    assert window.limit == 15
    assert rounds(window, 2)[-1] == 16


@pytest.mark.parametrize(("begin", "most", "size"), [(4, 2, 2), (1, 1, 1), (4, 0, 1)])
def test_small_runs(begin: int, most: int, size: int) -> None:
    """A run that may ask little begins with that."""
    assert Window(begin, most).limit == size
