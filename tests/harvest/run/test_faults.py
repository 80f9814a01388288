"""The matrix of misbehaviours: each ends in the right status and reason, and stores no garbage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harvest.download.limits import Limits
from harvest.guard.session import Outside
from harvest.ledger.lists.given import GivenList
from harvest.ledger.picture import open_picture
from harvest.ledger.records import Outcome, Status, Target
from harvest.run.job import Job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.urllist import UrlList

PLACE = "http://pictures.example"
LIMITS = Limits(max_bytes=2**20)
S, R, G, F = Status.SAVED, Status.REFUSED, Status.GONE, Status.FAILED

MATRIX = [
    ("good.jpg", S, "", 1),
    ("as-text.jpg", S, "", 1),
    ("png-as.jpg", S, "", 1),
    ("webp-as.jpg", S, "", 1),
    ("cmyk.jpg", S, "", 1),
    ("slow-body?chunks=4&pace=0.02", S, "", 1),
    ("redirect-to-good", S, "", 1),
    ("placeholder-redirect", S, "", 1),
    ("503-then-200", S, "", 2),
    ("503-then-200?times=3&status=500", S, "", 4),
    ("429", S, "", 2),
    ("429?retry_after=2", S, "", 2),
    ("429?retry_after=2&date=1", S, "", 2),
    ("404", G, "http_404", 1),
    ("410", G, "http_410", 1),
    ("451", G, "http_451", 1),
    ("400", R, "http_400", 1),
    ("401", R, "http_401", 1),
    ("403", R, "http_403", 1),
    ("304", R, "http_304", 1),
    ("html-as-jpeg.jpg", R, "not_an_image", 1),
    ("empty.jpg", R, "empty", 1),
    ("204", R, "empty", 1),
    ("noai.jpg", R, "opt_out", 1),
    ("endless", R, "too_large", 1),
    ("gzip-bomb.jpg", R, "too_large", 1),
    ("redirect-loop", R, "redirect_loop", 1),
    ("redirect-to-private", R, "blocked_address", 1),
    ("redirect-to-file", R, "bad_redirect", 1),
    ("redirect-to-no-name", R, "bad_redirect", 1),
    ("500", F, "http_500", 4),
    ("502", F, "http_502", 4),
    ("503", F, "http_503", 4),
    ("429?times=99", F, "http_429", 4),
    ("truncated.jpg", F, "truncated", 4),
    ("short-chunked.jpg", F, "truncated", 4),
    ("half-close.jpg", F, "truncated", 4),
    ("half.jpg", F, "truncated", 4),
    ("reset", F, "connection_lost", 4),
]


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: faults are the same everywhere."""
    return World.build(pictures=1)


@pytest.fixture
def ask(tmp_path: Path, world: World, gather, still):
    """Ask the sandbox for addresses; no pause takes time, no private address is open."""

    async def run(*urls: str, limits: Limits = LIMITS, allow_private: bool = False):
        log = tmp_path / "urls_x.log"
        log.write_text("".join(f"{url}\n" for url in urls))
        async with Sandbox(world, clock=still.clock.now) as sandbox:
            job = Job(
                dataset=tmp_path / "set",
                targets=(Target("urls", "x", label="x"),),
                sources={"urls": UrlList({"x": [GivenList(log)]})},
                outside=Outside({PLACE: sandbox.url}, allow_private=allow_private),
                limits=limits,
                clock=still.clock,
            )
            outcomes, _ = await gather(job)
        return outcomes

    return run


@pytest.mark.parametrize(("path", "status", "reason", "attempts"), MATRIX)
async def test_matrix(
    ask, tmp_path: Path, path: str, *, status: Status, reason: str, attempts: int
) -> None:
    """A misbehaviour ends as it should, after as many requests as it should."""
    (outcome,) = await ask(f"{PLACE}/faults/{path}")
    stored = [p for p in (tmp_path / "set/raw").rglob("*") if p.is_file()]

    assert (outcome.status, outcome.reason, outcome.attempts) == (status, reason, attempts)
    assert len(stored) == (1 if status is S else 0)
    for file in stored:
        assert open_picture(file).rgb.width > 1
        assert file.stat().st_mode & 0o777 == 0o444


