"""A host that ages: each address by its own fate, known beforehand, and never younger again."""

from __future__ import annotations

import asyncio
import io
from collections import Counter

import aiohttp
import pytest
from PIL import Image

from harvest.sandbox.decay import Decay, Fate
from harvest.sandbox.server import Sandbox
from harvest.sandbox.uniques import unique_picture
from harvest.sandbox.world import World

PATHS = [f"/media/{n:05}.{'png' if n % 5 == 0 else 'jpg'}" for n in range(4000)]


@pytest.mark.parametrize("seed", [1, 2])
def test_shares(seed: int) -> None:
    """Of 4,000 addresses every share is within a few standard deviations of what it says."""
    found = Counter(map(Decay(5, seed).fate, PATHS))
    wanted = {"gone": 30, "placeholder": 5, "replaced": 2, "re-encoded": 5, "flaky": 3}

    for fate, percent in wanted.items():
        mean = len(PATHS) * percent / 100
        assert abs(found[Fate(fate)] - mean) < 4 * mean**0.5, fate


def test_age() -> None:
    """At no age all is there, in the end more is gone, and what is gone stays so."""
    young, old = (Counter(map(Decay(years).fate, PATHS)) for years in (0, 10))
    gone = [{p for p in PATHS if Decay(years).fate(p) is Fate.GONE} for years in (1, 3, 8)]

    assert young.keys() == {Fate.SAME, Fate.FLAKY}
    assert old[Fate.GONE] > 2000
    assert gone[0] < gone[1] < gone[2]


async def ask(running: Sandbox, paths: list[str]) -> list[tuple[int, bytes]]:
    """What each path answers: status and body."""

    async def one(session: aiohttp.ClientSession, path: str) -> tuple[int, bytes]:
        async with session.get(running.url + path) as response:
            return response.status, await response.read()

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(one(session, path) for path in paths))


async def test_answers() -> None:
    """Each fate is played: gone, the placeholder, other bytes, or in the end the same ones."""
    decay = Decay(5)
    some = {fate: [p for p in PATHS if decay.fate(p) is fate][:9] for fate in Fate}
    async with Sandbox(World.build(pictures=1), decay=decay) as running:
        first, second = [
            {fate: await ask(running, paths) for fate, paths in some.items()} for _ in range(2)
        ]

    assert {status for status, _ in first[Fate.GONE]} == {404, 410}
    assert len({body for _, body in first[Fate.PLACEHOLDER]}) == 1
    assert {status for status, _ in first[Fate.FLAKY]} == {200, 429, 503}
    assert second[Fate.GONE] == first[Fate.GONE]
    for fate in (Fate.SAME, Fate.FLAKY):
        assert second[fate] == [(200, unique_picture(path)) for path in some[fate]]
    for fate in (Fate.REENCODED, Fate.REPLACED):
        for path, (status, body) in zip(some[fate], first[fate], strict=True):
            assert status == 200
            assert body != unique_picture(path)
            Image.open(io.BytesIO(body)).load()
