"""What instances refuse, and how; next pages that lead away or nowhere."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from harvest.ledger.errors import AccountError, Outage, RateLimited, WinnowError
from harvest.ledger.records import Target, Walk
from harvest.sandbox.fediverse import HOME
from harvest.sandbox.mastodon_plan import MOODS
from harvest.sources.asking import Bounds
from harvest.sources.mastodon import Mastodon

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

REFUSALS = [
    ("members", AccountError, r"logged in \(This method requires an authenticated user\)"),
    ("hidden", AccountError, r"logged in \(The access token is invalid\).*own"),
    ("forbidden", AccountError, "403"),
    ("gone", AccountError, "no such account or tag"),
    ("rejected", AccountError, "422.*Validation failed"),
    ("limited", RateLimited, "reached until"),
    ("throttled", RateLimited, "reached until"),
    ("html", Outage, "503"),
    ("flaky", Outage, "503"),
    ("webpage", AccountError, "no Mastodon"),
    ("object", Outage, r"no list of posts \(Something went wrong\)"),
    ("torn", Outage, "answered 200 without posts"),
]
HOSTILE = ("elsewhere", "insecure", "userinfo", "local", "sideways")


@pytest.mark.parametrize("sign", ["#", "@"])
@pytest.mark.parametrize(("mood", "kind", "words"), REFUSALS)
async def test_every_refusal_is_one_line(
    access, walk_through, sign: str, mood: str, kind: type[WinnowError], *, words: str
) -> None:
    """Each shape of error becomes its branch, one line that begins with the target."""
    target = Target("mastodon", f"{HOME}/{sign}{mood}")
    with pytest.raises(kind, match=words) as caught:
        await walk_through(Mastodon.open(access), target)

    assert str(caught.value).startswith(f"{target.key}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{HOME}/@nobody", "knows no such account; check the spelling"),
        (f"{HOME}/@nobody@art.example", "try mastodon:art.example/@nobody$"),
        (f"{HOME}/@suspended", "suspended"),
        ("old.example/@nobody@art.example", "knows no such account"),
        ("closed.example/#webcomic", "logged in"),
        ("closed.example/@mara", "logged in"),
        ("moved.example/#webcomic", f"redirects to https://{HOME}/.*name the new one"),
        ("moved.example/@mara", "name the new one"),
        ("shop.example/#webcomic", "no Mastodon"),
        ("shop.example/@mara", "no Mastodon"),
    ],
)
async def test_who_is_not_there(access, walk_through, name: str, words: str) -> None:
    """Unknown accounts and instances that answer nobody fail alone, in one line."""
    with pytest.raises(AccountError, match=words) as caught:
        await walk_through(Mastodon.open(access), Target("mastodon", name))

    assert str(caught.value).startswith(f"mastodon:{name}: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("sign", ["#", "@"])
@pytest.mark.parametrize("mood", HOSTILE)
async def test_a_next_page_elsewhere_is_never_asked(
    access, sandbox, walk_through, sign: str, mood: str
) -> None:
    """The page that came is kept, once; the walk ends with an outage, and begins there again."""
    source, target = Mastodon.open(access), Target("mastodon", f"{HOME}/{sign}{mood}")
    pages, walk, asked = [], Walk(), []
    for _ in range(2):
        with pytest.raises(Outage, match="lies elsewhere"):
            async for page in source.pages(target, walk):
                pages.append(page)
        walk, asked = Walk(cursor=pages[0].cursor), asked or list(sandbox.requests)

    assert [len(page.sightings) for page in pages] == [1]
    assert list(sandbox.requests) == [*asked, asked[-1]]


@pytest.mark.parametrize("sign", ["#", "@"])
@pytest.mark.parametrize(
    ("mood", "count", "words"),
    [("looped", 2, "older"), ("younger", 2, "older"), ("bare", 1, "older"), ("endless", 20, "row")],
)
async def test_a_list_that_does_not_get_older_ends(
    access, walk_through, sign: str, mood: str, *, count: int, words: str
) -> None:
    """It ends with a note, whatever the instance makes of `max_id`."""
    pages = await walk_through(Mastodon.open(access), Target("mastodon", f"{HOME}/{sign}{mood}"))

    assert len(pages) == count
    assert pages[-1].cursor is None
    assert words in pages[-1].notes[0]


async def test_an_empty_page_is_not_the_end(access, walk_through) -> None:
    """Where an empty list has an older next page, the walk goes on."""
    pages = await walk_through(Mastodon.open(access), Target("mastodon", f"{HOME}/@hollow"))

    assert [len(page.sightings) for page in pages] == [0, 1, 1, 1]


def test_every_mood_is_tried() -> None:
    """No misbehaviour of the stand-in goes untested here or in the walks' tests."""
    tried = {mood for mood, *_ in REFUSALS} | {*HOSTILE}
    tried |= {"looped", "younger", "bare", "endless", "hollow", "suspended", "wandered"}

    assert tried == set(MOODS)


