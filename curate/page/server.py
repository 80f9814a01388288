"""The labelling page's server: static files, pictures by id, and the engine's questions as JSON.

The engine (`Sitting`) lives in one thread of its own, where its database connection was opened;
pictures are decoded in others. Every answer is on the disk before its reply goes out.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from curate.page import wire
from curate.page.pictures import Pictures
from curate.page.refusal import Refusal
from curate.page.security import Key, guarded, with_headers
from curate.page.sitting import Sitting
from curate.page.suggester import Suggester
from curate.page.values import Receipt
from harvest.ledger.errors import ComeBackLater, UsageError, WinnowError, from_system
from harvest.ledger.folder import DatasetFolder

_T = TypeVar("_T")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FIRST_S = 1.0  # that the first picture has for itself
_LEARN_LOOKS, _LEARN_POLL_S = 60, 0.05  # that the review list waits for the model to learn
_ROW_LIMIT = 500  # rows of the review list that one answer brings


@dataclass(frozen=True, slots=True)
class Title:
    """What the page says of itself."""

    dataset: str
    """Name of the data set."""
    who: str
    """Who decides."""
    place: str = "DIR"
    """The data set's folder, as other commands are told of it."""


class Page:
    """The labelling page of one data set as an aiohttp application."""

    def __init__(
        self,
        sit: Callable[[], AbstractContextManager[Sitting]],
        pictures: Pictures,
        title: Title,
        bring: Callable[[], Suggester | None] | None = None,
    ) -> None:
        """`sit`: the sitting, entered and left in the engine's thread.

        `bring` makes the model that learns along, once somebody looks at the page.
        """
        self._sit = sit()
        self._pictures = pictures
        self._title = title
        self._bring = bring
        self._bringing: asyncio.Task[None] | None = None
        self._engine = ThreadPoolExecutor(1, thread_name_prefix="page-engine")
        self._sitting: Sitting | None = None
        self._torn = False

    async def open(self) -> None:
        """Begin the sitting. Raises what that raises."""
        loop = asyncio.get_running_loop()
        self._sitting = await loop.run_in_executor(self._engine, self._sit.__enter__)
        if self._bring is not None:
            self._sitting.promise()

    async def close(self) -> None:
        """End the sitting, and all threads."""
        if self._bringing is not None:
            self._bringing.cancel()
            await asyncio.wait([self._bringing])
        if self._sitting is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._engine, self._sit.__exit__, None, None, None)
        self._pictures.close()
        self._engine.shutdown(wait=True)

    def app(self, key: Key) -> web.Application:
        """The application that answers to whoever holds the key."""
        app = web.Application(middlewares=[guarded(key)], client_max_size=wire.MOST_BYTES)
        app.add_routes(
            [
                web.get("/", self._file("index.html")),
                *(web.get(f"/static/{name}", self._file(name)) for name in _names()),
                web.get("/picture/{size}/{sha256}", self._picture),
                web.get("/state", self._state),
                web.get("/review", self._review),
                web.post("/tab", self._tab),
                web.post("/ahead", self._ahead),
                web.post("/grid", self._grid),
                web.post("/answer", self._answer),
                web.post("/confirm", self._confirm),
                web.post("/undo", self._undo),
                web.post("/decide", self._decide),
                web.post("/compare", self._compare),
                web.post("/certify", self._certify),
            ]
        )
        app.on_response_prepare.append(with_headers)
        return app

    async def _ask(self, work: Callable[[Sitting], _T]) -> _T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._engine, self._done, work)
        except (WinnowError, OSError, sqlite3.Error) as error:
            refusal = _refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    def _done(self, work: Callable[[Sitting], _T]) -> _T:
        assert self._sitting is not None
        if self._torn:  # the disk was full, or the like: what was begun is carried through first
            self._sitting.look_again()
        self._torn = True
        try:
            result = work(self._sitting)
        except UsageError as error:
            self._torn = error.__cause__ is not None
            raise
        self._torn = False
        return result

    def _file(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        body = (resources.files("curate.page") / "static" / name).read_bytes()
        media_type = _TYPES[Path(name).suffix]

        async def give(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, content_type=media_type, charset="utf-8")

        return give

    async def _picture(self, request: web.Request) -> web.Response:
        given = await self._pictures.give(request.match_info["sha256"], request.match_info["size"])
        return web.Response(body=given.data, content_type=given.media_type)

    async def _come(self, bring: Callable[[], Suggester | None]) -> None:
        """Bring the model. To load it takes a second of work, and the first picture comes first."""
        await asyncio.sleep(_FIRST_S)
        suggester = await asyncio.to_thread(bring)
        await self._ask(lambda sitting: sitting.take(suggester))

    async def _state(self, _: web.Request) -> web.Response:
        if self._bring is not None and self._bringing is None:
            self._bringing = asyncio.create_task(self._come(self._bring))
        state = await self._ask(lambda sitting: sitting.state())
        title = asdict(self._title)
        return wire.answer(wire.told(state) | title)

    async def _review(self, _: web.Request) -> web.Response:
        # The engine's thread is free between the looks: other tabs go on answering.
        for _look in range(_LEARN_LOOKS):
            is_looking = await self._ask(lambda sitting: sitting.catch_up())
            if not is_looking:
                break
            await asyncio.sleep(_LEARN_POLL_S)
        rows = await self._ask(lambda sitting: sitting.review())
        told = wire.told_review(rows[:_ROW_LIMIT])
        return wire.answer(told | {"count": len(rows), "looking": is_looking})

    async def _tab(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Heard)

        def work(sitting: Sitting) -> web.Response:
            sitting.hear(body.tab, leaving=body.leaving)
            return wire.answer(wire.told(sitting.state()))

        return await self._ask(work)

    async def _ahead(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Ahead)

        def work(sitting: Sitting) -> web.Response:
            if body.alone:
                sitting.give_up_pages(body.tab)
            ahead = sitting.next_single(body.tab, body.count)
            return wire.answer(wire.told(sitting.state(), ahead=ahead))

        return await self._ask(work)

    async def _grid(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Tiles)

        def work(sitting: Sitting) -> web.Response:
            grid = sitting.next_grid(body.tab, body.tiles, body.after)
            return wire.answer(wire.told_grid(sitting.state(), grid))

        return await self._ask(work)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Said)

        def work(sitting: Sitting) -> web.Response:
            receipt = sitting.answer(body.value())
            ahead = sitting.next_single(body.tab, body.count) if body.count else None
            return wire.answer(wire.told(sitting.state(), receipt=receipt, ahead=ahead))

        return await self._ask(work)

    async def _confirm(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Confirmed)
        return await self._take(lambda sitting: sitting.confirm(body.value()))

    async def _undo(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Undone)
        return await self._take(lambda sitting: sitting.undo(body.tab, body.client))

    async def _decide(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Decided)
        return await self._take(lambda sitting: sitting.decide(body.value()))

    async def _compare(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Compared)
        return await self._take(lambda sitting: sitting.compare(body.value()))

    async def _take(self, work: Callable[[Sitting], Receipt]) -> web.Response:
        def take(sitting: Sitting) -> web.Response:
            receipt = work(sitting)
            return wire.answer(wire.told(sitting.state(), receipt=receipt))

        return await self._ask(take)

    async def _certify(self, request: web.Request) -> web.Response:
        body = await wire.read(request, wire.Certify)

        def work(sitting: Sitting) -> web.Response:
            begin = body.begin
            done = sitting.certify(body.allowed) if begin else sitting.give_up_certificate()
            return wire.answer(wire.told_certificate(sitting.state(), done))

        return await self._ask(work)


def _refusal(error: Exception) -> Refusal | None:
    """What the page is told; None: nobody meant this. On 503 it keeps its answer and asks again."""
    meant = error if isinstance(error, WinnowError) else from_system(error)
    if meant is None:
        return None
    by_system = isinstance(meant.__cause__ or error, (OSError, sqlite3.Error))
    if isinstance(meant, ComeBackLater) or by_system:
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "later", str(meant))
    if isinstance(meant, UsageError):
        return Refusal(HTTPStatus.CONFLICT, "stale", str(meant))
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", str(meant))


def find_in(folder: DatasetFolder) -> Callable[[str], Path | None]:
    """Where the file of a picture of a data set is, by sha256; None: it has none."""

    def find(sha256: str) -> Path | None:
        return next((folder.raw / sha256[:2]).glob(f"{sha256}.*"), None)

    return find


def _names() -> list[str]:
    every = (resources.files("curate.page") / "static").iterdir()
    return sorted(file.name for file in every if Path(file.name).suffix in _TYPES)
