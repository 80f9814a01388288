"""A data set as harvest leaves it, with pictures drawn here and all truth known."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from curate.store.schema import CURATE
from harvest.ledger.catalog import open_catalog
from harvest.ledger.folder import UNSORTED, DatasetFolder, picture_name, place
from harvest.ledger.picture import EXTENSIONS, sniff
from harvest.store.schema import HARVEST

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def draw_comic(
    seed: int, size: tuple[int, int] = (480, 360), words: str = "", panels: int = 3
) -> Image.Image:
    """Black lines on white: panels with figures, and a bubble with words in each."""
    rng = random.Random(seed)
    picture = Image.new("RGB", size, (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    width, height = size[0] // panels, size[1]
    top = min(110, height // 3)
    for panel in range(panels):
        left = panel * width
        pen.rectangle((left + 6, 6, left + width - 6, height - 6), outline=(0, 0, 0), width=3)
        for _ in range(4):
            x, y = rng.randrange(left + 15, left + width - 40), rng.randrange(top, height - 60)
            r = rng.randrange(10, 40)
            pen.ellipse((x, y, x + r, y + r), outline=(0, 0, 0), width=3)
            end = (rng.randrange(left + 10, left + width - 10), rng.randrange(top, height - 10))
            pen.line((x, y, *end), fill=(0, 0, 0), width=4)
        colour = tuple(rng.randrange(60, 230) for _ in range(3))
        x = rng.randrange(left + 12, left + width - 50)
        pen.rectangle((x, height - 60, x + 36, height - 20), fill=colour)
        text = words or "".join(rng.choice("abcdefgh \n") for _ in range(24))
        pen.multiline_text((left + 14, 20), text, fill=(0, 0, 0), font_size=18)
    return picture


def draw_photo(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Soft coloured texture, as of a landscape out of focus, with some grain."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (9, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    grain = rng.normal(0, 6, (size[1], size[0], 3))
    noisy = np.clip(np.asarray(picture, dtype=float) + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(noisy).filter(ImageFilter.GaussianBlur(0.6))


def encode(picture: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    """The picture's bytes in a file format; JPEG of quality 90 unless told."""
    out = io.BytesIO()
    if form == "JPEG":
        options = {"quality": 90} | options
    picture.save(out, form, **options)
    return out.getvalue()


@dataclass
class Maker:
    """Makes a data set file by file, in harvest's tables and with harvest's names."""

    folder: DatasetFolder
    mode: str = "link"
    made: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """sha256 -> path below images/ where it was placed."""

    def add(
        self,
        data: bytes,
        label: str | None = None,
        *,
        source: str = "twitter",
        post: str = "",
        index: int = 0,
        url: str | None = None,
        targets: dict[str, str | None] | None = None,
        placed: bool = True,
        author: str = "ada",
    ) -> str:
        """Harvest one picture; returns its sha256. The same bytes again are one more sighting."""
        self.made += 1
        number = self.made
        post = post or str(1000 + number)
        address = f"https://pbs.example/media/{number}.jpg" if url is None else url
        told = {"twitter:ada": label} if targets is None else targets
        sha256 = hashlib.sha256(data).hexdigest()
        media_type = sniff(data) or "image/jpeg"
        raw = self.folder.raw_path(sha256, EXTENSIONS[media_type])
        fresh = not raw.exists()
        if fresh:
            raw.parent.mkdir(parents=True, exist_ok=True)
            raw.write_bytes(data)
            raw.chmod(0o444)
        at = (_EPOCH + timedelta(hours=number)).isoformat()
        with (
            open_catalog(self.folder.catalog, [HARVEST, CURATE]) as catalog,
            catalog.transaction() as sql,
        ):
            sql.execute(
                "INSERT OR IGNORE INTO image(sha256, media_type, n_bytes, mtime_ns, added_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (sha256, media_type, len(data), raw.stat().st_mtime_ns, at),
            )
            sighting = sql.execute(
                "INSERT INTO sighting(source, post_id, media_index, url, post_url, author,"
                " posted_at, status, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, 'saved', ?)",
                (source, post, index, address, f"https://x.example/{post}", author, at, sha256),
            ).lastrowid
            for target, given in told.items():
                sql.execute(
                    "INSERT INTO seen(target, sighting, position, label) VALUES (?, ?, ?, ?)",
                    (target, sighting, number, given),
                )
            if fresh and placed:
                labels = {given for given in told.values() if given}
                home = labels.pop() if len(labels) == 1 else UNSORTED
                name = picture_name(source, post, index, sha256, raw.suffix[1:])
                self.names[sha256] = f"{home}/{name}"
                sql.execute(
                    "UPDATE image SET placed_as = ? WHERE sha256 = ?",
                    (self.names[sha256], sha256),
                )
        if fresh and placed:
            place(raw, self.path(sha256), self.mode)
        return sha256

    def path(self, sha256: str) -> Path:
        """Where harvest placed a picture."""
        return self.folder.images / self.names[sha256]

    def move(self, sha256: str, to: str, name: str = "") -> Path:
        """Move a picture by hand, as a file manager does."""
        goal = self.folder.images / to / (name or self.path(sha256).name)
        goal.parent.mkdir(parents=True, exist_ok=True)
        self.path(sha256).rename(goal)
        self.names[sha256] = goal.relative_to(self.folder.images).as_posix()
        return goal

    def tree(self) -> dict[str, set[str]]:
        """Folder below images/ -> sha256 of the files in it, read from the disk."""
        found: dict[str, set[str]] = {}
        for path in self.folder.images.rglob("*"):
            if path.is_file():
                where = path.parent.relative_to(self.folder.images).as_posix()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found.setdefault(where, set()).add(digest)
        return found


class Draw:
    """The drawing functions, for tests."""

    comic = staticmethod(draw_comic)
    photo = staticmethod(draw_photo)
    encode = staticmethod(encode)


@pytest.fixture(scope="session")
def draw() -> type[Draw]:
    """Functions that draw and encode pictures."""
    return Draw


@pytest.fixture(scope="session")
def maker() -> type[Maker]:
    """What makes data sets, for those that several tests only read."""
    return Maker


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """An empty data set, to be filled."""
    return Maker(DatasetFolder.create(tmp_path / "strips"))


@pytest.fixture
def make_another(tmp_path: Path):
    """Makes further empty data sets, by name."""
    return lambda name: Maker(DatasetFolder.create(tmp_path / name))


@pytest.fixture(params=["link", "copy"])
def make_both(tmp_path: Path, request: pytest.FixtureRequest) -> Maker:
    """An empty data set, once with hard links and once with copies."""
    return Maker(DatasetFolder.create(tmp_path / "strips"), mode=request.param)


@pytest.fixture(scope="session")
def people():
    """The module `people.py`: random hand operations."""
    spec = importlib.util.spec_from_file_location("people", Path(__file__).with_name("people.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["people"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clock():
    """A clock that stands."""
    return lambda: datetime(2024, 6, 1, 12, tzinfo=UTC)
