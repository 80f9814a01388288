"""The page of a report: pictures of today and of before, in bounds, whatever a list says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.lockfile import read_lock, write_lock
from harvest.run.attrition.report import Against
from harvest.run.attrition.sample import MOST_SHOWN
from harvest.run.forget import forget
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: the lists name paths that get a picture of their own."""
    return World.build(pictures=1)


@pytest.fixture
async def sandbox(world: World):
    """A host that has a picture for every path."""
    async with Sandbox(world, answer_all=True) as running:
        yield running


def addresses(count: int) -> list[str]:
    return [f"{PLACE}/media/{number:05}.jpg" for number in range(count)]


async def test_side_by_side(relist, sandbox: Sandbox, tmp_path: Path) -> None:
    """A replaced picture stands beside the lock's facts, and beside the old one if it is held."""
    url, before = addresses(2)
    first = await relist(sandbox, "first", comic=[before])
    (line,) = read_lock(first.attrition.lock)
    lock = tmp_path / "held.lock.csv"
    write_lock(lock, [replace(line, url=url, bytes=12_345)])
    alone = (await relist(sandbox, "again", Against(lock), comic=[url])).page
    beside = await relist(sandbox, "again", Against(lock, old=first.folder), comic=[url])
    (row,) = beside.rows

    assert row["category"] == "replaced"
    for page in (alone, beside.page):
        assert f"today {row['picture']}" in page
        assert f"lock file {line.sha256[:8]} · 12,345 bytes · 240 x 180" in page
        assert f"{row['bits_apart']} of 256 bits apart" in page
    assert (alone.count("<img"), beside.page.count("<img")) == (1, 2)


async def test_what_is_gone_shows_what_was(relist, sandbox: Sandbox, tmp_path: Path) -> None:
    """Of an address that gives nothing any more the old picture is shown where it is held."""
    first = await relist(sandbox, "first", comic=addresses(1))
    (line,) = read_lock(first.attrition.lock)
    lock = tmp_path / "held.lock.csv"
    gone = f"{PLACE}/faults/404"
    write_lock(lock, [replace(line, url=gone)])
    told = await relist(sandbox, "again", Against(lock, old=first.folder), comic=[gone])

    assert told.counts == {"gone": 1}
    assert told.page.count("<img") == 1
    assert gone in told.page


async def test_few_are_shown(relist, sandbox: Sandbox) -> None:
    """A page shows some of each category and says how many it does not."""
    told = await relist(sandbox, "set", comic=addresses(MOST_SHOWN + 12))

    assert told.page.count("<img") == MOST_SHOWN
    assert "12 more are not shown" in told.page


async def test_hostile_lines(relist, sandbox: Sandbox) -> None:
    """What a list says is text on the page: no script, no link that is no address."""
    evil = ['javascript:alert(1)//"><script>alert(1)</script>', "<img src=x onerror=alert(1)>"]
    told = await relist(sandbox, "set", comic=[*evil, f'{PLACE}/a.jpg?"><script>'])

    assert "<script" not in told.page
    assert "onerror=alert(1)>" not in told.page
    assert all(h.startswith(PLACE) for h in re.findall(r'<a href="([^"]*)', told.page))
    assert told.record["lines"] == 3


async def test_forgotten(relist, sandbox: Sandbox) -> None:
    """A take-down removes the report, which names every address, and what it knew of a look."""
    told = await relist(sandbox, "set", comic=[*addresses(2), f"{PLACE}/faults/404"])
    forget(told.folder, [f"{PLACE}/faults/404"])

    assert list((told.folder / "reports").glob("attrition.*")) == []

    again = await relist(sandbox, "set", comic=addresses(2))
    forget(told.folder, [addresses(2)[1]])
    last = await relist(sandbox, "set", comic=addresses(2))

    assert again.counts == {"got": 2}
    assert last.counts == {"got": 1, "refused": 1}
    assert len(list(read_lock(last.attrition.lock))) == 1
