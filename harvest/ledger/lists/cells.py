"""One row of a table as a line of a list: its address, its label, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from harvest.ledger.lists.columns import Columns
from harvest.ledger.urllog import MAX_LINE_BYTES, LogLine, Origin, is_address

MAX_ROW_BYTES = 1_000_000
"""A longer row is refused: captions have kilobytes."""

_SHOWN = 200


def cell_text(value: object) -> str | None:
    """A cell as text; of a list its first one (`urls` of our own exports). None for no text."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return value.strip()
    # Class numbers, as Hugging Face's ClassLabel columns have them.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def has_several(value: object) -> bool:
    """Whether a cell holds several addresses: which one is meant nobody can tell."""
    return isinstance(value, list) and len(value) > 1


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
    number: int, url: str | None, label: str | None, row: str, origin: Origin | None = None
) -> LogLine:
    """The line of a row; `row` stands for it where it has no address."""
    if not url:
        return refused_row(number, row, "no_url")
    if len(url) > MAX_LINE_BYTES:
        return refused_row(number, url, "too_long")
    if not _is_text(url):
        return refused_row(number, url, "not_text")
    if not is_address(url):
        return LogLine(number, url[:_SHOWN], "bad_url", label)
    return LogLine(number, url, "", label, origin)


def refused_row(number: int, row: str, problem: str) -> LogLine:
    """The line of a row that cannot be one."""
    shown = row[:_SHOWN].encode("utf-8", "replace").decode()
    return LogLine(number, " ".join(shown.split()), problem)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
