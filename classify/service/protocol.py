"""HTTP as aiohttp speaks it; what goes wrong before a handler is asked is one line of JSON, too."""

from __future__ import annotations

from typing import Any

from aiohttp import http_exceptions, web

from classify.service.intake import TORN
from classify.service.refusal import HEADERS, Refusal, of_http

_GONE = (ConnectionError, *TORN)
"""What befalls a client, and is no fault of the service's."""


class Conversation(web.RequestHandler):
    """One connection."""

    __slots__ = ()

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Tell what nobody meant; clients that hang up or send torn requests are none of it."""
        if not isinstance(kw.get("exc_info"), _GONE):
            super().log_exception(*args, **kw)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what cannot be answered, and end the connection.

        Raises ConnectionError where nobody is there any more to be told.
        """
        if isinstance(exc, ConnectionError):
            if self.access_log:
                self.access_log.info("%s hung up before the answer", request.remote)
            raise exc
        self.log_exception("Error handling request from %s", request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was under way already")
        response = _refusal(status, exc).response()
        response.headers.update(HEADERS)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send a response; one that aiohttp made itself, as for a strange `Expect`, as JSON."""
        if isinstance(resp, web.HTTPException):
            resp = of_http(resp).response()
            resp.headers.update(HEADERS)
        return await super().finish_response(request, resp, start_time)


def _refusal(status: int, exc: BaseException | None) -> Refusal:
    if isinstance(exc, http_exceptions.LineTooLong):
        return Refusal(status, "too_long", "the address or a header is longer than 8,190 bytes")
    if status < 500:
        return Refusal(status, "no_http", "this is no request of HTTP/1.1")
    return Refusal(status, "internal", "the service failed; its log says where")
