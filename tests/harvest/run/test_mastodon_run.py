"""Whole runs over Mastodon targets against the sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status, Target
from harvest.run.harvest import harvest
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.sandbox.fediverse import AWAY, HOME
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

MARA = Target("mastodon", f"{HOME}/@mara")
HERE = Target("mastodon", f"{HOME}/#ink")
THERE = Target("mastodon", f"{AWAY}/@otto")


@pytest.fixture(scope="module")
def world() -> World:
    """Nothing of its own: the specials alone."""
    return World.build(pictures=0)


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still) -> Job:
    """One account, everything mapped to the sandbox, no pause takes time, no keys at all."""
    return Job(
        dataset=tmp_path / "set",
        targets=(MARA,),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


async def test_every_picture_is_saved(gather, job: Job, world: World) -> None:
    """All pictures of all shapes of posts, and their addresses in the log, in order."""
    outcomes, summary = await gather(job)
    truth = [one for one in world.truth() if MARA.key in one.targets]
    log = DatasetFolder.open(job.dataset).urls / f"urls_{MARA.log_name}.log"

    assert not summary.errors
    assert {o.status for o in outcomes} == {Status.SAVED}
    assert sorted(o.sighting.key for o in outcomes) == sorted(
        (one.source, one.post_id, one.media_index) for one in truth
    )
    assert log.read_text().splitlines() == [one.url for one in truth]


async def test_one_post_through_two_instances(gather, job: Job, sandbox: Sandbox) -> None:
    """It is one picture, asked for once, and belongs to both targets."""
    outcomes, summary = await gather(replace(job, targets=(THERE, HERE)))
    files = [line for line in sandbox.requests if "/media_attachments/" in line]
    saved = [o for o in outcomes if o.status is Status.SAVED]
    counts = summary.counts

    assert not summary.errors
    assert len(saved) == len(files) == len(set(files)) == counts[THERE.key].saved > 0
    assert counts[HERE.key].known == counts[THERE.key].saved


@pytest.mark.parametrize("pages", range(1, 4))
async def test_ended_at_any_page_it_goes_on(
    gather, sandbox: Sandbox, job: Job, still, contents, *, pages: int
) -> None:
    """Two runs, however they share the pages, ask what one asks, and leave what one leaves."""
    whole = replace(job, dataset=job.dataset.with_name("whole"))
    await gather(whole)
    asked = {line for line in sandbox.requests if "/api/" in line}
    limits = {"mastodon": 1 + pages}
    async with Sandbox(sandbox.world, limits=limits, clock=still.clock.now) as limited:
        short = replace(job, outside=Outside(sandbox_endpoints(limited.url)), max_wait=0)
        _, early = await gather(short)
        before = [line for line in limited.requests if "/api/" in line]
        still.at += 300
        limited.requests.clear()
        _, late = await gather(replace(short, max_wait=900))
        after = [line for line in limited.requests if "/api/" in line]

    assert [error.exit_code for error in early.errors] == [4]
    assert not late.errors
    assert contents(job.dataset) == contents(whole.dataset)
    assert before[-1] == after[0]  # what was refused is asked once more, and nothing else
    assert {*before, *after} == asked
    assert len(asked) == 5
    assert not set(before[:-1]) & set(after)


@pytest.mark.parametrize(
    ("name", "code", "pictures"),
    [
        (f"{HOME}/#members", 3, 0),
        (f"{HOME}/@forbidden", 3, 0),
        (f"{HOME}/@nobody", 3, 0),
        (f"{HOME}/#gone", 3, 0),
        (f"{HOME}/#rejected", 3, 0),
        (f"{HOME}/#webpage", 3, 0),
        ("closed.example/#ink", 3, 0),
        ("moved.example/#ink", 3, 0),
        ("shop.example/@mara", 3, 0),
        (f"{HOME}/#throttled", 4, 0),
        (f"{HOME}/@html", 4, 0),
        (f"{HOME}/#object", 4, 0),
        (f"{HOME}/@torn", 4, 0),
        (f"{HOME}/@elsewhere", 4, 1),
        (f"{HOME}/#local", 4, 1),
        (f"{HOME}/#limited", 0, 3),
        (f"{HOME}/#hollow", 0, 3),
        (f"{HOME}/@looped", 0, 2),
        ("a b.example/#ink", 2, 0),
    ],
)
def test_every_error_has_its_exit_code(
    tmp_path: Path, world: World, still, *, name: str, code: int, pictures: int
) -> None:
    """One line, one exit code; what came before the error is kept."""
    target = Target("mastodon", name)
    with running_sandbox(world, clock=still.clock.now) as sandbox:
        summary = harvest(
            Job(
                dataset=tmp_path / "set",
                targets=(target,),
                outside=Outside(sandbox_endpoints(sandbox.url)),
                clock=still.clock,
            )
        )
    lines = [str(error) for error in summary.errors]

    assert [error.exit_code for error in summary.errors] == ([code] if code else [])
    assert all(line.startswith(f"{target.key}: ") and line.isprintable() for line in lines)
    assert summary.total.saved == pictures
    assert sandbox.requests.count("/api/") <= 12  # what fails is tried again, not for ever
