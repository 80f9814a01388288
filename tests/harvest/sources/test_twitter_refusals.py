"""What X refuses, and how: each shape told apart, no secret told at all."""

import dataclasses
import logging
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from harvest.ledger.errors import (
    AccountError,
    CredentialsError,
    Outage,
    RateLimited,
    UsageError,
    WinnowError,
)
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sandbox.keys import BEARER, BROKE_BEARER
from harvest.sources.protocol import Access
from harvest.sources.twitter import Twitter

ACCOUNT = "ida_inkwell"


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def keys(found: list[Sighting]) -> list[str]:
    return [f"{one.source}:{one.post_id}:{one.media_index}" for one in found]


def planted(world, name: str, *vias: str) -> dict[str, str]:
    """Key -> address of the pictures that an account shows."""
    ids = {post.post_id for post in world.accounts[name].posts}
    return {
        t.key: t.url
        for t in world.truth()
        if t.source == "twitter" and t.post_id in ids and t.via in vias
    }


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("no_such_account", AccountError, "no such account"),
        ("nobody_404", AccountError, "no such account"),
        ("suspended_sam", AccountError, "suspended"),
        ("protected_pia", AccountError, "protected"),
        ("revoked_rosa", CredentialsError, "MY_BEARER_TOKEN"),
        ("credits_carl", RateLimited, "credit"),
        ("capped_cora", RateLimited, "monthly cap"),
        ("html_hanna", Outage, "503"),
        ("empty_emil", Outage, "500"),
        ("limited_lara", RateLimited, "until"),
        ("limited_lou", RateLimited, "rate limit"),
        ("not a name", UsageError, "not an account's name"),
        ("sixteen_letters_", UsageError, "1 to 15"),
        ("../../evil", UsageError, "1 to 15"),
    ],
)
async def test_every_refusal_is_one_line(
    access: Access, walk_through, name: str, kind: type[WinnowError], words: str
) -> None:
    """Each shape of error becomes its branch, one line that begins with the target."""
    with pytest.raises(kind, match=words) as caught:
        await walk_through(Twitter.open(access), Target("twitter", name))
    message = str(caught.value)

    assert message.startswith(f"twitter:{name}: ")
    assert "\n" not in message
    assert BEARER not in message


async def test_limits_say_whether_waiting_helps(access, walk_through) -> None:
    """A spent month and spent credit cannot be waited for; a window ends at its reset."""
    source = Twitter.open(access)
    limits = {}
    for name in ("limited_lara", "limited_lou", "capped_cora", "credits_carl"):
        with pytest.raises(RateLimited) as caught:
            await walk_through(source, Target("twitter", name))
        limits[name] = caught.value
    until = limits["limited_lara"].until

    assert until is not None
    assert datetime.now(UTC) < until < datetime.now(UTC) + timedelta(minutes=16)
    assert limits["limited_lou"].until is None
    assert [limit.waitable for limit in limits.values()] == [True, True, False, False]


async def test_a_limited_walk_goes_on_where_it_stopped(access, world, walk_through) -> None:
    """Asked again after a limit, the source gives everything, without a second look-up."""
    source, target = Twitter.open(access), Target("twitter", "limited_lara")
    before: list[Page] = []
    with pytest.raises(RateLimited):
        async for page in source.pages(target, Walk()):
            before.append(page)
    after = await walk_through(source, target, Walk(cursor=before[-1].cursor))

    assert len(before) == 1
    assert set(keys(sightings(after))) == set(planted(world, "limited_lara", "post", "quote"))


@pytest.mark.parametrize(
    ("token", "kind", "words"),
    [
        ("sandbox-revoked", CredentialsError, "developer.x.com.*"),
        (BROKE_BEARER, RateLimited, "credit"),
    ],
)
async def test_bad_tokens_are_told_apart(
    sandbox, open_access, walk_through, *, token: str, kind: type[WinnowError], words: str
) -> None:
    """Revoked and exhausted end differently, and neither message holds the token."""
    async with open_access(sandbox.url, {"bearer_token": token}) as access:
        with pytest.raises(kind, match=words) as caught:
            await walk_through(Twitter.open(access), Target("twitter", ACCOUNT))

    assert token not in str(caught.value)


OAUTH = {
    "consumer_key": "ck", "consumer_secret": "cs-hidden",
    "access_token": "at", "access_token_secret": "ats-hidden",
}  # fmt: skip


async def test_four_secrets_serve_as_well_as_a_bearer_token(
    sandbox, open_access, world, walk_through, caplog
) -> None:
    """OAuth 1.0a signs every request, pages with times included; no secret reaches the log."""
    caplog.set_level(logging.DEBUG)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    async with open_access(sandbox.url, OAUTH) as access:
        source = Twitter.open(access)
        pages = await walk_through(source, Target("twitter", "gap_greta", since=since))

    assert set(keys(sightings(pages))) == {
        key
        for key in planted(world, "gap_greta", "post", "quote")
        if any(p.post_id in key and p.at >= since for p in world.accounts["gap_greta"].posts)
    }
    assert "hidden" not in caplog.text + repr(source)


