"""A side file that comes after its picture, or is changed, counts as if it had been there first."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harvest.ledger.records import Status, Target
from harvest.run.forget import forget
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.lift import lift
from harvest.sources import folder as folder_source
from harvest.store.schema import open_store

OLD = 1_600_000_000
PICTURE = "https://pbs.twimg.com/media/Ab1.jpg"


def tells(name: str, number: int = 1) -> dict[str, Any]:
    """What gallery-dl writes of a tweet."""
    return {
        "category": "twitter",
        "tweet_id": number,
        "author": {"name": name},
        "file_url": PICTURE,
        "hashtags": ["ink"],
        "content": "words",
    }


def write(path: Path, told: dict[str, Any], at: int = OLD) -> None:
    """A side file, long enough ago that its time can be trusted."""
    path.write_text(json.dumps(told))
    os.utime(path, (at, at))


@pytest.fixture
def taken(tmp_path: Path, picture) -> Path:
    """A folder with two pictures and nothing beside them."""
    root = tmp_path / "k"
    root.mkdir()
    for number in (1, 2):
        (root / f"{number}.jpg").write_bytes(picture(number))
        os.utime(root / f"{number}.jpg", (OLD, OLD))
    return root


@pytest.fixture
def job(tmp_path: Path, taken: Path) -> Job:
    """The folder, into a data set beside it."""
    return Job(dataset=tmp_path / "set", targets=(Target("folder", str(taken)),))


def rows(dataset: Path) -> dict[str, Any]:
    """What the catalog tells, by the picture's file name."""
    with open_store(dataset / "catalog.sqlite", read_only=True) as catalog:
        found = catalog.connection.execute("SELECT * FROM sighting").fetchall()
    return {Path(json.loads(row["fallback_urls"])[0]).name: dict(row) for row in found}


def copies(dataset: Path, data: bytes) -> list[Path]:
    files = (p for p in dataset.rglob("*") if p.is_file())
    return [p for p in files if p.read_bytes() == data]


async def test_it_comes_later(gather, job: Job, taken: Path) -> None:
    """Its facts join the picture that is there, which stays known; the log has its address."""
    await gather(job)
    before = rows(job.dataset)["1.jpg"]
    write(taken / "1.jpg.json", tells("janedoe"))
    _, summary = await gather(job)
    after = rows(job.dataset)["1.jpg"]
    (log,) = (job.dataset / "urls").glob("*.log")

    assert before["author"] is None
    assert summary.total.known == 2
    assert (after["author"], after["url"], after["text"]) == ("janedoe", PICTURE, "words")
    assert after["post_url"] == "https://x.com/janedoe/status/1"
    assert json.loads(after["tags"]) == ["ink"]
    assert {k: after[k] for k in ("id", "post_id", "status")} == {
        k: before[k] for k in ("id", "post_id", "status")
    }
    assert log.read_text() == f"{PICTURE}\n"


async def test_it_is_changed(gather, job: Job, taken: Path) -> None:
    """Other facts replace the old ones; a log that nothing stands in any more is gone."""
    write(taken / "1.jpg.json", tells("janedoe"))
    await gather(job)
    await gather(job)
    write(taken / "1.jpg.json", tells("janed") | {"file_url": ""}, OLD + 5)
    await gather(job)
    after = rows(job.dataset)["1.jpg"]

    assert (after["author"], after["url"]) == ("janed", "")
    assert not list((job.dataset / "urls").glob("*.log"))


async def test_it_is_taken_away(gather, job: Job, taken: Path) -> None:
    """What was told stays told when the side file goes, or can be read no more."""
    write(taken / "1.jpg.json", tells("janedoe"))
    write(taken / "2.json", tells("bob"))
    await gather(job)
    (taken / "1.jpg.json").unlink()
    (taken / "2.json").write_text("{")
    _, summary = await gather(job)
    told = rows(job.dataset)

    assert [told[name]["author"] for name in ("1.jpg", "2.jpg")] == ["janedoe", "bob"]
    assert [note for note in summary.notes if note.endswith("came alone: '2.json'")]


async def test_nothing_is_read_twice(gather, job: Job, taken: Path, monkeypatch) -> None:
    """A side file is not opened again when neither it nor its picture has changed."""
    write(taken / "1.jpg.json", tells("janedoe"))
    read: list[str] = []
    real = folder_source.read_sidecar
    monkeypatch.setattr(folder_source, "read_sidecar", lambda p: [read.append(p.name), real(p)][1])
    await gather(job)
    first, read[:] = list(read), []
    await gather(job)
    second, read[:] = list(read), []
    write(taken / "1.jpg.json", tells("janed"), OLD + 5)
    await gather(job)

    assert (first, second, read) == (["1.jpg.json"], [], ["1.jpg.json"])


