"""A take-down in the files of a data set: every name a picture has, every list that tells of it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Outcome, Status
from harvest.run.forget import forget, list_forgotten
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"


@pytest.fixture
async def job(tmp_path: Path, still):
    """Four addresses of one label."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as sandbox:
        log = tmp_path / "urls_comic.log"
        log.write_text("".join(f"{PLACE}/media/{n}.jpg\n" for n in range(4)))
        made = logs_job([log], tmp_path / "set", UrlOptions())
        yield replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)


def saved(outcomes: list[Outcome]) -> list[Outcome]:
    return [o for o in outcomes if o.status is Status.SAVED]


def holders(dataset: Path, word: str) -> list[str]:
    """Files of a data set that hold a word."""
    files = (p for p in dataset.rglob("*") if p.is_file())
    return [str(p) for p in files if word.encode() in p.read_bytes()]


def copies(dataset: Path, sha256: str) -> list[Path]:
    """Files of a data set that hold these bytes."""
    files = (p for p in dataset.rglob("*") if p.is_file())
    return [p for p in files if hashlib.sha256(p.read_bytes()).hexdigest() == sha256]


async def test_dry_run(gather, job: Job, contents) -> None:
    """`dry_run` counts what would go, and changes nothing."""
    outcomes, _ = await gather(job)
    before = contents(job.dataset)
    would = forget(job.dataset, [saved(outcomes)[0].image.sha256], dry_run=True)

    assert contents(job.dataset) == before
    assert list_forgotten(job.dataset) == []
    done = forget(job.dataset, [saved(outcomes)[0].image.sha256])
    assert (would.pictures, would.files, would.lists) == (done.pictures, done.files, done.lists)
    assert done.pictures == 1


async def test_every_name(gather, job: Job) -> None:
    """Links, copies and edited copies go, wherever below images/ and build/ they stand."""
    outcomes, _ = await gather(job)
    one, other = saved(outcomes)[:2]
    folder = DatasetFolder.open(job.dataset)
    raw = next(p for p in copies(job.dataset, one.image.sha256) if "raw" in p.parts)
    shown = next(p for p in copies(job.dataset, one.image.sha256) if "images" in p.parts)
    for place in ("_rejected/blank/a.jpg", "comic/deep/b.jpg", "../build/train/comic/c.jpg"):
        path = folder.images / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw.read_bytes())
    edited = folder.images / "photo" / shown.name
    edited.parent.mkdir()
    edited.write_bytes(raw.read_bytes()[:-1] + b"x")
    lines = [{"sha256": o.image.sha256, "urls": [o.sighting.url]} for o in (one, other)]
    lines[1]["urls"].append(one.sighting.url)
    manifest = folder.build / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for place, shows in (("reports/curate.html", one), ("models/001/report.html", one)):
        path = job.dataset / place
        path.parent.mkdir(parents=True)
        path.write_text(f"<p>{shows.image.sha256[:8]}, jpeg</p>")
    (job.dataset / "reports/other.html").write_text(f"<p>{other.image.sha256[:8]}, jpeg</p>")
    (job.dataset / "models/001/card.json").write_text("{}")
    done = forget(job.dataset, [one.sighting.url])

    assert done.files == 6
    assert [p.name for p in job.dataset.rglob("*.html")] == ["other.html"]
    assert any("models that may have learnt from them: 001" in note for note in done.notes)
    assert holders(job.dataset, one.sighting.url) == []
    assert not [p for p in job.dataset.rglob("*") if one.image.sha256[:8] in p.name]
    assert [json.loads(line) for line in manifest.read_text().splitlines()] == [
        {"sha256": other.image.sha256, "urls": [other.sighting.url]}
    ]
    assert any("build/" in note for note in done.notes)
    assert len(copies(job.dataset, other.image.sha256)) == 2


async def test_free_pages(gather, job: Job) -> None:
    """What the catalog had deleted before is wiped from its free pages too."""
    outcomes, _ = await gather(job)
    word = "was-deleted-long-ago"
    with sqlite3.connect(job.dataset / "catalog.sqlite") as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE other(words TEXT)")
        connection.execute("INSERT INTO other VALUES (?)", (word * 1000,))
        connection.commit()
        connection.execute("DROP TABLE other")
    connection.close()
    before = holders(job.dataset, word)
    forget(job.dataset, [saved(outcomes)[0].image.sha256])

    assert before
    assert holders(job.dataset, word) == []
