"""What the tests of harvest share: time that does not pass, pictures, runs, and what they leave."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harvest.ledger.records import Outcome
from harvest.pacing.gates import Clock
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.summary import Summary

Gather = Callable[[Job], Awaitable[tuple[list[Outcome], Summary]]]


@dataclass
class StillTime:
    """Time that passes only while somebody sleeps, and then at once."""

    at: float = field(default_factory=lambda: float(round(time.time())))
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.at + seconds
        for _ in range(5):  # whoever is ready to run comes first
            await asyncio.sleep(0)
        self.at = max(self.at, until)

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.at,
            now=lambda: self.at,
            sleep=self.sleep,
            random=lambda: 0.5,
        )


@pytest.fixture
def still() -> StillTime:
    """A clock that tests move."""
    return StillTime()


@pytest.fixture
def gather() -> Gather:
    """Run a job to its end: all outcomes, and the summary."""

    async def run(job: Job) -> tuple[list[Outcome], Summary]:
        going = Run(job)
        return [outcome async for outcome in going.outcomes()], going.summary

    return run


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Bytes of a small picture; each number gives other ones."""

    def make(number: int = 0, form: str = "JPEG") -> bytes:
        out = io.BytesIO()
        colour = (number * 37 % 256, number * 91 % 256, number // 7 % 256)
        Image.new("RGB", (24, 16), colour).save(out, form, comment=f"{number}".encode())
        return out.getvalue()

    return make


@pytest.fixture
def own_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a source of somebody's own, `gallery`; the folder to add to `PYTHONPATH`."""
    folder = tmp_path / "site"
    told = folder / "gallery_winnow-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: gallery-winnow\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[winnow.sources]\ngallery = own_source:Gallery\n")
    for name in ("own_source.py", "own_stand_in.py"):
        (folder / name).write_text((Path(__file__).parent / "sources" / name).read_text())
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def contents() -> Callable[[Path], dict[str, Any]]:
    """All that a data set holds and that does not depend on when it was gathered."""

    def read(dataset: Path) -> dict[str, Any]:
        with sqlite3.connect(f"file:{dataset}/catalog.sqlite?mode=ro", uri=True) as connection:
            rows = {name: _rows(connection, query) for name, query in _QUERIES.items()}
        connection.close()
        files = {
            str(path.relative_to(dataset)): path.read_bytes()
            for top in ("raw", "images", "urls")
            for path in sorted((dataset / top).rglob("*"))
            if path.is_file()
        }
        return {**rows, "files": files}

    return read


def _rows(connection: sqlite3.Connection, query: str) -> list[Any]:
    return sorted(connection.execute(query).fetchall(), key=repr)


_SIGHTING = "s.source || ' ' || s.post_id || ' ' || s.media_index"
_QUERIES = {
    "image": "SELECT sha256, media_type, n_bytes, placed_as FROM image",
    "sighting": f"SELECT {_SIGHTING}, url, best_urls, fallback_urls, post_url, author, posted_at,"
    " tags, alt_text, text, sensitive, status, reason, detail, final_url, sha256 FROM sighting s",
    "seen": f"SELECT target, {_SIGHTING}, position, label FROM seen"
    " JOIN sighting s ON s.id = sighting",
    "walk": "SELECT target, cursor, stop_at, newest_id FROM walk",
}
