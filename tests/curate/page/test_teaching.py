"""When the model is taught, and that nobody waits for it."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture
def data(tmp_path, colours):
    """Unsorted pictures of two labels."""
    return colours.make_coloured(tmp_path / "strips", 60)


@pytest.fixture
def slow(colours):
    """A model whose refits wait until they are let go."""

    class Slow(colours.MeanColour):
        def __init__(self) -> None:
            super().__init__()
            self.go, self.asked = threading.Event(), threading.Event()

        def learn(self, labels):
            self.asked.set()
            assert self.go.wait(30)
            return super().learn(labels)

    model = Slow()
    yield model
    model.go.set()


def test_nobody_waits_for_a_refit(opened, data, colours, slow) -> None:
    """While a refit runs beside, pictures are shown and answered; then what it holds is used."""
    sitting = opened(data, slow, audit=0, beside=True)
    person = colours.Person(sitting, data)
    for _ in range(12):
        person.single()
    before = sitting.next_grid("tab", 20), sitting.state().model.learnt_from
    slow.go.set()
    sitting._table.teaching._beside.submit(int).result(30)  # after it in the one thread
    sitting.next_single("tab", 1)
    sitting._table.teaching._beside.submit(int).result(30)  # the next one, of what came meanwhile
    sitting.release("tab")
    page, told = sitting.next_grid("tab", 20), sitting.state().model
    sitting.close()

    assert slow.asked.is_set()
    assert before == (None, 0)
    assert page is not None
    assert (told.state, told.learnt_from) == ("ready", 12)


def test_the_page_asks_on_until_the_last_refit_has_ended(opened, data, colours, slow) -> None:
    """With all sorted, a refit that runs beside is under way for the page, then its errors show."""
    wrong = min(data.truth)
    for sha256, label in data.truth.items():
        data.move(sha256, label)
    data.move(wrong, next(label for label in data.labels if label != data.truth[wrong]))
    sitting = opened(data, slow, audit=0, beside=True)
    before = sitting.state().model.state, sitting.catch_up(), sitting.review()
    slow.go.set()
    sitting._table.teaching._beside.submit(int).result(30)  # after it in the one thread
    after = sitting.state().model.state, sitting.catch_up()
    rows = [(row.reason, row.stack.sha256) for row in sitting.review()]
    sitting.close()

    assert before == ("embedding", True, [])
    assert after == ("ready", False)
    assert rows == [("likely error", wrong)]
