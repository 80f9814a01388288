"""From the runs of the curation benchmark to its figures: each with what it compares beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from curate_runs import Checked, Decoded, Searched

Cell = tuple[str, int]
"""Kind of pictures, number of processes."""
MAIN: Cell = ("large", 1)
"""The cell that the figures without a suffix are taken in."""
CONTESTANTS = {
    "winnow-hashes": "winnow's two hashes alone",
    "winnow-facts": "winnow's facts, all of them from one decode",
    "winnow-join": "winnow's facts and the join over their hashes",
    "winnow-check": "winnow's whole check of a harvested data set",
    "floor": "the cheapest way known to the same hashes: luma drafted to 256 px, two DCTs",
    "imagehash": "imagehash's phash(8) and phash(16) from one Image.open",
    "imagehash-64": "imagehash's phash(8) alone from Image.open",
    "imagededup": "imagededup's PHash encoder (64 bits)",
    "cleanvision-duplicates": "cleanvision's exact and near duplicates (md5 and 64 bits)",
    "cleanvision-all": "all that cleanvision looks for",
}
RATIOS = {
    "hash_ratio_imagehash": ("imagehash", "winnow-hashes"),
    "hash_ratio_imagehash_64": ("imagehash-64", "winnow-hashes"),
    "hash_ratio_imagededup": ("imagededup", "winnow-hashes"),
    "facts_ratio_imagehash": ("imagehash", "winnow-facts"),
    "facts_ratio_imagehash_64": ("imagehash-64", "winnow-facts"),
    "check_ratio_cleanvision": ("cleanvision-duplicates", "winnow-join"),
    "check_ratio_cleanvision_whole": ("cleanvision-duplicates", "winnow-check"),
    "check_ratio_cleanvision_all": ("cleanvision-all", "winnow-join"),
    "check_over_floor": ("winnow-facts", "floor"),
    "hash_over_floor": ("winnow-hashes", "floor"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the result."""

    value: float | int | None
    """None: what it needs did not run."""
    compares: str
    """What it is, in words."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one contestant's hashes are from imagehash's of the full picture."""

    contestant: str
    kind: str
    pictures: int
    bits64_mean: float
    bits64_most: int
    bits256_mean: float | None
    bits256_most: int | None
    as_winnow: float | None
    """Share of the pictures whose hashes are those of winnow-hashes; None: not comparable."""


