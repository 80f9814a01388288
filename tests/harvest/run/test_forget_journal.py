"""What was forgotten is in no answer that is journaled later, whoever shows it."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.records import Sighting, Target
from harvest.run.forget import forget
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.marks import accounts_of
from harvest.store.schema import open_store

FEED = "at://did:plc:ms3bqayahur3jvvf4yghdy6y/app.bsky.feed.generator/webcomic"
TARGETS = {
    "mastodon": Target("mastodon", "mastodon.example/#webcomic"),
    "tumblr": Target("tumblr", "webcomic"),
    "bluesky": Target("bluesky", FEED),
    "twitter": Target("twitter", "daskritzelt", retweets=True),
}
"""Each shows posts of several accounts."""


@pytest.fixture(scope="module")
def world() -> World:
    """The demo's world, in which every source's example is."""
    return World.demo()


@pytest.fixture
async def job(tmp_path: Path, world: World, still):
    """A data set of the stand-ins; its targets are put in by the tests."""
    async with Sandbox(world) as running:
        yield Job(
            dataset=tmp_path / "set",
            targets=(),
            keys=sandbox_keys(),
            outside=Outside(sandbox_endpoints(running.url)),
            clock=still.clock,
        )


def journal(dataset: Path) -> str:
    """All journaled answers, without JSON's escapes, in small letters."""
    with open_store(dataset / "catalog.sqlite", read_only=True) as catalog:
        rows = catalog.connection.execute("SELECT body FROM page").fetchall()
    bodies = [json.loads(zlib.decompress(row["body"])) for row in rows]
    return "\n".join(json.dumps(body, ensure_ascii=False) for body in bodies).casefold()


def told_of(sightings: list[Sighting]) -> set[str]:
    """What an answer tells of these: ids, addresses, texts, descriptions."""
    found: set[str] = set()
    for one in sightings:
        every = (one.post_id, one.url, one.post_url, one.alt_text)
        found |= {word.casefold() for word in every if word}
    return found


def forget_walk(dataset: Path) -> None:
    """Let the next run read every page again, as one that follows other targets would."""
    with open_store(dataset / "catalog.sqlite") as catalog:
        catalog.connection.execute("DELETE FROM walk")


@pytest.mark.parametrize("again", ["new posts", "all pages"])
@pytest.mark.parametrize("name", TARGETS)
async def test_later_answers(gather, job: Job, name: str, again: str) -> None:
    """Neither an account nor a single post is in what the next run journals."""
    job = replace(job, targets=(TARGETS[name],))
    outcomes, _ = await gather(job)
    every = [o.sighting for o in outcomes]
    own = {a for s in every for a in accounts_of(s)} - {t.key for t in job.targets}
    account = max(own, default="")
    theirs = [s for s in every if account in accounts_of(s)]
    single = next(s for s in every if s.post_url and account not in accounts_of(s))
    same = [s for s in every if s.post_url == single.post_url]
    words = told_of(theirs) | told_of(same)
    before = journal(job.dataset)
    for wish in filter(None, (account, single.post_url)):
        forget(job.dataset, [wish])
    cut = journal(job.dataset)
    if again == "all pages":
        forget_walk(job.dataset)
    await gather(job)
    after = journal(job.dataset)

    assert any(word in before for word in words)
    assert not [word for word in words if word in cut]
    assert not [word for word in words if word in after]
    assert not account or account.rpartition("@")[2].rpartition(":")[2] not in after
