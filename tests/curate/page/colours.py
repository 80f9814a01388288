"""Pictures of one colour each, whose label the colour tells, and who sorts them.

Not a test; also run by itself, in processes that are killed.
"""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from curate.page.suggester import Opinion
from curate.page.values import Answer, PageAnswer
from curate.store.opinions import Membership, replace_clusters
from curate.store.schema import CURATE
from harvest.ledger.catalog import open_catalog
from harvest.ledger.folder import DatasetFolder, picture_name, place
from harvest.store.schema import HARVEST

BASES = {"comic": (205, 60, 60), "photo": (60, 60, 205), "sketch": (60, 205, 60)}


@dataclass
class Coloured:
    """A data set, and the truth about it."""

    folder: DatasetFolder
    labels: tuple[str, ...]
    truth: dict[str, str] = field(default_factory=dict)

    def tree(self) -> dict[str, set[str]]:
        """Folder below images/ -> sha256 of the files in it, read from the disk."""
        found: dict[str, set[str]] = {}
        for path in self.folder.images.rglob("*"):
            if path.is_file():
                where = path.parent.relative_to(self.folder.images).as_posix()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found.setdefault(where, set()).add(digest)
        return found

    def move(self, sha256: str, label: str) -> None:
        """Move the file of a picture to another folder below images/, as a person does."""
        file = next(self.folder.images.rglob(f"*_{sha256[:8]}.png"))
        goal = self.folder.images / label / file.name
        goal.parent.mkdir(parents=True, exist_ok=True)
        file.rename(goal)


