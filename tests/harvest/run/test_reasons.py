"""Families of reasons: every reason that a download can end with is in exactly the right ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harvest.download
from harvest.ledger.errors import UsageError
from harvest.run.reasons import choose

THERE = [
    ("failed", "timeout"),
    ("failed", "http_503"),
    ("failed", "http_429"),
    ("failed", "rate_limited"),
    ("failed", "connection_lost"),
    ("pending", ""),
    ("pending", "http_410"),
    ("pending", "timeout"),
    ("refused", "http_403"),
    ("refused", "opt_out"),
    ("refused", "forgotten"),
    ("gone", "http_404"),
]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("timeout", ["timeout", "timeout"]),
        ("timeout,5xx,429", ["http_429", "http_503", "rate_limited", "timeout", "timeout"]),
        ("4xx", ["http_403", "http_404", "http_410", "http_429"]),
        ("network", ["connection_lost"]),
        ("gone", ["http_404", "http_410"]),
        ("refused", ["http_403", "opt_out"]),
        ("HTTP_403 , 404", ["http_403", "http_404"]),
        ("pending", ["", "http_410", "timeout"]),
        ("failed", ["connection_lost", "http_429", "http_503", "rate_limited", "timeout"]),
        ("504", []),
    ],
)
def test_words(text: str, reasons: list[str]) -> None:
    """A word chooses its reasons, also those that a stopped run left; never what was forgotten."""
    assert sorted(reason for _, reason in choose(text, THERE)) == reasons


@pytest.mark.parametrize("text", ["", "6xx", "timeout,", "5x", "http_", "40", "forgotten"])
def test_words_that_are_none(text: str) -> None:
    """One line names the word, what there is, and what this data set has."""
    with pytest.raises(UsageError, match=r"wanted network.*; here are .*http_404") as caught:
        choose(text, THERE)

    assert "\n" not in str(caught.value)


def test_every_reason_of_a_download_is_known() -> None:
    """Each short word that an ending is made with can be asked for by name."""
    sources = Path(*harvest.download.__path__).glob("*.py")
    made = re.compile(
        r'Ending\(Status\.(?:FAILED|REFUSED|GONE), "([a-z_]+)"|^    \(\(.*\), "([a-z_]+)"', re.M
    )
    words = {a or b for path in sources for a, b in made.findall(path.read_text())}

    assert len(words) > 15
    for word in words:
        assert choose(word, [("failed", word)])
        assert choose(word, []) == frozenset()
