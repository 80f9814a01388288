"""What the service says instead of an answer: a status and one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from classify.embed import Fault

_STATUS = {"empty": 400, "not_an_image": 415, "too_many_pixels": 413}
_DETAIL = {
    "empty": "no bytes came; wanted a picture as the body, or in a form",
    "not_an_image": "no picture; wanted JPEG, PNG, GIF, WebP, AVIF, BMP or TIFF",
    "truncated": "the picture ends before its end",
}
_HTTP = {404: "not_found", 405: "method", 417: "expect"}
_WANTED = {417: "wanted `Expect: 100-continue`, or none"}

HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Server": "winnow"}
"""Of every response."""


class Refusal(Exception):
    """A request that gets no answer, and why."""

    def __init__(
        self, status: int, reason: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """Return it as a client gets it."""
        return answer(error_of(self.reason, self.detail), self.status, self.headers)


def of_fault(fault: Fault) -> Refusal:
    """What a picture that cannot be used is answered with; nothing of the decoder's own words."""
    if fault.reason == "too_many_pixels":
        detail = fault.detail  # two numbers
    else:
        detail = _DETAIL.get(fault.reason, "the picture is damaged and cannot be decoded")
    return Refusal(_STATUS.get(fault.reason, 422), fault.reason, detail)


def of_http(error: web.HTTPException) -> Refusal:
    """What is said instead of aiohttp's own words."""
    kept = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    detail = _WANTED.get(error.status, "wanted POST /classify, GET /, /health, /labels or /card")
    return Refusal(error.status, _HTTP.get(error.status, "refused"), detail, kept)


def error_of(reason: str, detail: str) -> dict[str, Any]:
    """Return a JSON object that says what is wrong: a machine word, a line for people."""
    return {"error": {"reason": reason, "detail": detail}}


def answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return one line of JSON."""
    text = json.dumps(value) + "\n"
    return web.Response(
        text=text, status=status, content_type="application/json", headers=dict(headers or {})
    )


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals, unknown paths and wrong methods in JSON."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.response()
    except web.HTTPException as error:
        return of_http(error).response()
