"""The page of a report: pictures of today and of before, in bounds, whatever a list says."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from harvest.ledger.lockfile import GivenLock, read_lock, write_lock
from harvest.run.attrition.report import Against
from harvest.run.attrition.sample import MOST_SHOWN
from harvest.run.forget import forget
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.schema import open_store

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
    alone = (await relist(sandbox, "again", Against((GivenLock(lock),)), comic=[url])).page
    beside = await relist(
        sandbox, "again", Against((GivenLock(lock),), old=first.folder), comic=[url]
    )
    (row,) = beside.rows

    assert row["category"] == "replaced"
    for page in (alone, beside.page):
        assert f"today {row['picture']}" in page
        assert f"lock file {line.sha256[:8]} · 12,345 bytes · 240 x 180" in page
        assert f"{row['bits_apart']} of 256 bits apart" in page
    assert (alone.count("<img"), beside.page.count("<img")) == (1, 2)


async def test_nothing_is_drawn_for_what_nobody_holds(
    relist, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Where some old pictures are held the others have a box; where none is there are no boxes."""
    one, two, before, lost = addresses(4)
    first = await relist(sandbox, "first", comic=[before])
    other = await relist(sandbox, "other", comic=[lost])
    lines = [next(read_lock(each.attrition.lock)) for each in (first, other)]
    lock = tmp_path / "held.lock.csv"
    write_lock(lock, [replace(line, url=u) for line, u in zip(lines, (one, two), strict=True)])
    alone = (await relist(sandbox, "again", Against((GivenLock(lock),)), comic=[one, two])).page
    against = Against((GivenLock(lock),), old=first.folder)
    beside = await relist(sandbox, "again", against, comic=[one, two])

    assert beside.counts == {"replaced": 2}
    assert [page.count("not held") for page in (alone, beside.page)] == [0, 1]
    assert beside.page.count('<div class="sheets">') == 1
    assert beside.page.count('<div class="sheet">') == 2


async def test_the_overview(relist, sandbox: Sandbox) -> None:
    """Shares stand beside counts, kinds are told by a sign, and what all lines have in common is a
    fact and no table."""
    lists = {"comic": addresses(3), "photo": [*addresses(4)[3:], f"{PLACE}/faults/500"]}
    told = await relist(sandbox, "set", **lists)
    only = await relist(sandbox, "only", comic=addresses(1))

    assert "<b>✓</b> got</span>" in told.page
    assert "<b>○</b> failed</span>" in told.page
    assert "4 · 80.0%" in told.page
    assert '<td>photo</td><td class="n">2</td><td class="n">50.0%</td>' in told.page
    assert "by host" not in told.page
    assert "<dt>host</dt><dd>pictures.example</dd>" in told.page
    assert "by label" in told.page
    assert "by label" not in only.page
    assert "year" not in told.page


async def test_what_the_figures_rest_on(relist, sandbox: Sandbox, tmp_path: Path) -> None:
    """Page and JSON name the time of the last answer, the version and the lock file's sum; a line
    that is asked again makes them younger, nothing else does."""
    first = await relist(sandbox, "first", comic=addresses(2))
    lock = first.attrition.lock
    told = await relist(sandbox, "again", Against((GivenLock(lock),)), comic=addresses(2))
    before = told.record["last_answer"]
    with open_store(told.folder / "catalog.sqlite") as catalog, catalog.transaction() as connection:
        connection.execute("UPDATE sighting SET settled_at = '2024-05-06T07:08:09+00:00'")
    later = await relist(sandbox, "again", Against((GivenLock(lock),)), comic=addresses(2))
    total = hashlib.sha256(lock.read_bytes()).hexdigest()

    assert later.record["last_answer"] == "2024-05-06T07:08:09+00:00"
    assert before > later.record["last_answer"]
    assert later.record["lock_sha256"] == [total]
    assert later.record["winnow"] == metadata.version("winnow")
    assert "as of 2024-05-06 07:08:09 UTC" in later.page
    assert f"sha256 {total[:16]}…" in later.page


async def test_what_is_gone_shows_what_was(relist, sandbox: Sandbox, tmp_path: Path) -> None:
    """Of an address that gives nothing any more the old picture is shown where it is held."""
    first = await relist(sandbox, "first", comic=addresses(1))
    (line,) = read_lock(first.attrition.lock)
    lock = tmp_path / "held.lock.csv"
    gone = f"{PLACE}/faults/404"
    write_lock(lock, [replace(line, url=gone)])
    told = await relist(
        sandbox, "again", Against((GivenLock(lock),), old=first.folder), comic=[gone]
    )

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
