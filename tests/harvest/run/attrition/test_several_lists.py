"""Lists that come one after another, lock files of other lists, pictures in several sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.errors import DataError, GateError
from harvest.ledger.lockfile import GivenLock, read_lock, write_lock
from harvest.run.attrition.meaning import words_of
from harvest.run.attrition.report import Against, check_locks
from harvest.run.reasons import WANTED
from harvest.sandbox.decay import Decay, Fate
from harvest.sandbox.server import Sandbox
from harvest.sandbox.uniques import named_picture
from harvest.sandbox.world import World

PLACE = "http://pictures.example"
CDN = "http://pbs.twimg.com"
DECAY = Decay(5, seed=3)


@pytest.fixture
async def young():
    """The host when the lists were published."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


def made_up(first: int, last: int) -> list[str]:
    return [f"{PLACE}/media/{n:06}.jpg" for n in range(first, last)]


async def test_a_second_list(relist, young: Sandbox) -> None:
    """The lock file covers all lists of a data set, tells when it changed, each address once."""
    six, three = made_up(0, 6), made_up(6, 9)
    first = await relist(young, "set", comic=six)
    second = await relist(young, "set", no_comic=three)
    third = await relist(young, "set", no_comic=three)
    twice = await relist(young, "set", comic=[*six, three[0]], no_comic=three)
    lock = first.attrition.lock

    assert first.attrition.notes == (f"new lock file: {lock}",)
    assert second.attrition.notes == (
        f"lock file written anew: {lock}: 9 lines of all lists; it had 6",
    )
    assert third.attrition.notes == ()
    assert third.attrition.lock == lock
    assert [line.url for line in read_lock(lock)] == [*six, three[0], *three]
    assert "10 lines" in twice.attrition.notes[0]
    assert sorted(p.name for p in lock.parent.glob("*.csv*")) == ["set.lock.csv"]


async def test_one_address_in_two_lists_of_one_label(relist, young: Sandbox, tmp_path) -> None:
    """What two lists show under one label has one line of the lock file."""
    urls = made_up(0, 3)
    (tmp_path / "more.csv").write_text(
        "url,label\n" + "".join(f"{url},comic\n" for url in urls), encoding="utf-8"
    )
    await relist(young, "set", comic=urls)
    told = await relist(young, "set", paths=[tmp_path / "more.csv"])

    assert [line.url for line in read_lock(told.folder / "set.lock.csv")] == urls


async def test_the_lock_of_another_list(relist, young: Sandbox) -> None:
    """Lines of the lock file that are in no list count as not got; one that fits none is told."""
    first = await relist(young, "first", comic=made_up(0, 4))
    told = await relist(
        young, "other", Against((GivenLock(first.attrition.lock),)), comic=made_up(10, 16)
    )

    assert told.attrition.notes == (
        "first.lock.csv: none of the lock file's 4 addresses is in the lists; check that both"
        " belong together",
    )
    assert told.record["yield"] == 0.6
    told.attrition.tally.check(0.6)
    with pytest.raises(GateError, match=r"6 of 10 lines have their picture \(60\.0%\); wanted 61%"):
        told.attrition.tally.check(0.61)


async def test_two_lock_files(relist, young: Sandbox, tmp_path: Path) -> None:
    """What two lock files say alike is missing once; names of many are told in short."""
    first = await relist(young, "first", comic=made_up(0, 4))
    lines = list(read_lock(first.attrition.lock))
    paths = [tmp_path / f"{name}.lock.csv" for name in "abcd"]
    for path in paths:
        write_lock(path, lines)
    write_lock(paths[1], [*lines, replace(lines[0], url=f"{PLACE}/other.jpg")])
    against = Against(tuple(map(GivenLock, paths)))
    told = await relist(young, "other", against, comic=made_up(3, 6))

    assert told.counts == {"same bytes": 1, "got": 2, "missing": 4}
    assert told.record["lock"] == "a.lock.csv, b.lock.csv, c.lock.csv and 1 more"


