"""People at a file manager: random hand operations, and what the disk says afterwards.

Knows nothing of curation's code: what must be true is worked out from the files alone.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

LABELS = ("comic", "photo", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "to do")
QUIET = (".DS_Store", "Thumbs.db", "._x.jpg", "desktop.ini", ".directory", "new.png.part", "a.png~")

_numbers = itertools.count()


def draw(number: int) -> bytes:
    """A small picture that is like no other one."""
    noise = random.Random(number).randbytes(24 * 24 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (24, 24), noise).save(out, "PNG")
    return out.getvalue()


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_quiet(path: Path, images: Path) -> bool:
    """Whether a file, or a folder that it lies in, is a program's own business."""
    parts = path.relative_to(images).parts
    hidden = any(p.startswith(".") or p == "$RECYCLE.BIN" for p in parts)
    return hidden or path.name in QUIET or path.name.endswith(("~", ".part"))


def pictures(images: Path) -> Iterator[Path]:
    """Every picture that counts."""
    for path in sorted(images.rglob("*")):
        with suppress(FileNotFoundError):
            plain = path.is_file() and not path.is_symlink() and not is_quiet(path, images)
            if plain and path.read_bytes()[:4] == b"\x89PNG":
                yield path


def folder_of(path: Path, images: Path) -> str:
    parts = path.relative_to(images).parts
    if len(parts) == 1:
        return "_unsorted"
    depth = 2 if parts[0] == "_rejected" and len(parts) > 2 else 1
    return unicodedata.normalize("NFC", "/".join(parts[:depth]))


def tree(images: Path) -> dict[str, set[str]]:
    """sha256 -> folders in which the picture stands, by the files alone."""
    found: dict[str, set[str]] = {}
    for path in pictures(images):
        found.setdefault(sha(path), set()).add(folder_of(path, images))
    return found


@dataclass
class Person:
    """Somebody who moves files about, and never does anything that this class does not know."""

    images: Path
    rng: random.Random
    spoiled: set[str] = field(default_factory=set)
    """Pictures whose bytes in raw/ were written over through a link."""
    done: int = 0

    def act(self) -> None:
        """Do one thing; where another person was faster, nothing."""
        deeds: list[tuple[int, Callable[[], None]]] = [
            (30, self.move),
            (8, self.rename),
            (8, self.copy),
            (8, self.delete),
            (4, self.new_folder),
            (8, self.put_in),
            (6, self.leave_litter),
            (5, self.rename_folder),
            (4, self.empty_folder),
            (6, self.save_anew),
            (6, self.edit_in_place),
            (3, self.touch),
            (3, self.link),
            (4, self.put_back),
        ]
        deed = self.rng.choices([d for _, d in deeds], [w for w, _ in deeds])[0]
        with suppress(FileNotFoundError, FileExistsError, NotADirectoryError):
            deed()
        self.done += 1

    def move(self) -> None:
        file = self.some()
        self.put(file, self.goal() / self.name(file))

    def rename(self) -> None:
        file = self.some()
        self.put(file, file.with_name(self.name(file, anew=True)))

    def copy(self) -> None:
        file = self.some()
        goal = self.free(self.goal() / self.name(file))
        shutil.copyfile(file, goal.with_name(".copying"))
        goal.with_name(".copying").rename(goal)

    def delete(self) -> None:
        file = self.some()
        if self.rng.random() < 0.3:
            trash = self.images / self.rng.choice((".Trash-1000/files", "$RECYCLE.BIN"))
            trash.mkdir(parents=True, exist_ok=True)
            self.put(file, trash / file.name)
        else:
            file.unlink()

    def new_folder(self) -> None:
        (self.goal() / f"heap {next(_numbers)}").mkdir()

    def put_in(self) -> None:
        self.write(self.free(self.goal() / f"IMG_{next(_numbers)}.PNG"), draw(next(_numbers)))

    def leave_litter(self) -> None:
        name = self.rng.choice((*QUIET, "notes.txt", "readme.md"))
        data = draw(next(_numbers)) if name in QUIET else b"words"
        (self.goal() / name).write_bytes(data)

    def rename_folder(self) -> None:
        folder = self.label_folder()
        new = self.rng.choice((folder.name.swapcase(), self.rng.choice(LABELS), folder.name + "s"))
        if len(new) < 40 and not self.twin(new, folder):
            folder.rename(self.images / new)

    def empty_folder(self) -> None:
        """Move all of one folder into another, and remove it."""
        folder, goal = self.label_folder(), self.goal()
        if goal.is_relative_to(folder):
            return
        for file in [path for path in folder.rglob("*") if path.is_file()]:
            self.put(file, goal / file.name)
        shutil.rmtree(folder, ignore_errors=True)  # another person may put something in just now

    def save_anew(self) -> None:
        """As careful editors do: a new file under the old name."""
        file = self.some()
        self.write(file, draw(next(_numbers)))

    def edit_in_place(self) -> None:
        """As others do: the bytes of the file itself, and of all its links."""
        file = self.some()
        if file.stat().st_nlink > 1:
            self.spoiled.add(sha(file))
        file.chmod(0o644)
        file.write_bytes(draw(next(_numbers)))

    def touch(self) -> None:
        os.utime(self.some(), (self.rng.randrange(10**9), self.rng.randrange(10**9)))

    def link(self) -> None:
        file = self.some()
        self.free(self.goal() / "shortcut.png").symlink_to(file)

    def put_back(self) -> None:
        """Copy a picture out of raw/, as out of a backup."""
        raw = self.images.parent / "raw"
        file = self.rng.choice(sorted(raw.glob("??/*.png")))
        self.write(self.free(self.goal() / f"back {next(_numbers)}.png"), file.read_bytes())

    def some(self) -> Path:
        every = list(pictures(self.images))
        if len(every) < 12:
            raise FileNotFoundError
        return self.rng.choice(every)

    def label_folder(self) -> Path:
        every = [p for p in self.images.iterdir() if p.is_dir() and p.name[0] not in "_.$"]
        return self.rng.choice(sorted(every) or [self.goal()])

    def goal(self) -> Path:
        """A folder to put something into: now and then a new one, or one within another."""
        name = self.rng.choice((*LABELS, *LABELS, "_unsorted", "_rejected", "_rejected/dull", "."))
        goal = self.images / (self.twin(name) or name)
        if self.rng.random() < 0.1 and name in LABELS:
            goal = goal / "later" / "much later"
        goal.mkdir(parents=True, exist_ok=True)
        return goal

    def twin(self, name: str, but: Path | None = None) -> str | None:
        """The folder that differs from a name by case or accents only."""
        fold = unicodedata.normalize("NFC", name).casefold()
        for path in self.images.iterdir():
            if path != but and unicodedata.normalize("NFC", path.name).casefold() == fold:
                return path.name
        return None

    def name(self, file: Path, anew: bool = False) -> str:
        if not anew and self.rng.random() < 0.8:
            return file.name
        stem = self.rng.choice(
            (file.stem.swapcase(), f"{file.stem} (2)", f"\u00fc {file.stem[:20]}")
        )
        return f"{stem[:60]}{self.rng.choice(('.png', '.PNG', '.jpeg'))}"

    def put(self, file: Path, goal: Path) -> None:
        file.rename(self.free(goal))

    def free(self, goal: Path) -> Path:
        while goal.exists() or goal.is_symlink():
            goal = goal.with_name(f"{next(_numbers)} {goal.name[-80:]}")
        return goal

    def write(self, goal: Path, data: bytes) -> None:
        part = goal.with_name(f".{next(_numbers)}.saving")
        part.write_bytes(data)
        part.replace(goal)