async def test_silence(ask) -> None:
    """A server that takes the request and never answers is asked four times, then left."""
    (outcome,) = await ask(f"{PLACE}/faults/hang", limits=Limits(silence=0.1))

    assert (outcome.status, outcome.reason, outcome.attempts) == (F, "timeout", 4)


async def test_cut_midway(ask) -> None:
    """A connection that is reset within a body leaves nothing behind."""
    (outcome,) = await ask(f"{PLACE}/faults/reset-midway")

    assert outcome.status is F
    assert outcome.reason in ("connection_lost", "truncated")


async def test_extension_by_bytes(ask, tmp_path: Path) -> None:
    """The bytes name the file, whatever address and server say."""
    await ask(f"{PLACE}/faults/png-as.jpg", f"{PLACE}/faults/webp-as.jpg")
    names = {path.suffix for path in (tmp_path / "set/images/x").iterdir()}

    assert names == {".png", ".webp"}


async def test_final_address(ask) -> None:
    """Where a redirect led is recorded, as an address of the world, not of a stand-in."""
    (outcome,) = await ask(f"{PLACE}/faults/placeholder-redirect")

    assert outcome.sighting.url == f"{PLACE}/faults/placeholder-redirect"
    assert outcome.final_url == f"{PLACE}/removed/placeholder.png"


async def test_slow_server(ask, still) -> None:
    """An answer that trickles is ended by its speed, not by anybody's patience."""
    slow = Limits(slow_window=0.0, slow_bytes=2**20, retries=0)
    (outcome,) = await ask(f"{PLACE}/faults/slow-body?chunks=4&pace=0.02", limits=slow)

    assert (outcome.status, outcome.reason) == (F, "timeout")


async def test_deadline(ask) -> None:
    """An answer that never ends within its time is ended by the deadline."""
    short = Limits(deadline=0.2, retries=0, max_bytes=2**40)
    (outcome,) = await ask(f"{PLACE}/faults/slow-body?chunks=100&pace=0.05", limits=short)

    assert (outcome.status, outcome.reason) == (F, "timeout")


async def test_robots_switched_off(ask) -> None:
    """Who asks for it gets what `X-Robots-Tag` would keep back."""
    limits = Limits(honour_robots=False)
    (outcome,) = await ask(f"{PLACE}/faults/noai.jpg", limits=limits)

    assert outcome.status is S


async def test_robots_switched_off_later(tmp_path: Path, world: World, gather, still) -> None:
    """What was left alone is asked for again once the user says so; the first run tells how."""
    log = tmp_path / "urls_x.log"
    log.write_text(f"{PLACE}/faults/noai.jpg\n")
    async with Sandbox(world) as sandbox:
        job = Job(
            dataset=tmp_path / "set",
            targets=(Target("urls", "x", label="x"),),
            sources={"urls": UrlList({"x": [GivenList(log)]})},
            outside=Outside({PLACE: sandbox.url}),
            clock=still.clock,
        )
        first = (await gather(job))[1]
        second = (await gather(job))[1]
        third = (await gather(replace(job, limits=Limits(honour_robots=False))))[1]

    assert any("--ignore-robots-tag" in line for line in first.why())
    assert (second.total.known, second.total.refused) == (1, 0)
    assert third.total.saved == 1


async def test_hostile_lines(ask) -> None:
    """Addresses of this machine and its network are refused; other schemes are no addresses."""
    outcomes: list[Outcome] = await ask(
        "http://127.0.0.1:1/a.jpg",
        "http://[::1]:1/a.jpg",
        "http://[::ffff:7f00:1]:1/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/a.jpg",
        "file:///etc/passwd",
        "ftp://example.com/a.jpg",
        "http://user:word@example.com/a.jpg",
    )
    by_reason = [o.reason for o in sorted(outcomes, key=lambda o: o.reason)]

    assert all(o.status is R for o in outcomes)
    assert by_reason == ["bad_url"] * 3 + ["blocked_address"] * 5


async def test_nobody_listens(ask, still) -> None:
    """A host that cannot be reached is tried four times, paused by its gate, then left."""
    outcomes: list[Outcome] = await ask(
        *(f"http://127.0.0.1:1/{n}.jpg" for n in range(3)), allow_private=True
    )

    assert {o.status for o in outcomes} == {F}
    assert {o.reason for o in outcomes} <= {"unreachable", "host_down"}
    assert still.slept