async def test_a_limit_knows_its_end(serve, open_access, walk_through) -> None:
    """`X-RateLimit-Reset` is text of ISO 8601; absent or absurd it is not believed."""
    ends = []
    for reset in ("2026-01-02T03:09:05.123456Z", "soon", "1999-01-01T00:00:00Z", "9999-12-31"):
        answer = reply(429, {"error": "Too many requests"}, **{"X-RateLimit-Reset": reset})
        async with open_access(await serve(answer)) as access:
            source = dataclasses.replace(Mastodon.open(access), now=lambda: NOW)
            with pytest.raises(RateLimited) as caught:
                await walk_through(source, Target("mastodon", f"{HOME}/#cats"))
            ends.append(caught.value.until)

    assert ends == [
        NOW + timedelta(minutes=5, microseconds=123456), None, None, NOW + timedelta(days=2)
    ]  # fmt: skip


def reply(status: int, body: object, **headers: str):
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return answer


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b" " * 1000)
    return response


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def nested(_: web.Request) -> web.Response:
    return web.Response(text="[" * 40_000, content_type="application/json")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (endless, Outage, "50000 bytes"),
        (hang_up, Outage, "cannot be reached"),
        (nested, Outage, "answered 200 without posts"),
        (reply(200, "posts"), Outage, "no list of posts"),
        (reply(204, []), Outage, "answered 204"),
        (reply(302, [], Location="/auth/sign_in"), AccountError, "redirects to /auth/sign_in"),
        (reply(304, []), AccountError, "redirects to nowhere"),
        (reply(401, []), AccountError, "logged in; ask"),
        (reply(403, {"error": "no\x1b[31m\nno"}), AccountError, r"\(no.\[31m no\)"),
        (reply(404, {"error": "Record not found"}), AccountError, "no such account or tag"),
        (reply(451, {"error": 7}), AccountError, r"\(451\)$"),
        (reply(500, {"error": "oops"}), Outage, r"500 without posts \(oops\)"),
    ],
)
async def test_odd_answers_are_mapped(
    serve, open_access, walk_through, *, answer, kind: type[WinnowError], words: str
) -> None:
    """Whatever comes ends in one of the documented errors, printable, in one line."""
    async with open_access(await serve(answer)) as access:
        source = dataclasses.replace(Mastodon.open(access), bounds=Bounds(n_bytes=50_000))
        with pytest.raises(kind, match=words) as caught:
            await walk_through(source, Target("mastodon", f"{HOME}/#cats"))

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "account", [[], {"error": "?"}, {"id": "../../x"}, {"id": None}, {"id": 7}]
)
async def test_an_account_without_an_id_is_an_outage(
    serve, open_access, walk_through, account: object
) -> None:
    """What the look-up gives becomes part of a path: nothing but an id may pass."""
    async with open_access(await serve(reply(200, account))) as access:
        with pytest.raises(Outage, match="no account"):
            await walk_through(Mastodon.open(access), Target("mastodon", f"{HOME}/@mara"))
