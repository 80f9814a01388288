"""Whole runs over Bluesky against its stand-in: originals, resumption, refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import RateLimited, WinnowError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Outcome, Status, Target
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.sandbox.gallery import original
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox
from harvest.sandbox.sky_specials import SKY_SHAPES, SKY_WEB
from harvest.sandbox.world import World

SHAPES = Target("bluesky", SKY_SHAPES)
MIA = Target("bluesky", "mia.example")


@pytest.fixture(scope="module")
def world() -> World:
    """The accounts of fixed names, and one with everything planted that befalls a picture."""
    plant = {"exact_duplicate": 1, "truncated": 1, "html": 1, "empty": 1, "missing": 1}
    plan = FeedPlan(
        name="mia.example", styles={"bulk": 1}, pictures=8, plant=plant, chatter=0, size=(120, 160)
    )
    return World.planned(WorldPlan(skies=(plan,)))


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still) -> Job:
    """One account, everything mapped to the sandbox, no pause takes time."""
    return Job(
        dataset=tmp_path / "set",
        targets=(SHAPES,),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


def pictures_and_pages(requests: Iterable[str]) -> tuple[list[str], list[str]]:
    """What was asked of accounts' servers and the CDN, and of the API."""
    lines = list(requests)
    return (
        [line for line in lines if "getBlob" in line or "/img/" in line],
        [line for line in lines if "/xrpc/app." in line],
    )


def asked_pages(sandbox: Sandbox) -> list[str]:
    return pictures_and_pages(sandbox.requests)[1]


async def test_the_originals_are_kept(gather, job: Job, world: World) -> None:
    """Every picture of every shape is saved, byte for byte as it was uploaded; no key is needed."""
    outcomes, summary = await gather(job)
    truth = {t.key for t in world.truth() if SHAPES.key in t.targets}
    shown = [p for one in world.skies[SKY_SHAPES].posts for p in one.pictures if not p.flaw]
    folder = DatasetFolder.open(job.dataset)
    raw = {path.read_bytes() for path in folder.raw.rglob("*") if path.is_file()}

    assert not summary.errors
    assert {":".join(map(str, o.sighting.key)) for o in outcomes} == truth
    assert {o.status for o in outcomes} == {Status.SAVED}
    assert all("com.atproto.sync.getBlob" in o.final_url for o in outcomes)
    assert raw <= {original(picture) for picture in shown}
    assert len(list(folder.unsorted.iterdir())) == len(raw)


async def test_the_log_has_the_listed_addresses(gather, job: Job, world: World) -> None:
    """Published is what the API gave, which stays when an account moves."""
    await gather(job)
    folder = DatasetFolder.open(job.dataset)
    (log,) = folder.urls.iterdir()
    urls = {t.url for t in world.truth() if SHAPES.key in t.targets}

    assert log.name == "urls_bluesky_shapes-shay.bsky.social.log"
    assert set(log.read_text().splitlines()) == urls
    assert all(url.startswith("https://cdn.bsky.app/img/feed_fullsize/") for url in urls)


async def test_what_befalls_pictures(gather, job: Job, world: World) -> None:
    """One outcome for each, the CDN asked where the original is missing or torn."""
    outcomes, summary = await gather(replace(job, targets=(MIA,)))
    truth = {t.key: t for t in world.truth() if MIA.key in t.targets}
    ends = Counter(truth[":".join(map(str, o.sighting.key))].kind for o in outcomes)
    statuses = {
        truth[":".join(map(str, o.sighting.key))].kind: o.status
        for o in outcomes
        if o.status is not Status.SAVED
    }

    assert not summary.errors
    assert ends == Counter(t.kind for t in truth.values())
    assert set(statuses) == {"broken", "missing"}


