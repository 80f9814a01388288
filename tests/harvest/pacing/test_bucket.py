from __future__ import annotations

import pytest

from harvest.pacing.bucket import Bucket


@pytest.mark.parametrize("rate", [0.01, 0.7, 3.0, 50.0, 999.0])
def test_rate(rate: float) -> None:
    """Whoever sleeps as long as told gets the rate, and no more; none sleeps for no time."""
    now = begun = 1_700_000_000.0
    bucket = Bucket(rate, now)
    sent, sleeps = 0, 0
    while now - begun < 1000 / rate:
        for _ in range(bucket.room(now)):
            bucket.take()
            sent += 1
        now += bucket.opens_in(now)
        sleeps += 1

    assert 990 <= sent <= 1000 + max(1.0, rate / 2) + 1
    assert sleeps <= sent + 2


def test_burst() -> None:
    """A long rest saves up half a second's requests, never more; a slow rate lets one through."""
    fast, slow = Bucket(20.0, 0.0), Bucket(0.5, 0.0)

    assert fast.room(3600.0) == 10
    assert slow.room(3600.0) == 1


def test_next_one() -> None:
    """An empty bucket says when the next request may go."""
    bucket = Bucket(4.0, 0.0)
    for _ in range(bucket.room(0.0)):
        bucket.take()

    assert bucket.room(0.1) == 0
    assert bucket.opens_in(0.1) == pytest.approx(0.15)
    assert bucket.room(0.25) == 1
    assert bucket.opens_in(0.25) == 0.0


def test_clock_set_back() -> None:
    """A clock that goes back gives no tokens, and takes none."""
    bucket = Bucket(4.0, 100.0)
    bucket.take()

    assert bucket.room(50.0) == 1
    assert bucket.room(100.0) == 1
