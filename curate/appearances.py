"""How widely each picture was seen: what the checks ask beyond the pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from curate.facts import Appearance, Measure
from curate.neighbours import neighbours
from curate.store.facts import Seen

_REACH = 4  # bits of the 64-bit hash within which a nearly equal picture is looked for

Account = tuple[str, str]


def appearances(
    measures: Iterable[Measure],
    provenance: Mapping[str, Sequence[Seen]],
    max_distance: int,
    stand_ins: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, Appearance]:
    """Appearance of every picture of `measures`, by sha256.

    `max_distance`: bits of the 256-bit hash within which another picture's accounts count too.
    `stand_ins`: as `store.facts.read_stand_ins` has them.
    """
    accounts: dict[str, set[Account]] = {}
    looks = _Looks()
    for facts in measures:
        own = {(s.source, s.author) for s in provenance.get(facts.sha256, ()) if s.author}
        accounts[facts.sha256] = own
        if own and facts.phash256 and not facts.is_flat:
            looks.add(facts)
    near = looks.near(max_distance)
    return {
        sha256: Appearance(
            posts=len({(seen.source, seen.post_id) for seen in provenance.get(sha256, ())}),
            accounts=len(own.union(*(accounts[other] for other in near.get(sha256, ())))),
            sensitive=any(seen.sensitive for seen in provenance.get(sha256, ())),
            **_stands_in((stand_ins or {}).get(sha256), provenance.get(sha256, ())),
        )
        for sha256, own in accounts.items()
    }


def _stands_in(told: tuple[str, str] | None, sightings: Sequence[Seen]) -> dict[str, str]:
    """What a picture stands in for; nothing where one address gives it as its own."""
    if told is None or not all(seen.stands_in for seen in sightings):
        return {}
    return dict(zip(("stands_in", "lock"), told, strict=True))


class _Looks:
    """Hashes of pictures that have accounts to tell, kept small."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._short: list[int] = []
        self._long = bytearray()

    def add(self, facts: Measure) -> None:
        self._names.append(facts.sha256)
        self._short.append(int(facts.phash64, 16))
        self._long += bytes.fromhex(facts.phash256)

    def near(self, max_distance: int) -> dict[str, list[str]]:
        """Picture -> those that hash nearly like it."""
        if len(self._names) < 2:
            return {}
        bits = np.frombuffer(bytes(self._long), np.uint64).reshape(-1, 4)
        places, place_of = np.unique(np.array(self._short, np.uint64), return_inverse=True)
        members: list[list[int]] = [[] for _ in places]
        for number, place in enumerate(place_of.tolist()):
            members[place].append(number)
        found: dict[str, list[str]] = {}

        def compare(ones: list[int], others: list[int]) -> None:
            for one in ones:
                far = np.bitwise_count(bits[others] ^ bits[one]).sum(axis=1, dtype=np.int64)
                for other in np.flatnonzero(far <= max_distance).tolist():
                    if others[other] != one:
                        found.setdefault(self._names[one], []).append(self._names[others[other]])

        for some in members:
            if len(some) > 1:
                compare(some, some)
        first, second, _ = neighbours(places, _REACH)
        for i, j in zip(first.tolist(), second.tolist(), strict=True):
            compare(members[i], members[j])
            compare(members[j], members[i])
        return found
