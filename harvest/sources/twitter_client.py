"""One question to the X API through tweepy's AsyncClient: the one file that knows tweepy.

tweepy asks; the session it asks is ours. So redirects, time-outs and every answer but a success
are ours to judge before tweepy's own error path, which trips over bodies that are not JSON, sees
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harvest.ledger.errors import Outage, WinnowError
from harvest.ledger.purse import Hold
from harvest.ledger.records import Target
from harvest.ledger.settings_values import conceal
from harvest.sources.answer import Record, line, parse
from harvest.sources.protocol import Access, proxy_refusal
from harvest.sources.twitter_errors import Refusal, judge
from harvest.sources.twitter_reach import delivered

if TYPE_CHECKING:
    from aiohttp import ClientResponse

_ASKED_BY_TWEEPY = "https://api.twitter.com"
_API = "https://api.x.com"
_DEADLINE = 60.0  # seconds for one answer of the API

Ask = Callable[[Any], Awaitable["ClientResponse"]]


@dataclass(frozen=True)
class Client:
    """Asks with the keys of one source."""

    access: Access
    """How the outside is reached."""
    keys: dict[str, str] = field(repr=False)
    """What tweepy's client takes: a bearer token, or the four secrets."""
    variables: str
    """Names of the environment variables that hold them."""
    now: Callable[[], datetime]
    """The present; aware, UTC."""

    async def ask(self, target: Target, ask: Ask, hold: Hold) -> tuple[Record, bytes]:
        """Ask one question; a success as its JSON object and its bytes, all else as our errors.

        Refusals cost nothing; an answer that was lost on its way may have cost all that `hold` is.
        """
        import aiohttp
        from tweepy.asynchronous import AsyncClient

        client = AsyncClient(**self.keys, return_type=aiohttp.ClientResponse)
        client.user_agent = self.access.user_agent
        client.session = session = _Session(self, target)
        try:
            async with asyncio.timeout(_DEADLINE):
                await ask(client)
        except WinnowError as error:
            hold.settle()
            # Behind the raise lie frames of tweepy's, and in them what no traceback may show.
            raise error.with_traceback(None) from None
        except TimeoutError:
            raise Outage(f"{target.key}: the X API gave no answer in time; try again") from None
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
                hold.settle()  # it never came so far
            if isinstance(error, aiohttp.ClientHttpProxyError) and error.status == 407:
                raise proxy_refusal(self.access, _API, target.key) from None
            said = line(self.access.scrub(str(error)))
            raise Outage(f"{target.key}: the X API cannot be reached ({said}); try again") from None
        answer = parse(session.body)
        if answer is None:
            raise Outage(f"{target.key}: the X API answered with no JSON object; try again later")
        hold.settle(*delivered(answer))
        return answer, session.body


class _Session:
    """Stands where tweepy expects its session, and lets only successes through to it."""

    def __init__(self, client: Client, target: Target) -> None:
        self._client = client
        self._target = target
        self.body = b""
        """The success, as it came."""

    @asynccontextmanager
    async def request(self, method: str, url: Any, **options: Any) -> AsyncIterator[ClientResponse]:
        """Ask through the shared session. Raises what `judge` makes of anything but a success."""
        access = self._client.access
        headers = options.get("headers", {})
        if "Authorization" in headers:  # in place: tweepy's own variable is to hide it too
            headers["Authorization"] = conceal(headers["Authorization"])
        address = str(url)
        if _API in access.endpoints and _ASKED_BY_TWEEPY not in access.endpoints:
            # The two names are one API; whoever maps the new one means both.
            address = address.replace(_ASKED_BY_TWEEPY, _API, 1)
        from yarl import URL

        asked = URL(address, encoded=not isinstance(url, str))
        async with access.session.request(
            method, asked, allow_redirects=False, **options
        ) as response:
            self.body = await response.read()
            if response.status == 407:
                raise proxy_refusal(access, address, self._target.key)
            if not 200 <= response.status < 300:
                body = access.scrub_body(self.body)
                refusal = Refusal(response.status, response.headers, body)
                raise judge(refusal, self._target.key, self._client.variables, self._client.now())
            yield response
