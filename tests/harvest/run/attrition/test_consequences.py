"""What a report means for the pictures, and what it says of a lock file that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.lockfile import GivenLock, LockLine, read_lock, write_lock
from harvest.ledger.placeholders import KnownPlaceholders
from harvest.run.attrition.report import Against
from harvest.run.forget import forget
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.reopening import list_endings
from harvest.store.schema import open_store

PLACE = "http://pictures.example"
ONE, TWO, THREE = (f"{PLACE}/media/{number:05}.jpg" for number in range(3))
SHARED = [f"{PLACE}/faults/good.jpg?key={number}" for number in range(2)]


@pytest.fixture
async def sandbox():
    """A host that has every picture."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


def other(line: LockLine) -> LockLine:
    """The same address with a picture that is another one."""
    return replace(line, sha256="1" * 64, phash256=f"{int(line.phash256, 16) ^ 2**100 - 1:064x}")


@pytest.fixture
def held(relist, sandbox: Sandbox, tmp_path: Path):
    """Write a lock file of what addresses give, its lines changed, and hold it against them."""

    async def write(*lists: list[str], change: Callable[[LockLine], LockLine]) -> Against:
        labels = dict(zip(("comic", "photo"), lists, strict=False))
        first = await relist(sandbox, "first", **labels)
        lock = tmp_path / "held.lock.csv"
        write_lock(lock, map(change, read_lock(first.attrition.lock)))
        return Against((GivenLock(lock),))

    return write


def folders(folder: Path) -> dict[str, int]:
    """Folder below `images/` -> pictures in it."""
    found = {path.name: len(list(path.iterdir())) for path in (folder / "images").iterdir()}
    return {name: count for name, count in found.items() if count}


async def test_a_wrong_picture_has_no_label(relist, sandbox: Sandbox, held) -> None:
    """It leaves its label folder, and comes back when another lock file knows it."""
    against = await held([ONE, TWO], change=lambda x: other(x) if x.url == TWO else x)
    wrong = await relist(sandbox, "again", against, comic=[ONE, TWO])
    stood = folders(wrong.folder)
    unlocked = await relist(sandbox, "again", comic=[ONE, TWO])
    stands = folders(wrong.folder)
    against = await held([ONE, TWO], change=lambda x: x)
    right = await relist(sandbox, "again", against, comic=[ONE, TWO])

    assert any("1 picture (1 replaced)" in note for note in wrong.attrition.notes)
    assert stood == stands == {"comic": 1, "_unsorted": 1}
    assert [line.url for line in read_lock(unlocked.attrition.lock)] == [ONE]
    assert right.attrition.notes == ()
    assert folders(right.folder) == {"comic": 2}


async def test_a_wrong_address_has_no_say(relist, sandbox: Sandbox, held) -> None:
    """Bytes that one address gives as its own keep its label, whatever other addresses show them
    in the place of theirs."""
    one, two = SHARED
    against = await held([one], [two], change=lambda x: other(x) if x.url == two else x)
    told = await relist(sandbox, "again", against, comic=[one], photo=[two])

    assert told.counts == {"same bytes": 1, "replaced": 1}
    assert folders(told.folder) == {"comic": 1}
    assert told.attrition.notes == ()


async def test_what_a_list_says_goes_with_it(relist, sandbox: Sandbox, held) -> None:
    """A placeholder of a list has no label until a report is made without that list."""
    against = await held([ONE], change=lambda x: x)
    (line,) = read_lock(against.locks[0].path)
    known = KnownPlaceholders([("sha256", line.sha256, "")])
    listed = await relist(sandbox, "again", Against(known=known), comic=[ONE])
    there = folders(listed.folder)
    with open_store(listed.folder / "catalog.sqlite", read_only=True) as catalog:
        endings = list_endings(catalog)
    await relist(sandbox, "again", comic=[ONE])

    assert there == {"_unsorted": 1}
    assert endings == [("saved", "placeholder")]
    assert folders(listed.folder) == {"comic": 1}


async def test_a_person_has_the_last_word(relist, sandbox: Sandbox, held) -> None:
    """What was moved into a label folder by hand stays there, whatever reports come."""
    against = await held([ONE], change=other)
    told = await relist(sandbox, "again", against, comic=[ONE])
    (wrong,) = (told.folder / "images" / "_unsorted").iterdir()
    wrong.rename(told.folder / "images" / "comic" / wrong.name)
    again = await relist(sandbox, "again", against, comic=[ONE])

    assert folders(told.folder) == {"comic": 1}
    assert again.attrition.notes == ()


async def test_a_picture_of_before_is_forgotten_too(relist, sandbox: Sandbox, held) -> None:
    """A take-down of an address takes the wrong picture along that it gave before."""
    against = await held([ONE], change=other)
    told = await relist(sandbox, "again", against, comic=[ONE])
    with open_store(told.folder / "catalog.sqlite") as catalog, catalog.transaction() as connection:
        connection.execute("UPDATE sighting SET status = 'gone', sha256 = NULL")
    before = folders(told.folder)
    forget(told.folder, [ONE])

    assert before == {"_unsorted": 1}
    assert folders(told.folder) == {}
    assert [path for path in (told.folder / "raw").rglob("*") if path.is_file()] == []


async def test_one_address_in_two_schemes(relist, sandbox: Sandbox, held) -> None:
    """http and https are one address where the lock file has no other line for it."""

    def secure(line: LockLine) -> LockLine:
        return replace(line, url=line.url.replace("http://", "https://"))

    against = await held([ONE, TWO], change=lambda x: secure(x) if x.url == ONE else x)
    lock = against.locks[0].path
    lines = list(read_lock(lock))
    write_lock(lock, [*lines, other(secure(next(x for x in lines if x.url == TWO)))])
    told = await relist(sandbox, "again", against, comic=[ONE, TWO])

    assert told.counts == {"same bytes": 2, "missing": 1}
    assert told.rows[-1]["url"] == TWO.replace("http://", "https://")


async def test_placeholders_in_another_scheme(relist, sandbox: Sandbox, held) -> None:
    """One content in the place of five pictures is one also where the lock file says https."""
    urls = [f"{PLACE}/faults/good.jpg?key={number}" for number in range(5)]

    def change(line: LockLine) -> LockLine:
        number = urls.index(line.url) + 2
        secure = line.url.replace("http://", "https://")
        return replace(other(line), url=secure, sha256=str(number) * 64)

    against = await held(urls, change=change)
    told = await relist(sandbox, "again", against, comic=urls)

    assert told.counts == {"placeholder": 5}


async def test_labels_that_contradict(relist, sandbox: Sandbox, held) -> None:
    """Another label in the lock file than in the list is told, with one line of them; so is an
    address that the lock file has under two labels."""
    against = await held([ONE, TWO, THREE], change=lambda x: replace(x, label="photo"))
    told = await relist(sandbox, "again", against, comic=[ONE, TWO, THREE])
    lock = against.locks[0].path
    lines = list(read_lock(lock))
    write_lock(lock, [replace(x, label="comic") for x in lines] + lines[:1])
    twice = await relist(sandbox, "again", against, comic=[ONE, TWO, THREE])
    (note,) = told.attrition.notes

    assert note.startswith("held.lock.csv: another label than the list's in 3 lines, first http")
    assert note.endswith(": comic, and photo in the lock file; the list's holds")
    assert twice.attrition.notes == (
        f"held.lock.csv: 1 address under several labels, first {lines[0].url} as comic and photo",
    )
    assert folders(told.folder) == {"comic": 3}
