"""What Tumblr refuses, and how; which names may be asked for at all."""

import dataclasses
import logging
import socket
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
from harvest.ledger.records import Target
from harvest.sandbox.keys import TUMBLR_KEY
from harvest.sources.tumblr import Place, Tumblr, check_place

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("no-such-blog/", AccountError, "no such blog"),
        ("dashboard-dora/", AccountError, "logged in"),
        ("string-stan/", AccountError, "You shall not pass"),
        ("html-hugo/", Outage, "503"),
        ("flaky-fay/", Outage, "500"),
        ("html-tag", Outage, "503"),
        ("limited-lin/", RateLimited, "2026-01-02 03:04:07 UTC"),
        ("daily-dan/", RateLimited, "2026-01-02 14:10:45 UTC"),
        ("limited-tag", RateLimited, "2026-01-02 03:04:07 UTC"),
    ],
)
async def test_every_refusal_is_one_line(
    access, walk_through, name: str, kind: type[WinnowError], words: str
) -> None:
    """Each shape of error becomes its branch, one line that begins with the target."""
    source = dataclasses.replace(Tumblr.open(access), now=lambda: NOW)
    with pytest.raises(kind, match=words) as caught:
        await walk_through(source, Target("tumblr", name))
    message = str(caught.value)

    assert message.startswith(f"tumblr:{name}: ")
    assert "\n" not in message
    assert TUMBLR_KEY not in message


async def test_a_limit_knows_its_end(access, walk_through) -> None:
    """The reset headers count seconds from now; only spent windows matter."""
    source = dataclasses.replace(Tumblr.open(access), now=lambda: NOW)
    with pytest.raises(RateLimited) as caught:
        await walk_through(source, Target("tumblr", "limited-lin/"))

    assert caught.value.until == NOW + timedelta(seconds=2)
    assert caught.value.waitable
    assert await walk_through(source, Target("tumblr", "limited-lin/"))


async def test_a_wrong_key_names_its_variable(sandbox, open_access, walk_through) -> None:
    """401: the variable and the page, not the key."""
    async with open_access(sandbox.url, {"consumer_key": "guessed"}) as access:
        with pytest.raises(CredentialsError, match=r"MY_CONSUMER_KEY.*tumblr\.com/oauth/apps") as e:
            await walk_through(Tumblr.open(access), Target("tumblr", "comic"))

    assert "guessed" not in str(e.value)


async def test_a_missing_key_names_its_variable(open_access) -> None:
    """One line: the variable, the page where to get one, and the way without keys."""
    async with open_access("http://127.0.0.1:9", {}) as access:
        with pytest.raises(CredentialsError, match=r"TUMBLR_CONSUMER_KEY.*oauth/apps.*winnow demo"):
            Tumblr.open(access)


async def test_the_key_stays_out_of_log_and_repr(access, walk_through, caplog) -> None:
    """Even at DEBUG, where urllib3 writes addresses."""
    caplog.set_level(logging.DEBUG)
    source = Tumblr.open(access)
    await walk_through(source, Target("tumblr", "comic"), most=1)

    assert TUMBLR_KEY not in caplog.text + repr(source)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("webcomic", Place(None, "webcomic")),
        ("#web comic", Place(None, "web comic")),
        ("漫画", Place(None, "漫画")),
        ("blog/", Place("blog", None)),
        ("blog/tag", Place("blog", "tag")),
        ("blog/a tag/b", Place("blog", "a tag/b")),
        ("my.example.org/tag", Place("my.example.org", "tag")),
        ("t:AbC_1-2/", Place("t:AbC_1-2", None)),
    ],
)
def test_names_are_read(name: str, place: Place) -> None:
    """A tag, a blog, or a tag within a blog."""
    assert check_place(name) == place


@pytest.mark.parametrize(
    "name",
    ["", "#", " ", "/tag", "/", "../../x/y", "a?b/", "a#b/c", "a b/c", "..%2f/x", "-x/", "a/../",
     "x" * 33 + "/", "a\x00b", "t" * 141, "t:/x", ".com/", "a..b/"],
)  # fmt: skip
def test_names_that_would_leave_their_place_are_refused(name: str) -> None:
    """pytumblr pastes names into the path: nothing but a name may pass."""
    with pytest.raises(UsageError) as caught:
        check_place(name)

    assert str(caught.value).isprintable()


def reply(status: int, body: object, **headers: str):
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return answer


async def page_of_html(_: web.Request) -> web.Response:
    return web.Response(text="<html>hello", content_type="text/html")


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently("http://192.0.2.1/steal")


async def too_much(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(40):
        await response.write(b" " * 1_000_000)
    return response


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (page_of_html, Outage, "answered 200 without posts"),
        (elsewhere, Outage, "301"),
        (too_much, Outage, "cannot be reached"),
        (hang_up, Outage, "cannot be reached"),
        (reply(200, [1]), Outage, "200"),
        (reply(200, {"no": "meta"}), Outage, "200"),
        (reply(200, {"response": {"posts": "many"}}), Outage, "no list of posts"),
        (reply(200, {"meta": {"status": 401}, "response": []}), CredentialsError, "MY_CONSUMER"),
        (reply(429, {"meta": 7}), RateLimited, "limit is reached$"),
        (reply(429, {}, **{"X-Ratelimit-Perhour-Remaining": "0",
                           "X-Ratelimit-Perhour-Reset": "later"}), RateLimited, "reached$"),
        (reply(429, {}, **{"Retry-After": "9" * 15}), RateLimited, "2026-01-04"),
        (reply(400, {"errors": [{"detail": "bad\x1b[31m"}]}), AccountError, "bad"),
    ],
)  # fmt: skip
async def test_odd_answers_are_mapped(
    serve, open_access, walk_through, *, answer, kind: type[WinnowError], words: str
) -> None:
    """What no documentation shows ends in one clean line, never in pytumblr's own errors."""
    async with open_access(await serve(answer)) as access:
        source = dataclasses.replace(Tumblr.open(access), now=lambda: NOW)
        with pytest.raises(kind, match=words) as caught:
            await walk_through(source, Target("tumblr", "comic"))

    assert str(caught.value).isprintable()
    assert TUMBLR_KEY not in str(caught.value)


async def test_a_server_that_is_down_is_an_outage(open_access, walk_through) -> None:
    """Connection refused: come back later, and the key is in no cause either."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with open_access(f"http://127.0.0.1:{taken.getsockname()[1]}") as access:
            with pytest.raises(Outage, match="ConnectionError") as caught:
                await walk_through(Tumblr.open(access), Target("tumblr", "comic"))

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
