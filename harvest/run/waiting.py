"""What a run leaves for later, and until when: from its errors to what the catalog remembers."""

from __future__ import annotations

from collections.abc import Sequence

from harvest.ledger.errors import ComeBackLater, RateLimited
from harvest.run.left import LeftHosts
from harvest.run.summary import Failure
from harvest.store.halts import HOST, Halt


def halts_of(failures: Sequence[Failure], left: LeftHosts) -> list[Halt]:
    """What is to be asked again later: targets and look-ups that failed so, hosts left alone."""
    halts = [
        Halt(
            failure.target,
            str(failure.error),
            failure.error.until if isinstance(failure.error, RateLimited) else None,
        )
        for failure in failures
        if isinstance(failure.error, ComeBackLater)
    ]
    return [*halts, *(Halt(HOST + host, said, until) for host, said, until in left.halts())]
