"""The hash forms of pictures, and whose are near whose: what proposes a pair.

A picture has up to thirteen forms: as it is, without plain margins, its inner part, mirrored,
turned upside down, and cut: less one side or one corner. Two pictures are near when the plain or
trimmed form of one lies near any form of the other, in 64 bits and in 256. A join over the 64-bit
hashes finds them. Cuts are joined with plain and trimmed forms alone, and not with those of their
own picture: nearly all of these meet.

All forms of all pictures stand in a few arrays: 46 bytes a form, and no object.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.cuts import CUTS, each_cut
from curate.facts import Measure
from curate.neighbours import Hashes, Index, Join, crossings, join
from curate.settings import NearDuplicate

PLAIN, TRIMMED, INNER, MIRROR, FLIP = "plain", "trimmed", "inner", "mirror", "flip"
_NAMES = (PLAIN, TRIMMED, INNER, MIRROR, FLIP, *CUTS)
_UPRIGHT, _TURNED = (0, 1), (3, 4)  # places among the names
_FIRST_CUT = 5

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
    """Names of the forms that are near: `plain` where both are as they are, else the last of the
    two in the order plain, trimmed, inner, mirror, flip, cuts (`curate/cuts.py`)."""

    def joined(self, other: Near) -> Near:
        """Both ways in which one pair is near."""
        nearest = min((self.distance64, self.distance256), (other.distance64, other.distance256))
        return Near(*nearest, self.forms | other.forms)


def forms_of(facts: Measure) -> tuple[Form, ...]:
    """The forms of a picture that can be decoded, each hash once.

    None of one that is drawn in white on nothing: on white, where hashes look, all those are one.
    """
    if facts.on_black:
        return ()
    every = (
        (PLAIN, facts.phash64, facts.phash256),
        (TRIMMED, facts.trimmed64, facts.trimmed256),
        (INNER, facts.inner64, facts.inner256),
        (MIRROR, facts.mirror64, facts.mirror256),
        (FLIP, facts.flip64, facts.flip256),
        *each_cut(facts.cuts),
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
    """Which of some pictures hash alike; a picture is known by its place in the order given."""

    def __init__(
        self, measures: Iterable[Measure], settings: NearDuplicate, known: Join | None = None
    ) -> None:
        self._reach = settings.max_distance256
        names, bits = bytearray(), bytearray()
        words, rows, owners = array("Q"), array("q", [0]), array("i")
        for number, facts in enumerate(measures):
            for name, short, long in forms_of(facts):
                names.append(_NAMES.index(name))
                words.append(int(short, 16))
                bits += bytes.fromhex(long)
                owners.append(number)
            rows.append(len(names))
        self._names, self._owners = names, owners
        self._rows = rows  # the forms of picture n are the rows from here to the next one's
        self._words = np.frombuffer(words, np.uint64)
        self._bits = np.frombuffer(bits, np.uint64).reshape(-1, 4)
        kinds = np.frombuffer(names, np.uint8)
        self.join = join(self._words[kinds < _FIRST_CUT], settings.max_distance64, known)
        """All neighbours among the hashes but those of cuts: kept for the next time."""
        every = np.unique(self._words)
        self._place = np.searchsorted(every, self._words).astype(np.int32)
        crossed = self._crossed(kinds, every, settings.max_distance64)
        pairs = np.concatenate((np.searchsorted(every, self.join.pairs), crossed))
        self._adjacent, self._begins = _adjacency(pairs, len(every))
        shared = np.bincount(self._place, minlength=len(every)) > 1
        self._met = (shared | (np.diff(self._begins) > 0))[self._place].tobytes()
        self._here: dict[int, list[int]] = {}

    def admit(self, mine: int) -> None:
        """Let a picture be found from now on."""
        for row in range(self._rows[mine], self._rows[mine + 1]):
            # Most hashes are near no other one: they are not even noted.
            if self._met[row] and self._names[row] not in _TURNED:
                self._here.setdefault(int(self._place[row]), []).append(row)

    def near(self, mine: int) -> dict[int, Near]:
        """The admitted pictures that hash like this one, in ascending order."""
        found: dict[int, Near] = {}
        for row in range(self._rows[mine], self._rows[mine + 1]):
            if not self._met[row]:
                continue
            place = int(self._place[row])
            places = self._adjacent[self._begins[place] : self._begins[place + 1]].tolist()
            met = [other for p in (place, *places) for other in self._here.get(p, ())]
            if self._names[row] not in _UPRIGHT:
                met = [other for other in met if self._names[other] in _UPRIGHT]
            if met:
                self._compare(row, met, found)
        return dict(sorted(found.items()))

    def distances(self, one: int, other: int) -> tuple[int, int]:
        """Bits between the hashes of two pictures as they are: of 64 and of 256."""
        first, second = self._rows[one], self._rows[other]
        short, long = self._apart(first, [second])
        return short[0], long[0]

    def _apart(self, row: int, others: Sequence[int]) -> tuple[list[int], list[int]]:
        short = np.bitwise_count(self._words[others] ^ self._words[row])
        long = np.bitwise_count(self._bits[others] ^ self._bits[row]).sum(axis=1, dtype=np.int64)
        return short.tolist(), long.tolist()

    def _crossed(self, kinds: NDArray[np.uint8], every: Hashes, radius: int) -> Index:
        """Places of plain or trimmed hashes and of cuts' that are near them, of two pictures."""
        upright = np.unique(self._words[np.isin(kinds, _UPRIGHT)])
        cuts = np.unique(self._words[kinds >= _FIRST_CUT])
        i, j = crossings(upright, cuts, radius)
        pairs = np.stack((np.searchsorted(every, upright)[i], np.searchsorted(every, cuts)[j]), 1)
        owners = np.frombuffer(self._owners, np.int32)
        first, last = np.full(len(every), len(owners), np.int32), np.full(len(every), -1, np.int32)
        np.minimum.at(first, self._place, owners)
        np.maximum.at(last, self._place, owners)
        of_two: NDArray[np.bool_] = first[pairs].min(axis=1) < last[pairs].max(axis=1)
        return pairs[of_two]

    def _compare(self, row: int, met: Sequence[int], found: dict[int, Near]) -> None:
        for other_row, short, long in zip(met, *self._apart(row, met), strict=True):
            if long > self._reach:
                continue
            form = max(self._names[row], self._names[other_row])
            other, now = self._owners[other_row], Near(short, long, frozenset({_NAMES[form]}))
            found[other] = now if other not in found else found[other].joined(now)


def _adjacency(pairs: Index, count: int) -> tuple[Index, Index]:
    """Neighbours of each of so many places one after the other, and where those of each begin."""
    both = np.unique(np.concatenate((pairs, pairs[:, ::-1])), axis=0)
    return both[:, 1].copy(), np.searchsorted(both[:, 0], np.arange(count + 1))
