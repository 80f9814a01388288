from __future__ import annotations

import pytest
from multidict import CIMultiDict

from harvest.pacing.delays import read_delay

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "Tue, 14 Nov 2013 22:13:50 GMT"}, 0.0),
        ({"Retry-After": "7", "x-rate-limit-reset": "1700000900"}, 7.0),
        ({"Retry-After": "soon", "x-rate-limit-reset": "1700000900"}, 900.0),
        ({"x-rate-limit-reset": "1600000000"}, 0.0),
        ({"X-RateLimit-Reset": "2023-11-14T22:14:20Z"}, 60.0),
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
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "-5"}, None),
        ({"x-rate-limit-reset": "never"}, None),
        ({}, None),
    ],
)
def test_delay(headers: dict[str, str], seconds: float | None) -> None:
    """Whatever way a server says when to come back, it is understood or ignored, never guessed."""
    delay = read_delay(CIMultiDict(headers), NOW)

    assert delay == seconds
