"""A picture host some years after a list of its addresses was published: what time does to them.

Whatever path is asked for had a picture of its own once (`uniques`); a seed and the path decide
what became of it, and so the truth about each address is known without a list of them. What has
decayed stays so: more years only let more go.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from harvest.sandbox.encoding import CONTENT_TYPES
from harvest.sandbox.uniques import (
    another_picture,
    encoded_anew,
    named_picture,
    unique_picture,
)

MOST_YEARS = 10
"""Until then the shares grow."""

_CHUNKS = 8
_PAUSE_S = 0.02  # between the chunks of a slow body


class Fate(StrEnum):
    """What became of one address; the shares are those of five years."""

    GONE = "gone"
    """30 %: 404, or 410."""
    PLACEHOLDER = "placeholder"
    """5 %: one picture for all, at once or behind a redirect."""
    REPLACED = "replaced"
    """2 %: a picture that shows something else."""
    REENCODED = "re-encoded"
    """5 %: the same picture, encoded anew, perhaps smaller."""
    FLAKY = "flaky"
    """3 %, at any age: the same bytes after a 503 or a 429, or slowly."""
    SAME = "same bytes"
    """The others."""


_SHARES = {Fate.GONE: 0.30, Fate.PLACEHOLDER: 0.05, Fate.REPLACED: 0.02, Fate.REENCODED: 0.05}
_FLAKY = 0.03


@dataclass(frozen=True, slots=True)
class Decay:
    """How old a published list is."""

    years: float = 5.0
    """0 to 10."""
    seed: int = 1
    """Another seed lets other addresses go."""

    def fate(self, path: str) -> Fate:
        """What became of a path (with its query, unescaped)."""
        place = int.from_bytes(self.digest(path)[:6]) / 2**48
        end = 0.0
        for fate, share in _SHARES.items():
            end += share * min(self.years, MOST_YEARS) / 5
            if place < end:
                return fate
        return Fate.FLAKY if place >= 1 - _FLAKY else Fate.SAME

    def digest(self, path: str) -> bytes:
        """32 bytes that decide everything about a path; the sizes of one picture share them."""
        return hashlib.sha256(f"decay {self.seed} {named_picture(path)[0]}".encode()).digest()


class Mirror:
    """Answers for every path as a decayed host does."""

    def __init__(self, decay: Decay, placeholder: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._decay = decay
        self._placeholder = placeholder
        self._visits: Counter[str] = Counter()

    def forget(self) -> None:
        """Let what happens once happen again."""
        self._visits.clear()

    async def answer(self, request: web.Request, removed: str) -> web.StreamResponse:
        """Answer a request; `removed` is the path that a removed picture redirects to."""
        path = unquote(request.path_qs)
        fate, chance = self._decay.fate(path), self._decay.digest(path)[8:]
        if fate is Fate.GONE:
            return web.Response(status=410 if chance[0] < 64 else 404)
        if fate is Fate.PLACEHOLDER:
            if chance[0] < 96:
                return web.Response(status=302, headers={"Location": removed})
            return _picture(await self._placeholder())
        if fate is Fate.REPLACED:
            return _picture(another_picture(path))
        if fate is Fate.REENCODED:
            quality, scale = 60 + chance[0] % 36, 0.5 + chance[1] / 510
            return _picture(await asyncio.to_thread(encoded_anew, path, quality, scale))
        if fate is Fate.FLAKY:
            return await self._flaky(request, path, chance[0] % 3)
        return _picture(unique_picture(path))

    async def _flaky(self, request: web.Request, path: str, how: int) -> web.StreamResponse:
        self._visits[path] += 1
        first = self._visits[path] == 1
        if how == 0 and first:
            return web.Response(status=503)
        if how == 1 and first:
            return web.Response(status=429, headers={"Retry-After": "0"})
        response = _picture(unique_picture(path))
        return response if how < 2 else await _slowly(request, response)


def _picture(body: bytes) -> web.Response:
    extension = "png" if body.startswith(b"\x89PNG") else "jpg"
    return web.Response(body=body, content_type=CONTENT_TYPES[extension])


async def _slowly(request: web.Request, whole: web.Response) -> web.StreamResponse:
    body = whole.body
    assert isinstance(body, bytes)
    response = web.StreamResponse(headers={"Content-Type": whole.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    for start in range(0, len(body), -(-len(body) // _CHUNKS)):
        await response.write(body[start : start - (-len(body) // _CHUNKS)])
        await asyncio.sleep(_PAUSE_S)
    return response
