"""The script that makes the pictures of `docs/` runs, and what lies there is small."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"demo-report.png", "page-grid.png", "page-review.png", "page-single.png"}
MOST_BYTES = 150_000


def draw(path: Path, number: int, *, comic: bool) -> None:
    """Boxes in black on white, or soft clouds of colour."""
    rng = random.Random(number)
    if comic:
        picture = Image.new("RGB", (480, 360), "white")
        pen = ImageDraw.Draw(picture)
        for _ in range(40):
            x, y = rng.randrange(420), rng.randrange(300)
            pen.rectangle((x, y, x + rng.randrange(20, 60), y + 40), outline="black", width=3)
    else:
        clouds = Image.frombytes("RGB", (8, 6), rng.randbytes(144))
        picture = clouds.resize((480, 360), Image.Resampling.BICUBIC)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=90)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A sorted data set with its report."""
    for number in range(72):
        label = "comic" if number % 2 else "no_comic"
        draw(tmp_path / "drawn" / label / f"{number}.jpg", number, comic=label == "comic")
    with Image.open(tmp_path / "drawn/comic/1.jpg") as picture:
        picture.resize((400, 300)).save(tmp_path / "drawn/comic/smaller.jpg")
    folder = tmp_path / "strips"
    for line in (
        ["harvest", "get", f"folder:{tmp_path / 'drawn'}", "--label-from", "folder", "-o", folder],
        ["curate", "check", folder],
        ["curate", "report", folder],
    ):
        run(tmp_path, "-m", "winnow", *map(str, line))
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.soak
@pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    reason="no Chromium here: apt-get install chromium",
)
def test_the_script_photographs_page_and_report(dataset: Path, tmp_path: Path) -> None:
    """From a sorted data set come four small pictures with something in them."""
    script, out = ROOT / "benchmarks" / "screenshots.py", tmp_path / "docs"
    run(tmp_path, str(script), "--dataset", str(dataset), "--out", str(out))
    made = {path.name: path.stat().st_size for path in out.iterdir()}
    colours = {}
    for name in NAMES:
        with Image.open(out / name) as picture:
            colours[name] = len(picture.convert("RGB").getcolors(1 << 24) or ())

    assert made.keys() == NAMES
    assert max(made.values()) <= MOST_BYTES
    assert min(colours.values()) > 10


def test_pictures_of_the_documents_are_there_and_small() -> None:
    """The README and the texts show what the script makes, none of it heavy."""
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs").glob("*.png")}
    texts = (ROOT / "README.md").read_text() + (ROOT / "docs" / "sorting.md").read_text()

    assert sizes.keys() == NAMES
    assert max(sizes.values()) <= MOST_BYTES
    assert all(name in texts for name in NAMES)
