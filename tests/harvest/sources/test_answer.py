"""Untrusted JSON: read as documented, or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.sources import answer as reading

JSON = st.recursive(st.none() | st.floats() | st.text(max_size=9), st.lists, max_leaves=9)


@given(st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()))
def test_bodies_are_objects_or_nothing(body: bytes) -> None:
    """Whatever bytes come: a dict, or None."""
    parsed = reading.parse(body)

    assert parsed is None or isinstance(parsed, dict)


@pytest.mark.parametrize(
    ("value", "read"),
    [(7, 7), ("7", 7), (0, 0), (-1, None), ("-1", None), (True, None), (1.0, None), (2**63, None),
     ("9" * 19, None), ("٣", None), ("", None), (None, None)],
)  # fmt: skip
def test_numbers_are_whole_or_nothing(value: object, read: int | None) -> None:
    """Ids, times and counts: from 0 to what a database holds."""
    assert reading.number(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("a", "a"),
        ("漫\n", "漫\n"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("", ""),
        (7, None),
        ([], None),
    ],
)
def test_text_can_be_stored(value: object, read: str | None) -> None:
    """Halves of characters, which JSON can write and UTF-8 cannot, are replaced."""
    assert reading.text(value) == read


@pytest.mark.parametrize("body", [b"[" * 100_000, b"1" * 10_000, b'{"a": 1e999', b"\xff\xfe{}"])
def test_hostile_bodies_are_nothing(body: bytes) -> None:
    """Towers of brackets and endless digits do not stop the walk with a traceback."""
    assert reading.parse(body) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("https://a/b", "https://a/b"),
        ("HTTP://a/b?c=d,e", "HTTP://a/b?c=d,e"),
        ("https://ä.example/ü", "https://ä.example/ü"),
        ("//a/b", None), ("ftp://a/b", None), ("https://", None), ("https:///x", None),
        ("https://a/b c", None), ("https://a/b\n", None), ("https://a/" + "x" * 5000, None),
        ("http://[::1", None), (7, None), (None, None),
    ],
)  # fmt: skip
def test_addresses_are_absolute_or_nothing(value: object, read: str | None) -> None:
    """Verbatim, http or https, without blanks, of bearable length."""
    assert reading.address(value) == read
