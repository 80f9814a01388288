from __future__ import annotations

import asyncio

import pytest
from multidict import CIMultiDict

from harvest.pacing.gates import GateShut, Limits, Pacing

HOST = "https://pictures.example:443"
NONE: CIMultiDict[str] = CIMultiDict()


class Server:
    """Answers requests through a gate; limited until a moment of the test's clock."""

    def __init__(self, pacing: Pacing, still, limited_until: float) -> None:
        self.pacing, self.still, self.until = pacing, still, limited_until
        self.requests = 0
        self.limited = 0

    async def fetch(self) -> None:
        while True:
            async with self.pacing.turn(HOST) as turn:
                self.requests += 1
                await asyncio.sleep(0)  # others get their turn while this request is under way
                if self.still.at >= self.until:
                    turn.answered(200, NONE)
                    return
                self.limited += 1
                left = f"{self.until - self.still.at:.0f}"
                turn.answered(429, CIMultiDict({"Retry-After": left}))


async def test_storm(still) -> None:
    """64 workers at one limited host wait once: each is told no once, then one goes ahead."""
    server = Server(Pacing(clock=still.clock), still, still.at + 30)
    await asyncio.gather(*(server.fetch() for _ in range(64)))

    assert server.limited == 64
    assert server.requests == 128


async def test_one_tries_first(still) -> None:
    """When the time is over, one request goes alone; the others follow its success."""
    pacing = Pacing(clock=still.clock)
    async with pacing.turn(HOST) as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "5"}))
    order = []

    async def ask(number: int) -> None:
        async with pacing.turn(HOST) as turn:
            order.append(f"in {number}")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(f"out {number}")
            turn.answered(200, NONE)

    await asyncio.gather(*(ask(number) for number in range(3)))

    assert order[0].split()[1] == order[1].split()[1]
    assert still.slept == [5.0, 5.0, 5.0]


async def test_trial_without_an_answer(still) -> None:
    """When the one that tries first gets no answer, the next one tries; nobody waits for ever."""
    pacing = Pacing(clock=still.clock)
    async with pacing.turn(HOST) as turn:
        turn.answered(429, NONE)
    for _ in range(2):
        async with pacing.turn(HOST):
            pass
    async with pacing.turn(HOST) as turn:
        turn.answered(200, NONE)
    async with pacing.turn(HOST):
        still_open = True

    assert still_open


async def test_hosts_are_apart(still) -> None:
    """One host's limit is no other host's."""
    pacing = Pacing(clock=still.clock)
    async with pacing.turn(HOST) as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "600"}))
    async with pacing.turn("https://other.example:443"):
        pass

    assert still.slept == []


async def test_backoff_without_a_word(still) -> None:
    """A server that does not say how long is left alone longer and longer, up to a cap."""
    pacing = Pacing(Limits(backoff=2.0, backoff_cap=20.0), still.clock)
    for _ in range(6):
        async with pacing.turn(HOST) as turn:
            turn.answered(429, NONE)

    assert still.slept == [2.0, 4.0, 8.0, 10.0, 10.0]


async def test_floor(still) -> None:
    """`Retry-After: 0` is no invitation to ask a thousand times a second."""
    pacing = Pacing(clock=still.clock)
    for _ in range(2):
        async with pacing.turn(HOST) as turn:
            turn.answered(429, CIMultiDict({"Retry-After": "0"}))

    assert still.slept == [1.0]


async def test_too_long(still) -> None:
    """A pause longer than the run may wait is refused at once."""
    pacing = Pacing(Limits(max_wait=60.0), still.clock)
    async with pacing.turn(HOST) as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "3600"}))

    with pytest.raises(GateShut) as caught:
        await pacing.turn(HOST).__aenter__()
    assert caught.value.reason == "rate_limited"


async def test_breaker(still) -> None:
    """After five connection failures in a row a host gets a pause; one answer closes the case."""
    pacing = Pacing(clock=still.clock)
    for _ in range(5):
        async with pacing.turn(HOST) as turn:
            turn.unreachable()
    before = list(still.slept)
    async with pacing.turn(HOST) as turn:
        turn.answered(500, NONE)
    for _ in range(4):
        async with pacing.turn(HOST) as turn:
            turn.unreachable()
    async with pacing.turn(HOST):
        pass

    assert before == []
    assert len(still.slept) == 1


async def test_breaker_is_never_final(still) -> None:
    """A host that stays down is given up for the moment, and tried again after its pause."""
    pacing = Pacing(Limits(patience=10.0, backoff=4.0), still.clock)
    for _ in range(5):
        async with pacing.turn(HOST) as turn:
            turn.unreachable()
    still.at += 20
    async with pacing.turn(HOST) as turn:
        turn.unreachable()
    with pytest.raises(GateShut) as caught:
        await pacing.turn(HOST).__aenter__()
    still.at += 120
    async with pacing.turn(HOST) as turn:
        turn.answered(200, NONE)
    async with pacing.turn(HOST):
        alive = True

    assert caught.value.reason == "host_down"
    assert alive


async def test_pause_grows(still) -> None:
    """Attempts at one picture lie further and further apart, never more than the cap."""
    pacing = Pacing(Limits(backoff=1.0, backoff_cap=4.0), still.clock)
    for attempt in range(1, 5):
        await pacing.pause(attempt)

    assert still.slept == [0.5, 1.0, 2.0, 2.0]
