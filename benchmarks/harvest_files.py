"""What is downloaded in a benchmark: pictures by number, their truth, their faults.

Every picture is a drawing with a comment of its own, so that 10,000 different valid files of
about 24 KB are made in a second, by the benchmark and by a server alike, from the number alone.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DRAWINGS = 8
EVERY = 20
"""One file in so many is faulty: 5 %."""

LASTING = ("404", "html", "half", "empty")
"""Faults that stay however often one asks: these pictures cannot be had."""
PASSING = ("500", "503", "reset", "cut", "slow")
"""Faults of the first request only: 500, 503 without Retry-After, a reset, a body that ends
before its Content-Length; and `slow`, a second until the body, each time."""
FAULTS = ("404", "500", "html", "503", "half", "reset", "empty", "cut", "slow")
"""All of them, in the order in which faulty numbers take turns."""


def fault_of(number: int) -> str:
    """The fault that a number has where faults are on; empty for 95 % of them."""
    if number % EVERY != EVERY // 2:
        return ""
    return FAULTS[number // EVERY % len(FAULTS)]


def path_of(number: int) -> str:
    """Path of a picture on a server, without the first slash."""
    return f"f/{number:08d}.jpg"


def content_of(number: int) -> bytes:
    """The whole bytes of a picture."""
    drawing = _drawings()[number % DRAWINGS]
    after = 4 + int.from_bytes(drawing[4:6], "big")  # the JFIF segment stays the first one
    words = b"winnow bench %08d" % number
    comment = b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words
    return drawing[:after] + comment + drawing[after:]


@dataclass(frozen=True, slots=True)
class Audit:
    """What a tool left in its folder, held against the truth."""

    good: int
    """Different pictures whose bytes are those that the server has."""
    wrong: int
    """Files that stand there as finished and hold anything else."""
    missing: int
    """Pictures that a patient client could have had, and that are not there."""
    last: float | None
    """When the last file came to stand under its name (epoch seconds); None without files."""


class Album:
    """The pictures 0 to `count` - 1, and which of them can be had."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._hashes = {hashlib.sha256(content_of(n)).digest() for n in range(count)}

    def write(self, root: Path) -> None:
        """Write all pictures below a folder that a server shows."""
        (root / path_of(0)).parent.mkdir(parents=True)
        for number in range(self.count):
            (root / path_of(number)).write_bytes(content_of(number))

    def audit(self, files: Iterable[Path], *, asked: int, faults: bool) -> Audit:
        """Compare the files that a tool calls finished with what it was `asked` to get."""
        found: set[bytes] = set()
        wrong, last = 0, None
        for file in files:
            # The change of the inode: a rename and a link count, a server's Last-Modified no.
            last = max(last or 0.0, file.stat().st_ctime)
            digest = hashlib.sha256(file.read_bytes()).digest()
            if digest in self._hashes:
                found.add(digest)
            else:
                wrong += 1
        lost = sum(fault_of(n) in LASTING for n in range(asked)) if faults else 0
        return Audit(len(found), wrong, asked - lost - len(found), last)


def write_log(log: Path, origin: str, paths: Iterable[str]) -> None:
    """Write a URL log: one address a line."""
    with log.open("w", encoding="ascii") as lines:
        lines.writelines(f"{origin}/{path}\n" for path in paths)


@lru_cache(maxsize=1)
def _drawings() -> tuple[bytes, ...]:
    from PIL import Image

    drawn = []
    for seed in range(DRAWINGS):
        coarse = random.Random(seed).randbytes(90 * 90 * 3)
        picture = Image.frombytes("RGB", (90, 90), coarse).resize(
            (320, 320), Image.Resampling.BICUBIC
        )
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=55)
        drawn.append(data.getvalue())
    return tuple(drawn)
