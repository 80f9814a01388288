"""Walks over targets: each page stored with its cursor before the next one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol, cast

from harvest.ledger.errors import Outage, RateLimited, StorageFull, WinnowError
from harvest.ledger.records import Page, Target, Walk
from harvest.ledger.target_options import narrowing
from harvest.pacing.limits import Clock
from harvest.run.filters import Change, judge
from harvest.run.patience import Patience
from harvest.run.summary import Summary
from harvest.sources.protocol import Rereads, Source
from harvest.store.forgotten import is_forgotten
from harvest.store.journal import Past, read_page, read_past, remember_filters, restart_walk
from harvest.store.walks import Added, add_again, add_page, finish_walk, read_walk


class Host(Protocol):
    """What a walk needs of the run it belongs to."""

    summary: Summary
    """The run's report; its purse pays."""

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
        self._patience = Patience(host, clock, max_wait)
        self._posts = self._shown = 0
        """Posts of the walk that is under way, and pictures that its target has shown."""

    async def walk_all(self, targets: Sequence[Target]) -> None:
        """Walk over each; what befalls one target leaves the others alone."""
        for target in targets:
            if self._host.stopping:
                return
            if await self._host.database(is_forgotten, target):
                self._host.note(f"{target.key}: forgotten (`harvest forget`); not asked")
                continue
            try:
                await self._walk(target)
            except StorageFull:
                raise
            except WinnowError as error:
                self._host.failed(target, error)

    async def _walk(self, target: Target) -> None:
        await self._heed_filters(target)
        idle = 0
        while not self._host.stopping:
            walk, seen = cast(tuple[Walk, int], await self._host.database(read_walk, target))
            if target.max_images is not None and seen >= target.max_images:
                return
            self._posts, self._shown = walk.posts, seen
            wanted = None if target.max_images is None else target.max_images - seen
            try:
                await self._pages(
                    target, replace(walk, wanted=wanted, purse=self._host.summary.purse)
                )
            except (RateLimited, Outage) as error:
                after = cast(tuple[Walk, int], await self._host.database(read_walk, target))
                idle = idle + 1 if after[0] == walk else 0
                await self._patience.bear(error, idle)
            else:
                if not self._host.stopping:
                    self._say_nothing_fits(target)
                return

    def _say_nothing_fits(self, target: Target) -> None:
        """Say so where a whole walk showed no picture: it may lie in the settings."""
        why = ", ".join(narrowing(target))
        dated = target.since is not None or target.until is not None
        if self._shown or not (self._posts or dated):
            return
        found = f"{self._posts} posts, none" if self._posts else "nothing"
        self._host.note(
            f"{target.key}: {found} with a wanted picture" + (f" within {why}" if why else "")
        )

    async def _heed_filters(self, target: Target) -> None:
        """Read journaled pages again, or begin anew, where the filters have become wider."""
        past = cast(Past, await self._host.database(read_past, target))
        rereads = isinstance(self._source, Rereads)
        change, filters = judge(past, target, rereads=rereads)
        if change is Change.ANEW:
            self._host.note(
                f"{target.key}: the settings ask for more than was fetched; the walk begins anew"
            )
            await self._host.database(restart_walk, target, str(filters))
        elif change is Change.REREAD and isinstance(self._source, Rereads):
            self._host.note(f"{target.key}: the filters changed; stored pages are read again")
            await self._reread(target, self._source)
        if not self._host.stopping:
            await self._host.database(remember_filters, target, str(filters))

    async def _reread(self, target: Target, source: Rereads) -> None:
        read, after = source.reader(target), 0
        while not self._host.stopping:
            found = cast(
                tuple[int, bytes] | None, await self._host.database(read_page, target, after)
            )
            if found is None:
                return
            after, body = found
            added = cast(Added, await self._host.database(add_again, target, read(body)))
            await self._host.page_added(target, added)

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
        self._posts += page.posts
        self._shown += len(page.sightings)
        limit = target.max_images
        enough = limit is not None and added.seen >= limit
        if limit is not None and added.seen > limit:
            more = added.seen - limit
            self._host.note(f"{target.key}: {more} more seen than max_images {limit}; they wait")
        return page.cursor is None or enough or self._host.stopping
