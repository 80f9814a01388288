"""One row of a table as a line of a list: its address, its label, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import isnan

from harvest.ledger.lists.columns import Columns
from harvest.ledger.urllog import MAX_LINE_BYTES, LogLine, Origin, problem_of, refused_line

MAX_ROW_BYTES = 1_000_000
"""A longer row is refused: captions have kilobytes."""

_SHOWN = 2000  # `refused_line` shows less
_ODD = 40


def cell_text(value: object) -> str | None:
    """A cell as text; of a list its first one (`urls` of our own exports). None for no text."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return value.strip()
    # Class numbers, as Hugging Face's ClassLabel columns have them.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def has_several(columns: Columns, value: object) -> bool:
    """Whether a cell holds several addresses: which one is meant only our own exports tell."""
    return isinstance(value, list) and len(value) > 1 and not columns.published_first


def _label_of(value: object) -> tuple[str | None, str]:
    """A cell as the text of a label, and what cannot be one, shortened.

    Whole numbers may come as floats, as pandas has them in columns with gaps.
    """
    if isinstance(value, list) and len(value) < 2:
        value = value[0] if value else None
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = cell_text(value) if isinstance(value, (str, int)) else None
    nothing = value is None or (isinstance(value, float) and isnan(value))  # as pandas has it
    if text is not None or nothing:
        return text, ""
    return None, " ".join(repr(value)[:_ODD].split())


def row_origin(columns: Columns, cell: Callable[[int], object]) -> Origin | None:
    """What a row tells of its post; `cell` gives what stands in a column. None: nothing."""
    if columns.origin is None:
        return None
    told = Origin(*("" if n is None else _told(cell(n)) for n in columns.origin))
    return told if any(told) else None


def _told(value: object) -> str:
    # Parquet has times of its own.
    return value.isoformat() if isinstance(value, datetime) else cell_text(value) or ""


def row_line(
    number: int, url: str | None, label: object, row: str, origin: Origin | None = None
) -> LogLine:
    """The line of a row; `label` is its cell, `row` stands for it where it has no address."""
    if not url:
        return refused_row(number, row, "no_url")
    if len(url) > MAX_LINE_BYTES:
        return refused_row(number, url, "too_long")
    if not _is_text(url):
        return refused_row(number, url, "not_text")
    told, odd = _label_of(label)
    if problem := problem_of(url):
        return refused_line(number, url, problem, told)
    return LogLine(number, url, "", told, origin, odd)


def refused_row(number: int, row: str, problem: str) -> LogLine:
    """The line of a row that cannot be one."""
    shown = row[:_SHOWN].encode("utf-8", "replace").decode()
    return refused_line(number, " ".join(shown.split()), problem)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
