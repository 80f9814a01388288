"""Requests to the Tumblr API through pytumblr, to be made in a thread: the one home of pytumblr.

pytumblr has no time-out, gives errors as dicts and drops headers and status. It asks through a
request object, though; ours hands back what came, and `tumblr_errors` judges it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from harvest.sources.protocol import Access
from harvest.sources.tumblr_errors import TumblrAnswer

API = "https://api.tumblr.com"
"""Origin of the API."""
PROXY_REFUSED = "Tunnel connection failed: 407"
"""Words of http.client, deep within the error of requests, for a proxy that wants credentials."""
_TIMEOUTS = (5, 30)  # seconds to connect, seconds without a byte
_SECONDS = 60.0  # for one answer as a whole
_MOST_BYTES = 16_000_000  # of one answer; twenty posts take about 0.2 MB
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Question:
    """One GET, less the key."""

    path: str
    """From the slash on."""
    parameters: Mapping[str, Any]
    """What stands behind the question mark."""


def ask(client: Any, question: Question) -> TumblrAnswer:
    """Ask once. Raises what requests and urllib3 raise, and OSError.

    pytumblr's own methods refuse `npf` under a tag, and append `.tumblr.com` to a blog's id.
    """
    answer: TumblrAnswer = client.send_api_request(
        "get", question.path, dict(question.parameters), list(question.parameters), True
    )
    return answer


def make_client(key: str, access: Access) -> Any:
    """Make pytumblr's client with a request object of ours."""
    import requests
    from pytumblr import TumblrRestClient
    from pytumblr.request import TumblrRequest

    host = access.origin(API)
    proxy = access.proxy_for(host)

    class Adapter(requests.adapters.HTTPAdapter):
        """Shows the proxy its credentials, which stand in no address that a log could hold."""

        def proxy_headers(self, proxy_url: str) -> dict[str, str]:
            authorization = proxy.authorization() if proxy is not None else None
            return {"Proxy-Authorization": authorization} if authorization else {}

    class Request(TumblrRequest):  # type: ignore[misc]  # pytumblr has no types
        """Asks with time-outs, without redirects, and gives the answer as it came."""

        def __init__(self) -> None:
            super().__init__(key, host=host)
            self.session = requests.Session()
            self.session.trust_env = False  # no proxies and no ~/.netrc by surprise
            self.session.headers["User-Agent"] = access.user_agent
            if proxy is not None:
                self.session.proxies = {"http": proxy.url, "https": proxy.url}
                for scheme in ("http://", "https://"):
                    self.session.mount(scheme, Adapter())

        def get(self, url: str, params: dict[str, Any]) -> TumblrAnswer:
            with self.session.get(
                f"{self.host}{url}?{urlencode(params)}",
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as response:
                body, ends = bytearray(), time.monotonic() + _SECONDS
                # Not `iter_content`: it waits for whole pieces, for ever if need be.
                while piece := response.raw.read1(_PIECE, decode_content=True):
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise requests.exceptions.ContentDecodingError("answer too large")
                    if time.monotonic() > ends:
                        raise requests.exceptions.ReadTimeout("answer too slow")
                return TumblrAnswer(response.status_code, response.headers, bytes(body))

    client = TumblrRestClient(key, host=host)
    client.request = Request()
    return client
