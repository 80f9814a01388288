"""A re-download told line by line: against a lock file, without one, and the second time."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.errors import DataError, GateError
from harvest.ledger.fingerprint import fingerprint_file
from harvest.ledger.lockfile import GivenLock, LockLine, read_lock, write_lock
from harvest.ledger.placeholders import KnownPlaceholders
from harvest.run.attrition.report import Against, check_locks
from harvest.sandbox.decay import Decay, Fate
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"
DECAY = Decay(5, seed=3)


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: the lists name paths that get a picture of their own."""
    return World.build(pictures=1)


@pytest.fixture
async def young(world: World):
    """The host when the list was published."""
    async with Sandbox(world, answer_all=True) as running:
        yield running


@pytest.fixture
async def aged(world: World):
    """The host five years later."""
    async with Sandbox(world, decay=DECAY) as running:
        yield running


def truth(addresses: list[str]) -> dict[str, str]:
    """Address -> category."""
    fates = {url: DECAY.fate(url.removeprefix(PLACE)) for url in addresses}
    return {url: "same bytes" if fate is Fate.FLAKY else str(fate) for url, fate in fates.items()}


def made_up(count: int) -> list[str]:
    return [f"{PLACE}/media/{n:06}.{'png' if n % 6 == 0 else 'jpg'}" for n in range(count)]


