"""The figures of the curation benchmark as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from curate_figures import CONTESTANTS, RATIOS, Agreement, Cell, Figures, rounded, suffix
from curate_runs import Decoded

_PICTURES = (
    "pictures", "proc.", "contestant", "runs", "seen", "ms each", "of hashes", "of facts",
    "CPU ms each", "start-up s", "peak MB",
)  # fmt: skip
_JOINS = (
    "hashes", "radius", "method", "runs", "s", "of winnow", "CPU s", "peak MB", "pairs", "recall",
    "wrong",
)  # fmt: skip


def lines(figures: Figures) -> Iterable[str]:
    """The tables, what was left out, and the figures."""
    cells = figures.cells()
    rows = [
        _decoded(figures, cell, runs)
        for cell in cells
        for name in CONTESTANTS
        if (runs := figures.of(name, cell))
    ]
    if rows:
        yield from table([_PICTURES, *rows])
        yield "of hashes, of facts: this contestant's time to that of winnow-hashes, winnow-facts"
        yield from map(_agreement, figures.agreements)
        yield ""
    searches = dict.fromkeys((run.hashes, run.radius, run.method) for run in figures.searched)
    if searches:
        yield from table([_JOINS, *(_searched(figures, *search) for search in searches)])
        yield ""
    for run in figures.checked:
        yield (
            f"winnow curate check: {run.pictures:,} pictures, {run.decoded:,} decoded,"
            f" {run.groups:,} groups of {run.copies:,} drawn; {run.wall_s:.1f} s,"
            f" peak {run.peak_mb:.0f} MB"
        )
    yield from (f"left out: {line}" for line in figures.left_out)
    yield from _named(figures, cells)


def _named(figures: Figures, cells: Sequence[Cell]) -> Iterable[str]:
    named = figures.named()
    if figures.decoded:
        heads = [f"{kind}, {processes} proc." for kind, processes in cells]
        rows = [
            [name, *(_times(named[name + suffix(cell)].value) for cell in cells)] for name in RATIOS
        ]
        yield from table([["median of runs in turn", *heads], *rows])
    ratios = {name + suffix(cell) for name in RATIOS for cell in cells[1:]}
    for name in sorted(named.keys() - ratios, key=list(named).index):
        figure = named[name]
        value = (
            "null, what it needs was left out" if figure.value is None else rounded(figure.value)
        )
        yield f"{name} = {value}: {figure.compares}"


def _decoded(figures: Figures, cell: Cell, runs: Sequence[Decoded]) -> list[str]:
    one = runs[0]
    busy = [run.cpu_s for run in runs if run.cpu_s is not None]
    return [
        one.kind,
        str(one.processes),
        one.contestant,
        str(len(runs)),
        f"{min(run.pictures for run in runs)} of {one.files}",
        f"{1000 * median(run.seconds for run in runs) / one.files:.2f}",
        _times(figures.ratio(one.contestant, "winnow-hashes", cell).value),
        _times(figures.ratio(one.contestant, "winnow-facts", cell).value),
        f"{1000 * median(busy) / one.files:.2f}" if busy else "-",
        f"{median(run.startup_s for run in runs):.2f}",
        f"{max(run.peak_mb for run in runs):.0f}",
    ]


def _searched(figures: Figures, hashes: int, radius: int, method: str) -> list[str]:
    runs = figures.searches(method, hashes, radius)
    ours = figures.searches("winnow", hashes, radius)
    seconds = median(run.seconds for run in runs)
    due = sum(run.due for run in runs)
    return [
        f"{hashes:,}",
        str(radius),
        method,
        str(len(runs)),
        f"{seconds:.3f}",
        _times(seconds / median(run.seconds for run in ours) if ours else None),
        f"{median(run.cpu_s for run in runs):.3f}",
        f"{max(run.peak_mb for run in runs):.0f}",
        f"{runs[0].pairs:,}",
        f"{sum(run.found for run in runs)} of {due}" if due else "-",
        str(sum(run.wrong for run in runs)),
    ]


def _agreement(one: Agreement) -> str:
    long = ""
    if one.bits256_mean is not None:
        long = f"; of 256: mean {one.bits256_mean:.2f}, most {one.bits256_most}"
    same = "" if one.as_winnow is None else f"; {one.as_winnow:.0%} are winnow's, bit for bit"
    return (
        f"{one.contestant}, {one.kind}: bits from imagehash's, of 64: mean {one.bits64_mean:.2f},"
        f" most {one.bits64_most}{long}{same}"
    )


def _times(value: float | int | None) -> str:
    return f"{value:.2f} x" if value is not None else "?"


def table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines of a table whose columns are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