async def test_two_lines_for_one_address(relist, young: Sandbox, tmp_path: Path) -> None:
    """A lock file that says two things of an address is refused, with both lines."""
    first = await relist(young, "first", comic=made_up(0, 3))
    lines = list(read_lock(first.attrition.lock))
    lock = tmp_path / "two.lock.csv"
    write_lock(lock, [*lines, lines[0], replace(lines[1], sha256="0" * 64)])

    with pytest.raises(DataError, match=r"two\.lock\.csv:6: another sha256 .* line 3;"):
        check_locks([GivenLock(lock)])
    write_lock(lock, [*lines, lines[0]])
    assert check_locks([GivenLock(lock)]) == 4


async def test_best_sizes(relist, young: Sandbox) -> None:
    """Held against a lock file of smaller sizes, larger ones of the same pictures are re-encoded,
    and time tells the two sizes alike."""
    small = [f"{CDN}/media/Cabc{n:03}.jpg" for n in range(150)]
    large = [f"{url.removesuffix('.jpg')}?format=jpg&name=orig" for url in small]
    first = await relist(young, "first", comic=[*small, *large])
    lines = {line.url: line for line in read_lock(first.attrition.lock)}
    lock = first.folder.with_name("small.lock.csv")
    write_lock(
        lock, [replace(lines[url], url=best) for url, best in zip(small, large, strict=True)]
    )
    fates = {url: DECAY.fate(url.removeprefix(CDN)) for url in large}
    wanted = {
        url: "re-encoded" if f in (Fate.SAME, Fate.FLAKY) else str(f) for url, f in fates.items()
    }
    async with Sandbox(World.build(pictures=1), decay=DECAY) as aged:
        told = await relist(aged, "best", Against((GivenLock(lock),)), comic=large)
        bigger = await relist(
            aged, "small", Against((GivenLock(first.attrition.lock),)), comic=small
        )

    assert {row["url"]: row["category"] for row in told.rows} == wanted
    assert {str(fates[url]) for url in large} >= {"gone", "re-encoded", "replaced", "placeholder"}
    assert told.attrition.tally.smaller < sum(value == "re-encoded" for value in wanted.values())
    assert bigger.counts["replaced"] == told.counts["replaced"]


async def test_the_hint_of_sizes(relist, young: Sandbox) -> None:
    """Smaller and larger sizes than the lock file says are counted, each alone."""
    small = [f"{CDN}/media/Cabc{n:03}.jpg" for n in range(4)]
    first = await relist(young, "first", comic=small)
    lines = [replace(line, sha256="0" * 64) for line in read_lock(first.attrition.lock)]
    lock = first.folder.with_name("held.lock.csv")
    halves = [replace(line, width=120, height=90) for line in lines[2:]]
    write_lock(lock, [replace(lines[0], width=480, height=360), lines[1], *halves])
    told = await relist(young, "again", Against((GivenLock(lock),)), comic=small)

    assert told.counts == {"re-encoded": 4}
    assert told.attrition.tally.smaller == 1
    assert told.attrition.tally.larger == 2


@pytest.mark.parametrize(
    ("path", "name", "large"),
    [
        ("/media/Cabc.jpg", "/media/Cabc.jpg", False),
        ("/media/Cabc.jpg:large", "/media/Cabc.jpg", False),
        ("/media/Cabc?format=jpg&name=orig", "/media/Cabc.jpg", True),
        ("/media/Cabc?name=4096x4096&format=png", "/media/Cabc.png", True),
        ("/abc/tumblr_o1_500.jpg", "/abc/tumblr_o1.jpg", False),
        ("/abc/tumblr_o1_1280.jpg", "/abc/tumblr_o1.jpg", True),
        ("/other/1.jpg?x=2", "/other/1.jpg?x=2", False),
    ],
)
def test_names_of_pictures(path: str, name: str, large: bool) -> None:
    """Addresses that differ by the size alone name one picture."""
    assert named_picture(path) == (name, large)


def test_words_of_reasons() -> None:
    """Every reason that a picture can be missing for has words; what is unknown has none."""
    reasons = WANTED.partition("one of ")[2].split(", ")

    assert all(words_of(reason) for reason in reasons)
    assert words_of("http_404") == "Not Found"
    assert words_of("http_599") == "a status of the host's own"
    assert words_of("no_such_word") == ""
