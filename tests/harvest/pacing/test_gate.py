"""One host's gate: shut, on trial, open, and the line in front of it."""

from __future__ import annotations

import asyncio
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


async def test_one_tries_first(still) -> None:
    """When the time is over, one request goes alone; the others follow its success."""
    pacing = Pacing(clock=still.clock)
    await grown(pacing)
    await ask(pacing, lambda turn: turn.answered(429, after(5)))
    order = []

    async def go(number: int) -> None:
        async with pacing.turn(HOST) as turn:
            order.append(f"in {number}")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(f"out {number}")
            turn.answered(200, NONE)

    await asyncio.gather(*(go(number) for number in range(3)))

    assert order == ["in 0", "out 0", "in 1", "in 2", "out 1", "out 2"]
    assert still.slept == [5.0]


async def test_trial_without_an_answer(still) -> None:
    """When the one that tries first gets no answer, the next one tries; nobody waits for ever."""
    pacing = Pacing(clock=still.clock)
    await ask(pacing, lambda turn: turn.answered(429, NONE))
    for told in (lambda _: None, Turn.timed_out, good, good):
        async with asyncio.timeout(5):
            await ask(pacing, told)

    assert pacing.gate(HOST).room > 0


async def test_line_is_fair(still) -> None:
    """Whoever waits longer goes first, and one who gives up is not waited for."""
    pacing = Pacing(Limits(most=1), still.clock)
    order = []

    async def go(number: int) -> None:
        async with pacing.turn(HOST):
            order.append(number)

    async with pacing.turn(HOST):
        tasks = [asyncio.create_task(go(number)) for number in range(5)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)

    assert order == [1, 3, 4]


async def test_sleeper_gives_up(still) -> None:
    """When the one who sleeps for the whole line is cancelled, the next one sleeps."""
    pacing = Pacing(clock=still.clock)
    await ask(pacing, lambda turn: turn.answered(429, after(30)))
    first = asyncio.create_task(ask(pacing, good))
    second = asyncio.create_task(ask(pacing, good))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(5):
        await second

    assert first.cancelled()
    assert still.slept == [30.0, 30.0]


async def test_room(still) -> None:
    """`room` says how many may begin at once: none while it is shut, one to try, then the rest."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    open_room, quiet = gate.room, gate.opens_in
    async with pacing.turn(HOST) as turn:
        one_less = gate.room
        turn.answered(429, after(20))
    shut, opens_in = gate.room, gate.opens_in
    still.at += 20
    to_try = gate.room, gate.opens_in
    async with pacing.turn(HOST) as turn:
        trying = gate.room, gate.opens_in
        turn.answered(200, NONE)

    assert (open_room, quiet, one_less) == (16, 0.0, 15)
    assert (shut, opens_in) == (0, 20.0)
    assert to_try == (1, 0.0)
    assert trying == (0, 0.0)
    assert gate.room == 8


async def test_room_of_those_sent_away(still) -> None:
    """Where everybody is sent away at once there is room for all: nothing queues for ever."""
    pacing = Pacing(Limits(max_wait=60.0), still.clock)
    gate = pacing.gate(HOST)
    await ask(pacing, lambda turn: turn.answered(429, after(61)))
    room = gate.room
    reasons = [await refused(pacing) for _ in range(3)]
    still.at += 61

    assert room == LARGE
    assert reasons == ["rate_limited"] * 3
    assert gate.room == 1


async def test_rate(still) -> None:
    """A rate that a person set holds, bursts aside, whatever the host would bear."""
    pacing = Pacing(Limits(rates={"pictures.example": 4.0}), still.clock)
    gate, begun = pacing.gate(HOST), still.at
    burst = gate.room
    await asyncio.gather(*(ask(pacing, good) for _ in range(42)))

    assert burst == 2
    assert still.at - begun == pytest.approx(10.0)
    assert len(still.slept) == 40
    assert (gate.room, gate.opens_in) == (0, 0.25)


async def test_silence(still) -> None:
    """A host that falls silent is asked half as much, once a round, and is not shut."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    turns = [pacing.turn(HOST) for _ in range(16)]
    for turn in turns:
        await turn.__aenter__()
    for turn in turns:
        turn.timed_out()
        await turn.__aexit__(None, None, None)

    assert (gate.limit, gate.room, still.slept) == (8, 8, [])


async def test_old_refusals(still) -> None:
    """A refusal of a request sent before the pause neither shuts the gate anew nor cuts twice."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    early, late, last = (pacing.turn(HOST) for _ in range(3))
    for turn in (early, late, last):
        await turn.__aenter__()
    early.answered(429, after(10))
    late.answered(429, after(10))
    still.at += 10
    await ask(pacing, good)
    last.answered(429, after(500))
    for turn in (early, late, last):
        await turn.__aexit__(None, None, None)

    assert (gate.limit, gate.room, gate.opens_in) == (8, 8, 0.0)


@pytest.mark.parametrize("limits", [Limits(), Limits(rates={"*": 0.1})], ids=["shut", "rate"])
async def test_room_is_theirs_who_wait(still, limits: Limits) -> None:
    """Those in line come first: time does not give their place to whoever asks just then."""
    pacing = Pacing(limits, still.clock)
    headers = after(10)
    await ask(pacing, lambda turn: turn.answered(200 if limits.rates else 429, headers))
    order: list[int] = []
    tasks = []
    for number in range(2):
        tasks.append(asyncio.create_task(ask(pacing, lambda _, n=number: order.append(n))))
        await asyncio.sleep(0)
        still.at += 10
    room = pacing.gate(HOST).room
    await asyncio.gather(*tasks)

    assert room == 0
    assert order == [0, 1]


async def test_old_answers(still) -> None:
    """What was sent before the pause opens nothing when it goes well, nor prolongs a trial."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    turns = [pacing.turn(HOST) for _ in range(3)]
    for turn in turns:
        await turn.__aenter__()
    turns[0].answered(429, after(10))
    turns[1].answered(200, NONE)
    shut = gate.room
    still.at += 10
    async with pacing.turn(HOST) as trial:
        turns[2].answered(429, after(500))
        waiting = asyncio.create_task(ask(pacing, good))
        await asyncio.sleep(0)
        trial.answered(200, NONE)
    await waiting

    assert shut == 0
    assert still.slept == []


async def test_called_and_gone(still) -> None:
    """One who is cancelled in the moment of being let in leaves the place to the next."""
    pacing = Pacing(Limits(most=1), still.clock)
    async with pacing.turn(HOST):
        waiting = asyncio.create_task(ask(pacing))
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert pacing.gate(HOST).room == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_server_error(still, status: int) -> None:
    """A server that fails without a word about waiting is asked a little less, and not shut."""
    pacing = Pacing(clock=still.clock)
    gate = await grown(pacing)
    await ask(pacing, lambda turn: turn.answered(status, NONE))

    assert (gate.limit, gate.room) == (15, 15)