async def test_the_bearer_token_stays_out_of_log_and_repr(access, walk_through, caplog) -> None:
    """Even at DEBUG, where tweepy writes its headers."""
    caplog.set_level(logging.DEBUG)
    source = Twitter.open(access)
    await walk_through(source, Target("twitter", ACCOUNT))

    assert BEARER not in caplog.text + repr(source)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"TWITTER_BEARER_TOKEN.*https://developer\.x\.com.*winnow demo"),
        ({"bearer_token": "  "}, "MY_BEARER_TOKEN"),
        ({"consumer_key": "a"}, "TWITTER_CONSUMER_SECRET and TWITTER_ACCESS_TOKEN "),
        ({"bearer_token": "a b"}, "MY_BEARER_TOKEN: the value holds a blank"),
        ({"bearer_token": "a\r\nX: y"}, "MY_BEARER_TOKEN: the value holds a blank"),
    ],
)
async def test_missing_credentials_name_the_variable(
    open_access, given: dict[str, str], words: str
) -> None:
    """One line: the variable, the page where to get one, and the way without keys."""
    async with open_access("http://127.0.0.1:9", given) as access:
        with pytest.raises(CredentialsError, match=words) as caught:
            Twitter.open(access)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("origin", ["https://api.x.com", "https://api.twitter.com"])
async def test_either_name_of_the_api_can_be_mapped(
    sandbox, open_access, walk_through, origin: str
) -> None:
    """Whoever maps one of the API's two names sends all of it elsewhere."""
    async with open_access(sandbox.url, origins=(origin,)) as access:
        pages = await walk_through(Twitter.open(access), Target("twitter", ACCOUNT))

    assert sightings(pages)
    assert sandbox.requests.record()


def problem(status: int, body: object, **headers: str):
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return answer


async def garbled(_: web.Request) -> web.Response:
    return web.Response(text="{nonsense", content_type="application/json")


async def no_object(_: web.Request) -> web.Response:
    return web.json_response([1, 2])


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPFound("http://192.0.2.1/steal")


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (garbled, Outage, "no JSON object"),
        (no_object, Outage, "no JSON object"),
        (elsewhere, Outage, "302"),
        (hang_up, Outage, "cannot be reached"),
        (problem(500, ["errors"]), Outage, "500"),
        (problem(503, {"errors": "down"}), Outage, "503"),
        (problem(404, [], ), Outage, "404"),
        (problem(400, {"errors": [7, {"message": "bad\x1b[31m\nthing"}]}), AccountError, "bad"),
        (
            problem(403, {"title": "Client Forbidden", "reason": "client-not-enrolled",
                          "type": "https://api.x.com/2/problems/client-forbidden"}),
            CredentialsError, "attach the app to a project",
        ),
        (problem(401, {"errors": [{"code": 89, "message": "No"}]}), CredentialsError, "expired"),
        (
            problem(404, {"errors": [{"detail": "User has been suspended: [x]."}]}),
            AccountError, "suspended",
        ),
        (problem(429, {}, **{"x-rate-limit-reset": "soon"}), RateLimited, "rate limit"),
        (problem(429, {}, **{"x-rate-limit-reset": "1"}), RateLimited, "limit is reached$"),
        (problem(429, {}, **{"Retry-After": "90"}), RateLimited, "2026-01-02 03:05:35 UTC"),
        (
            problem(429, {}, **{"x-rate-limit-reset": "99999999999", "Retry-After": "86400"}),
            RateLimited, "2026-01-03 03:04:05 UTC",
        ),
        (problem(420, {}), RateLimited, "rate limit"),
        (problem(451, {"title": "Withheld"}), AccountError, "Withheld"),
        (problem(200, {"data": {"id": "x", "username": 7}}), AccountError, "no such account"),
        (problem(200, {"data": []}), AccountError, "no such account"),
    ],
)  # fmt: skip
async def test_odd_answers_are_mapped(
    serve, open_access, walk_through, *, answer, kind: type[WinnowError], words: str
) -> None:
    """What no documentation shows still ends in one clean line, never in tweepy's own errors."""
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with open_access(await serve(answer)) as access:
        source = dataclasses.replace(Twitter.open(access), now=lambda: now)
        with pytest.raises(kind, match=words) as caught:
            await walk_through(source, Target("twitter", "x"))

    assert str(caught.value).isprintable()


async def test_a_server_that_is_down_is_an_outage(
    open_access, walk_through, unused_tcp_port
) -> None:
    """Connection refused: come back later."""
    async with open_access(f"http://127.0.0.1:{unused_tcp_port}") as access:
        with pytest.raises(Outage, match="cannot be reached"):
            await walk_through(Twitter.open(access), Target("twitter", "x"))


async def test_a_user_who_vanished_since_the_look_up(serve, open_access, walk_through) -> None:
    """Posts answered with nothing but errors about the user end the target, not silently."""

    async def answer(request: web.Request) -> web.Response:
        if "by/username" in request.path:
            return web.json_response({"data": {"id": "42", "username": "x"}})
        fault = {"resource_type": "user", "detail": "User has been suspended: [x]."}
        return web.json_response({"errors": [fault]})

    async with open_access(await serve(answer)) as access:
        with pytest.raises(AccountError, match="suspended"):
            await walk_through(Twitter.open(access), Target("twitter", "x"))