class Figures:
    """All that was measured, and what follows from it."""

    def __init__(self) -> None:
        self.decoded: list[Decoded] = []
        """Contestants over pictures, in order."""
        self.searched: list[Searched] = []
        """Searches for near hashes, in order."""
        self.checked: list[Checked] = []
        """Whole checks, the small data set first."""
        self.agreements: list[Agreement] = []
        """One for each contestant that hashes, and kind of pictures."""
        self.left_out: list[str] = []
        """What did not run, and why."""

    def named(self) -> dict[str, Figure]:
        """The figures by name."""
        figures: dict[str, Figure] = {}
        for cell in self.cells():
            for name, (one, other) in RATIOS.items():
                figures[name + suffix(cell)] = self.ratio(one, other, cell)
        return figures | self._memory() | self._joins()

    def cells(self) -> list[Cell]:
        """The main cell, and all others that were measured."""
        return list(dict.fromkeys([MAIN, *((run.kind, run.processes) for run in self.decoded)]))

    def ratio(self, one: str, other: str, cell: Cell) -> Figure:
        """How many times as long one contestant takes as another: the median over the rounds."""
        kind, processes = cell
        first, second = (
            {run.round: run.seconds for run in self.of(name, cell)} for name in (one, other)
        )
        pairs = [first[n] / second[n] for n in first if second.get(n)]
        return Figure(
            median(pairs) if pairs else None,
            f"seconds of {CONTESTANTS[one]} to {CONTESTANTS[other]};"
            f" {kind} JPEGs, {processes} process(es); median of {len(pairs)} runs in turn",
        )

    def of(self, contestant: str, cell: Cell) -> list[Decoded]:
        """The runs of a contestant in a cell."""
        return [
            run
            for run in self.decoded
            if run.contestant == contestant and (run.kind, run.processes) == cell
        ]

    def _memory(self) -> dict[str, Figure]:
        peaks = [run.peak_mb for run in self.checked]
        few, many = [f"{run.pictures:,}" for run in self.checked] or ["?", "?"]
        return {
            "check_memory_growth": Figure(
                peaks[1] / peaks[0] if peaks else None,
                f"peak memory of `winnow curate check` at {many} pictures to that at {few}",
            ),
            "check_memory_peak_mb": Figure(
                peaks[1] if peaks else None,
                f"peak at {many} pictures, 10^6 bytes, all its processes; what they share counts"
                " in each",
            ),
        }

    def _joins(self) -> dict[str, Figure]:
        ours = [run for run in self.searched if run.method == "winnow"]
        due = sum(run.due for run in ours)
        counts: dict[tuple[int, int], set[int]] = {}
        for run in self.searched:
            counts.setdefault((run.hashes, run.radius), set()).add(run.pairs)
        figures = {}
        for power in (4, 5, 6):
            for radius, suffix in ((8, ""), (10, "_r10")):
                figures[f"join_seconds_1e{power}{suffix}"] = self._join(
                    10**power, radius, lambda run: run.seconds, "seconds"
                )
        figures["join_peak_mb_1e6"] = self._join(
            10**6, 8, lambda run: run.peak_mb, "peak MB of the process, 10^6 bytes,"
        )
        figures["join_peak_mb_1e6_r10"] = self._join(
            10**6, 10, lambda run: run.peak_mb, "peak MB of the process, 10^6 bytes,"
        )
        for method in ("numpy", "faiss"):
            for radius, suffix in ((8, ""), (10, "_r10")):
                figures[f"join_ratio_{method}_1e5{suffix}"] = self._join_ratio(method, radius)
        figures["join_recall"] = Figure(
            sum(run.found for run in ours) / due if due else None,
            f"share that winnow's join found of {due} pairs, by comparing a sample with all",
        )
        figures["join_wrong"] = Figure(
            sum(run.wrong for run in ours) if ours else None, "pairs it gave there that are none"
        )
        figures["join_disagreements"] = Figure(
            sum(len(found) > 1 for found in counts.values()) if counts else None,
            "sizes and radii at which two methods found different numbers of pairs",
        )
        return figures

    def searches(self, method: str, hashes: int, radius: int) -> list[Searched]:
        """The runs of a method."""
        return [
            run
            for run in self.searched
            if (run.method, run.hashes, run.radius) == (method, hashes, radius)
        ]

    def _join(
        self, hashes: int, radius: int, value: Callable[[Searched], float], words: str
    ) -> Figure:
        runs = self.searches("winnow", hashes, radius)
        return Figure(
            median(map(value, runs)) if runs else None,
            f"{words} of winnow's join of {hashes:,} hashes, radius {radius}; median of {len(runs)}"
            " run(s)",
        )

    def _join_ratio(self, method: str, radius: int) -> Figure:
        theirs, ours = (self.searches(name, 10**5, radius) for name in (method, "winnow"))
        words = {"numpy": "comparing every pair in numpy", "faiss": "faiss IndexBinaryFlat"}[method]
        value = None
        if theirs and ours:
            value = _seconds(theirs) / _seconds(ours)
        return Figure(
            value, f"seconds of {words} to winnow's join; 100,000 hashes, radius {radius}, 1 thread"
        )

    def record(self, about: dict[str, Any]) -> dict[str, Any]:
        """As one JSON object: the figures, then all they come from."""
        named = self.named()
        return {
            **{name: rounded(figure.value) for name, figure in named.items()},
            "compares": {name: figure.compares for name, figure in named.items()},
            **about,
            "decoded": [asdict(run) for run in self.decoded],
            "agreements": [asdict(one) for one in self.agreements],
            "searched": [asdict(run) for run in self.searched],
            "checked": [asdict(run) for run in self.checked],
            "left_out": self.left_out,
        }


def agreement(
    contestant: str, kind: str, hashes: dict[str, dict[str, list[str]]]
) -> Agreement | None:
    """Compare a contestant's hashes with imagehash's and winnow's; None where there are none."""
    own, full = hashes[contestant], hashes.get("imagehash", {})
    ours = hashes.get("winnow-hashes", {})
    common = sorted(own.keys() & full.keys())
    if not common:
        return None
    short = [_bits(own[name][0], full[name][0]) for name in common]
    long = [_bits(own[name][1], full[name][1]) for name in common if len(own[name]) > 1]
    # imagededup's first bit is another one.
    same = [own[name] == ours[name] for name in own if name in ours and len(own[name]) > 1]
    return Agreement(
        contestant,
        kind,
        len(common),
        round(sum(short) / len(short), 3),
        max(short),
        round(sum(long) / len(long), 3) if long else None,
        max(long) if long else None,
        round(sum(same) / len(same), 4) if same else None,
    )


def _bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def suffix(cell: Cell) -> str:
    """What a figure's name ends with where it is taken elsewhere than in the main cell."""
    kind, processes = cell
    return ("" if kind == MAIN[0] else f"_{kind}") + (
        "" if processes == MAIN[1] else f"_{processes}_processes"
    )


def _seconds(runs: Sequence[Searched]) -> float:
    return median(run.seconds for run in runs)


def rounded(value: float | int | None) -> float | int | None:
    """To three places."""
    return round(value, 3) if isinstance(value, float) else value
