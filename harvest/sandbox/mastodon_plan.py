"""Who is on the instances of the sandbox, under fixed names; misbehaviour is a name too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from harvest.sandbox.builder import FeedBuilder
from harvest.sandbox.fediverse import AWAY, HOME, Attachment, Fediverse, Member, Toot
from harvest.sandbox.plan import NEWEST, FeedPlan
from harvest.sandbox.posts import Drawing, Picture

HOST_MOODS = {HOME: "", AWAY: "", "old.example": "old", "closed.example": "closed",
              "moved.example": "moved"}  # fmt: skip
"""Instance -> mood. Of any other host there is no API: 404 with a page of HTML.

old     no look-up (404), and a search that asks for no login; else as `HOME`
closed  everything is 401: the access token is invalid
moved   everything redirects to `HOME`
"""

MOODS = ("members", "hidden", "forbidden", "gone", "rejected", "limited", "throttled", "html",
         "flaky", "webpage", "object", "torn", "looped", "younger", "elsewhere", "insecure",
         "userinfo", "local", "sideways", "bare", "hollow", "endless", "suspended",
         "wandered")  # fmt: skip
"""Names of accounts at `HOME`, and of the tags on their posts, that are answered oddly.

members     401: this method requires an authenticated user
hidden      401: the access token is invalid
forbidden   403
gone        410
rejected    422
limited     the first request 429, for two seconds
throttled   429 for two hours, always
html        503 with a page of HTML, always
flaky       the first request 503 with a page of HTML, then as usual
webpage     200 with a page of HTML
object      200 with an object in place of a list
torn        200 with half a list
looped      the next page is this page
younger     the next page is newer than this one
elsewhere   the next page lies on another host
insecure    the next page is to be asked over http
userinfo    the next page's address has a name and a password
local       the next page is a file
sideways    the next page lies on another path
bare        the next page's address has no `max_id`
hollow      the first page is empty, and has a next page
endless     every page is empty, and has an older next page
suspended   look-up: `suspended: true`
wandered    look-up: `moved`; else as usual
"""

TAG = "webcomic"
"""Posts of both instances bear it."""


def planted(seed: int) -> Fediverse:
    """Everyone of fixed name; the same seed gives the same posts."""
    odd = [_member(seed, name, HOME, pictures=3, page_cap=1, tags=(name,)) for name in MOODS]
    otto = _member(seed, "otto", AWAY, pictures=6, page_cap=2, tags=(TAG, "ink"))
    otto = replace(otto, toots=tuple(_uncopied(toot) for toot in otto.toots))
    mara = _member(seed, "mara", HOME, pictures=9, page_cap=3, tags=(TAG,))
    wide = _member(seed, "wendy", HOME, pictures=70, page_cap=40, tags=(TAG, "daily"))
    mara = replace(mara, toots=_every_shape(mara.toots, otto.toots[0]))
    return Fediverse((mara, wide, otto, *odd))


def _member(
    seed: int, name: str, home: str, *, pictures: int, page_cap: int, tags: tuple[str, ...]
) -> Member:
    feed = FeedPlan(
        name=f"{name}@{home}",
        styles={"inkling": 2, "sea": 1} if name in ("mara", "otto") else {"bulk": 1},
        pictures=pictures,
        chatter=0,
        per_post=1 if name in MOODS else 4,
        size=(240, 320),
        tags=tags,
        stray_tags=False,
        newest=NEWEST - timedelta(hours=len(name)),
    )
    posts = FeedBuilder(seed, "mastodon", feed).posts({})
    toots = [
        Toot(
            author=name,
            home=home,
            at=post.at,
            attachments=tuple(
                Attachment("image", replace(m.picture, flaw=""), m.alt_text) for m in post.media
            ),
            tags=post.tags,
            sensitive=post.sensitive,
        )
        for post in posts
    ]
    return Member(name, home, tuple(toots), page_cap)


def _uncopied(toot: Toot) -> Toot:
    """Let other instances lack every second file of a post, and put a film before them."""
    film = Attachment("video", toot.attachments[0].picture, copied=False)
    kept = [replace(one, copied=n % 2 == 1) for n, one in enumerate(toot.attachments)]
    return replace(toot, attachments=(film, *kept))


def _every_shape(toots: tuple[Toot, ...], other: Toot) -> tuple[Toot, ...]:
    """Put posts of all other shapes before and between plain ones."""
    first, second, *rest = toots
    one = first.attachments[0]

    def spare(number: int) -> Picture:
        return replace(one.picture, media_id=f"Z{number:014d}", drawing=_seeded(one, number))

    shapes = [
        replace(first, attachments=(Attachment("gifv", spare(1)),)),
        replace(first, attachments=(Attachment("video", spare(2)),)),
        replace(first, attachments=(Attachment("audio", spare(3)),)),
        replace(first, attachments=(), boosts=other, tags=()),
        replace(first, attachments=(Attachment("image", spare(4)),), answers="other"),
        replace(first, attachments=(Attachment("image", spare(5)),), answers="self"),
        replace(first, attachments=(Attachment("image", spare(6)),), sensitive=True),
        replace(
            first,
            attachments=tuple(Attachment("image", spare(n), f"picture {n}") for n in range(7, 11)),
        ),
        replace(
            first,
            attachments=(
                Attachment("image", spare(11)),
                Attachment("video", spare(12)),
                Attachment("image", spare(13), "behind a film"),
            ),
        ),
    ]
    mixed = [first, *shapes[:4], second, *shapes[4:], *rest]
    return tuple(
        replace(toot, at=first.at - timedelta(minutes=17 * n)) for n, toot in enumerate(mixed)
    )


def _seeded(one: Attachment, number: int) -> Drawing:
    return replace(one.picture.drawing, seed=one.picture.drawing.seed + number)
