"""An API's answer, read with care: every field may be missing, torn or of another type.

Strangers write posts, and servers write what they like. These readers never raise for what an
answer holds: what is not as documented reads as None or as empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from harvest.ledger.labelnames import JOINERS

MAX_ADDRESS = 4096
"""Characters of an address at most; no server takes longer ones."""

Record = dict[str, object]

_ADDRESS = re.compile(r"https?://[!-~\u00a1-\uffff\U00010000-\U0010ffff]+", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,19}")
_SURROGATES = re.compile("[\ud800-\udfff]")


def parse(body: bytes) -> Record | None:
    """Parse the JSON object that a body holds; None when it holds anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def rewritten(body: bytes, change: Callable[[str], str]) -> bytes:
    """The JSON object that a body holds, with all its texts changed; empty for anything else."""

    def walk(value: object) -> object:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items()}
        return value

    try:
        return json.dumps(walk(parse(body))).encode()
    except RecursionError:
        return b""


def record(value: object) -> Record:
    """Read an object; empty when it is none."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Record]:
    """Read the objects of a list; empty when it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: object) -> str | None:
    """Read a string that can be stored as UTF-8; None when it is none."""
    return _SURROGATES.sub("\ufffd", value) if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """Read the strings of a list, each once, without empty ones."""
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(found for one in value if (found := text(one))))


def number(value: object) -> int | None:
    """Read a whole number from 0 to 2**63, a number or digits; None when it is none."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    return None


def address(value: object) -> str | None:
    """Read an absolute http(s) address, verbatim; None when it is none."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS or not _ADDRESS.fullmatch(value):
        return None
    try:
        return value if urlsplit(value).hostname else None
    except ValueError:
        return None


def public_address(value: object) -> str | None:
    """Read an address that can be published and asked: without a name or password in it.

    As `harvest.guard.urls.parse_url` judges, which this room does not know.
    """
    told = address(value)
    if told is None or "\\" in told or "@" in urlsplit(told).netloc:
        return None
    return told


def moment(value: object) -> datetime | None:
    """Read an ISO 8601 time as aware UTC; None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def epoch(value: object) -> datetime | None:
    """Read seconds since 1970 as aware UTC; None when they are none."""
    seconds = number(value)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def line(value: object, limit: int = 200) -> str:
    """Read words for people: one printable line of at most `limit` characters."""
    words = " ".join((text(value) or "").split())
    shown = "".join(c if c.isprintable() or c in JOINERS else "\ufffd" for c in words)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
