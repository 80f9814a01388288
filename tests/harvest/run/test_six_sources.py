"""What holds for all sources alike: labels, limits, dates; one picture from two of them; many."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from harvest.guard.session import Outside
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Status, Target
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.builder import FeedBuilder
from harvest.sandbox.fediverse import HOME, Attachment, Fediverse, Member, Toot
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox
from harvest.sandbox.skies import FEED_OWNER, did_of
from harvest.sandbox.world import World
from harvest.sources.catalogue import SOURCES
from harvest.sources.urllist import UrlList
from harvest.store.schema import open_store

TAG = "comic"
FEED = f"at://{did_of(FEED_OWNER)}/app.bsky.feed.generator/{TAG}"
PLACES = {
    "an account on X": Target("twitter", "ada_artist"),
    "a tag on Tumblr": Target("tumblr", TAG),
    "a blog on Tumblr": Target("tumblr", "inkblog/"),
    "a tag within a blog": Target("tumblr", f"inkblog/{TAG}"),
    "an account on Bluesky": Target("bluesky", "mia.example"),
    "a feed on Bluesky": Target("bluesky", FEED),
    "a tag on Mastodon": Target("mastodon", f"{HOME}/#{TAG}"),
    "an account on Mastodon": Target("mastodon", f"{HOME}/@mara"),
    "a folder": Target("folder", "pictures"),
}


def feed(name: str, pictures: int, **more: Any) -> FeedPlan:
    shape = {"styles": {"bulk": 1}, "pictures": pictures, "chatter": 0.0, "per_post": 2}
    options = {"tags": (TAG, "ink"), "stray_tags": False, "size": (48, 64)}
    return FeedPlan.model_validate({"name": name, **shape, **options, **more})


def many(pictures: int, **blog: Any) -> World:
    """So many pictures in each place of a source that has its own server."""
    world = World.planned(
        WorldPlan(
            accounts=(feed("ada_artist", pictures),),
            blogs=(feed("inkblog", pictures, **blog),),
            skies=(feed("mia.example", pictures),),
            specials=False,
        )
    )
    toots = tuple(
        Toot(
            "mara", HOME, post.at, tuple(Attachment("image", m.picture) for m in post.media), (TAG,)
        )
        for post in FeedBuilder(0, "mastodon", feed("mara", pictures)).posts({})
    )
    return World(
        world.accounts.values(),
        world.blogs.values(),
        fediverse=Fediverse([Member("mara", HOME, toots)]),
        skies=world.skies.values(),
    )


@pytest.fixture(scope="module")
def world() -> World:
    """Twelve pictures a place; two of those on Tumblr are on X too, byte for byte."""
    return many(12, reposts={"ada_artist": 2})


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still, picture) -> Job:
    """A job without targets; `pictures` is a folder that gallery-dl filled."""
    fill(tmp_path / "pictures", 12, picture)
    return Job(
        dataset=tmp_path / "set",
        targets=(),
        keys=sandbox_keys(),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


def shown(dataset: Path) -> list[tuple[str, str, int]]:
    """Keys of what a data set's one target has shown, in its order."""
    with open_store(dataset / "catalog.sqlite") as catalog:
        rows = catalog.connection.execute(
            "SELECT source, post_id, media_index FROM seen JOIN sighting ON id = sighting"
            " ORDER BY position"
        )
        return [(row[0], row[1], row[2]) for row in rows]


def fill(folder: Path, count: int, picture: Any) -> None:
    folder.mkdir()
    for number in range(count):
        path = folder / f"{number:04}.jpg"
        path.write_bytes(picture(number + 10_000))
        told = {"date": f"2026-03-{number % 28 + 1:02} 10:00:00", "author": {"name": "old"}}
        path.with_name(path.name + ".json").write_text(json.dumps(told))


