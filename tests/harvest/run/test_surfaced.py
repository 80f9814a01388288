"""A page shows that what the data set holds was wished gone: it is taken out, not only refused."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.records import Outcome, Status
from harvest.ledger.targets import parse_target
from harvest.run.forget import forget
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.twitter import Twitter


@pytest.fixture
async def job(tmp_path: Path, still):
    """An account's first pictures."""
    async with Sandbox(World.demo()) as sandbox:
        yield Job(
            dataset=tmp_path / "set",
            targets=(replace(parse_target(Twitter.example), max_images=12),),
            keys=sandbox_keys(),
            outside=Outside(sandbox_endpoints(sandbox.url)),
            clock=still.clock,
        )


def copies(dataset: Path, sha256: str) -> list[Path]:
    files = (p for p in dataset.rglob("*") if p.is_file())
    return [p for p in files if hashlib.sha256(p.read_bytes()).hexdigest() == sha256]


def single(outcomes: list[Outcome]) -> Outcome:
    """A saved picture that is the only one of its post."""
    saved = [o for o in outcomes if o.status is Status.SAVED and o.reason == ""]
    posts = Counter(o.sighting.post_id for o in outcomes)
    return next(o for o in saved if posts[o.sighting.post_id] == 1)


def told_less(dataset: Path, outcome: Outcome) -> None:
    """As if the post's address had not been known, and the walk had not been walked."""
    with sqlite3.connect(dataset / "catalog.sqlite") as connection:
        connection.execute(
            "UPDATE sighting SET post_url = NULL WHERE post_id = ?", (outcome.sighting.post_id,)
        )
        connection.execute("DELETE FROM walk")
        connection.execute("DELETE FROM page")
        connection.execute("UPDATE seen SET position = position - 1000")
    connection.close()


@pytest.mark.parametrize("killed", [False, True])
async def test_post_that_is_known_late(gather, job: Job, killed: bool) -> None:
    """The post of a picture is forgotten before its address is known: the next look takes it out.

    A run that ends before it could leaves that to the next one.
    """
    outcomes, _ = await gather(job)
    one = single(outcomes)
    told_less(job.dataset, one)
    done = forget(job.dataset, [one.sighting.post_url])
    before = copies(job.dataset, one.image.sha256)
    if killed:
        async with aclosing(Run(job).outcomes()) as going:
            async for outcome in going:
                if outcome.reason == "forgotten":
                    break
        half = copies(job.dataset, one.image.sha256)
    _, summary = await gather(job)
    with sqlite3.connect(job.dataset / "catalog.sqlite") as connection:
        query = "SELECT COUNT(*) FROM sighting WHERE post_id = ? OR sha256 = ?"
        (left,) = connection.execute(query, (one.sighting.post_id, one.image.sha256)).fetchone()
    connection.close()
    again, _ = await gather(job)

    assert done.absent == [one.sighting.post_url]
    assert len(before) == 2
    assert not killed or len(half) == 2
    assert copies(job.dataset, one.image.sha256) == []
    assert left == 0
    assert killed or [n for n in summary.notes if n.startswith("1 picture taken out")]
    assert not [o for o in again if o.image == one.image]
    assert one.sighting.url not in (job.dataset / "urls/urls_twitter_islieb.log").read_text()
