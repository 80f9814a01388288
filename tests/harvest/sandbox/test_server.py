"""The sandbox as a server: its journal, limits, latency, truth, and both ways to run it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import urllib.request

import aiohttp
import pytest

from harvest.ledger.picture import open_picture
from harvest.sandbox.keys import BEARER, TUMBLR_KEY
from harvest.sandbox.server import Sandbox, running_sandbox, serve_forever
from harvest.sandbox.uniques import unique_picture
from harvest.sandbox.world import World

X_HEADERS = {"Authorization": f"Bearer {BEARER}"}


async def statuses(client, paths: list[str], **headers: str) -> list[int]:
    """Status of each path, asked one after another."""
    found = []
    for path in paths:
        async with client.get(path, headers=headers) as answer:
            await answer.read()
            found.append(answer.status)
    return found


async def test_the_truth_is_told(client, demo: World) -> None:
    """/truth.json has a record for each photo, the same as the Python records."""
    async with client.get("/truth.json") as answer:
        told = (await answer.json())["pictures"]

    assert told == [one.record() for one in demo.truth()]
    assert {"source", "post_id", "media_index", "url", "kind", "label", "artist", "same_as",
            "group", "targets"} <= told[0].keys()  # fmt: skip


async def test_requests_are_counted(client, sandbox: Sandbox) -> None:
    """The journal knows lines, prefixes, connections and agents, and not the questions about it."""
    await statuses(client, ["/faults/404", "/faults/404?a=b", "/media/none.jpg"])
    async with client.get("/requests.json") as answer:
        told = await answer.json()

    assert len(sandbox.requests) == told["total"] == 3
    assert list(sandbox.requests) == [
        "GET /faults/404", "GET /faults/404?a=b", "GET /media/none.jpg"
    ]  # fmt: skip
    assert sandbox.requests.count("/faults/") == 2
    assert told["connections"] == 1
    assert told["peak"] == 1


async def test_reset_forgets(client, sandbox: Sandbox) -> None:
    """After POST /reset there were no requests, and what happens once happens again."""
    before = await statuses(client, ["/faults/503-then-200", "/faults/503-then-200"])
    async with client.post("/reset") as answer:
        assert answer.status == 204
    emptied = len(sandbox.requests)
    after = await statuses(client, ["/faults/503-then-200"])

    assert before == [503, 200]
    assert emptied == 0
    assert after == [503]


async def test_concurrent_requests_are_seen(client, sandbox: Sandbox) -> None:
    """`peak` is how many were being answered at once."""
    hanging = [asyncio.create_task(statuses(client, ["/faults/hang"])) for _ in range(5)]
    while sandbox.requests.peak < 5:  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)

    assert sandbox.requests.peak == 5


@pytest.mark.parametrize(
    ("name", "path", "headers"),
    [
        ("x_users", "/2/users/by/username/islieb", X_HEADERS),
        ("tumblr_hour", f"/v2/tagged?tag=comic&limit=1&api_key={TUMBLR_KEY}", {}),
        ("tumblr_day", f"/v2/tagged?tag=comic&limit=1&api_key={TUMBLR_KEY}", {}),
        ("media", "/faults/404", {}),
    ],
)
async def test_limits_end_with_their_window(demo: World, name: str, path: str, headers) -> None:
    """After so many requests comes 429, until the clock leaves the window."""
    now = [1_000_000.0]
    async with (
        Sandbox(demo, limits={name: 2}, clock=lambda: now[0]) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        usual, *_ = first = await statuses(client, [path] * 3, **headers)
        now[0] += 90_000
        again = await statuses(client, [path], **headers)

    assert first == [usual, usual, 429]
    assert again == [usual]


async def test_a_spent_limit_says_when_it_ends(demo: World) -> None:
    """X tells a point in time, the CDN seconds to wait."""
    async with (
        Sandbox(demo, limits={"x_tweets": 0, "media": 0}, clock=lambda: 1000.0) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        number = demo.accounts["islieb"].user_id
        async with client.get(f"/2/users/{number}/tweets", headers=X_HEADERS) as tweets:
            pass
        async with client.get("/media/x.jpg") as media:
            pass

    assert (tweets.status, tweets.headers["x-rate-limit-reset"]) == (429, "1900")
    assert tweets.headers["x-rate-limit-remaining"] == "0"
    assert (media.status, media.headers["Retry-After"]) == (429, "900")


def test_unknown_limits_are_named(demo: World) -> None:
    """A limit that does not exist is an error at once."""
    with pytest.raises(ValueError, match="no limit 'x_likes'"):
        Sandbox(demo, limits={"x_likes": 1})


async def test_every_path_has_a_picture_of_its_own(demo: World) -> None:
    """With `answer_all` each unknown path gives other bytes, a whole picture, always the same."""
    paths = [f"/media/{n:015d}.{'png' if n % 3 == 0 else 'jpg'}" for n in range(60)]
    paths += ["/tweet_video_thumb/a.jpg", "/else/where", "/media/with%20space,and.jpg"]
    bodies = {}
    async with (
        Sandbox(demo, answer_all=True) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        for path in paths:
            async with client.get(path) as answer:
                bodies[path] = await answer.read()
        async with client.get(paths[0]) as answer:
            again = await answer.read()

    assert len({hashlib.sha256(body).digest() for body in bodies.values()}) == len(paths)
    assert again == bodies[paths[0]] == unique_picture(paths[0])
    for path, body in bodies.items():
        kind = "image/png" if path.endswith(".png") else "image/jpeg"
        assert open_picture(body).header.media_type == kind


async def test_planted_pictures_stay_under_answer_all(demo: World) -> None:
    """What the world knows is answered as ever: a missing picture is 404 still."""
    missing = next(p for p in demo.media.values() if p.flaw == "missing")
    async with (
        Sandbox(demo, answer_all=True) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        found = await statuses(client, [f"/media/{missing.media_id}.jpg", "/media/else.jpg"])

    assert found == [404, 200]


def test_many_unknown_paths_are_cheap() -> None:
    """After the 64 drawings are made, a picture of its own costs a digest and a copy."""
    unique_picture("/warm.jpg")
    bases = {unique_picture(f"/{n}.jpg")[100:] for n in range(1500)}

    assert len(bases) == 64


def test_callers_without_a_loop_get_a_thread(demo: World) -> None:
    """`running_sandbox` serves while the with-block lasts, and not after."""
    with running_sandbox(demo) as sandbox:
        with urllib.request.urlopen(sandbox.url + "/truth.json") as answer:
            told = json.load(answer)
        address = sandbox.url
    with pytest.raises(OSError):
        urllib.request.urlopen(address + "/truth.json")

    assert len(told["pictures"]) == len(demo.truth())


def test_a_taken_port_is_told(demo: World) -> None:
    """The caller of a thread gets the OSError that the thread met."""
    with running_sandbox(demo) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with (
            pytest.raises(OSError, match="address already in use"),
            running_sandbox(demo, port=port),
        ):
            pass


async def test_serving_for_ever_ends_when_cancelled(demo: World) -> None:
    """`serve_forever` tells its address once, and lets go of the port when cancelled."""
    told: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(serve_forever(demo, started=lambda s: told.put_nowait(s.url)))
    url = await told.get()
    async with aiohttp.ClientSession() as client:
        served = await statuses(client, [url + "/faults/404"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(aiohttp.ClientConnectorError):
            await statuses(client, [url + "/faults/404"])

    assert served == [404]
    assert told.empty()
