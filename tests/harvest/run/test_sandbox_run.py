"""Whole runs against the sandbox, with the real API clients."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import AccountError, CredentialsError, Interrupted, RateLimited
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status, Target
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import Keys
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.outcomes import count_targets
from harvest.store.schema import open_store

ADA = Target("twitter", "ada_artist")
BLOG = Target("tumblr", "inkblog/comic")


@pytest.fixture(scope="module")
def world() -> World:
    """One account and one blog with everything planted that can befall a picture."""
    plant = {"exact_duplicate": 2, "truncated": 1, "html": 1, "empty": 1, "missing": 1}
    return World.build(pictures=30, blog="inkblog", plant=plant, page_cap=5)


@pytest.fixture
def targets() -> tuple[Target, ...]:
    """What the job gathers."""
    return (ADA, BLOG)


async def test_one_outcome_each(gather, job: Job, world: World) -> None:
    """Every picture that the world shows ends in one outcome, each kind in its own way."""
    outcomes, summary = await gather(job)
    truth = [t for t in world.truth() if {ADA.key, BLOG.key} & set(t.targets)]
    expected = Counter({"missing": Status.GONE, "broken": None}.get(t.kind, S) for t in truth)
    ends = Counter(o.status for o in outcomes)

    assert not summary.errors
    assert len({o.sighting.key for o in outcomes}) == len(outcomes) == len(truth)
    assert ends[S] == expected[S]
    assert ends[Status.GONE] == expected[Status.GONE]
    assert ends[Status.REFUSED] + ends[Status.FAILED] == expected[None]
    assert {o.reason for o in outcomes if o.status is Status.REFUSED} == {"not_an_image", "empty"}


async def test_what_it_leaves(gather, job: Job) -> None:
    """Saved pictures lie in raw/, stand once under images/, and their addresses in the logs."""
    outcomes, summary = await gather(job)
    folder = DatasetFolder.open(job.dataset)
    raw = [p for p in folder.raw.rglob("*") if p.is_file()]
    shown = list(folder.unsorted.iterdir())
    saved = [o for o in outcomes if o.status is S]
    log = (folder.urls / "urls_twitter_ada_artist.log").read_text().splitlines()

    assert len(raw) == len({o.image for o in saved}) == summary.total.saved
    assert {p.stat().st_ino for p in raw} == {p.stat().st_ino for p in shown}
    assert len(raw) == len(shown)
    assert sorted(log) == sorted(o.sighting.url for o in saved if o.sighting.source == "twitter")
    assert not list(folder.parts.iterdir())


async def test_again_asks_for_nothing(gather, job: Job, sandbox: Sandbox, contents) -> None:
    """The same command again asks for no picture, and for no page but the newest."""
    await gather(replace(job, targets=(ADA,)))
    before = contents(job.dataset)
    failed = sum(c.count for c in standing(job) if c.status == "failed")
    sandbox.requests.clear()
    outcomes, _ = await gather(replace(job, targets=(ADA,)))
    asked = [line for line in sandbox.requests if not line.startswith("GET /2/")]
    pages = sum("/tweets" in line for line in sandbox.requests)
    after = contents(job.dataset)

    assert len(outcomes) == failed == 1
    assert {o.status for o in outcomes} == {Status.FAILED}
    assert 0 < len(asked) <= 8  # the ladder of the one that failed
    assert pages == 1
    assert after["files"] == before["files"]
    assert after["sighting"] == before["sighting"]


def standing(job: Job):
    with open_store(job.dataset / "catalog.sqlite") as catalog:
        return count_targets(catalog)


async def test_max_images(gather, job: Job, sandbox: Sandbox) -> None:
    """`max_images` ends the paging and the downloads; a later run with more goes on from there."""
    few = replace(ADA, max_images=4)
    first, _ = await gather(replace(job, targets=(few,)))
    pages = sandbox.requests.count("GET /2/users/")
    more, _ = await gather(replace(job, targets=(replace(ADA, max_images=9),)))

    assert len(first) == 4
    assert pages <= 3
    assert len({o.sighting.key for o in more} - {o.sighting.key for o in first}) == 5
    assert {o.status for o in more if o in first} <= {Status.FAILED}


async def test_one_target_fails(gather, job: Job) -> None:
    """An account that does not exist fails alone; the others are gathered, the code is its own."""
    nobody = Target("twitter", "nobody_here")
    _, summary = await gather(replace(job, targets=(nobody, ADA)))

    assert [f.target for f in summary.failures] == ["twitter:nobody_here"]
    assert summary.counts["twitter:ada_artist"].saved
    with pytest.raises(AccountError):
        summary.check()


async def test_no_keys(gather, job: Job) -> None:
    """Missing keys are told in one line with the variable and the demo; other sources go on."""
    keys = {"tumblr": job.keys["tumblr"], "twitter": Keys({}, {"bearer_token": "MY_TOKEN"})}
    _, summary = await gather(replace(job, keys=keys, targets=(ADA, replace(ADA, name="b"), BLOG)))
    (error,) = summary.errors

    assert isinstance(error, CredentialsError)
    assert "MY_TOKEN" in str(error)
    assert "winnow demo" in str(error)
    assert summary.counts[BLOG.key].saved


async def test_waits_for_a_limit(gather, world: World, job: Job, still) -> None:
    """A limit that ends within --max-wait is waited for, and nothing is asked for twice."""
    async with Sandbox(world, limits={"x_tweets": 2}, clock=still.clock.now) as sandbox:
        limited = replace(job, targets=(ADA,), outside=Outside(sandbox_endpoints(sandbox.url)))
        outcomes, summary = await gather(replace(limited, max_wait=100_000))
        pages = [line for line in sandbox.requests if "/tweets" in line]

    assert not summary.errors
    assert len(outcomes) == summary.total.seen
    assert max(still.slept) > 60
    assert any("waiting" in note for note in summary.notes)
    assert len(pages) <= 2 * len(set(pages))


async def test_comes_back_later(gather, world: World, job: Job, still) -> None:
    """A limit beyond --max-wait ends with exit code 4 and the time; the same command resumes."""
    async with Sandbox(world, limits={"x_tweets": 2}, clock=still.clock.now) as sandbox:
        limited = replace(job, targets=(ADA,), outside=Outside(sandbox_endpoints(sandbox.url)))
        first, early = await gather(replace(limited, max_wait=5))
        still.at += 3600
        second, late = await gather(replace(limited, max_wait=100_000))

    with pytest.raises(RateLimited, match="run the same command again"):
        early.check()
    assert not late.errors
    assert first
    keys = [o.sighting.key for o in first + second if o.status is not Status.FAILED]
    assert len(keys) == len(set(keys))


async def test_stop_and_go_on(gather, job: Job, contents, tmp_path: Path) -> None:
    """Stopped in order, a run keeps what it has; the same command ends in the same data set."""
    whole = replace(job, dataset=tmp_path / "whole")
    await gather(whole)
    run = Run(replace(job, max_requests=2))
    count = 0
    async for _ in run.outcomes():
        count += 1
        if count == 5:
            run.stop()
    stopped = run.summary
    await gather(job)

    with pytest.raises(Interrupted, match="same command again"):
        stopped.check()
    assert contents(job.dataset) == contents(whole.dataset)


async def test_labels_in_conflict(gather, job: Job) -> None:
    """A picture that two targets label differently goes back to `_unsorted` and into both logs."""
    ours = replace(BLOG, label="comic")
    rival = Target("tumblr", "comic", label="no_comic")
    await gather(replace(job, targets=(ours,)))
    folder = DatasetFolder.open(job.dataset)
    before = {p.name for p in folder.label_folder("comic").iterdir()}
    await gather(replace(job, targets=(ours, rival)))
    logs = [
        (folder.urls / name).read_text().splitlines()
        for name in ("urls_tumblr_inkblog_comic.log", "urls_tumblr_comic.log")
    ]

    assert before
    assert not list(folder.label_folder("comic").iterdir())
    assert before <= {p.name for p in folder.unsorted.iterdir()}
    assert set(logs[0]) <= set(logs[1])


async def test_moved_by_hand(gather, job: Job) -> None:
    """A picture that a person has moved or removed is never put back."""
    ours = replace(BLOG, label="comic")
    await gather(replace(job, targets=(ours,)))
    folder = DatasetFolder.open(job.dataset)
    moved, removed, *_ = sorted(folder.label_folder("comic").iterdir())
    (folder.images / "mine").mkdir()
    moved.rename(folder.images / "mine" / moved.name)
    removed.unlink()
    rival = Target("tumblr", "comic", label="no_comic")
    await gather(replace(job, targets=(ours, rival)))

    assert [p.name for p in (folder.images / "mine").iterdir()] == [moved.name]
    assert not list(folder.images.rglob(removed.name))
    assert list(folder.images.rglob(moved.name)) == [folder.images / "mine" / moved.name]


S = Status.SAVED
