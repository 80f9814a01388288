"""The hash forms of pictures, and whose are near whose: what proposes a pair.

A picture has up to four forms: as it is, without plain margins, mirrored, turned upside down. Two
pictures are near when the plain or trimmed form of one lies near any form of the other, in 64
bits and in 256. One join over the 64-bit hashes of all forms finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.facts import Measure
from curate.neighbours import Join, join
from curate.settings import NearDuplicate

PLAIN, TRIMMED, MIRROR, FLIP = "plain", "trimmed", "mirror", "flip"
_UPRIGHT = (PLAIN, TRIMMED)

Form = tuple[str, str, str]
"""Name, 64-bit hash, 256-bit hash (hex)."""


@dataclass(frozen=True, slots=True)
class Near:
    """How two pictures hash alike."""

    distance64: int
    """Bits between the nearest 64-bit hashes."""
    distance256: int
    """Bits between the 256-bit hashes of the same forms."""
    forms: frozenset[str]
    """Names of the forms that are near: `plain` where both are as they are."""

    def joined(self, other: Near) -> Near:
        """Both ways in which one pair is near."""
        nearest = min((self.distance64, self.distance256), (other.distance64, other.distance256))
        return Near(*nearest, self.forms | other.forms)


def forms_of(facts: Measure) -> tuple[Form, ...]:
    """The forms of a picture that can be decoded, each hash once."""
    every = (
        (PLAIN, facts.phash64, facts.phash256),
        (TRIMMED, facts.trimmed64, facts.trimmed256),
        (MIRROR, facts.mirror64, facts.mirror256),
        (FLIP, facts.flip64, facts.flip256),
    )
    seen: set[str] = set()
    found = []
    for name, short, long in every:
        # A symmetrical picture is its own mirror: as it is then, and nothing else.
        if long and long not in seen:
            seen.add(long)
            found.append((name, short, long))
    return tuple(found)


class Proposals:
    """Which of some pictures hash alike; positions are those in the sequence given."""

    def __init__(
        self, measures: Sequence[Measure], settings: NearDuplicate, known: Join | None = None
    ) -> None:
        self._reach = settings.max_distance256
        names: list[str] = []
        words: list[int] = []
        bits = bytearray()
        self._rows = [0]  # the forms of picture n are the rows from here to the next one's
        for facts in measures:
            for name, short, long in forms_of(facts):
                names.append(name)
                words.append(int(short, 16))
                bits += bytes.fromhex(long)
            self._rows.append(len(names))
        self._names, self._words = names, words
        self._bits = np.frombuffer(bytes(bits), dtype=np.uint64).reshape(len(names), 4)
        self.join = join(np.array(words, dtype=np.uint64), settings.max_distance64, known)
        """All neighbours among the hashes: kept for the next time."""
        self._adjacent = _adjacency(self.join.pairs)
        self._here: dict[int, list[tuple[int, int]]] = {}

    def admit(self, mine: int) -> None:
        """Let a picture be found from now on."""
        for row in range(self._rows[mine], self._rows[mine + 1]):
            if self._names[row] in _UPRIGHT:
                self._here.setdefault(self._words[row], []).append((mine, row))

    def near(self, mine: int) -> dict[int, Near]:
        """The admitted pictures that hash like this one, in ascending order."""
        found: dict[int, Near] = {}
        for row in range(self._rows[mine], self._rows[mine + 1]):
            word = self._words[row]
            for other in (word, *self._adjacent.get(word, ())):
                met = self._here.get(other)
                if met:
                    self._compare(row, met, (word ^ other).bit_count(), found)
        return dict(sorted(found.items()))

    def _compare(
        self, row: int, met: Sequence[tuple[int, int]], short: int, found: dict[int, Near]
    ) -> None:
        theirs = self._bits[[other_row for _, other_row in met]]
        distances = np.bitwise_count(theirs ^ self._bits[row]).sum(axis=1, dtype=np.int64)
        for (other, other_row), long in zip(met, distances.tolist(), strict=True):
            if long > self._reach:
                continue
            form = self._names[row]
            if form == PLAIN:
                form = self._names[other_row]
            now = Near(short, long, frozenset({form}))
            found[other] = now if other not in found else found[other].joined(now)


def _adjacency(pairs: NDArray[np.uint64]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for one, other in pairs.tolist():
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found
