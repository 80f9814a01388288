"""Paths that misbehave, seen from the socket: what a client library might hide."""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import pytest

from harvest.ledger.picture import PictureError, open_picture
from harvest.sandbox.server import Sandbox


async def raw(sandbox: Sandbox, path: str, most: int = 1 << 20) -> tuple[str, bytes]:
    """Head and body of an answer as they come, until the other side closes or `most` bytes."""
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: pbs.twimg.com\r\nConnection: close\r\n\r\n".encode()
    )
    data = b""
    try:
        while len(data) < most and (chunk := await reader.read(65_536)):
            data += chunk
    finally:
        writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    return head.decode(), body


@pytest.mark.parametrize(
    ("path", "promise"),
    [
        ("truncated.jpg", "Content-Length: "),
        ("short-chunked.jpg", "Transfer-Encoding: chunked"),
        ("half-close.jpg", "Connection: close"),
    ],
)
async def test_bodies_end_too_early(sandbox: Sandbox, path: str, promise: str) -> None:
    """Half a picture under each way to tell where a body ends."""
    head, body = await raw(sandbox, f"/faults/{path}")
    _, whole = await raw(sandbox, "/faults/good.jpg")

    assert head.startswith("HTTP/1.1 200 OK")
    assert promise in head
    assert len(body) == pytest.approx(len(whole) / 2, abs=16)
    assert ("Content-Length" in head) == (path == "truncated.jpg")


async def test_connections_are_reset(sandbox: Sandbox) -> None:
    """`reset` drops the connection before the answer, `reset-midway` within the body."""
    with pytest.raises(ConnectionResetError):
        await raw(sandbox, "/faults/reset")
    with pytest.raises(ConnectionResetError):
        await raw(sandbox, "/faults/reset-midway")


async def test_endless_goes_on(sandbox: Sandbox) -> None:
    """More comes than any picture needs."""
    _, body = await raw(sandbox, "/faults/endless", most=4 << 20)

    assert len(body) > 3 << 20


async def test_the_bomb_is_small_outside_and_large_inside(sandbox: Sandbox) -> None:
    """200 MB of zeros travel as less than a MB."""
    head, body = await raw(sandbox, "/faults/gzip-bomb.jpg")

    assert "Content-Encoding: gzip" in head
    assert len(body) < 1 << 20
    assert len(gzip.decompress(body)) > 200 << 20


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", None),
        ("retry_after=7", "7"),
        ("retry_after=3600&date=1", "Wed, 21 Oct 2015 08:28:00 GMT"),
    ],
)
async def test_retry_after_is_seconds_or_a_date(demo, query: str, wanted: str | None) -> None:
    """429 the first time, with the header that was asked for; a good picture the second time."""
    async with (
        Sandbox(demo, clock=lambda: 1_445_412_480.0) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        async with client.get(f"/faults/429?{query}") as answer:
            first, after = answer.status, answer.headers.get("Retry-After")
        async with client.get(f"/faults/429?{query}") as answer:
            second = answer.status

    assert (first, second) == (429, 200)
    assert after == wanted


async def test_keys_separate_what_happens_once(client) -> None:
    """Each key has its own count, `times` says how often."""
    statuses = []
    for query in ("key=a&times=2", "key=a&times=2", "key=b", "key=a&times=2", "key=b"):
        async with client.get(f"/faults/503-then-200?{query}") as answer:
            statuses.append(answer.status)

    assert statuses == [503, 503, 503, 200, 200]


@pytest.mark.parametrize("status", [204, 304, 403, 404, 410, 451, 500, 503])
async def test_any_status_can_be_had(client, status: int) -> None:
    """/faults/NNN answers NNN."""
    async with client.get(f"/faults/{status}") as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("path", "kind", "mime"),
    [
        ("good.jpg", "image/jpeg", "image/jpeg"),
        ("png-as.jpg", "image/png", "image/jpeg"),
        ("webp-as.jpg", "image/webp", "image/jpeg"),
        ("cmyk.jpg", "image/jpeg", "image/jpeg"),
        ("as-text.jpg", "image/jpeg", "text/plain"),
        ("noai.jpg", "image/jpeg", "image/jpeg"),
        ("slow-body?pace=0&chunks=7", "image/jpeg", "image/jpeg"),
        ("redirect-to-good", "image/jpeg", "image/jpeg"),
    ],
)
async def test_good_bytes_under_odd_clothes(client, path: str, kind: str, mime: str) -> None:
    """The bytes are a whole picture of a kind, whatever the header says."""
    async with client.get(f"/faults/{path}") as answer:
        body = await answer.read()

    assert answer.content_type == mime
    assert ("X-Robots-Tag" in answer.headers) == (path == "noai.jpg")
    assert open_picture(body).header.media_type == kind


@pytest.mark.parametrize(
    ("path", "reason"),
    [("html-as-jpeg.jpg", "not_an_image"), ("empty.jpg", "empty"), ("half.jpg", "truncated")],
)
async def test_bad_bytes_under_good_clothes(client, path: str, reason: str) -> None:
    """200, image/jpeg, and no picture."""
    async with client.get(f"/faults/{path}") as answer:
        body = await answer.read()
    with pytest.raises(PictureError) as caught:
        open_picture(body)

    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("redirect-loop", "/faults/redirect-loop"),
        ("redirect-to-private", "http://169.254.169.254/latest/meta-data/"),
        ("redirect-to-file", "file:///etc/hostname"),
        ("placeholder-redirect", "/removed/placeholder.png"),
    ],
)
async def test_redirects_lead_where_they_say(client, path: str, location: str) -> None:
    """302 with the location of each trap."""
    async with client.get(f"/faults/{path}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, location)
