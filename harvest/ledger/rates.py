"""How often a host may be asked: `rate:` in the settings, `--rate HOST=N` on the command line."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from yarl import URL

from harvest.ledger.errors import UsageError

EVERY_HOST = "*"
"""In a host's place: every host that is not named, each by itself."""

_IPV6 = re.compile(r"\[?([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]?")
_PLAIN = re.compile(r"[\w.-]+")
_NAME = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
_WANTED = "a host name like pbs.twimg.com (no scheme, no port), or '*' for every other host"


def _host(value: str) -> str:
    if value == EVERY_HOST:
        return value
    number = _IPV6.fullmatch(value)
    try:
        host = URL(f"http://[{number[1]}]" if number else f"http://{value}").raw_host or ""
    except ValueError:
        host = ""
    if (not _PLAIN.fullmatch(value) and number is None) or not _NAME.fullmatch(host.lower()):
        raise ValueError(_WANTED)
    return host.lower()


Host = Annotated[str, AfterValidator(_host)]
"""A host as requests write it: lower case, `xn--` for other scripts; or `*`."""

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
"""Requests a second."""


def parse_rate(text: str) -> tuple[str, float]:
    """`HOST=N` as (host, requests a second). Raises UsageError."""
    name, _, number = text.rpartition("=")
    try:
        host, rate = _host(name), float(number)
        fits = 0 < rate < float("inf")
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(
            f"--rate {text[:80]!r}: wanted HOST=N like pbs.twimg.com=5 or '*=20', N requests a"
            " second, more than 0"
        )
    return host, rate
