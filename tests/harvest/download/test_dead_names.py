"""Hosts whose name is gone: what thousands of their addresses may cost."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from harvest.download.endings import Ending
from harvest.download.fetch import Downloader
from harvest.download.limits import Limits
from harvest.guard.session import Outside, open_session
from harvest.ledger.records import Sighting, Status
from harvest.pacing.gates import Pacing
from harvest.pacing.limits import Limits as Paces

ADDRESSES = 1000


class Nobody(AbstractResolver):
    """A resolver that finds no name, and counts who asked."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked: Counter[str] = Counter()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked[host] += 1
        await asyncio.sleep(0)
        raise socket.gaierror(self.number, "not found")

    async def close(self) -> None: ...


async def fetch_all(tmp_path: Path, still, names: Nobody, workers: int = 16) -> list[Ending]:
    """Fetch `ADDRESSES` pictures of one dead host."""
    left = iter(range(ADDRESSES))
    endings = []
    async with open_session(Outside(), resolver=names) as session:
        pacing = Pacing(Paces(most=workers), still.clock)
        downloader = Downloader(session, pacing, tmp_path, Limits())

        async def work() -> None:
            for number in left:
                sighting = Sighting("urls", f"{number}", 0, f"https://gone.example/{number}.jpg")
                endings.append((await downloader.fetch(downloader.errand(sighting))).ending)

        await asyncio.gather(*(work() for _ in range(workers)))
    return endings


@pytest.mark.parametrize(
    ("number", "look_ups", "seconds"),
    [(socket.EAI_NONAME, 20, 0), (socket.EAI_AGAIN, 30, 60)],
    ids=["no such name", "no answer"],
)
async def test_dead_name(
    tmp_path: Path, still, number: int, *, look_ups: int, seconds: int
) -> None:
    """A thousand addresses of a dead name cost a few look-ups, and no wait if it is surely dead."""
    names, begun = Nobody(number), still.at
    endings = await fetch_all(tmp_path, still, names)
    reasons = Counter(ending.reason for ending in endings)

    assert names.asked["gone.example"] <= look_ups
    assert still.at - begun <= seconds
    assert {ending.status for ending in endings} == {Status.FAILED}
    assert reasons.keys() <= {"unknown_host", "unreachable", "host_down"}
    assert reasons["host_down"] > 0.95 * ADDRESSES
