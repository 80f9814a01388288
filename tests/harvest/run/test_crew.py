"""Those who work the schedule off."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer

from harvest.download.fetch import Downloader, Fetched
from harvest.download.intake import Intake
from harvest.download.limits import Limits as Cost
from harvest.ledger.records import Sighting
from harvest.pacing.gates import Limits, Pacing
from harvest.run.basket import Basket
from harvest.run.crew import Crew
from harvest.run.schedule import Schedule
from harvest.store.walks import Due

PICTURES = 12


async def test_growing_room_is_used(tmp_path: Path, still) -> None:
    """Who was idle for want of room is called when the window grows, not only when it ends."""
    under_way, most = 0, 0
    enough = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if request.path != "/0.jpg":  # the first answer alone lets the window grow to two
            if under_way == 2:
                enough.set()
            await enough.wait()
        under_way -= 1
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    pacing = Pacing(Limits(begin=1, most=4), still.clock)
    basket: Basket[tuple[str, Fetched]] = Basket(PICTURES, PICTURES, seconds=60)
    async with TestServer(app) as server, ClientSession(connector=TCPConnector()) as session:
        crew = Crew(
            Schedule(pacing),
            Downloader(session, pacing, tmp_path, Cost()),
            cast(Intake, None),
            basket,
            still.clock,
        )
        due = [
            Due(n + 1, "urls:x", Sighting("urls", f"{n}", 0, str(server.make_url(f"/{n}.jpg"))))
            for n in range(PICTURES)
        ]

        async def read(last: int) -> list[Due]:
            return due[last:]

        async def more() -> bool:
            return False

        workers = [asyncio.create_task(crew.work()) for _ in range(4)]
        async with asyncio.timeout(20):
            await crew.feed(read, more)
            await asyncio.gather(*workers)
        crew.close()

    assert len(await basket.take()) == PICTURES
    assert most >= 2
