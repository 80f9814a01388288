"""What Bluesky refuses, and how; which names may be asked for at all."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from harvest.ledger.errors import AccountError, Outage, RateLimited, UsageError, WinnowError
from harvest.ledger.records import Target
from harvest.sandbox.server import Sandbox
from harvest.sandbox.skies import FEED_OWNER, did_of
from harvest.sandbox.sky_specials import SKY_FEED_DOWN
from harvest.sources.bluesky import Bluesky, find_place

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FEEDS = f"at://{did_of(FEED_OWNER)}/app.bsky.feed.generator"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("nobody.bsky.social", AccountError, "not found; check the spelling.*Profile not found"),
        ("away-anna.bsky.social", AccountError, "closed the account for now.*AccountDeactivated"),
        ("banned-bob.bsky.social", AccountError, "suspended.*AccountTakedown"),
        ("blocked-bea.bsky.social", AccountError, "is blocked.*BlockedActor"),
        ("blocking-ben.bsky.social", AccountError, "blocks who asks.*BlockedByActor"),
        ("expired-eva.bsky.social", AccountError, "without login.*ExpiredToken"),
        ("login-lea.bsky.social", AccountError, "without login.*AuthMissing"),
        ("walled-wes.bsky.social", AccountError, "without login"),
        ("html-hedy.bsky.social", Outage, "503"),
        ("down-dee.bsky.social", Outage, "500.*Internal Server Error"),
        ("gateway-gus.bsky.social", Outage, "502.*Upstream"),
        ("flaky-flo.bsky.social", Outage, "502"),
        ("text-tess.bsky.social", Outage, "answered 200 without posts"),
        ("odd-otis.bsky.social", Outage, "no list of posts"),
        ("#webcomic", AccountError, r"logged in only \(403\); .*app\.bsky\.feed\.generator/NAME"),
        (f"{FEEDS}/{SKY_FEED_DOWN}", Outage, "502.*feed unavailable"),
        (f"{FEEDS}/none", AccountError, "no such feed.*UnknownFeed"),
        ("at://did:plc:x/app.bsky.feed.generator/y", AccountError, "could not find feed"),
    ],
)
async def test_every_refusal_is_one_line(
    access, walk_through, name: str, kind: type[WinnowError], words: str
) -> None:
    """Each shape of error becomes its branch, one line that begins with the target."""
    with pytest.raises(kind, match=words) as caught:
        await walk_through(Bluesky.open(access), Target("bluesky", name))
    message = str(caught.value)

    assert type(caught.value) is kind
    assert message.startswith(f"bluesky:{name}: ")
    assert "\n" not in message


@pytest.mark.parametrize(("handle", "seconds"), [("limited-lia", 7), ("limited-leo", 9)])
async def test_a_limit_knows_its_end(
    world, open_access, walk_through, handle: str, seconds: int
) -> None:
    """`RateLimit-Reset` is a point in time, `Retry-After` seconds to go; afterwards it answers."""
    target = Target("bluesky", f"{handle}.bsky.social")
    async with (
        Sandbox(world, clock=NOW.timestamp) as sandbox,
        open_access(sandbox.url) as access,
    ):
        source = dataclasses.replace(Bluesky.open(access), now=lambda: NOW)
        with pytest.raises(RateLimited, match="limit is reached until 2026-01-02 03:04:") as caught:
            await walk_through(source, target)
        later = await walk_through(source, target)

    assert caught.value.until == NOW + timedelta(seconds=seconds)
    assert caught.value.waitable
    assert later


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({}, None),
        ({"RateLimit-Reset": "soon"}, None),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) - 5)}, None),
        ({"RateLimit-Reset": "9" * 19}, None),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 5)}, NOW + timedelta(seconds=5)),
        ({"RateLimit-Reset": "99999999999"}, NOW + timedelta(days=2)),
        (
            {"RateLimit-Reset": str(int(NOW.timestamp()) + 5), "RateLimit-Remaining": "8"},
            None,
        ),
    ],
)
async def test_limits_without_a_usable_end(
    serve, open_access, walk_through, headers: dict[str, str], until: datetime | None
) -> None:
    """What is torn, past or another window's is not believed."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=429, headers=headers)

    async with open_access(await serve(answer)) as access:
        source = dataclasses.replace(Bluesky.open(access), now=lambda: NOW)
        with pytest.raises(RateLimited) as caught:
            await walk_through(source, Target("bluesky", "bsky.app"))

    assert caught.value.until == until


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ((302, b""), Outage),
        ((302, b'{"feed": []}'), Outage),
        ((204, b""), Outage),
        ((200, b"[]"), Outage),
        ((200, b'{"feed": null}'), Outage),
        ((200, b"\xff\xfe"), Outage),
        ((200, b"[" * 100_000), Outage),
        ((404, b"<h1>no</h1>"), Outage),
        ((404, b'{"error": "XRPCNotSupported"}'), AccountError),
        ((400, b'{"error": ["x"], "message": {"a": "\\u001b[31m"}}'), AccountError),
        ((400, b'{"error": "E", "message": "one\\ntwo \\u001b[31m"}'), AccountError),
        ((500, b'{"error": "\\ud800"}'), Outage),
    ],
)
async def test_strange_answers(
    serve, open_access, walk_through, told: tuple[int, bytes], kind: type[WinnowError]
) -> None:
    """Whatever a server answers ends in one printable line of the right branch."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            status=told[0], body=told[1], headers={"Location": "https://x.example/"}
        )

    async with open_access(await serve(answer)) as access:
        with pytest.raises(kind) as caught:
            await walk_through(Bluesky.open(access), Target("bluesky", "bsky.app"))

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("islieb", "handle like name.bsky.social"),
        ("../../x.y/z", "not an account"),
        ("a b.c", "not an account"),
        ("x" * 300 + ".y", "not an account"),
        ("#", "not a tag"),
        ("#two words", "not a tag"),
        ("#" + "x" * 65, "not a tag"),
        ("at://did:plc:x/app.bsky.feed.post/3k", "not the address of a feed"),
        ("at://name.bsky.social/app.bsky.feed.generator/x", "at://DID/"),
        ("did:plc:a/b", "not an account"),
    ],
)
def test_names_that_cannot_be_asked_for(name: str, words: str) -> None:
    """Refused before anything is asked, in one line that shows the name and what is wanted."""
    with pytest.raises(UsageError, match=words) as caught:
        find_place(Target("bluesky", name))

    assert str(caught.value).startswith("bluesky:")
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", ["bsky.app", "did:plc:abc", "did:web:a.example", "xn--a.example"])
def test_names_of_accounts(name: str) -> None:
    """Handles and DIDs go to the author's feed, as they are."""
    place = find_place(Target("bluesky", name))

    assert place.parameters["actor"] == name
    assert place.parameters["filter"] == "posts_with_media"
