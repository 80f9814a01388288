"""Every way in which X does not answer, through whole runs: an exit code, one line, what to do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.guard.session import Outside
from harvest.ledger.errors import Interrupted, Outage, RateLimited
from harvest.ledger.records import Target
from harvest.ledger.settings import Secret
from harvest.pacing.gates import Clock
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import Keys
from harvest.sandbox import keys
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

ADA = Target("twitter", "ada_artist")


@pytest.fixture(scope="module")
def world() -> World:
    """A few pictures, and all accounts that misbehave."""
    return World.build(pictures=3)


@pytest.fixture
def targets() -> tuple[Target, ...]:
    """What the job gathers."""
    return (ADA,)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("suspended_sam", 3, "suspended; take it off the list"),
        ("suspended_sue", 3, "suspended; take it off the list"),
        ("nobody_404", 3, "no such account; check the spelling"),
        ("no_such_account", 3, "no such account; check the spelling"),
        ("protected_pia", 3, "approved followers"),
        ("credits_carl", 4, "credit for the X API is spent; add some"),
        ("capped_cora", 4, "monthly cap is used up; raise it"),
        ("html_hanna", 4, "503; try again later; the same command goes on"),
        ("empty_emil", 4, "500; try again later; the same command goes on"),
        ("broken_bea", 4, "500 (Something is broken"),
        ("revoked_rosa", 3, "does not accept the credentials"),
    ],
)
async def test_an_account_that_fails(gather, job: Job, name: str, code: int, words: str) -> None:
    """One line for it, its exit code, and the next account is gathered all the same."""
    _, summary = await gather(replace(job, targets=(Target("twitter", name), ADA)))
    (failure,) = summary.failures

    assert failure.error.exit_code == code
    assert str(failure.error).startswith(f"twitter:{name}: ")
    assert words in str(failure.error)
    assert "\n" not in str(failure.error)
    assert summary.counts[ADA.key].saved == 3


@pytest.mark.parametrize("name", ["limited_lara", "limited_lou", "flaky_fred", "gap_greta"])
async def test_an_account_that_stumbles(gather, job: Job, name: str) -> None:
    """A window's end, a limit without a time, an outage, an empty page: all of it arrives."""
    _, summary = await gather(replace(job, targets=(Target("twitter", name),)))

    assert not summary.errors
    assert summary.total.saved + summary.total.same_bytes > 5


@pytest.mark.parametrize(
    ("bearer", "code", "words"),
    [
        ("stolen", 3, "in MY_BEARER: mistyped, or revoked since; copy them anew"),
        (
            keys.REVOKED_BEARER,
            3,
            "in MY_BEARER are revoked or expired; make new ones at https://dev",
        ),
        (keys.UNENROLLED_BEARER, 3, "attach the app to a project at https://developer.x.com"),
        (
            keys.BROKE_BEARER,
            4,
            "credit for the X API is spent; add some at https://developer.x.com",
        ),
    ],
)
async def test_keys_are_told_apart(gather, job: Job, bearer: str, code: int, words: str) -> None:
    """Bad, revoked, not enrolled and spent: each once for all targets, with what to do."""
    given = {"twitter": Keys({"bearer_token": Secret(bearer)}, {"bearer_token": "MY_BEARER"})}
    _, summary = await gather(replace(job, keys=given))
    (error,) = summary.errors

    assert error.exit_code == code
    assert words in str(error)
    assert bearer not in str(error)


async def test_outages_are_asked_again_a_few_times(
    gather, job: Job, sandbox: Sandbox, still
) -> None:
    """At growing distances, never below a second; then the target fails and says how to go on."""
    _, summary = await gather(replace(job, targets=(Target("twitter", "html_hanna"),)))
    asked = [line for line in sandbox.requests if "/tweets" in line]

    assert 3 <= len(asked) <= 6
    assert len(still.slept) == len(asked) - 1
    assert still.slept == sorted(still.slept)
    assert min(still.slept) >= 1
    assert still.slept[-1] > 2 * still.slept[0]
    with pytest.raises(Outage):
        summary.check()


async def test_waits_are_counted_together(gather, job: Job, still) -> None:
    """`max_wait` is for all that a source waits, for outages and limits alike."""
    names = ("html_hanna", "empty_emil", "limited_lou")
    targets = tuple(Target("twitter", name) for name in names)
    _, summary = await gather(replace(job, targets=targets, max_wait=9))

    assert sum(still.slept) <= 9
    assert [type(failure.error) for failure in summary.failures] == [Outage, Outage, RateLimited]
    assert "run the same command again in about" in str(summary.failures[2].error)


@pytest.mark.parametrize(
    ("reset", "words"),
    [("1", "in about"), ("", "in about"), ("9999999999", "in about"), ("7200 s", "after 20")],
)
async def test_the_line_says_when_to_come_back(
    gather, job: Job, still, *, reset: str, words: str
) -> None:
    """By the API's clock where it tells, else by ours: a reset that is past tells nothing."""

    async def answer(_: web.Request) -> web.Response:
        soon = str(round(still.at) + 7200)
        headers = {"x-rate-limit-reset": soon if " " in reset else reset} if reset else {}
        return web.json_response({"title": "Too Many Requests"}, status=429, headers=headers)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with TestServer(application) as server:
        outside = Outside(sandbox_endpoints(str(server.make_url("")).rstrip("/")))
        _, summary = await gather(replace(job, outside=outside, max_wait=5))
    (error,) = summary.errors

    assert isinstance(error, RateLimited)
    assert f"run the same command again {words}" in str(error)


@pytest.mark.parametrize("name", ["html_hanna", "limited_lou"])
async def test_a_stop_ends_the_wait(job: Job, name: str) -> None:
    """Ctrl-C while a run waits for an API ends it at once."""
    waits = asyncio.Event()
    run = Run(
        replace(job, targets=(Target("twitter", name),), clock=Clock(random=lambda: 1.0)),
        lambda _: waits.set(),
    )

    async def go() -> None:
        async for _ in run.outcomes():
            pass

    going = asyncio.create_task(go())
    await waits.wait()
    run.stop()
    async with asyncio.timeout(1):
        await going

    with pytest.raises(Interrupted):
        run.summary.check()
