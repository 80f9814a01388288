"""What one client sends, or many at once, never costs more than the limits say."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from PIL import Image

from classify.service.gate import Gate
from classify.service.limits import Limits
from classify.service.refusal import Refusal

Serving = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]


async def _reason(reply: aiohttp.ClientResponse) -> str:
    return str(json.loads(await reply.text())["error"]["reason"])


async def _under_way(client: aiohttp.ClientSession, count: int) -> None:
    while json.loads(await (await client.get("/health")).text())["under_way"] < count:
        pass


async def _in_chunks(data: bytes, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield data


async def test_a_bomb_of_pixels_is_refused_undecoded(serving: Serving, bomb: bytes) -> None:
    """300 megapixels fit in half a megabyte."""
    async with serving() as client:
        reply = await client.post("/classify", data=bomb)

    assert len(bomb) < 1_000_000
    assert reply.status == 413
    assert await _reason(reply) == "too_many_pixels"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
async def test_more_pixels_than_ours_are_refused_where_pillow_warns(serving: Serving) -> None:
    """Below twice its own limit Pillow opens them all the same."""
    stream = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(stream, "PNG")
    async with serving() as client:
        reply = await client.post("/classify", data=stream.getvalue())

    assert (reply.status, await _reason(reply)) == (413, "too_many_pixels")


@pytest.mark.parametrize("kind", ["length", "chunks", "gzip", "form"])
async def test_a_body_over_the_limit_is_refused(serving: Serving, kind: str) -> None:
    """However it is sent: what counts are the bytes that come out."""
    packed = gzip.compress(bytes(5_000_000))
    data: object = {
        "length": bytes(100_001),
        "chunks": _in_chunks(bytes(1000), 150),
        "gzip": packed,
        "form": aiohttp.FormData({"file": io.BytesIO(bytes(100_001))}),
    }[kind]
    headers = {"Content-Encoding": "gzip"} if kind == "gzip" else {}
    async with serving(max_bytes=100_000) as client:
        reply = await client.post("/classify", data=data, headers=headers)
        after = await client.get("/health")

    assert len(packed) < 100_000
    assert (reply.status, await _reason(reply)) == (413, "too_large")
    assert after.status == 200


async def test_a_body_at_the_limit_is_taken(serving: Serving, dots: bytes) -> None:
    """Packed with gzip too."""
    async with serving(max_bytes=len(dots)) as client:
        plain = await client.post("/classify", data=dots)
        headers = {"Content-Encoding": "gzip"}
        packed = await client.post("/classify", data=gzip.compress(dots), headers=headers)

    assert [plain.status, packed.status] == [200, 200]
    assert await plain.text() == await packed.text()


async def test_a_form_of_too_many_files_is_refused(serving: Serving) -> None:
    """However small they are."""
    form = aiohttp.FormData()
    for i in range(5):
        form.add_field(f"f{i}", b"x", filename="x.png")
    async with serving(files=4) as client:
        reply = await client.post("/classify", data=form)

    assert (reply.status, await _reason(reply)) == (413, "too_many_files")


async def _hanging(begun: asyncio.Event, go: asyncio.Event, data: bytes) -> AsyncIterator[bytes]:
    yield data[:100]
    begun.set()
    await go.wait()
    yield data[100:]


async def test_more_than_fits_at_once_is_told_to_come_back(serving: Serving, dots: bytes) -> None:
    """503 with Retry-After while two others are under way, which are answered all the same."""
    go = asyncio.Event()
    begun = [asyncio.Event(), asyncio.Event()]
    async with serving(at_once=2) as client:
        first = [
            asyncio.create_task(client.post("/classify", data=_hanging(event, go, dots)))
            for event in begun
        ]
        for event in begun:
            await event.wait()
        await _under_way(client, 2)
        late = await client.post("/classify", data=dots)
        go.set()
        answers = [await task for task in first]
        after = await client.post("/classify", data=dots)

    assert (late.status, late.headers["Retry-After"]) == (503, "1")
    assert await _reason(late) == "busy"
    assert [reply.status for reply in (*answers, after)] == [200, 200, 200]


@pytest.mark.parametrize("packed", [False, True])
async def test_bytes_of_all_bodies_are_bounded(
    serving: Serving, dots: bytes, stripes: bytes, packed: bool
) -> None:
    """A body is not read while others leave no room for it; then it is answered as they are."""
    go, begun = asyncio.Event(), asyncio.Event()
    body = gzip.compress(stripes) if packed else stripes
    headers = {"Content-Encoding": "gzip"} if packed else {}
    async with serving(held_bytes=100_000, max_bytes=100_000) as client:
        first = asyncio.create_task(client.post("/classify", data=_hanging(begun, go, dots)))
        await begun.wait()
        await _under_way(client, 1)
        second = asyncio.create_task(client.post("/classify", data=body, headers=headers))
        await _under_way(client, 2)
        waits = not second.done()
        go.set()
        answers = [json.loads(await (await task).text())["label"] for task in (first, second)]

    assert waits
    assert answers == ["dots", "stripes"]


async def test_room_that_is_not_needed_is_given_back() -> None:
    """A body of unknown length keeps the most there may be, until it is known."""
    gate = Gate(Limits(max_bytes=100, held_bytes=120, body_s=0.05))
    with gate.visit() as first, gate.visit() as second:
        await first.wait_for_room(None)
        with pytest.raises(Refusal, match="too many bytes") as caught:
            await second.wait_for_room(50)
        first.hold(70)
        first.end_of_body()
        await second.wait_for_room(50)
        with gate.visit() as third, pytest.raises(Refusal, match="too many bytes"):
            await third.wait_for_room(1)
    with gate.visit() as last:
        await last.wait_for_room(100)

    assert caught.value.status == 503
    assert gate.inside == 0


@pytest.mark.parametrize("limits", [{"idle_s": 0.2}, {"body_s": 0.2}])
async def test_a_slow_body_is_given_up(
    serving: Serving, dots: bytes, limits: dict[str, float]
) -> None:
    """Whether it stops or only takes too long as a whole."""
    go, begun = asyncio.Event(), asyncio.Event()
    async with serving(**limits) as client:
        reply = await client.post("/classify", data=_hanging(begun, go, dots))
        go.set()
        health = json.loads(await (await client.get("/health")).text())

    assert (reply.status, await _reason(reply)) == (408, "too_slow")
    assert health["under_way"] == 0


@pytest.mark.parametrize("sent", [b"", b"POST /classify HTTP/1.1\r\nHost: local"])
async def test_a_connection_that_asks_nothing_is_closed(serving: Serving, sent: bytes) -> None:
    """Also one that never ends its headers."""
    async with serving(idle_s=0.2) as client:
        url = client._base_url
        assert url is not None
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(sent)
        rest = await asyncio.wait_for(reader.read(), 30)
        writer.close()

    assert rest == b""


async def _trickle(ended: asyncio.Event) -> AsyncIterator[bytes]:
    while not ended.is_set():
        yield b"x"
        await asyncio.sleep(0)


async def test_a_trickle_is_given_up(serving: Serving) -> None:
    """A client whose bytes never stop, and never come to anything, holds no place for long."""
    ended = asyncio.Event()
    async with serving(idle_s=0.2, least_rate=1e9, max_bytes=200_000) as client:
        reply = await client.post("/classify", data=_trickle(ended))
        ended.set()
        health = json.loads(await (await client.get("/health")).text())

    assert (reply.status, await _reason(reply)) == (408, "too_slow")
    assert health["under_way"] == 0


async def test_a_length_over_the_limit_is_refused_before_a_byte_came(serving: Serving) -> None:
    """Nobody sends a hundred gigabytes to learn that they are too many."""
    head = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
    async with serving(idle_s=0.5) as client:
        reader, writer = await _connected(client)
        writer.write(head)
        first = await asyncio.wait_for(reader.readline(), 10)
        writer.close()

    assert first.startswith(b"HTTP/1.1 413")


async def _connected(
    client: aiohttp.ClientSession,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = client._base_url
    assert url is not None
    return await asyncio.open_connection(url.host, url.port)
