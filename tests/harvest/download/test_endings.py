from __future__ import annotations

import pytest

from harvest.download.endings import Ending, opts_out, worse_to_lose
from harvest.ledger.records import Status


@pytest.mark.parametrize(
    ("values", "out"),
    [
        ([], False),
        (["noai"], True),
        (["NoImageAI, nofollow"], True),
        (["noindex"], True),
        (["nofollow", "noimageindex"], True),
        (["all"], False),
        (["max-image-preview: large"], False),
        (["max-image-preview: large, noai"], True),
        (["googlebot: noindex"], False),
        (["winnow: noai"], True),
        (["*: noai"], True),
        (["unavailable_after: 25 Jun 2030 15:00:00 GMT"], False),
    ],
)
def test_opts_out(values: list[str], out: bool) -> None:
    """The header is honoured when it speaks to all robots or to us."""
    assert opts_out(values) is out


def test_what_speaks_for_a_ladder() -> None:
    """When no rung gave a picture, the one that may another time speaks for all of them."""
    gone = Ending(Status.GONE, "http_404")
    refused = Ending(Status.REFUSED, "http_403")
    failed = Ending(Status.FAILED, "timeout")

    assert worse_to_lose(worse_to_lose(None, gone), refused) is refused
    assert worse_to_lose(failed, gone) is failed
    assert worse_to_lose(gone, Ending(Status.GONE, "http_410")) is gone
