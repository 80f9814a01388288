"""How the labelling page's server says no: a status, a short word, a line for people."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web


class Refusal(Exception):
    """A request that is not answered as asked."""

    def __init__(self, status: HTTPStatus, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        """HTTP status."""
        self.reason = reason
        """Short machine word."""
        self.detail = detail
        """One line for people; nothing of the request."""


def refused(refusal: Refusal) -> web.Response:
    """A refusal as an answer: `{"error": word, "detail": line}`."""
    said = {"error": refusal.reason, "detail": refusal.detail}
    return web.json_response(said, status=refusal.status)
