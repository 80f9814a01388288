"""Hostile pictures by the thousand: each one gets facts or a fault, and nothing else happens."""

from __future__ import annotations

import hashlib
import io
import random
import sqlite3
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.run import check
from curate.store.schema import CURATE
from harvest.ledger.catalog import open_catalog
from harvest.ledger.folder import UNSORTED, DatasetFolder, place
from harvest.ledger.picture import EXTENSIONS, sniff
from harvest.store.schema import HARVEST

_SIZE = (96, 72)


def encode(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def bases() -> list[bytes]:
    """Every format and mode that winnow opens, once each."""
    grain = np.random.default_rng(1).integers(0, 60, (_SIZE[1], _SIZE[0], 3), dtype=np.uint8)
    rgb = Image.fromarray(grain + np.arange(_SIZE[0], dtype=np.uint8)[None, :, None])
    deep = Image.fromarray(np.asarray(rgb.convert("L")).astype(np.uint16) * 257)
    frames = [rgb.rotate(90 * n) for n in range(1, 4)]
    exif = Image.Exif()
    exif[0x0112] = 6
    moving: dict[str, object] = {"save_all": True, "append_images": frames}
    return [
        encode(rgb, "JPEG", exif=exif),
        encode(rgb, "JPEG", progressive=True),
        encode(rgb.convert("CMYK"), "JPEG"),
        encode(rgb, "PNG"),
        encode(rgb.convert("RGBA"), "PNG"),
        encode(rgb.convert("P"), "PNG", transparency=3),
        encode(deep, "PNG"),
        encode(rgb, "PNG", **moving),
        encode(rgb, "GIF", **moving),
        encode(rgb, "WEBP", **moving),
        encode(rgb, "WEBP", lossless=True),
        encode(rgb, "BMP"),
        encode(rgb, "TIFF", compression="tiff_lzw"),
        encode(deep, "TIFF"),
        *([encode(rgb, "AVIF", speed=10)] if "AVIF" in Image.SAVE else []),
    ]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def monsters(number: int) -> bytes:
    """Bombs and endless things, a different one for each number."""
    match number % 6:
        case 0:  # 40 million pixels in 40 kB, within the budget
            return png(8000, 5000, bytes(8001 * 5000)) + bytes([number % 251])
        case 1:  # 900 million of them
            return png(30_000, 30_000, bytes(30_000)) + bytes([number % 251])
        case 2:  # a caption of 50 MB
            text = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)
            return png(9 + number % 90, 9, bytes(1000), chunk(b"zTXt", text))
        case 3:  # a GIF of 3000 frames
            one = Image.new("P", (4, 4), number % 7)
            whole = encode(one, "GIF")
            frame = whole[whole.index(b",") : -1]
            return whole[:-1] + frame * 3000 + b";"
        case 4:  # a JPEG whose last scan comes a thousand times
            whole = encode(Image.new("L", (64, 64), number % 255), "JPEG", progressive=True)
            last = whole.rindex(b"\xff\xda")
            return whole[:last] + whole[last:-2] * 1000 + whole[-2:]
        case _:  # an animation that says it has two thousand million frames
            counts = chunk(b"acTL", struct.pack(">II", 2_000_000_000, 0))
            return png(64, 64 + number % 9, bytes(65 * 80), counts)


def lie(data: bytearray, rng: random.Random) -> None:
    """Write other numbers where the size stands, and mend the checksum."""
    side = rng.choice([0, 1, 77, 4096, 65_535, 2**31 - 1])
    if data.startswith(b"\x89PNG"):
        struct.pack_into(">I", data, rng.choice([16, 20]), side)
        struct.pack_into(">I", data, 29, zlib.crc32(bytes(data[12:29])))
    elif data.startswith(b"GIF"):
        struct.pack_into("<H", data, rng.choice([6, 8]), side & 0xFFFF)
    elif data.startswith(b"BM"):
        struct.pack_into("<i", data, rng.choice([10, 18, 22]), side)
    elif data.startswith(b"\xff\xd8"):
        at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"), 0)
        struct.pack_into(">H", data, at + rng.choice([5, 7]), side & 0xFFFF)
    else:
        struct.pack_into("<I", data, rng.randrange(8, 60), side)


