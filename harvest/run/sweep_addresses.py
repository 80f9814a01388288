"""The addresses of a sweep: a run's crew and gates, with probes in place of downloads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import aiohttp

from harvest.download.fetch import Fetched
from harvest.download.intake import Intake
from harvest.download.probe import Prober, find
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.standing import Finding
from harvest.pacing.gates import Pacing
from harvest.run.basket import Basket
from harvest.run.crew import Crew
from harvest.run.job import Job
from harvest.run.schedule import Schedule
from harvest.store.sweeps import DueAddress, Scope, add_unlooked, note_addresses, read_addresses
from harvest.store.walks import Due

_BATCH = 256
_GROUP_S = 1.0


class Host(Protocol):
    """What asking needs of the sweep it belongs to."""

    async def database(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run a store function on the catalog."""

    async def probed(self, group: Sequence[Fetched], findings: Sequence[Finding]) -> None:
        """Hear what a group of addresses came to."""

    @property
    def stopping(self) -> bool:
        """Whether the sweep is to stop."""


class AddressSweep:
    """Asks for the addresses of the work list; used by one event loop."""

    def __init__(
        self,
        host: Host,
        job: Job,
        folder: DatasetFolder,
        *,
        session: aiohttp.ClientSession,
        pacing: Pacing,
    ) -> None:
        self._host = host
        self._workers = job.max_requests
        self._expected: dict[str, DueAddress] = {}
        self._basket: Basket[tuple[str, Fetched]] = Basket(_BATCH, 4 * _BATCH, _GROUP_S)
        prober = Prober(session, pacing, folder.parts, job.limits)
        intake = Intake(folder.parts, job.limits)
        self._crew = Crew(Schedule(pacing), prober, intake, self._basket, job.clock)
        self._makers: list[asyncio.Task[None]] = []

    async def run(self, scope: Scope, looked: asyncio.Event) -> None:
        """Ask for all of them; `looked` is set when no post is left that may add some."""
        unlooked = False

        async def more() -> bool:
            nonlocal unlooked
            await looked.wait()
            if unlooked or self._host.stopping:
                return False
            unlooked = True
            return cast(int, await self._host.database(add_unlooked, scope)) > 0

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write())
            try:
                async with asyncio.TaskGroup() as makers:
                    self._makers.append(makers.create_task(self._crew.feed(self._read, more)))
                    for _ in range(self._workers):
                        self._makers.append(makers.create_task(self._crew.work()))
            finally:
                self._crew.close()
            self._basket.close()

    def stop(self) -> None:
        """Begin no further request."""
        self._crew.stop()

    def cancel(self) -> None:
        """Wait no longer for those that are under way."""
        for task in self._makers:
            task.cancel()

    async def _read(self, last: int) -> list[Due]:
        found: list[DueAddress] = await self._host.database(read_addresses, last, _BATCH)
        self._expected |= {one.sighting.post_id: one for one in found}
        return [Due(one.number, "", one.sighting) for one in found]

    async def _write(self) -> None:
        """Write group after group of what came."""
        while group := await self._basket.take():
            rows = []
            for _, fetched in group:
                asked = self._expected.pop(fetched.sighting.post_id)
                finding = find(fetched, asked.final_url, asked.n_bytes)
                rows.append((int(asked.sighting.post_id), finding))
            await self._host.database(note_addresses, rows)
            self._basket.done(len(group))
            await self._host.probed(
                [fetched for _, fetched in group], [finding for _, finding in rows]
            )
