"""Why pictures are missing, in families: what `harvest retry --only` takes.

A picture that is FAILED, REFUSED or GONE has a reason, a short machine word (`download/endings.py`
gives most of them). A family is a word for several; a status is one too. One that is PENDING keeps
the reason of its last attempt, if it had one: a run that was stopped leaves it so. One that gave
another picture than the published one is SAVED, and `replaced` or `placeholder` by the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Status
from harvest.store.forgotten import FORGOTTEN

Ending = tuple[str, str]
"""(status, reason), as the catalog has them."""

_NETWORK = (
    "unreachable",
    "unknown_host",
    "host_down",
    "connection_lost",
    "truncated",
    "bad_answer",
    "bad_certificate",
    "proxy_refused",
)
_OTHERS = (
    "timeout",
    "rate_limited",
    "wrong_bytes",
    "changed",
    "blocked_address",
    "opt_out",
    "bad_url",
    "bad_redirect",
    "redirect_loop",
    "not_an_image",
    "too_large",
    "empty",
    "unreadable",
    "missing",
    "replaced",
    "placeholder",
)
_GONE = ("http_404", "http_410", "http_451", "missing")
_CODE = re.compile(r"(?:http_)?([1-5][0-9][0-9])")
_HUNDRED = re.compile(r"([345])xx")

FAMILIES: dict[str, Callable[[str, str], bool]] = {
    "network": lambda _, reason: reason in _NETWORK,
    "failed": lambda status, _: status == Status.FAILED,
    "pending": lambda status, _: status == Status.PENDING,
    "refused": lambda status, _: status == Status.REFUSED,
    "gone": lambda status, reason: status == Status.GONE or reason in _GONE,
}
"""Family -> whether an ending (status, reason) belongs to it."""
WANTED = (
    f"wanted {', '.join(FAMILIES)}, 3xx, 4xx, 5xx, an HTTP status like 429, or one of"
    f" {', '.join(sorted({*_NETWORK, *_OTHERS}))}"
)


def choose(text: str, there: Iterable[Ending]) -> frozenset[Ending]:
    """Those of the endings in a data set that `--only TEXT` names: words with commas between.

    Raises UsageError for a word that is no reason. What was forgotten is never chosen.
    """
    words = [word.strip().lower() for word in text.split(",")]
    known = [one for one in there if one[1] != FORGOTTEN]
    chosen: set[Ending] = set()
    for word in words:
        belongs = _family(word, {reason for _, reason in known})
        if belongs is None:
            names = ", ".join(sorted({reason or status for status, reason in known})) or "none"
            raise UsageError(f"--only {word[:80]!r}: no reason; {WANTED}; here are {names}")
        chosen |= {(status, reason) for status, reason in known if belongs(status, reason)}
    return frozenset(chosen)


def _family(word: str, there: set[str]) -> Callable[[str, str], bool] | None:
    if word in FAMILIES:
        return FAMILIES[word]
    if hundred := _HUNDRED.fullmatch(word):
        return lambda _, reason: reason.startswith(f"http_{hundred[1]}")
    if code := _CODE.fullmatch(word):
        # A host that said 429 is left alone: what waits for it was never told so itself.
        also = ("rate_limited",) if code[1] == "429" else ()
        return lambda _, reason: reason in (f"http_{code[1]}", *also)
    if word in (*_NETWORK, *_OTHERS) or (word and word in there):
        return lambda _, reason: reason == word
    return None
