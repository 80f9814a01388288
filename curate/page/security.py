"""Who may talk to the labelling page's server: this machine's own browser, with the token.

Three walls, each enough against one kind of stranger: the Host header must name this machine (a
foreign page whose name is led here, DNS rebinding), Origin and Sec-Fetch-Site must be the page's
own (a foreign page in the same browser), and the token must be known (another user of this
machine). The token arrives in the address once, then lives in a cookie that scripts cannot read.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from curate.page.refusal import Refusal, refused

HOST = "127.0.0.1"
"""The only address that the server binds."""
COOKIE = "winnow_page"
"""Begin of the cookie's name; the port follows, for browsers share cookies between ports."""

_NAMES = ("127.0.0.1", "localhost")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What opens the page of one data set."""

    token: str = field(repr=False)
    """43 characters of base64url: 256 random bits."""
    port: int
    """Where the last server listened; 0: none has yet."""

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"{COOKIE}_{self.port}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def fits(self, given: str | None) -> bool:
        """Whether this is the token, told in constant time."""
        return given is not None and hmac.compare_digest(
            given.encode(errors="backslashreplace"), self.token.encode()
        )


def read_key(path: Path) -> Key:
    """The key that a data set's last server left, else a new one.

    With it a page that is open goes on after a restart, with what it has not sent yet.
    """
    try:
        if path.stat().st_uid == os.getuid() and not path.stat().st_mode & 0o077:
            said = json.loads(path.read_text(encoding="ascii"))
            token, port = said["token"], said["port"]
            if _TOKEN.fullmatch(token) and isinstance(port, int) and 0 < port < 65536:
                return Key(token, port)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none, or none of ours: a new one is as good
    return Key(secrets.token_urlsafe(32), 0)


def write_key(path: Path, key: Key) -> None:
    """Leave the key for the next server; nobody but the owner may read it. Raises OSError."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        json.dump({"token": key.token, "port": key.port}, out)
    part.replace(path)


def guarded(key: Key) -> Middleware:
    """Middleware that lets in who passes all three walls, and turns refusals into JSON."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check_host(request)
            _check_origin(request)
            if request.path == "/" and "token" in request.query:
                return _let_in(request, key)
            if not key.fits(request.cookies.get(key.cookie)):
                raise Refusal(
                    HTTPStatus.FORBIDDEN,
                    "token",
                    "open the address that `winnow curate page` printed, with its token",
                )
            return await handler(request)
        except Refusal as refusal:
            return refused(refusal)
        except web.HTTPException as error:
            return refused(Refusal(HTTPStatus(error.status), "http", error.reason))

    return guard


async def with_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Signal handler (`on_response_prepare`): what every answer says to the browser."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "winnow"  # aiohttp has named itself by now


def _let_in(request: web.Request, key: Key) -> web.StreamResponse:
    if not key.fits(request.query["token"]):
        raise Refusal(HTTPStatus.FORBIDDEN, "token", "this is not the token of this server")
    answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
    answer.set_cookie(key.cookie, key.token, httponly=True, samesite="Strict", path="/")
    return answer


def _check_host(request: web.Request) -> None:
    name, _, port = request.headers.get("Host", "").lower().partition(":")
    # Any port: `ssh -L` may lead here from another one.
    if name not in _NAMES or not (port.isascii() and port.isdigit()):
        raise Refusal(HTTPStatus.FORBIDDEN, "host", "this server answers to 127.0.0.1 only")


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    own = f"http://{request.headers.get('Host', '').lower()}"
    asks_only = request.method in ("GET", "HEAD")
    if origin != own and not (asks_only and origin is None):
        raise Refusal(HTTPStatus.FORBIDDEN, "origin", "another page may not ask this server")
    if request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
        return
    # A link in a mail or a terminal may open the page itself; no other page may load from it.
    if asks_only and request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate":
        return
    raise Refusal(HTTPStatus.FORBIDDEN, "origin", "another page may not ask this server")
