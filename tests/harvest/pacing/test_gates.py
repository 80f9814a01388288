"""The gates of all hosts together, and a storm at one of them."""

from __future__ import annotations

import asyncio
import gc

import pytest
from multidict import CIMultiDict

from harvest.pacing import gates
from harvest.pacing.gates import Limits, Pacing

HOST = "https://pictures.example:443"
NONE: CIMultiDict[str] = CIMultiDict()


class Server:
    """Gives so many pictures in each window of 900 s, then says when the next one begins."""

    def __init__(self, pacing: Pacing, still, allowance: int) -> None:
        self.pacing, self.still, self.allowance = pacing, still, allowance
        self.ends = 0.0
        self.left = 0
        self.windows = 0
        self.requests = 0
        self.under_way = self.peak = 0

    async def fetch(self) -> None:
        while True:
            async with self.pacing.turn(HOST) as turn:
                self.requests += 1
                self.under_way += 1
                self.peak = max(self.peak, self.under_way)
                for _ in range(3):  # others get their turn while this request is under way
                    await asyncio.sleep(0)
                self.under_way -= 1
                if self.still.at >= self.ends:
                    self.ends, self.left = self.still.at + 900, self.allowance
                    self.windows += 1
                if self.left:
                    self.left -= 1
                    turn.answered(200, NONE)
                    return
                wait = f"{self.ends - self.still.at:.0f}"
                turn.answered(429, CIMultiDict({"Retry-After": wait}))


@pytest.mark.parametrize("allowance", [1000, 2500])
async def test_storm(still, allowance: int) -> None:
    """64 workers wait once a window, not 64 times; few requests are refused, all are answered."""
    pictures = 4 * allowance
    server = Server(Pacing(Limits(most=64, max_wait=1e6), still.clock), still, allowance)
    todo = iter(range(pictures))

    async def work() -> None:
        for _ in todo:
            await server.fetch()

    await asyncio.gather(*(work() for _ in range(64)))

    assert server.windows == 4
    assert still.slept == [900.0] * 3
    assert server.peak == 64
    assert server.requests <= 1.1 * (pictures + 3)


async def test_hosts_are_apart(still) -> None:
    """One host's limit is no other host's, and the same host has one gate."""
    pacing = Pacing(clock=still.clock)
    async with pacing.turn(HOST) as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "600"}))
    async with pacing.turn("https://other.example:443"):
        pass

    assert still.slept == []
    assert pacing.gate(HOST) is pacing.gate(HOST)
    assert pacing.gate(HOST).room == 0


@pytest.mark.parametrize(
    ("host", "room"),
    [
        ("https://pictures.example:443", 3),
        ("http://pictures.example:8080", 3),
        ("http://[2001:db8::1]:80", 2),
        ("https://other.example:443", 1),
        ("https://sub.pictures.example:443", 1),
    ],
)
async def test_whose_rate(still, host: str, room: int) -> None:
    """A rate holds for its host on every port; `*` for each host that has none of its own."""
    rates = {"pictures.example": 6.0, "2001:db8::1": 4.0, "*": 2.0}
    pacing = Pacing(Limits(rates=rates), still.clock)

    assert pacing.gate(host).room == room


def test_delay_grows(still) -> None:
    """Attempts at one picture lie further and further apart, never more than the cap."""
    pacing = Pacing(Limits(backoff=1.0, backoff_cap=4.0), still.clock)

    assert [pacing.delay(attempt) for attempt in range(1, 5)] == [0.5, 1.0, 2.0, 2.0]


async def test_any_number_of_hosts(still, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that have nothing to tell are forgotten; those that do, or are held, stay the same."""
    monkeypatch.setattr(gates, "KEPT", 50)
    pacing = Pacing(clock=still.clock)
    held = pacing.gate("https://held.example:443")
    async with pacing.turn(HOST) as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "600"}))
    for number in range(2000):
        async with pacing.turn(f"https://host{number}.example:443") as turn:
            turn.answered(200, NONE)
    gc.collect()
    known = [each for each in gc.get_objects() if isinstance(each, gates.Gate)]

    assert len(known) <= 200
    assert pacing.gate("https://held.example:443") is held
    assert pacing.gate(HOST).room == 0