def mutant(some: list[bytes], number: int) -> bytes:
    """The mutated picture of that number, always the same."""
    if number % 83 == 0:
        return monsters(number // 83)
    rng = random.Random(number)
    data = bytearray(some[number % len(some)])
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data)) if rng.random() < 0.7 else rng.randrange(min(200, len(data)))
        match rng.randrange(6):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = rng.randbytes(rng.randint(1, 40))
            case 3:
                lie(data, rng)
            case 4:
                other = rng.choice(some)
                start = rng.randrange(len(other))
                data[at : at + 64] = other[start : start + rng.randint(1, 400)]
            case _:
                data[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\x7f" + b"\xff" * 7])
        if len(data) < 80:
            data += rng.randbytes(80)
    return bytes(data)


def harvested(folder: DatasetFolder, pictures: list[bytes]) -> set[str]:
    """The pictures as harvest would leave them, written at once; returns their sha256."""
    hashes = set()
    with (
        open_catalog(folder.catalog, [HARVEST, CURATE]) as catalog,
        catalog.transaction() as sql,
    ):
        for data in pictures:
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 in hashes:
                continue
            hashes.add(sha256)
            media_type = sniff(data[:32]) or "image/jpeg"
            raw = folder.raw_path(sha256, EXTENSIONS[media_type])
            raw.parent.mkdir(parents=True, exist_ok=True)
            raw.write_bytes(data)
            placed = f"{UNSORTED}/{sha256[:16]}{raw.suffix}"
            place(raw, folder.images / placed, "link")
            sql.execute(
                "INSERT INTO image(sha256, media_type, n_bytes, mtime_ns, added_at, placed_as)"
                " VALUES (?, ?, ?, ?, '2024-01-01', ?)",
                (sha256, media_type, len(data), raw.stat().st_mtime_ns, placed),
            )
    return hashes


@pytest.mark.parametrize("count", [500, pytest.param(5000, marks=pytest.mark.soak)])
def test_mutated_pictures_end_no_run(tmp_path: Path, monkeypatch, count: int) -> None:
    """Each has facts or a fault and a verdict; no process ended, none had to be stopped.

    No file is made outside the data set: neither beside it, nor where the command is started.
    """
    started_in = tmp_path / "started in"
    started_in.mkdir()
    monkeypatch.chdir(started_in)
    folder = DatasetFolder.create(tmp_path / "strips")
    some = bases()
    hashes = harvested(folder, [mutant(some, number) for number in range(count)])
    before = {p for p in tmp_path.rglob("*") if folder.images not in p.parents}
    summary = check(folder)
    after = {p for p in tmp_path.rglob("*") if folder.images not in p.parents}
    with sqlite3.connect(folder.catalog) as sql:
        facts = dict(sql.execute("SELECT sha256, fault FROM measure"))
        hashed = {row[0] for row in sql.execute("SELECT sha256 FROM measure WHERE phash256 <> ''")}
        judged = {row[0] for row in sql.execute("SELECT DISTINCT sha256 FROM verdict")}
    faults = set(facts.values())
    new = {p.relative_to(folder.root).as_posix() for p in after - before}
    placed = [p for p in folder.images.rglob("*") if p.is_file()]

    assert summary.decoded == len(hashes) > 0.95 * count
    assert facts.keys() == judged == hashes
    assert hashed == {sha256 for sha256, fault in facts.items() if not fault}
    assert faults <= {"", "not_an_image", "too_many_pixels", "truncated", "unreadable"}
    assert 0.1 * count < len(hashed) < 0.9 * count
    assert len(placed) == len(hashes)
    assert all(name.startswith("catalog.sqlite") for name in new)
    assert {p.name for p in tmp_path.iterdir()} == {"strips", "started in"}
    assert list(started_in.iterdir()) == []
