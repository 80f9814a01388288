from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from harvest.pacing.delays import LONGEST_S, read_delay

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7.5 "}, 7.5),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tuesday, 14-Nov-23 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue Nov 14 22:13:50 2023"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2023 23:13:50 +0100"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2013 22:13:50 GMT"}, 0.0),
        ({"Retry-After": "7", "x-rate-limit-reset": "1700000900"}, 7.0),
        ({"Retry-After": "soon", "x-rate-limit-reset": "1700000900"}, 900.0),
        ({"x-rate-limit-reset": "1600000000"}, 0.0),
        ({"x-rate-limit-reset": "1700000900500"}, 900.5),
        ({"X-RateLimit-Reset": "2023-11-14T22:14:20Z"}, 60.0),
        ({"X-RateLimit-Reset": "2023-11-14T22:14:20"}, 60.0),
        ({"X-RateLimit-Reset": "2023-11-14T22:14:20.250+00:00"}, 60.25),
        ({"X-RateLimit-Reset-After": "1.5", "X-RateLimit-Remaining": "0"}, 1.5),
        ({"X-RateLimit-Reset-After": "1.5", "X-RateLimit-Remaining": "2"}, None),
        ({"ratelimit-reset": "30"}, 30.0),
        ({"RateLimit-Reset": "1700000030", "RateLimit-Remaining": "0"}, 30.0),
        ({"RateLimit-Reset": "30", "RateLimit-Remaining": "12"}, None),
        ({"RateLimit": '"default";r=0;t=30'}, 30.0),
        ({"RateLimit": '"burst";r=7;t=900, "day";r=0;t=60, "hour";r=0;t=40'}, 60.0),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50.0),
        ({"RateLimit": "limit=100, remaining=9, reset=50"}, None),
        ({"RateLimit": '"default";r=0'}, None),
        ({"RateLimit-Policy": '"default";q=100;w=60'}, None),
        ({"X-Ratelimit-Perhour-Reset": "120", "X-Ratelimit-Perhour-Remaining": "0"}, 120.0),
        (
            {
                "X-Ratelimit-Perhour-Reset": "120",
                "X-Ratelimit-Perhour-Remaining": "5",
                "X-Ratelimit-Perday-Reset": "40000",
                "X-Ratelimit-Perday-Remaining": "0",
            },
            40000.0,
        ),
        (
            {
                "X-Ratelimit-Perhour-Reset": "120",
                "X-Ratelimit-Perhour-Remaining": "0",
                "X-Ratelimit-Perday-Reset": "40000",
                "X-Ratelimit-Perday-Remaining": "0",
            },
            40000.0,
        ),
        ({"x-rate-limit-reset": "never"}, None),
        ({}, None),
    ],
)
def test_delay(headers: dict[str, str], seconds: float | None) -> None:
    """Whatever way a server says when to come back, it is understood or ignored, never guessed."""
    delay = read_delay(CIMultiDict(headers), NOW)

    assert delay == seconds


@pytest.mark.parametrize("name", ["Retry-After", "x-rate-limit-reset"])
@pytest.mark.parametrize(
    "text",
    [
        *("nan", "inf", "-5", "+5", "1e308", "1_000", "0x10", "٣", "", ",", "5 s", "5,6"),
        *("5" * 5000, "Tue, 14 Nov 2023 22:13:50 +99999999", "Tue, 99 Nov 99999 99:99:99 GMT"),
        "0000-00-00",
    ],
)
def test_nonsense(name: str, text: str) -> None:
    """What is neither a plain number nor a date says nothing; the next header is asked."""
    headers = CIMultiDict({name: text, "ratelimit-reset": "42"})

    assert read_delay(headers, NOW) == 42.0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Retry-After", "9" * 300),
        ("Retry-After", "9" * 400),
        ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("Retry-After", "Fri, 31 Dec 9999 23:59:59 -0000"),
        ("x-ratelimit-reset", "9999-12-31T23:59:59"),
        ("x-ratelimit-reset", "9" * 309),
        ("RateLimit", f'"a";r=0;t={"9" * 400}'),
    ],
)
def test_for_ever(name: str, text: str) -> None:
    """A wait of ages is a wait of a year: told as a date, and never a fault of arithmetic."""
    assert read_delay(CIMultiDict({name: text}), NOW) == LONGEST_S


@given(
    name=st.sampled_from(["Retry-After", "x-rate-limit-reset", "RateLimit", "RateLimit-Reset"]),
    text=st.text(max_size=40)
    | st.text("0123456789.eE+-:TZ ,;=rtGMTMonJan", max_size=40)
    | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %H:%M:%S} GMT"),
)
def test_any_bytes(name: str, text: str) -> None:
    """Whatever a server writes there, the answer is a time that can be waited for, or none."""
    delay = read_delay(CIMultiDict({name: text}), NOW)

    assert delay is None or 0 <= delay <= LONGEST_S
