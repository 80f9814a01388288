"""Pictures from a folder on this disk, taken in as downloaded ones are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status, Target
from harvest.run.job import Job


@pytest.fixture
def pictures(tmp_path: Path, picture: Callable[..., bytes]) -> Path:
    """Two labels, a repeat, a picture under a wrong name, and what is no picture."""
    root = tmp_path / "pictures"
    files = {
        "comic/a.jpg": picture(1),
        "comic/b.jpg": picture(2, "PNG"),
        "photo/c.jpg": picture(3),
        "photo/again.jpg": picture(1),
        "photo/words.jpg": b"these are words and no picture at all, whatever the name",
        "photo/nothing.jpg": b"",
        "photo/half.jpg": picture(4)[:-40],
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def job(tmp_path: Path, pictures: Path) -> Job:
    """The folder with its sub-folders as labels."""
    target = Target("folder", str(pictures), label_from="folder")
    return Job(dataset=tmp_path / "set", targets=(target,))


async def test_taken_in(gather, job: Job, pictures: Path) -> None:
    """Pictures come in by their bytes; what is none is refused with a reason, not dropped."""
    outcomes, summary = await gather(job)
    dataset = DatasetFolder.open(job.dataset)
    ends = {Path(o.sighting.fallback_urls[0]).name: (o.status, o.reason) for o in outcomes}

    assert ends.pop("words.jpg") == (Status.REFUSED, "not_an_image")
    assert ends.pop("nothing.jpg") == (Status.REFUSED, "empty")
    assert ends.pop("half.jpg") == (Status.FAILED, "truncated")
    assert summary.total.saved == 3
    assert summary.total.known == 1
    assert {p.suffix for p in dataset.label_folder("comic").iterdir()} == {".png"}
    assert len(list(dataset.label_folder("photo").iterdir())) == 1
    assert len(list(dataset.unsorted.iterdir())) == 1  # lies under two labels


async def test_own_files_are_left_alone(gather, job: Job, pictures: Path) -> None:
    """The user's files are copied: neither their mode nor their number of names changes."""
    before = {p: (p.stat().st_mode, p.stat().st_nlink) for p in pictures.rglob("*.jpg")}
    await gather(job)
    after = {p: (p.stat().st_mode, p.stat().st_nlink) for p in pictures.rglob("*.jpg")}

    assert before == after


async def test_only_what_is_new(gather, job: Job, pictures: Path, picture) -> None:
    """Run again, only new files come in."""
    await gather(job)
    (pictures / "comic/new.jpg").write_bytes(picture(9))
    outcomes, summary = await gather(job)
    (new,) = [o for o in outcomes if o.status is Status.SAVED]

    assert new.sighting.post_id == hashlib.sha256(picture(9)).hexdigest()
    assert summary.total.saved == 1


async def test_no_log_for_files(gather, job: Job) -> None:
    """Pictures without an address stand in no URL log, and that is said."""
    _, summary = await gather(job)
    _, other = await gather(replace(job, targets=()))

    assert not list((job.dataset / "urls").glob("*.log"))
    assert [n for n in summary.notes if "3 pictures without an address stand in no URL log" in n]
    assert not [n for n in other.notes if "without an address" in n]  # not its target


async def test_file_that_vanishes(gather, job: Job, pictures: Path) -> None:
    """A file that is gone when its turn comes is an outcome, no error."""
    few = Target("folder", str(pictures), max_images=1)
    more = Target("folder", str(pictures))
    await gather(Job(dataset=job.dataset, targets=(few,)))
    for path in pictures.rglob("*.jpg"):
        path.unlink()
    outcomes, summary = await gather(Job(dataset=job.dataset, targets=(more,)))

    assert not summary.errors
    assert {(o.status, o.reason) for o in outcomes} == {(Status.GONE, "missing")}


@pytest.mark.parametrize("inside", ["", "images"])
async def test_own_data_set(gather, tmp_path: Path, inside: str) -> None:
    """A folder that holds the data set or lies in it is refused: it would feed on itself."""
    taken = tmp_path / "set" / inside if inside else tmp_path
    taken.mkdir(parents=True, exist_ok=True)

    with pytest.raises(UsageError, match="data set"):
        await gather(Job(dataset=tmp_path / "set", targets=(Target("folder", str(taken)),)))


async def test_side_files_and_addresses(gather, tmp_path: Path, picture) -> None:
    """A side file's address stands in the URL log, and is not asked for: the bytes lie here."""
    root = tmp_path / "gallery-dl"
    root.mkdir()
    for number in (1, 2):
        (root / f"{number}.jpg").write_bytes(picture(number))
    told = {"file_url": "http://127.0.0.1:9/1.jpg", "user": "ink", "tags": ["a"]}
    (root / "1.jpg.json").write_text(json.dumps(told))
    job = Job(dataset=tmp_path / "set", targets=(Target("folder", str(root)),))
    outcomes, summary = await gather(job)
    (log,) = (job.dataset / "urls").glob("*.log")

    assert [o.status for o in outcomes] == [Status.SAVED] * 2
    assert log.read_text() == "http://127.0.0.1:9/1.jpg\n"
    assert any("1 picture without an address stands" in note for note in summary.notes)


async def test_only_what_is_new_is_read(gather, job: Job, pictures: Path) -> None:
    """A second run reads no byte of a file whose size, time and inode are what they were."""
    first, _ = await gather(job)  # written just now: read again by the next run
    for path in pictures.rglob("*.jpg"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    await gather(job)
    for path in pictures.rglob("*.jpg"):
        with path.open("r+b") as stream:
            stream.write(b"?" * path.stat().st_size)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    third, _ = await gather(job)

    assert {o.sighting.key for o in third} == {o.sighting.key for o in first}
    assert not [o for o in third if o.status is Status.SAVED]