async def test_labels_follow(gather, job: Job, taken: Path) -> None:
    """With `label_from: account` the picture moves to the folder of whoever is told now."""
    (target,) = job.targets
    job = replace(job, targets=(replace(target, label_from="account"),))
    await gather(job)
    write(taken / "1.jpg.json", tells("janedoe"))
    await gather(job)
    first = {p.parent.name for p in copies(job.dataset, (taken / "1.jpg").read_bytes())}
    write(taken / "1.jpg.json", tells("") | {"author": None}, OLD + 5)
    await gather(job)
    second = {p.parent.name for p in copies(job.dataset, (taken / "1.jpg").read_bytes())}

    assert "janedoe" in first
    assert "_unsorted" in second


async def test_several_files(gather, job: Job, taken: Path) -> None:
    """Of files with the same bytes the first one that tells something speaks, whenever it came."""
    (taken / "b.jpg").write_bytes((taken / "1.jpg").read_bytes())
    write(taken / "b.jpg.json", tells("second"))
    await gather(job)
    alone = rows(job.dataset)["1.jpg"]["author"]
    write(taken / "1.jpg.json", tells("first"))
    await gather(job)
    both = rows(job.dataset)["1.jpg"]["author"]

    assert (alone, both) == ("second", "first")


@pytest.mark.parametrize("what", ["twitter:janedoe", PICTURE, "https://x.com/janedoe/status/1"])
async def test_forgotten_before_it_was_told(gather, job: Job, taken: Path, what: str) -> None:
    """A picture that a side file tells to be forgotten goes out of the data set, file and all."""
    await gather(job)
    data = (taken / "1.jpg").read_bytes()
    absent = forget(job.dataset, [what]).absent
    write(taken / "1.jpg.json", tells("janedoe"))
    outcomes, summary = await gather(job)
    left = copies(job.dataset, data)
    again, _ = await gather(job)

    assert absent == [what]
    assert [o.reason for o in outcomes if o.status is Status.REFUSED] == ["forgotten"]
    assert left == []
    assert list(rows(job.dataset)) == ["2.jpg"]
    assert [note for note in summary.notes if note.startswith("1 picture taken out")]
    assert [o.reason for o in again if o.status is Status.REFUSED] == ["forgotten"]
    assert len(copies(job.dataset, (taken / "2.jpg").read_bytes())) == 2


async def test_what_another_copy_told(gather, job: Job, taken: Path) -> None:
    """Whoever only a second copy's side file names is found as well, by the next run."""
    (taken / "b.jpg").write_bytes((taken / "1.jpg").read_bytes())
    write(taken / "1.jpg.json", tells("first", 1) | {"file_url": ""})
    write(taken / "b.jpg.json", tells("second", 2))
    os.utime(taken / "b.jpg", (OLD, OLD))
    await gather(job)
    await gather(job)
    forget(job.dataset, ["twitter:second"])
    await gather(job)

    assert copies(job.dataset, (taken / "1.jpg").read_bytes()) == []


async def test_killed_on_the_way(gather, job: Job, taken: Path) -> None:
    """A run that ends before it took the picture out has buried it; the next one takes it out."""
    await gather(job)
    forget(job.dataset, ["twitter:janedoe"])
    write(taken / "1.jpg.json", tells("janedoe"))
    async with aclosing(Run(job).outcomes()) as going:
        await anext(going)
    data = (taken / "1.jpg").read_bytes()
    half = copies(job.dataset, data)
    (taken / "1.jpg.json").unlink()
    outcomes, _ = await gather(job)

    assert len(half) == 2
    assert copies(job.dataset, data) == []
    assert [o.reason for o in outcomes if o.status is Status.REFUSED] == ["forgotten"]


async def test_lifted(gather, job: Job, taken: Path) -> None:
    """When the wish is lifted, the picture comes in again with all that is told of it."""
    write(taken / "1.jpg.json", tells("janedoe"))
    await gather(job)
    forget(job.dataset, ["twitter:janedoe"])
    refused, _ = await gather(job)
    done = lift(job.dataset, ["twitter:janedoe"])
    outcomes, _ = await gather(job)
    sha256 = hashlib.sha256((taken / "1.jpg").read_bytes()).hexdigest()

    assert "forgotten" in [o.reason for o in refused]
    assert done.kinds == {"account": 1, "address": 1, "bytes": 1, "sighting": 1}
    assert [o.sighting.post_id for o in outcomes if o.status is Status.SAVED] == [sha256]
    assert rows(job.dataset)["1.jpg"]["author"] == "janedoe"