@pytest.mark.parametrize("place", PLACES)
async def test_the_same_keys_for_all(gather, job: Job, tmp_path: Path, place: str) -> None:
    """`label`, `max_images`, `since` and `until` mean the same everywhere."""
    target = PLACES[place]
    if target.source == "folder":
        target = replace(target, name=str(tmp_path / "pictures"))
    every, _ = await gather(replace(job, targets=(target,)))
    times = {o.sighting.key: o.sighting.posted_at for o in every}
    since, until = sorted(set(times.values()))[1], sorted(set(times.values()))[-2]
    few = replace(target, label="mine", max_images=3)
    dated = replace(target, label_from="account", since=since, until=until)
    fewer, _ = await gather(replace(job, dataset=tmp_path / "few", targets=(few,)))
    between, _ = await gather(replace(job, dataset=tmp_path / "dated", targets=(dated,)))
    authors = {path.name for path in (tmp_path / "dated/images").iterdir()}

    assert len(every) >= 12
    assert {o.status for o in every} == {Status.SAVED}
    assert {o.sighting.key for o in fewer} == set(shown(job.dataset)[:3])
    assert len(list((tmp_path / "few/images/mine").iterdir())) == 3
    assert {o.sighting.key for o in between} == {
        key for key, at in times.items() if since <= at < until
    }
    assert authors - {"_unsorted"} == {(o.sighting.author or "").lower() for o in between}


async def test_a_log_has_labels_and_limits_too(gather, job: Job, tmp_path: Path) -> None:
    """The sixth source: its lines have no dates, the rest holds."""
    await gather(replace(job, targets=(PLACES["an account on X"],)))
    log = job.dataset / "urls/urls_twitter_ada_artist.log"
    target = Target("urls", "mine", label="mine", max_images=3)
    sources = {"urls": UrlList({"mine": [GivenList(log)]})}
    again = replace(job, dataset=tmp_path / "again", targets=(target,), sources=sources)
    outcomes, _ = await gather(again)

    assert [o.sighting.url for o in outcomes] == log.read_text().splitlines()[:3]
    assert len(list((tmp_path / "again/images/mine").iterdir())) == 3
    assert {t.source for t in (*PLACES.values(), target)} == {source.name for source in SOURCES}


async def test_one_post_under_two_tags(gather, job: Job, sandbox: Sandbox) -> None:
    """It belongs to both targets' logs, and its pictures are asked for once."""
    targets = (Target("tumblr", TAG), Target("tumblr", "ink"))
    outcomes, summary = await gather(replace(job, targets=targets))
    logs = [
        (job.dataset / f"urls/urls_{target.log_name}.log").read_text().splitlines()
        for target in targets
    ]
    pictures = [line for line in sandbox.requests if "/v2/" not in line]
    saved = [o for o in outcomes if o.status is Status.SAVED]

    assert not summary.errors
    assert len(logs[0]) == len(saved) == len(pictures) == len(set(pictures)) == 14
    assert logs[0] == logs[1]


async def test_one_picture_from_two_sources(gather, job: Job) -> None:
    """The same bytes on X and on Tumblr: one picture, which knows both posts and both targets."""
    targets = (PLACES["an account on X"], PLACES["a tag on Tumblr"])
    outcomes, summary = await gather(replace(job, targets=targets))
    with open_store(job.dataset / "catalog.sqlite") as catalog:
        rows = list(catalog.connection.execute("SELECT sha256, target, url FROM provenance"))
    by_picture = Counter(row["sha256"] for row in rows)
    twice = [sha256 for sha256, count in by_picture.items() if count == 2]
    places = {(row["sha256"], row["target"]) for row in rows if row["sha256"] in twice}
    logged = [
        len((job.dataset / f"urls/urls_{target.log_name}.log").read_text().splitlines())
        for target in targets
    ]

    assert len(twice) == 2
    assert places == {(sha256, target.key) for sha256 in twice for target in targets}
    assert summary.total.saved == len(by_picture) == len(outcomes) - 2 == 24
    assert len(list((job.dataset / "images/_unsorted").iterdir())) == 24
    assert logged == [12, 14]


