"""What shuts a gate, for how long, and when nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from multidict import CIMultiDict

from harvest.pacing.gates import LARGE, Gate, GateShut, Limits, Pacing, Turn

HOST = "https://pictures.example:443"
NONE: CIMultiDict[str] = CIMultiDict()


def after(seconds: object) -> CIMultiDict[str]:
    return CIMultiDict({"Retry-After": f"{seconds}"})


async def ask(pacing: Pacing, told: Callable[[Turn], None] = lambda _: None) -> None:
    """One request, and what comes of it."""
    async with pacing.turn(HOST) as turn:
        told(turn)


def good(turn: Turn) -> None:
    turn.answered(200, NONE)


async def grown(pacing: Pacing) -> Gate:
    """The gate, after so many good answers that it lets all through that it ever will."""
    for _ in range(100):
        await ask(pacing, good)
    return pacing.gate(HOST)


async def refused(pacing: Pacing) -> str:
    """The word with which a request is sent away."""
    with pytest.raises(GateShut) as caught:
        await ask(pacing)
    return caught.value.reason


async def test_backoff_without_a_word(still) -> None:
    """A server that does not say how long is left alone longer and longer, up to a cap."""
    pacing = Pacing(Limits(backoff=2.0, backoff_cap=20.0), still.clock)
    for _ in range(6):
        await ask(pacing, lambda turn: turn.answered(429, NONE))

    assert still.slept == [2.0, 4.0, 8.0, 10.0, 10.0]


async def test_backoff_begins_anew(still) -> None:
    """A good answer wipes the slate: the next refusal is a first one again."""
    pacing = Pacing(Limits(backoff=2.0), still.clock)
    refuse = [lambda turn: turn.answered(429, NONE)] * 2
    for told in (*refuse, good, *refuse, good):
        await ask(pacing, told)

    assert still.slept == [2.0, 4.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("status", "headers"), [(429, after(0)), (420, NONE), (503, after(0)), (429, after("no"))]
)
async def test_floor(still, status: int, headers: CIMultiDict[str]) -> None:
    """`Retry-After: 0` is no invitation to ask a thousand times a second; 1 s is the least."""
    pacing = Pacing(Limits(backoff=0.1), still.clock)
    for _ in range(2):
        await ask(pacing, lambda turn: turn.answered(status, headers))

    assert still.slept == [1.0]


async def test_wait_is_a_total(still) -> None:
    """`max_wait` is what one host may cost in all: the pause beyond it ends it for this run."""
    pacing = Pacing(Limits(max_wait=100.0), still.clock)
    for _ in range(3):
        await ask(pacing, lambda turn: turn.answered(429, after(40)))
    reason = await refused(pacing)
    until = pacing.left_until()
    still.at += 40
    await ask(pacing, good)

    assert still.slept == [40.0, 40.0]
    assert reason == "rate_limited"
    assert until == {HOST: still.at}
    assert pacing.gate(HOST).room > 1


async def test_wait_counts_once(still) -> None:
    """A pause counts when it was waited for, once, however many tries it took to end it."""
    pacing = Pacing(Limits(max_wait=100.0), still.clock)
    await ask(pacing, lambda turn: turn.answered(429, after(1000)))
    reason = await refused(pacing)
    still.at += 1000
    await ask(pacing, lambda turn: turn.answered(429, after(40)))
    for _ in range(5):
        await ask(pacing, Turn.timed_out)
    await ask(pacing, lambda turn: turn.answered(429, after(60)))
    await ask(pacing, good)

    assert reason == "rate_limited"
    assert still.slept == [40.0, 60.0]


async def test_longest_word(still) -> None:
    """Of refusals that come in together, the one that asks for the longest pause is heeded."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    turns = [pacing.turn(HOST) for _ in range(3)]
    for turn in turns:
        await turn.__aenter__()
    for turn, seconds in zip(turns, (20, 50, 5), strict=True):
        turn.answered(429, after(seconds))
        await turn.__aexit__(None, None, None)

    assert gate.opens_in == 50.0


async def test_breaker(still) -> None:
    """After five connection failures in a row a host gets a pause; one answer closes the case."""
    pacing = Pacing(clock=still.clock)
    for _ in range(4):
        await ask(pacing, Turn.unreachable)
    await ask(pacing, lambda turn: turn.answered(500, NONE))
    for _ in range(5):
        await ask(pacing, Turn.unreachable)
    before = list(still.slept)
    await ask(pacing, good)

    assert before == []
    assert len(still.slept) == 1
    assert pacing.gate(HOST).room > 1


async def test_many_fail_at_once(still) -> None:
    """However many connections fail together, it is one outage, with the pause of a first one."""
    pacing = Pacing(Limits(begin=16, backoff=4.0), still.clock)
    turns = [pacing.turn(HOST) for _ in range(16)]
    for turn in turns:
        await turn.__aenter__()
    for turn in turns:
        turn.unreachable()
        await turn.__aexit__(None, None, None)
    await ask(pacing, good)

    assert still.slept == [4.0]


async def test_breaker_is_never_final(still) -> None:
    """A host that stays down is given up for the moment, and tried again after its pause."""
    pacing = Pacing(Limits(patience=10.0, backoff=4.0, max_wait=1e6), still.clock)
    for _ in range(5):
        await ask(pacing, Turn.unreachable)
    still.at += 20
    await ask(pacing, Turn.unreachable)
    reason, room = await refused(pacing), pacing.gate(HOST).room
    still.at += 120
    await ask(pacing, good)

    assert (reason, room) == ("host_down", LARGE)
    assert pacing.gate(HOST).room > 1


async def test_breaker_of_the_impatient(still) -> None:
    """Whoever waits for nothing does not wait for a host that is down either."""
    pacing = Pacing(Limits(max_wait=0.0), still.clock)
    for _ in range(5):
        await ask(pacing, Turn.unreachable)

    assert await refused(pacing) == "host_down"
    assert still.slept == []


async def test_no_such_name(still) -> None:
    """A name that does not exist is not waited for: its breaker sends everybody away at once."""
    pacing = Pacing(clock=still.clock)
    for _ in range(5):
        await ask(pacing, lambda turn: turn.unreachable(nameless=True))
    reason = await refused(pacing)
    still.at += 60

    assert (reason, still.slept) == ("host_down", [])
    assert pacing.gate(HOST).room == 1


async def test_patience_begins_anew(still) -> None:
    """A failure of long ago, answered since, does not make a host one that was long down."""
    pacing = Pacing(Limits(patience=10.0), still.clock)
    await ask(pacing, Turn.unreachable)
    await ask(pacing, good)
    still.at += 3600
    for _ in range(5):
        await ask(pacing, Turn.unreachable)
    await ask(pacing, good)

    assert still.slept == [1.0]
