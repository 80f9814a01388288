"""The bar on a terminal (Rich, imported only when there is one)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichBar
from rich.text import Text

Tell = Callable[[Counter[str]], str]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "")


class _Bar:
    def __init__(self, bar: RichBar, title: str, total: int | None, tell: Tell) -> None:
        self._bar = bar
        self._tell = tell
        self._counts: Counter[str] = Counter()
        self._task = bar.add_task(escape(title), total=total, counts="")

    def total(self, n: int | None) -> None:
        self._bar.update(self._task, total=n)

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        self._counts[outcome] += n
        self._bar.update(self._task, advance=n, counts=self._tell(self._counts).lstrip("; "))

    def note(self, line: str) -> None:
        self._bar.console.print(line, markup=False, highlight=False)


@contextmanager
def rich_progress(title: str, total: int | None, unit: str, tell: Tell) -> Iterator[_Bar]:
    """A bar with rate, time left and, as `tell` says them, counts by outcome; on stderr."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn(escape(unit)),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
    )
    with RichBar(*columns, console=Console(stderr=True)) as bar:
        yield _Bar(bar, title, total, tell)
