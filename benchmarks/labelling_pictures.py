"""Pictures for the simulated person: label folders, two near artists, 7,000 of many hands.

Drawn ones are kept in a folder and drawn once: the same bytes each time.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harvest.ledger.errors import DataError
from harvest.ledger.folder import DatasetFolder
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS, SCENES, TEMPLATE, label_of_style

_SHAPES = ((480, 360), (360, 480), (400, 400), (512, 288))
_CUT = 0.55  # of each side: about one panel of a sheet, a detail of a scene
_SHARE_CUT = 0.3
_QUALITIES = (35, 60, 80, 90)
# Comics prevail in what is gathered for them, some hands more than others.
_SCENE_SHARE = 0.35
_CHUNK = 32
_NEAR = ("blockhead", "blockheart")
_AMONG = ("blockhead", "inkling")

Chosen = Callable[[random.Random], str]
"""Draws a style."""
LabelOf = Callable[[str], str]
"""Label of a style."""


@dataclass(frozen=True, slots=True)
class Truths:
    """Pictures whose labels are known to the benchmark alone."""

    name: str
    """For tables."""
    labels: tuple[str, ...]
    """Sorted."""
    files: dict[str, Path]
    """sha256 to file."""
    truth: dict[str, str]
    """sha256 to label."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    file: Path
    style: str


def read_labelled(folder: Path) -> Truths:
    """Pictures of a folder of label folders; bytes that stand under two labels are left out."""
    found: dict[str, Path] = {}
    truth: dict[str, str] = {}
    torn: set[str] = set()
    for place in sorted(p for p in folder.iterdir() if p.is_dir() and p.name[0] not in "._"):
        for file in sorted(p for p in place.iterdir() if p.is_file()):
            sha = hashlib.sha256(file.read_bytes()).hexdigest()
            if truth.setdefault(sha, place.name) != place.name:
                torn.add(sha)
            found.setdefault(sha, file)
    kept = {sha: label for sha, label in truth.items() if sha not in torn}
    labels = tuple(sorted(set(kept.values())))
    return Truths(folder.name, labels, {sha: found[sha] for sha in kept}, kept)


def gathered(pictures: Truths, place: Path) -> DatasetFolder:
    """A data set of pictures that wait to be sorted, whose names tell nothing."""
    loose, root = place / "loose", place / "dataset"
    loose.mkdir(parents=True)
    for sha256, file in pictures.files.items():
        target = loose / f"{sha256}{file.suffix.lower()}"
        try:
            os.link(file.resolve(), target)
        except OSError:  # another disk, or no permission
            shutil.copyfile(file, target)
    line = [sys.executable, "-m", "winnow", "harvest", "get", f"folder:{loose}", "-o", str(root)]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise DataError(f"{pictures.name}: {ended.stderr.strip()}")
    return DatasetFolder.open(root)


def labels_in(folder: DatasetFolder) -> dict[str, str]:
    """sha256 to label, by the files in the label folders."""
    found: dict[str, str] = {}
    for label in folder.labels_in_use():
        for file in folder.label_folder(label).iterdir():
            found[hashlib.sha256(file.read_bytes()).hexdigest()] = label
    return found


def near_artists(root: Path, count: int) -> Truths:
    """Sheets and single panels of two artists whose hands are near."""
    return _drawn(root / f"near-{count}", count, lambda rng: rng.choice(_NEAR), lambda s: s)


def many_hands(root: Path, count: int) -> Truths:
    """`comic` and `no_comic`: sheets, single panels and strips of all artists, scenes of all kinds.

    About two in three are comics; cut-outs and heavy JPEGs are among them.
    """

    def chosen(rng: random.Random) -> str:
        if rng.random() < _SCENE_SHARE:
            return rng.choice(SCENES)
        return rng.choice((*ARTISTS, *ARTISTS, TEMPLATE))

    return _drawn(root / f"hands-{count}", count, chosen, label_of_style)


def near_among(many: Truths) -> Truths:
    """The same pictures with labels of their own for two artists, each near to one of the others.

    Files are named by their style.
    """
    styles = {sha: file.stem.rpartition("_")[0] for sha, file in many.files.items()}
    truth = {sha: s if s in _AMONG else many.truth[sha] for sha, s in styles.items()}
    labels = tuple(sorted(set(truth.values())))
    return Truths(f"{many.name}, {len(labels)} labels", labels, many.files, truth)


def _drawn(root: Path, count: int, chosen: Chosen, label_of: LabelOf) -> Truths:
    drawings = list(_plan(root, count, chosen, label_of))
    missing = [one for one in drawings if not one.file.exists()]
    if missing:
        for place in {one.file.parent for one in missing}:
            place.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(_draw, missing, chunksize=_CHUNK):
                pass
    return read_labelled(root)


def _plan(root: Path, count: int, chosen: Chosen, label_of: LabelOf) -> Iterator[_Drawing]:
    for number in range(count):
        style = chosen(random.Random(f"{root.name} {number}"))
        yield _Drawing(root / label_of(style) / f"{style}_{number:05d}.jpg", style)


def _draw(drawing: _Drawing) -> None:
    rng = random.Random(f"{drawing.style} {drawing.file.name}")
    wide, high = rng.choice(_SHAPES)
    sheet = draw(drawing.style, rng.randrange(10**9), wide, high)
    if rng.random() < _SHARE_CUT:
        size = round(wide * _CUT), round(high * _CUT)
        left, top = rng.randint(0, wide - size[0]), rng.randint(0, high - size[1])
        sheet = sheet.crop((left, top, left + size[0], top + size[1]))
    part = drawing.file.with_suffix(".part")
    sheet.save(part, "JPEG", quality=rng.choice(_QUALITIES))
    part.replace(drawing.file)
