"""What is learnt and judged on: label folders split once, and two hard tasks that are drawn.

A task is a folder with `train/<label>/` and `test/<label>/`, the same for every contestant. A
picture's place comes from its file name's SHA-1 as in retrain.py, or from a built data set's
manifest. The drawn tasks are cut-outs from comic sheets of the sandbox's artists: a good third of
each side, so that neither the layout nor a whole figure tells whose hand it was.
"""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from curate_runs import RunFailed

from classify.data import read_folder
from classify.split import split_by_name
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS

SANDBOX = {"near": ("blockhead", ("blockheart",)), "against_all": ("inkling", ())}
"""Drawn tasks: one artist, and those on the other side; none: all others."""
TESTING = 25.0
"""Percentage of the pictures that only measures."""
_SHEETS = ((640, 480), (480, 640), (560, 560))
_SHARE = 0.4
_QUALITIES = (40, 60, 80)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to learn."""

    name: str
    """For tables."""
    train: Path
    """Label folders to learn from."""
    test: Path
    """Label folders to be judged on."""

    def count(self, part: str) -> int:
        """Pictures of `train` or `test`."""
        return sum(file.is_file() for file in getattr(self, part).rglob("*"))


@dataclass(frozen=True, slots=True)
class _Drawing:
    file: Path
    artist: str


def split_folder(folder: Path, root: Path, most: int | None) -> Task:
    """Lay the pictures of label folders, or of a built data set, out as a task below `root`.

    At most `most` of them, evenly over the labels. Raises what `read_folder` raises, and RunFailed
    where nothing is left to learn from or to judge on.
    """
    found = read_folder(folder, validation=0, testing=TESTING)
    share = None if most is None else -(-most // len(found.labels))
    place = root / folder.resolve().name
    taken: dict[str, int] = {}
    for example in found.examples:
        taken[example.label] = taken.get(example.label, 0) + 1
        if share is None or taken[example.label] <= share:
            part = "test" if example.split == "test" else "train"
            _link(example.path, place / part / example.label / example.path.name)
    for part in ("train", "test"):
        if not (place / part).is_dir():
            raise RunFailed(f"{folder}: no picture falls into its {part} part; wanted more of them")
    return Task(place.name, place / "train", place / "test")


def draw_task(name: str, root: Path, count: int) -> Task:
    """Draw `count` pictures of a task of SANDBOX below `root`: the same bytes each time."""
    artist, others = SANDBOX[name]
    others = others or tuple(one for one in ARTISTS if one != artist)
    place = root / name
    rest = others[0] if len(others) == 1 else "others"
    drawings = []
    for label, artists in ((artist, (artist,)), (rest, others)):
        for number in range(count // 2):
            file = f"{label}_{number:04d}.jpg"
            part = "test" if split_by_name(file, 0, TESTING) == "test" else "train"
            folder = place / part / label
            folder.mkdir(parents=True, exist_ok=True)
            drawings.append(_Drawing(folder / file, artists[number % len(artists)]))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_draw, drawings, chunksize=8))
    return Task(name, place / "train", place / "test")


def _draw(drawing: _Drawing) -> None:
    rng = random.Random(f"{drawing.artist} {drawing.file.name}")
    wide, high = rng.choice(_SHEETS)
    sheet = draw(drawing.artist, rng.randrange(10**9), wide, high)
    size = round(wide * _SHARE), round(high * _SHARE)
    left, top = rng.randint(0, wide - size[0]), rng.randint(0, high - size[1])
    part = sheet.crop((left, top, left + size[0], top + size[1]))
    part.save(drawing.file, quality=rng.choice(_QUALITIES))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:  # another disk, or no permission
        shutil.copyfile(source, target)