def make_coloured(
    root: Path, count: int, labels: tuple[str, ...] = ("comic", "photo"), noise: float = 18.0
) -> Coloured:
    """A data set of unsorted pictures, the labels by turns; `noise` blurs what the colour tells."""
    data = Coloured(DatasetFolder.create(root), labels)
    rng = random.Random(7)
    with (
        open_catalog(data.folder.catalog, [HARVEST, CURATE]) as catalog,
        catalog.transaction() as sql,
    ):
        for number in range(count):
            label = labels[number % len(labels)]
            colour = tuple(int(np.clip(rng.gauss(b, noise), 0, 255)) for b in BASES[label])
            out = io.BytesIO()
            picture = Image.new("RGB", (4, 4), colour)
            picture.putpixel((0, 0), (number % 256, number // 256, 77))
            picture.save(out, "PNG")
            _store(sql, data, out.getvalue(), number)
            data.truth[hashlib.sha256(out.getvalue()).hexdigest()] = label
    return data


def _store(sql, data: Coloured, content: bytes, number: int) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    raw = data.folder.raw_path(sha256, "png")
    raw.parent.mkdir(parents=True, exist_ok=True)
    raw.write_bytes(content)
    raw.chmod(0o444)
    name = f"_unsorted/{picture_name('twitter', str(number), 0, sha256, 'png')}"
    place(raw, data.folder.images / name, "link")
    at = f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}+00:00"
    sql.execute(
        "INSERT INTO image(sha256, media_type, n_bytes, mtime_ns, added_at, placed_as)"
        " VALUES (?, 'image/png', ?, ?, ?, ?)",
        (sha256, len(content), raw.stat().st_mtime_ns, at, name),
    )
    seen = sql.execute(
        "INSERT INTO sighting(source, post_id, media_index, url, post_url, author, posted_at,"
        " status, sha256) VALUES ('twitter', ?, 0, ?, '', 'ada', ?, 'saved', ?)",
        (str(number), f"https://pbs.example/{number}.png", at, sha256),
    ).lastrowid
    sql.execute(
        "INSERT INTO seen(target, sighting, position, label) VALUES ('twitter:ada', ?, ?, NULL)",
        (seen, number),
    )


def tie(folder: DatasetFolder, keeper: str, twins: list[str], variants: list[str]) -> None:
    """Make pictures duplicates of a keeper, and others variants of it."""
    with open_catalog(folder.catalog, [HARVEST, CURATE]) as catalog:
        members = {keeper: Membership(keeper, keeper)}
        members |= {twin: Membership(keeper, keeper) for twin in twins}
        members |= {variant: Membership(variant, keeper) for variant in variants}
        replace_clusters(catalog, members)


class MeanColour:
    """A suggester: the nearest of the labels' mean colours, sure by how much nearer it is."""

    def __init__(self) -> None:
        self.colours: dict[str, np.ndarray] = {}
        self.lessons: list[dict[str, str]] = []

    def begin(self, pictures) -> None:
        for sha256, file in pictures:
            if sha256 not in self.colours:
                with Image.open(file) as picture:
                    pixels = np.asarray(picture.convert("RGB"), dtype=float)
                self.colours[sha256] = np.median(pixels.reshape(-1, 3), axis=0)

    def ready(self) -> int:
        return len(self.colours)

    def far_apart(self, among, count):
        chosen = list(among[:1])
        while len(chosen) < min(count, len(among)):
            chosen.append(max(among, key=lambda s: min(self._apart(s, c) for c in chosen)))
        return chosen

    def learn(self, labels):
        self.lessons.append(dict(labels))
        names = sorted(set(labels.values()))
        if len(names) < 2 or len(labels) < 6:
            return None
        self.names = names
        self.centres = np.array(
            [
                np.mean([self.colours[s] for s, label in labels.items() if label == n], axis=0)
                for n in names
            ]
        )
        chances = {s: self._chances(s) for s in self.colours if s not in labels}
        doubted = {}
        for sha256, label in labels.items():
            every = self._chances(sha256)
            best = int(np.argmax(every))
            if names[best] != label and every[best] > 0.95:
                doubted[sha256] = (names[best], every[best])
        return Opinion(tuple(names), chances, doubted)

    def alike(self, among):
        return sorted(among, key=lambda s: tuple(self.colours[s]))

    def close(self) -> None:
        self.colours.clear()

    def _apart(self, one: str, other: str) -> float:
        return float(((self.colours[one] - self.colours[other]) ** 2).sum())

    def _chances(self, sha256: str) -> tuple[float, ...]:
        far = ((self.centres - self.colours[sha256]) ** 2).sum(axis=1) / 2000
        odds = np.exp(far.min() - far)
        return tuple(float(p) for p in odds / odds.sum())


class Clock:
    """Seconds that pass when told, and half of one at each look."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


class Person:
    """Who sorts by the truth, in one tab; `slips` are answered wrongly the first time."""

    def __init__(self, sitting, data: Coloured, tab: str = "tab") -> None:
        self.sitting = sitting
        self.data = data
        self.tab = tab
        self.slips: set[str] = set()
        self.blind_to: set[str] = set()
        self.shown: list[str] = []
        self.number = 0

    def client(self) -> str:
        self.number += 1
        return f"{self.tab}-{self.number}"

    def single(self, ms: int = 700, choice: str = "label"):
        """Answer the next picture; None: there is none."""
        ahead = self.sitting.next_single(self.tab, 6)
        if not ahead:
            return None
        sha256 = ahead[0].stack.sha256
        label = self.data.truth[sha256]
        if sha256 in self.slips:
            self.slips.discard(sha256)
            label = next(other for other in self.data.labels if other != label)
        self.shown.append(sha256)
        given = label if choice == "label" else ""
        answer = Answer(self.client(), self.tab, ahead[0].shown, choice, given, ms)
        return self.sitting.answer(answer)

    def page(self, tiles: int = 24):
        """Confirm the next page; None: there is none."""
        grid = self.sitting.next_grid(self.tab, tiles)
        if grid is None:
            return None
        seen = tuple(stack.sha256 for stack in grid.tiles)
        wrong = [s for s in seen if self.data.truth[s] != grid.label and s not in self.blind_to]
        self.shown += seen
        marks = dict.fromkeys(wrong, "wrong")
        return self.sitting.confirm(
            PageAnswer(self.client(), self.tab, grid.page, seen, marks, ms=4000)
        )

    def finish(self) -> None:
        """Sort all there is, pages first."""
        while self.page() or self.single():
            pass
