"""How long work shows itself: a bar on a terminal, plain lines elsewhere, always on stderr.

Run functions yield results; the command lines feed them here. Results go to stdout.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TextIO

_LINE_EVERY_S = 10.0


class Progress(Protocol):
    """What a command tells while it works."""

    def total(self, n: int | None) -> None:
        """Set how many there will be; None: not known."""

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        """Count `n` more that ended so."""

    def note(self, line: str) -> None:
        """Show a line of its own, above the bar."""


class PlainProgress:
    """Lines of text: one every ten seconds, and one at the end."""

    def __init__(
        self,
        title: str,
        total: int | None,
        unit: str,
        *,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._stream, self._clock = stream, clock
        self._begun = self._said = self._counted = clock()
        self._counts: Counter[str] = Counter()

    def total(self, n: int | None) -> None:
        """Set how many there will be; None: not known."""
        self._total = n

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        """Count `n` more that ended so."""
        self._counts[outcome] += n
        self._counted = self._clock()
        if self._counted - self._said >= _LINE_EVERY_S:
            self._say()

    def note(self, line: str) -> None:
        """Show a line of its own."""
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def finish(self) -> None:
        """Say the last line; nothing where there was nothing to do."""
        if self._counts or self._total != 0:
            self._say()

    def _say(self) -> None:
        self._said = self._clock()
        self.note(self.line())

    def line(self) -> str:
        """`check: 120/482 pictures, 96.1/s, 4 s left; done 118, corrupt 2`."""
        done = self._counts.total()
        # Up to the last one: what is done after it is not this rate's concern.
        seconds = max(self._counted - self._begun, 1e-9)
        rate = done / seconds
        of = f"/{self._total}" if self._total is not None else ""
        text = f"{self._title}: {done}{of} {self._unit}, {rate:.1f}/s"
        if self._total is not None and 0 < done < self._total:
            text += f", {(self._total - done) / rate:.0f} s left"
        return text + counts_text(self._counts)


class PacedNotes:
    """Notes of long work, at most one every ten seconds: the others are dropped."""

    def __init__(
        self, progress: Progress | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress, self._clock = progress, clock
        self._said = clock()

    def note(self, line: str) -> None:
        """Show a line, unless the last one, or the beginning, was a moment ago."""
        now = self._clock()
        if self._progress is not None and now - self._said >= _LINE_EVERY_S:
            self._said = now
            self._progress.note(line)


def number_of(count: int, noun: str) -> str:
    """`1 pair`, `1,200 pairs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def counts_text(counts: Counter[str]) -> str:
    """`; saved 10, gone 2`; empty when everything ended the same plain way."""
    if not counts or set(counts) == {"done"}:
        return ""
    return "; " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))


@contextmanager
def progress(
    title: str,
    total: int | None = None,
    *,
    unit: str = "pictures",
    quiet: bool = False,
    stream: TextIO | None = None,
) -> Iterator[Progress]:
    """Show the progress of the work inside the `with` block; `quiet` shows notes alone."""
    out = sys.stderr if stream is None else stream
    if not quiet and out.isatty():
        with _rich(title, total, unit) as bar:
            yield bar
        return
    plain = PlainProgress(title, total, unit, stream=out, clock=_never if quiet else time.monotonic)
    yield plain
    if not quiet:
        plain.finish()


def _never() -> float:
    return 0.0


@contextmanager
def _rich(title: str, total: int | None, unit: str) -> Iterator[Progress]:
    from harvest.ledger.progress_bar import rich_progress

    with rich_progress(title, total, unit, counts_text) as bar:
        yield bar


def show_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table to stdout; numbers stand on the right."""
    every = list(rows)
    texts = [[_text(cell) for cell in row] for row in every]
    widths = [
        max(len(header), *(len(row[i]) for row in texts)) if texts else len(header)
        for i, header in enumerate(headers)
    ]
    numeric = [
        bool(every) and all(isinstance(row[i], int | float) for row in every)
        for i in range(len(headers))
    ]
    lines = [title] if title else []
    for row in [list(headers), *texts]:
        cells = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    if sys.stdout is not None:  # closed by the caller
        sys.stdout.write("\n".join(lines) + "\n")


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.3f}"
    if isinstance(cell, int):
        return str(cell)
    # Names come from strangers: no control character reaches the terminal.
    return "".join(c if c.isprintable() else "?" for c in str(cell))
