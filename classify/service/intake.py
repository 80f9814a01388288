"""From a request's body to the bytes of its pictures: raw, or the files of a form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from classify.service.gate import Visit, too_large
from classify.service.limits import Limits
from classify.service.refusal import Refusal

T = TypeVar("T")

TORN = (HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises for requests, chunks and codings that are torn."""

_CHUNK = 1 << 16
_FIELDS = ("file", "image")
_PLAIN = ("", "binary", "8bit", "7bit")


@dataclass(frozen=True, slots=True)
class Posted:
    """One picture that came, not opened yet."""

    name: str
    """As the form calls it; empty for a raw body. Never a path of ours."""
    data: bytes
    """Its bytes."""


async def read_pictures(request: web.Request, limits: Limits, visit: Visit) -> list[Posted]:
    """Read the body within the limits, whatever its Content-Type says of raw bytes.

    Raises Refusal: too large, too slow, torn, or a form without a picture.
    """
    packed = "Content-Encoding" in request.headers
    if not packed and (request.content_length or 0) > limits.max_bytes:
        raise too_large(limits)
    await visit.wait_for_room(None if packed else request.content_length)
    try:
        async with asyncio.timeout(limits.body_s):
            if request.content_type == "multipart/form-data":
                posted = await _form(request, limits, visit)
            else:
                posted = [Posted("", await _whole(request.content.readany, limits, visit))]
    except TimeoutError:
        raise Refusal(408, "too_slow", "the body did not come in time") from None
    except (*TORN, ValueError) as error:  # the second is a form's
        raise Refusal(400, "torn", "the body is not what its headers say") from error
    visit.end_of_body()
    return posted


async def _form(request: web.Request, limits: Limits, visit: Visit) -> list[Posted]:
    reader = await request.multipart()
    found: list[Posted] = []
    while (part := await _in_time(reader.next(), limits, visit)) is not None:
        if not isinstance(part, BodyPartReader):
            raise Refusal(415, "nested_form", "a form within a form; wanted files")
        if part.headers.get("Content-Transfer-Encoding", "").lower() not in _PLAIN:
            raise Refusal(415, "coded_part", "a part that is coded; wanted a file as it is")
        data = await _whole(partial(part.read_chunk, _CHUNK), limits, visit)
        # A browser sends an empty part where no file was chosen.
        if part.filename or (data and part.name in _FIELDS):
            found.append(Posted(part.filename or part.name or "", data))
        if len(found) > limits.files:
            raise Refusal(413, "too_many_files", f"more than {limits.files} files in one form")
    if not found:
        raise Refusal(400, "no_file", "a form without a file; wanted one in the field `file`")
    return found


async def _whole(read: Callable[[], Awaitable[bytes]], limits: Limits, visit: Visit) -> bytes:
    chunks = []
    while chunk := await _in_time(read(), limits, visit):
        visit.hold(len(chunk))
        chunks.append(bytes(chunk))
    return b"".join(chunks)


async def _in_time(step: Awaitable[T], limits: Limits, visit: Visit) -> T:
    """Wait for the next bytes: not for ever, and all in all not for a trickle."""
    loop = asyncio.get_running_loop()
    granted = visit.began + limits.idle_s + visit.came / limits.least_rate
    async with asyncio.timeout_at(min(loop.time() + limits.idle_s, granted)):
        return await step