@dataclass(frozen=True)
class Big:
    """What a run in a process of its own came to."""

    out: str
    err: str
    code: int
    peak: int
    """Kilobytes of memory."""


CONFIG = """
dataset: ./set
targets:
  - twitter: ada_artist
  - tumblr: {tag: comic}
  - bluesky: mia.example
  - mastodon: {instance: mastodon.example, tag: comic}
  - gallery: ada
  - folder: ./pictures
credentials: {gallery: {key: GALLERY_KEY}}
endpoints:
"""
_OTHERS = (
    "https://files.mastodon.example",
    "https://mastodon.example",
    "https://morel.pds.example",
)
_HOSTS = (*(origin for source in SOURCES for origin in source.origins), *_OTHERS)


async def run_six(folder: Path, each: int, own_package: Path, picture: Any) -> Big:
    """Run one config over six sources with so many pictures each."""
    stand_in = importlib.import_module("own_stand_in")
    folder.mkdir()
    fill(folder / "pictures", each, picture)
    async with Sandbox(many(each)) as sandbox, TestServer(stand_in.application(each, [])) as own:
        gallery = str(own.make_url("")).rstrip("/")
        hosts = dict.fromkeys(_HOSTS, sandbox.url)
        hosts |= {f"https://{name}.gallery.example": gallery for name in ("api", "pictures")}
        lines = "".join(f'  "{origin}": "{url}"\n' for origin, url in hosts.items())
        (folder / "c.yaml").write_text(CONFIG + lines)
        variables = {"TWITTER_BEARER_TOKEN": "sandbox-bearer", "TUMBLR_CONSUMER_KEY": "sandbox-key"}
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            process = subprocess.Popen(  # noqa: ASYNC220 - its memory is asked for below
                [sys.executable, "-m", "winnow", "harvest", "run", "c.yaml"],
                cwd=folder,
                env={
                    "PATH": "/usr/bin:/bin",
                    "COLUMNS": "120",
                    "PYTHONPATH": str(own_package),
                    "GALLERY_KEY": stand_in.KEY,
                    **variables,
                },
                stdout=out,
                stderr=err,
            )
            _, status, used = await asyncio.to_thread(os.wait4, process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Big(
        (folder / "out").read_text(), (folder / "err").read_text(), process.returncode,
        used.ru_maxrss,
    )  # fmt: skip


def check_table(done: Big, each: int) -> None:
    """One table: a row a target in the config's order, and the sums."""
    rows = [line.split() for line in done.out.splitlines()]
    keys = [row[0] for row in rows[1:]]

    assert done.code == 0, done.err
    assert [key.partition(":")[0] for key in keys] == [
        "twitter", "tumblr", "bluesky", "mastodon", "gallery", "folder", "all",
    ]  # fmt: skip
    assert all(row[1:3] == [str(each), str(each)] for row in rows[1:-1])
    assert rows[-1][1:3] == [str(6 * each)] * 2
    assert rows[0][0] == "target"


async def test_six_sources_in_one_config(tmp_path: Path, own_package: Path, picture) -> None:
    """One command, one display, one table that adds up; then nothing is asked twice."""
    done = await run_six(tmp_path / "six", 20, own_package, picture)

    check_table(done, 20)
    assert done.err.count("harvest: 120/120 pictures") == 1


@pytest.mark.soak
async def test_memory_stays_flat(tmp_path: Path, own_package: Path, picture) -> None:
    """3,000 pictures over six sources take hardly more memory than 600."""
    few = await run_six(tmp_path / "few", 100, own_package, picture)
    done = await run_six(tmp_path / "many", 500, own_package, picture)

    check_table(few, 100)
    check_table(done, 500)
    assert done.peak < 1.3 * few.peak