@pytest.fixture
def limited(world: World, job: Job, still, gather):
    """Run the job where so many API requests are allowed; gives outcomes and requests."""

    async def run(requests: int) -> tuple[list[Outcome], list[str]]:
        clock = still.clock.now
        async with Sandbox(world, limits={"bluesky": requests}, clock=clock) as sandbox:
            outside = Outside(sandbox_endpoints(sandbox.url))
            outcomes, summary = await gather(replace(job, outside=outside, max_wait=0))
            with pytest.raises(RateLimited, match="run the same command again"):
                summary.check()
            return outcomes, list(sandbox.requests)

    return run


@pytest.mark.parametrize("cut", range(1, 7))
async def test_stopped_at_every_page(gather, job, sandbox, limited, cut: int) -> None:
    """Stopped by a limit behind any page and run again: every picture, nothing asked twice."""
    whole, _ = await gather(replace(job, dataset=job.dataset.with_name("whole")))
    every, pages = pictures_and_pages(sandbox.requests)
    sandbox.requests.clear()
    first, requests = await limited(cut)
    second, _ = await gather(job)
    early, late = pictures_and_pages(requests), pictures_and_pages(sandbox.requests)

    assert len(pages) == 7
    assert early[1] == pages[: cut + 1]
    assert late[1] == pages[cut:]  # what was refused is asked for again, what was answered is not
    assert sorted(early[0] + late[0]) == sorted(every)
    assert sorted(o.sighting.key for o in first + second) == sorted(o.sighting.key for o in whole)


async def test_again_asks_for_nothing(gather, job: Job, sandbox: Sandbox, contents) -> None:
    """The same command again asks for the newest page, and for nothing else."""
    await gather(job)
    before = contents(job.dataset)
    sandbox.requests.clear()
    outcomes, _ = await gather(job)

    assert outcomes == []
    assert list(sandbox.requests) == asked_pages(sandbox)
    assert len(list(sandbox.requests)) == 1
    assert contents(job.dataset) == before


async def test_a_limit_is_waited_for(gather, job: Job, sandbox: Sandbox, still) -> None:
    """429 with an end is waited out, and the walk goes on."""
    limited = Target("bluesky", "limited-leo.bsky.social")
    outcomes, summary = await gather(replace(job, targets=(limited,)))

    assert not summary.errors
    assert outcomes
    assert any("waiting" in note for note in summary.notes)
    assert max(still.slept) >= 8


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nobody.bsky.social", 3),
        ("away-anna.bsky.social", 3),
        ("banned-bob.bsky.social", 3),
        ("blocked-bea.bsky.social", 3),
        ("blocking-ben.bsky.social", 3),
        ("expired-eva.bsky.social", 3),
        ("login-lea.bsky.social", 3),
        ("walled-wes.bsky.social", 3),
        ("#webcomic", 3),
        ("html-hedy.bsky.social", 4),
        ("down-dee.bsky.social", 4),
        ("gateway-gus.bsky.social", 4),
        ("text-tess.bsky.social", 4),
        ("odd-otis.bsky.social", 4),
        ("islieb", 2),
    ],
)
async def test_each_refusal_has_its_exit_code(gather, job: Job, name: str, code: int) -> None:
    """One line and the code of its branch; the target beside it is gathered all the same."""
    wanda = Target("bluesky", SKY_WEB)
    _, summary = await gather(replace(job, targets=(Target("bluesky", name), wanda)))
    with pytest.raises(WinnowError) as caught:
        summary.check()

    assert caught.value.exit_code == code
    assert str(caught.value).startswith(f"bluesky:{name}: ")
    assert "\n" not in str(caught.value)
    assert summary.counts[wanda.key].saved == 3


async def test_other_bytes_than_the_name_says(gather, job: Job, world: World) -> None:
    """What does not hash to its CID is not kept: the CDN's picture is, and one is told why."""
    swapped = Target("bluesky", "swapped-sia.bsky.social")
    outcomes, summary = await gather(replace(job, targets=(swapped,)))
    by_host = Counter("cdn.bsky.app" in o.final_url for o in outcomes)
    truth = {t.group: t for t in world.truth() if swapped.key in t.targets}

    assert not summary.errors
    assert {o.status for o in outcomes} == {Status.SAVED}
    assert by_host == {True: 1, False: len(truth) - 1}
