"""Which picture is asked for next."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from harvest.download.endings import Ending
from harvest.download.errand import Errand
from harvest.ledger.records import Sighting, Status
from harvest.pacing.gates import Limits, Pacing
from harvest.run.schedule import Schedule

FULL, FREE = "http://full.example", "http://free.example"


def errand(number: int, place: str) -> Errand:
    return Errand.of(Sighting("urls", f"{number}", 0, f"{place}/{number}.jpg"), "urls:x", 3)


def taken(schedule: Schedule) -> list[int]:
    found = []
    while (one := schedule.take()) is not None:
        found.append(int(one.sighting.post_id))
    return found


@pytest.fixture
def pacing(still) -> Pacing:
    """Gates that let four requests through at first."""
    return Pacing(Limits(begin=4, most=4), still.clock)


async def test_hosts_take_turns(pacing: Pacing) -> None:
    """Within a host the order of the list holds; hosts take turns."""
    schedule = Schedule(pacing)
    for number in range(4):
        schedule.add(errand(number, FULL))
    for number in range(10, 13):
        schedule.add(errand(number, FREE))

    assert taken(schedule) == [0, 10, 1, 11, 2, 12, 3]
    assert schedule.waiting == 0


async def test_a_full_host_holds_up_nobody(pacing: Pacing) -> None:
    """While one host has no room, the others' pictures go on; its own wait for an end."""
    schedule = Schedule(pacing)
    turns = [pacing.turn(f"{FULL}:80") for _ in range(4)]
    for turn in turns:
        await turn.__aenter__()
    for number in range(3):
        schedule.add(errand(number, FULL))
    schedule.add(errand(10, FREE))
    first = taken(schedule)
    await turns[0].__aexit__(None, None, None)
    schedule.ended(f"{FULL}:80")

    assert first == [10]
    assert taken(schedule) == [0, 1, 2]


async def test_time_brings_a_host_back(pacing: Pacing, still) -> None:
    """A host that wants to be left alone is looked at again when its time is over."""
    schedule = Schedule(pacing)
    async with pacing.turn(f"{FULL}:80") as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "30"}))
    schedule.add(errand(0, FULL))
    before = schedule.take(), schedule.opens_in()
    still.at += 30

    assert before == (None, 30.0)
    assert taken(schedule) == [0]


async def test_a_time_that_no_longer_counts(pacing: Pacing, still) -> None:
    """A host that came back before its time leaves no alarm behind."""
    schedule = Schedule(pacing)
    async with pacing.turn(f"{FULL}:80") as turn:
        turn.answered(429, CIMultiDict({"Retry-After": "30"}))
    schedule.add(errand(0, FULL))
    schedule.take()
    still.at += 30
    schedule.ended(f"{FULL}:80")
    still.at -= 30

    assert schedule.opens_in() is None


async def test_room_that_a_redirect_took(pacing: Pacing) -> None:
    """Room that other hosts' redirects used comes back too, though no queue told of them."""
    schedule = Schedule(pacing)
    turns = [pacing.turn(f"{FULL}:80") for _ in range(4)]
    for turn in turns:
        await turn.__aenter__()
    schedule.add(errand(0, FULL))
    nothing = schedule.take()
    for turn in turns:
        await turn.__aexit__(None, None, None)
    schedule.ended(f"{FREE}:80")

    assert nothing is None
    assert taken(schedule) == [0]


async def test_files_wait_for_no_host(pacing: Pacing) -> None:
    """A file on this disk belongs to no host, whatever address a side file tells."""
    local = Sighting("folder", "1", 0, f"{FULL}/1.jpg", ("/somewhere/1.jpg",))
    schedule = Schedule(pacing)
    schedule.add(Errand.of(local, "folder:x", 3))

    assert taken(schedule) == [1]


@pytest.mark.parametrize("address", ["", "no address", "ftp://x.example/1.jpg", "http://[::1/1"])
async def test_no_address(pacing: Pacing, address: str) -> None:
    """What is no address belongs to no host: the downloader says why, at once."""
    schedule = Schedule(pacing)
    schedule.add(Errand.of(Sighting("urls", "1", 0, address), "urls:x", 3))

    assert taken(schedule) == [1]


async def test_a_delay(pacing: Pacing, still) -> None:
    """A picture whose attempt failed waits for its delay; the others do not wait for it."""
    schedule = Schedule(pacing)
    slow = errand(0, FULL)
    slow.again(2.5)
    for one in (slow, errand(1, FULL)):
        schedule.add(one)
    before = taken(schedule), schedule.waiting, schedule.opens_in()
    still.at += 2.5

    assert before == ([1], 1, 2.5)
    assert taken(schedule) == [0]
    assert schedule.opens_in() is None


async def test_the_next_address_is_another_host(pacing: Pacing) -> None:
    """Once an address has been asked to its end, the picture waits where the next one lies."""
    sighting = Sighting("urls", "1", 0, f"{FREE}/1.jpg", best_urls=(f"{FULL}/1.jpg",))
    one = Errand.of(sighting, "urls:x", 3)
    first = one.host
    one.settle(Ending(Status.GONE, "http_404"))

    assert (first, one.host) == (f"{FULL}:80", f"{FREE}:80")
