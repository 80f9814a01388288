"""Looks of what strangers sent: nothing that lies in `raw/` breaks off a report."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.lockfile import GivenLock, read_lock, write_lock
from harvest.ledger.picture import EXTENSIONS
from harvest.ledger.progress import progress
from harvest.ledger.records import Image
from harvest.run.attrition.report import Against
from harvest.run.attrition.viewing import UNSEEN, Viewer
from harvest.store.looks import Look, read_looks
from harvest.store.schema import open_store

PLACE = "http://pictures.example"


def chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 9))


HOSTILE = {
    "a bomb": ("image/png", png(60_000, 60_000)),
    "no rows": ("image/png", png(400, 300)),
    "no sides": ("image/png", png(0, 0)),
    "torn": ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\xff" * 64),
    "nothing": ("image/gif", b""),
    "text": ("image/webp", b"RIFF\xff\xff\xff\xffWEBPVP8 <script>"),
}


def test_what_cannot_be_decoded(tmp_path: Path) -> None:
    """Bombs, torn files and no pictures at all have no look, which is remembered; a file that is
    missing is looked at again when it is there."""
    folder = DatasetFolder.create(tmp_path / "set")
    images = []
    for media_type, data in HOSTILE.values():
        images.append(Image(hashlib.sha256(data).hexdigest(), media_type, len(data)))
        path = folder.raw_path(images[-1].sha256, EXTENSIONS[media_type])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    missing = Image("f" * 64, "image/jpeg", 9)
    with open_store(folder.catalog) as catalog, progress("looks", 0, quiet=True) as shown:
        with catalog.transaction() as connection:
            connection.executemany(
                "INSERT INTO image(sha256, media_type, n_bytes, mtime_ns, added_at)"
                " VALUES (?, ?, ?, 1, '')",
                [(one.sha256, one.media_type, one.n_bytes) for one in (*images, missing)],
            )
        with Viewer(folder, catalog, shown) as viewer:
            found = viewer.looks([*images, missing])
        remembered = read_looks(catalog, [one.sha256 for one in (*images, missing)])

    assert Look("", 0, 0) == UNSEEN
    assert found == {one.sha256: UNSEEN for one in (*images, missing)}
    assert set(remembered) == {one.sha256 for one in images}


async def test_a_torn_picture_is_one_line(relist) -> None:
    """A picture that cannot be decoded is told, shown as a box, and stands in the lock file."""
    whole = png(400, 300) + chunk(b"IEND", b"")  # all there, but for its rows

    async def torn(_: web.Request) -> web.Response:
        return web.Response(body=whole, content_type="image/png")

    host = web.Application()
    host.router.add_get("/torn.png", torn)
    async with TestServer(host) as server:
        place = SimpleNamespace(url=str(server.make_url("/")).rstrip("/"))
        told = await relist(place, "set", comic=[f"{PLACE}/torn.png"])
        against = Against((GivenLock(told.attrition.lock),))
        same = await relist(place, "set", against, comic=[f"{PLACE}/torn.png"])
        line = next(read_lock(told.attrition.lock))
        write_lock(told.attrition.lock, [replace(line, sha256="0" * 64, phash256="0" * 64)])
        other = await relist(place, "set", against, comic=[f"{PLACE}/torn.png"])

    assert told.counts == {"got": 1}
    assert "<img" not in told.page
    assert (line.phash256, line.width, line.height) == ("", 0, 0)
    assert same.counts == {"same bytes": 1}
    assert other.counts == {"replaced": 1}
