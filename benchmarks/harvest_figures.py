"""From the runs of a benchmark to its figures: each ratio with what it compares beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from harvest_cells import FAR, PLAIN, Cell, Gone, Measured
from harvest_tools import DECODING

_HEADERS = (
    "tool", "ms", "conn.", "faults", "server", "files", "good/s", "winnow is", "start-up s",
    "wall s", "peak MB", "CPU s/1000", "wrong", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the result."""

    value: float | int | None
    """None: what it needs did not run."""
    compares: str
    """What it is, in words."""


class Figures:
    """All that was measured, and what follows from it."""

    def __init__(self) -> None:
        self.cells: list[Measured] = []
        """Every run, in order."""
        self.gone: list[Gone] = []
        """The runs over addresses that answer 404, the short one first."""
        self.pairs: list[tuple[Measured, Measured]] = []
        """winnow and the bare loop, one right after the other."""
        self.left_out: list[str] = []
        """What did not run, and why."""

    def of(self, tool: str, cell: Cell) -> list[Measured]:
        """The runs of a tool in a cell; of several configurations those of the best one."""
        return self._fastest(run for run in self.cells if run.tool == tool and run.cell == cell)

    def _fastest(self, runs: Iterable[Measured]) -> list[Measured]:
        """The runs of the fastest configuration among these."""
        by_variant: dict[str, list[Measured]] = {}
        for run in runs:
            by_variant.setdefault(run.variant, []).append(run)
        return max(by_variant.values(), key=lambda runs: _rate(runs) or 0.0, default=[])

    def rate(self, tool: str, cell: Cell) -> float | None:
        """Good files per second in steady state: the median of the tool's runs in a cell."""
        return _rate(self.of(tool, cell))

    def ratio(self, tool: str, cell: Cell) -> float | None:
        """How many times a tool's rate winnow's is, in one cell."""
        return _ratio(self.rate("winnow", cell), self.rate(tool, cell))

    def named(self) -> dict[str, Figure]:
        """The figures by name."""
        ours = [run for run in self.cells if run.tool == "winnow"]
        far, bare_far = self.rate("winnow", FAR), self.rate("bare", FAR)
        late = _median(run.latency_seen_ms for run in self.of("winnow", FAR))
        theirs = [run for run in self.cells if run.tool == "img2dataset" and run.cell == PLAIN]
        best = self._fastest(theirs)
        careful = self._fastest(run for run in theirs if run.variant.endswith(DECODING))
        server = {run.server for pair in self.pairs for run in pair}
        pairs = [
            one.good_per_s / other.good_per_s
            for one, other in self.pairs
            if one.good_per_s and other.good_per_s
        ]
        starts = [run.startup_s for run in ours if run.startup_s is not None]
        growth = [gone.peak_mb for gone in self.gone]
        ideal = FAR.connections * 1000 / FAR.latency_ms
        few, many = [f"{gone.addresses:,}" for gone in self.gone] or ["?", "?"]
        return {
            "ideal_ratio_50ms": Figure(
                far / ideal if far else None,
                f"winnow's good files/s to {ideal:.0f}/s = 16 connections / 50 ms; {FAR};"
                f" the server's timer made it {_shown(late, '{:.1f}')} ms",
            ),
            "bare_ideal_ratio_50ms": Figure(
                bare_far / ideal if bare_far else None, "the same for the bare loop"
            ),
            "bare_loop_ratio_0ms": Figure(
                median(pairs) if pairs else None,
                f"winnow's good files/s to a bare aiohttp loop's; median of {len(pairs)} pairs run"
                f" in turn; {PLAIN}; server {'/'.join(server) or '?'}; event loop as winnow's",
            ),
            "bare_loop_ratio_0ms_best": Figure(max(pairs, default=None), "the same, the best pair"),
            "img2dataset_ratio_0ms": Figure(
                self.ratio("img2dataset", PLAIN),
                "winnow's good files/s to img2dataset's, its start-up not counted;"
                f" {PLAIN}; its fastest configuration: {_configuration(best)}",
            ),
            "img2dataset_decoding_ratio_0ms": Figure(
                _ratio(self.rate("winnow", PLAIN), _rate(careful)),
                "the same to its fastest configuration that refuses what is no picture:"
                f" {_configuration(careful)}",
            ),
            "gallery_dl_ratio_50ms": Figure(
                self.ratio("gallery-dl", FAR),
                f"winnow's good files/s with 16 connections to gallery-dl's with its one; {FAR}",
            ),
            "wrongly_stored": Figure(
                sum(run.wrong for run in ours) if ours else None,
                f"files of {len(ours)} runs of winnow that are not the bytes of a good picture",
            ),
            "startup_seconds": Figure(
                median(starts) if starts else None,
                f"winnow's process start to its first request; median of {len(starts)} runs",
            ),
            "memory_growth": Figure(
                growth[1] / growth[0] if growth else None,
                f"winnow's peak memory at {many} addresses that answer 404 to that at {few}",
            ),
            "memory_peak_mb": Figure(
                growth[1] if growth else None, f"winnow's peak at {many} such addresses, 10^6 bytes"
            ),
        }

    def record(self, about: dict[str, Any]) -> dict[str, Any]:
        """As one JSON object: the figures, then all they come from."""
        named = self.named()
        return {
            **{name: _rounded(figure.value) for name, figure in named.items()},
            "compares": {name: figure.compares for name, figure in named.items()},
            **about,
            "cells": [asdict(run) for run in self.cells],
            "gone": [asdict(gone) for gone in self.gone],
            "left_out": self.left_out,
        }

    def lines(self) -> Iterable[str]:
        """The table, what was left out, and the figures."""
        seen = dict.fromkeys((run.cell, run.tool) for run in self.cells)
        cells = dict.fromkeys(cell for cell, _ in seen)
        rows = [self._row(self.of(tool, cell)) for cell in cells for c, tool in seen if c == cell]
        yield from _table([list(_HEADERS), *rows])
        yield "good/s: good files per second from the first request to the last file (median)"
        yield "wrong: finished files with other bytes than a good picture's"
        yield from (f"left out: {line}" for line in self.left_out)
        for run in self.cells:
            # The others leave with an error where files were faulty.
            if run.exit_code is None or (run.exit_code and run.tool == "winnow"):
                yield f"{run.tool} did not go through at {run.cell}: exit code {run.exit_code}"
        for gone in self.gone:
            yield (
                f"{gone.addresses:,} addresses that answer 404: peak {gone.peak_mb:.0f} MB,"
                f" {gone.wall_s:.1f} s, {gone.requests:,} requests, exit code {gone.exit_code}"
            )
        for name, figure in self.named().items():
            if figure.value is None:
                yield f"{name} = null: what it needs was left out"
            else:
                yield f"{name} = {_rounded(figure.value)}: {figure.compares}"

    def _row(self, runs: list[Measured]) -> list[str]:
        one = runs[0]
        ratio = self.ratio(one.tool, one.cell)
        count = f" (median of {len(runs)})" if len(runs) > 1 else ""
        variant = f" {one.variant}" if one.variant else ""
        return [
            f"{one.tool}{variant}{count}",
            str(one.latency_ms),
            "1" if one.tool == "gallery-dl" else str(one.connections),
            "5 %" if one.faults else "-",
            one.server,
            str(one.files),
            _shown(_rate(runs), "{:.0f}"),
            _shown(ratio, "{:.2f} x") if one.tool != "winnow" else "",
            _shown(_median(run.startup_s for run in runs), "{:.2f}"),
            f"{median(run.wall_s for run in runs):.1f}",
            f"{max(run.peak_mb for run in runs):.0f}",
            _shown(_median(run.cpu_s_per_1000 for run in runs), "{:.2f}"),
            str(sum(run.wrong for run in runs)),
            str(sum(run.missing for run in runs)),
        ]


def _rate(runs: Sequence[Measured]) -> float | None:
    return _median(run.good_per_s for run in runs)


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours and theirs else None


def _configuration(runs: Sequence[Measured]) -> str:
    if not runs:
        return "none ran"
    processes, _, word = runs[0].variant.partition(" ")
    return f"{processes} process(es), 16 threads in all{word and f', {word}'}"


def _median(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def _rounded(value: float | int | None) -> float | int | None:
    return round(value, 3) if isinstance(value, float) else value


def _shown(value: float | None, form: str) -> str:
    return form.format(value) if value is not None else "?"


def _table(rows: list[list[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (text.rjust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *others])
