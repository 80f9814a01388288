"""Walks over targets: each page stored with its cursor before the next one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC
from typing import Any, Protocol, cast

from harvest.ledger.errors import RateLimited, StorageFull, WinnowError
from harvest.ledger.records import Page, Target, Walk
from harvest.pacing.gates import Clock
from harvest.sources.protocol import Source
from harvest.store.walks import Added, add_page, finish_walk, read_walk

_FLOOR_S = 1.0
_UNKNOWN_S = 60.0


class Host(Protocol):
    """What a walk needs of the run it belongs to."""

    async def database(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run a store function on the catalog."""

    async def page_added(self, target: Target, added: Added) -> None:
        """Hear that a page was stored."""

    def note(self, line: str) -> None:
        """Hear a line for people."""

    def failed(self, target: Target, error: WinnowError) -> None:
        """Hear that a target cannot be walked to its end."""

    async def nap(self, seconds: float) -> bool:
        """Wait; False when the run is to stop."""

    @property
    def stopping(self) -> bool:
        """Whether the run is to stop."""


class Walker:
    """Walks over the targets of one source, one after another."""

    def __init__(self, host: Host, source: Source, clock: Clock, max_wait: float) -> None:
        self._host = host
        self._source = source
        self._clock = clock
        self._max_wait = max_wait
        self._waited = 0.0

    async def walk_all(self, targets: Sequence[Target]) -> None:
        """Walk over each; what befalls one target leaves the others alone."""
        for target in targets:
            if self._host.stopping:
                return
            try:
                await self._walk(target)
            except StorageFull:
                raise
            except WinnowError as error:
                self._host.failed(target, error)

    async def _walk(self, target: Target) -> None:
        idle = 0
        while not self._host.stopping:
            walk, seen = cast(tuple[Walk, int], await self._host.database(read_walk, target))
            if target.max_images is not None and seen >= target.max_images:
                return
            try:
                await self._pages(target, walk)
            except RateLimited as error:
                after = cast(tuple[Walk, int], await self._host.database(read_walk, target))
                idle = idle + 1 if after[0] == walk else 0
                await self._wait(target, error, idle)
            else:
                return

    async def _pages(self, target: Target, walk: Walk) -> None:
        async with aclosing(cast(Any, self._source.pages(target, walk))) as pages:
            async for page in pages:
                if await self._add(target, page):
                    return
        await self._host.database(finish_walk, target)

    async def _add(self, target: Target, page: Page) -> bool:
        """Store a page; True when the walk ends here."""
        for note in page.notes:
            self._host.note(note)
        added = cast(Added, await self._host.database(add_page, target, page))
        await self._host.page_added(target, added)
        limit = target.max_images
        enough = limit is not None and added.seen >= limit
        if limit is not None and added.seen > limit:
            more = added.seen - limit
            self._host.note(f"{target.key}: {more} more seen than max_images {limit}; they wait")
        return page.cursor is None or enough or self._host.stopping

    async def _wait(self, target: Target, error: RateLimited, idle: int) -> None:
        """Wait for a limit to end. Raises RateLimited when that would take too long."""
        seconds = _UNKNOWN_S * 2 ** min(idle, 6) * (0.5 + self._clock.random() / 2)
        if error.until is not None:
            seconds = error.until.timestamp() - self._clock.now() + self._clock.random()
        # Without progress a limit that claims to be over is not believed at once.
        seconds = max(seconds, _FLOOR_S * 2 ** min(idle, 6))
        if not error.waitable or self._waited + seconds > self._max_wait:
            raise _too_long(error, seconds) from None
        self._waited += seconds
        self._host.note(f"{error}; waiting {seconds:.0f} s")
        await self._host.nap(seconds)


def _too_long(error: RateLimited, seconds: float) -> RateLimited:
    if not error.waitable:
        return error
    text = str(error)
    if error.until is not None:
        when = error.until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        text += f"; run the same command again after {when}"
    else:
        text += f"; run the same command again in about {max(1, round(seconds / 60))} minutes"
    return RateLimited(text, until=error.until, waitable=error.waitable)
