"""Where the service listens, and by which names it may be called there."""

from __future__ import annotations

import ipaddress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from classify.service.refusal import Refusal

_LOCAL = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host: `localhost`, 127.0.0.0/8, ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def only_called(host: str) -> Middleware:
    """Refuse requests that call a service on this machine by another name.

    A page from anywhere could have its own name lead here (DNS rebinding), and then read answers.
    """
    known = {*_LOCAL, host.lower()}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        called = name_of(request.headers.get("Host", ""))
        if called and called not in known:
            raise Refusal(403, "host", "this service answers to localhost only")
        return await handler(request)

    return check


def name_of(header: str) -> str:
    """Return the name in a Host header, without its port, in small letters."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text
