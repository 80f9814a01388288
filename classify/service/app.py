"""The service as an aiohttp application: pictures in, `{"label", "probability"}` out."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import web

from classify.answers import top_record
from classify.embed import Fault, cores
from classify.predict import Prediction, Predictor
from classify.service.gate import Gate
from classify.service.hosts import is_loopback, only_called
from classify.service.intake import Posted, read_pictures
from classify.service.limits import Limits
from classify.service.page import POLICY, page
from classify.service.refusal import (
    HEADERS,
    Refusal,
    answer,
    error_of,
    errors_as_json,
    of_fault,
)


class Service:
    """A model behind HTTP."""

    def __init__(self, predictor: Predictor, name: str, limits: Limits) -> None:
        self._predictor = predictor
        self._name = name
        self._limits = limits
        self.gate = Gate(limits)
        """Who is inside."""
        self._counts: Counter[str] = Counter()
        self._begun = time.monotonic()
        self._pool = ThreadPoolExecutor(limits.jobs or cores(), thread_name_prefix="classify")

    def app(self, host: str) -> web.Application:
        """Return the application; bound to loopback it answers to this machine's own names."""
        checks = [only_called(host)] if is_loopback(host) else []
        app = web.Application(middlewares=[errors_as_json, *checks])
        app.add_routes(
            [
                web.post("/classify", self._classify),
                web.get("/", self._page),
                web.get("/health", self._health),
                web.get("/labels", self._labels),
                web.get("/card", self._card),
            ]
        )
        app.on_response_prepare.append(_with_headers)
        app.cleanup_ctx.append(self._closing)
        return app

    async def _closing(self, _: web.Application) -> AsyncIterator[None]:
        yield
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _classify(self, request: web.Request) -> web.Response:
        try:
            with self.gate.visit() as visit:
                count = self._top(request)
                posted = await read_pictures(request, self._limits, visit)
                results = await asyncio.gather(*map(self._run, posted))
                if len(results) > 1:
                    said: object = [
                        {"file": one.name, **_said(result, count)}
                        for one, result in zip(posted, results, strict=True)
                    ]
                elif isinstance(results[0], Fault):
                    raise of_fault(results[0])
                else:
                    said = _said(results[0], count)
        except Refusal:
            self._counts["refused"] += 1
            raise
        self._counts["answered"] += 1
        self._counts["pictures"] += len(results)
        return answer(said)

    async def _run(self, posted: Posted) -> Prediction | Fault:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._predictor.answer, Path(), posted.data)

    def _top(self, request: web.Request) -> int:
        text = request.query.get("top", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refusal(400, "top", "wanted ?top=N, N a number of labels")
        return int(text)

    async def _page(self, _: web.Request) -> web.Response:
        text = page(self._name, self._predictor.model.labels, self._predictor.model.card)
        headers = {"Content-Security-Policy": POLICY}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _health(self, _: web.Request) -> web.Response:
        return answer(
            {
                "status": "ok",
                "model": self._name,
                "labels": list(self._predictor.model.labels),
                "uptime_s": round(time.monotonic() - self._begun, 1),
                **{name: self._counts[name] for name in ("answered", "refused", "pictures")},
                "under_way": self.gate.inside,
            }
        )

    async def _labels(self, _: web.Request) -> web.Response:
        return answer(list(self._predictor.model.labels))

    async def _card(self, _: web.Request) -> web.Response:
        card = self._predictor.model.card
        if card is None:
            raise Refusal(404, "no_card", "this model came without a card")
        return answer(card)


def _said(result: Prediction | Fault, top: int) -> dict[str, Any]:
    if isinstance(result, Fault):
        refusal = of_fault(result)
        return error_of(refusal.reason, refusal.detail)
    said: dict[str, Any] = {
        "label": result.label,
        "probability": round(result.probability, 6),
    }
    return said | {"top": top_record(result, top)} if top else said


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
