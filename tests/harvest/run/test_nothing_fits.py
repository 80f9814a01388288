"""A target of which nothing is wanted says so in one line, whatever its source."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

import pytest

from harvest.guard.session import Outside
from harvest.ledger.records import Page, Target, Walk
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.protocol import Access

OLD, FAR = datetime(2001, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
PLACES = {
    "twitter": Target("twitter", "ada_artist"),
    "tumblr tag": Target("tumblr", "comic"),
    "tumblr blog": Target("tumblr", "inkblog/"),
    "bluesky": Target("bluesky", "mia.example"),
    "mastodon": Target("mastodon", "mastodon.example/@mara"),
    "folder": Target("folder", "pictures"),
}


def feed(name: str, **more: object) -> FeedPlan:
    shape = {"styles": {"bulk": 1}, "pictures": 6, "size": (48, 64), "tags": ("comic",)}
    return FeedPlan.model_validate({"name": name, **shape, **more})


@pytest.fixture(scope="module")
def world() -> World:
    """A few pictures in each place."""
    return World.planned(
        WorldPlan(
            accounts=(feed("ada_artist"),), blogs=(feed("inkblog"),), skies=(feed("mia.example"),)
        )
    )


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still, picture, monkeypatch) -> Job:
    """A job without targets; `pictures` holds one picture of a known time."""
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    Path("pictures/a.jpg").write_bytes(picture(1))
    Path("pictures/a.jpg.json").write_text(json.dumps({"date": "2026-03-01 10:00:00"}))
    return Job(
        dataset=tmp_path / "set",
        targets=(),
        keys=sandbox_keys(),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


@pytest.mark.parametrize("dates", [{"since": FAR}, {"until": OLD}], ids=["since", "until"])
@pytest.mark.parametrize("place", PLACES)
async def test_nothing_within_the_dates(
    gather, job: Job, place: str, dates: dict[str, datetime]
) -> None:
    """One line with the target and the date as it was written; no advice beside the point."""
    target = replace(PLACES[place], **dates)
    _, summary = await gather(replace(job, targets=(target,)))
    (said,) = [line for line in summary.notes if "a wanted picture" in line]
    ((name, moment),) = dates.items()

    assert summary.total.seen == 0
    assert said.startswith(f"{target.key}: ")
    assert f"{name}: {moment:%Y-%m-%d}" in said
    assert not [line for line in summary.notes if "for a blog write" in line]


@pytest.mark.parametrize("place", PLACES)
async def test_pictures_say_enough(gather, job: Job, place: str) -> None:
    """A target that shows some says no such line, nor when a second run finds nothing new."""
    wide = replace(job, targets=(replace(PLACES[place], since=OLD),))
    _, first = await gather(wide)
    _, second = await gather(wide)

    assert first.total.saved > 0
    assert not [line for line in (*first.notes, *second.notes) if "a wanted picture" in line]


class Words:
    """An account that posts words, so many of them on two pages; asked again, none."""

    name: ClassVar[str] = "bluesky"
    example: ClassVar[str] = "bluesky:words.example"
    origins: ClassVar[tuple[str, ...]] = ()

    def __init__(self, posts: int) -> None:
        self._posts = posts

    @classmethod
    def open(cls, access: Access) -> Self:
        """Never called: the job brings it."""
        raise NotImplementedError(access)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield what it has."""
        del target
        new = 0 if walk.stop_at else self._posts
        yield Page((), "more", posts=new // 2, newest_id="1")
        yield Page((), None, posts=new - new // 2)


@pytest.mark.parametrize(
    ("posts", "options", "said"),
    [
        (7, {}, "7 posts, none with a wanted picture within replies: false, reblogs: false"),
        (7, {"replies": True, "reblogs": True}, "7 posts, none with a wanted picture"),
        (0, {}, None),
    ],
)
async def test_filters_are_named_too(
    gather, job: Job, posts: int, options: dict[str, bool], said: str | None
) -> None:
    """How many posts there were, on all pages, and which words to change; an empty account has
    nothing to say, nor has a second run without a new post."""
    target = Target("bluesky", "words.example", **options)
    there = replace(job, sources={"bluesky": Words(posts)}, targets=(target,))
    _, first = await gather(there)
    _, second = await gather(there)

    assert first.notes == ([f"{target.key}: {said}"] if said else [])
    assert second.notes == []