async def hold_against_the_truth(relist, young: Sandbox, aged: Sandbox, count: int) -> None:
    urls = made_up(count)
    lists = {"comic": urls[: count // 3], "no_comic": urls[count // 3 :]}
    first = await relist(young, "first", **lists)
    against = Against((GivenLock(first.attrition.lock),), old=first.folder)
    again = await relist(aged, "again", against, **lists)
    known = truth(urls)
    before = again.files
    aged.requests.clear()
    third = await relist(aged, "again", against, **lists)

    assert first.counts == {"got": count}
    assert len(list(read_lock(first.attrition.lock))) == count
    assert {row["url"]: row["category"] for row in again.rows} == known
    assert again.counts == Counter(known.values())
    assert again.record["by_label"]["comic"]["gone"] == sum(
        known[url] == "gone" for url in lists["comic"]
    )
    assert len(aged.requests) == 0
    assert third.files == before


async def test_decay(relist, young: Sandbox, aged: Sandbox) -> None:
    """After five years of decay every line is told as it is; the same again asks and changes
    nothing."""
    await hold_against_the_truth(relist, young, aged, 240)


@pytest.mark.soak
async def test_decay_of_a_whole_data_set(relist, young: Sandbox, aged: Sandbox) -> None:
    """The same holds of as many addresses as comic_net was published with."""
    await hold_against_the_truth(relist, young, aged, 7118)


async def test_every_end(relist, young: Sandbox, tmp_path: Path) -> None:
    """Each way to end has its category; all breakdowns add up to the lines, repeated ones too."""
    good = made_up(3)
    faults = {
        "404": "gone",
        "410": "gone",
        "451": "gone",
        "401": "blocked",
        "403": "blocked",
        "noai.jpg": "blocked",
        "500": "failed",
        "429?times=99": "failed",
        "reset": "failed",
        "400": "refused",
        "html-as-jpeg.jpg": "refused",
    }
    lines = [*good, good[0], "file:///etc/passwd", "http://10.0.0.1/x.jpg"]
    lines += [f"{PLACE}/faults/{name}" for name in faults]
    told = await relist(young, "set", comic=lines)
    found = {row["url"]: row["category"] for row in told.rows}

    assert {name: found[f"{PLACE}/faults/{name}"] for name in faults} == faults
    assert found["file:///etc/passwd"] == "refused"
    assert found["http://10.0.0.1/x.jpg"] == "blocked"
    assert told.counts["got"] == 4
    assert told.record["lines"] == len(told.rows) == len(lines)
    for by in ("by_label", "by_host", "by_year"):
        assert sum(sum(counts.values()) for counts in told.record[by].values()) == len(lines)


async def test_against_a_lock(relist, young: Sandbox, tmp_path: Path) -> None:
    """Same, re-encoded, replaced, new and missing lines are told apart by the lock file."""
    same, again, other, new = made_up(5)[1:]
    first = await relist(young, "first", comic=[same, again, other])
    lines = {line.url: line for line in read_lock(first.attrition.lock)}
    flipped = f"{int(lines[other].phash256, 16) ^ (2**100 - 1):064x}"
    lock = tmp_path / "held.lock.csv"
    written = [
        lines[same],
        replace(lines[again], sha256="0" * 64, width=480, height=360),
        replace(lines[other], sha256="1" * 64, phash256=flipped),
        replace(lines[other], url=f"{PLACE}/never.jpg", label="photo"),
    ]
    write_lock(lock, written)
    told = await relist(
        young, "again", Against((GivenLock(lock),)), comic=[same, again, other, new]
    )
    found = {row["url"]: row["category"] for row in told.rows}

    assert found == {
        same: "same bytes",
        again: "re-encoded",
        other: "replaced",
        new: "got",
        f"{PLACE}/never.jpg": "missing",
    }
    assert told.attrition.lock is None
    assert told.record["by_label"]["photo"]["missing"] == 1
    assert told.attrition.tally.listed == 4


async def test_another_shape_is_another_picture(relist, young: Sandbox, tmp_path: Path) -> None:
    """A picture whose proportions changed is not the published one, however it hashes."""
    (url,) = made_up(2)[1:]
    first = await relist(young, "first", comic=[url])
    (line,) = read_lock(first.attrition.lock)
    lock = tmp_path / "held.lock.csv"
    write_lock(lock, [replace(line, sha256="0" * 64, width=240, height=160)])
    told = await relist(young, "again", Against((GivenLock(lock),)), comic=[url])

    assert told.counts == {"replaced": 1}


async def test_one_picture_published_often_is_no_placeholder(
    relist, young: Sandbox, tmp_path: Path
) -> None:
    """What many addresses gave when they were published they may give today, also encoded anew."""
    urls = [f"{PLACE}/faults/good.jpg?key={n}" for n in range(12)]
    alone = await relist(young, "alone", comic=urls[:1])
    (line,) = read_lock(alone.attrition.lock)
    lock = tmp_path / "held.lock.csv"
    write_lock(lock, [replace(line, url=url) for url in urls])
    same = await relist(young, "same", Against((GivenLock(lock),)), comic=urls)
    write_lock(lock, [replace(line, url=url, sha256=f"{n:064x}") for n, url in enumerate(urls)])
    anew = await relist(young, "same", Against((GivenLock(lock),)), comic=urls)
    unlocked = await relist(young, "same", comic=urls)

    assert same.counts == {"same bytes": 12}
    assert anew.counts == {"re-encoded": 12}
    assert unlocked.counts == {"placeholder": 12}
    assert list(read_lock(unlocked.attrition.lock)) == []


@pytest.mark.parametrize("kind", ["sha256", "phash256"])
async def test_listed_placeholders(relist, young: Sandbox, tmp_path: Path, kind: str) -> None:
    """A placeholder that a list names is told at its first address, by its bytes or its look."""
    url = made_up(2)[1]
    first = await relist(young, "first", comic=[url])
    (line,) = read_lock(first.attrition.lock)
    known = KnownPlaceholders([(kind, getattr(line, kind), "not available")])
    (raw,) = (first.folder / "raw").rglob("*.jpg")
    told = await relist(young, "first", Against(known=known), comic=[url])

    assert fingerprint_file(raw)[1].phash256 == line.phash256
    assert told.counts == {"placeholder": 1}
    assert told.rows[0]["reason"] == "listed"


async def test_a_lock_of_curate_stays(relist, young: Sandbox) -> None:
    """A lock file with parts, or beside an export's metadata, is left as it is, and said so."""
    first = await relist(young, "set", comic=made_up(3))
    lock = first.attrition.lock
    (line, *_) = read_lock(lock)
    write_lock(lock, [replace(line, split="train")])
    parted = lock.read_bytes()
    second = await relist(young, "set", comic=made_up(3))
    kept = lock.read_bytes()
    write_lock(lock, [line])
    (first.folder / "metadata.jsonl").touch()
    third = await relist(young, "set", comic=made_up(3))

    assert kept == parted
    assert second.attrition.lock is None
    assert "parts and groups" in second.attrition.notes[0]
    assert "curate export" in third.attrition.notes[0]
    assert len(list(read_lock(lock))) == 1


async def test_standard_input(relist, young: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be read once only is told from the catalog: its addresses, each once."""
    urls = made_up(5)
    text = "".join(f"{url}\n" for url in urls)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    told = await relist(young, "set", paths=[Path("-")])

    assert [row["url"] for row in told.rows] == urls
    assert told.counts == {"got": 5}


async def test_the_gate(relist, young: Sandbox) -> None:
    """The yield counts lines that gave their picture: no placeholder is one."""
    stands_in = [f"{PLACE}/faults/good.jpg?key={n}" for n in range(10)]
    told = await relist(young, "set", comic=[*made_up(10), *stands_in])
    empty = await relist(young, "empty", comic=["# nothing yet"])
    told.attrition.tally.check(0.5)

    with pytest.raises(GateError, match=r"10 of 20 lines have their picture \(50\.0%\)"):
        told.attrition.tally.check(0.51)
    with pytest.raises(DataError, match="no line to ask for"):
        empty.attrition.tally.check(0.0)


@pytest.fixture
def lines() -> Iterator[LockLine]:
    """A line that no address of a test has."""
    line = LockLine("http://x.example/a", "comic", "0" * 64, "", 1, 1, 1, "", "")
    return iter([line])


def test_bad_locks(tmp_path: Path, lines: Iterator[LockLine]) -> None:
    """A lock file without lines, or with a label that is none, is refused before anything is
    asked, with its line; as a list alone the label is passed over there."""
    write_lock(tmp_path / "empty.lock.csv", [])
    write_lock(tmp_path / "bad.lock.csv", [replace(next(lines), label="_x")])

    with pytest.raises(DataError, match="no line but the first"):
        check_locks([GivenLock(tmp_path / "empty.lock.csv")])
    with pytest.raises(DataError, match=r"bad\.lock\.csv:2: label '_x' begins"):
        check_locks([GivenLock(tmp_path / "bad.lock.csv")])
    assert check_locks([GivenLock(tmp_path / "bad.lock.csv")], labels=False) == 1
