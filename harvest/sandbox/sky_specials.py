"""Accounts on Bluesky of fixed names: some misbehave, one has every shape of post."""

from __future__ import annotations

from harvest.sandbox.plan import FeedPlan
from harvest.sandbox.styles import BULK

SKY_MOODS = {
    "away-anna.bsky.social": "deactivated",
    "banned-bob.bsky.social": "takedown",
    "blocked-bea.bsky.social": "blocked",
    "blocking-ben.bsky.social": "blocking",
    "expired-eva.bsky.social": "expired",
    "login-lea.bsky.social": "login",
    "walled-wes.bsky.social": "forbidden",
    "limited-lia.bsky.social": "limited",
    "limited-leo.bsky.social": "limited_bare",
    "html-hedy.bsky.social": "html",
    "down-dee.bsky.social": "down",
    "gateway-gus.bsky.social": "gateway",
    "flaky-flo.bsky.social": "flaky",
    "text-tess.bsky.social": "text",
    "odd-otis.bsky.social": "odd",
    "gap-gil.bsky.social": "gap",
    "loop-lotte.bsky.social": "loop",
    "junk-jo.bsky.social": "junk",
    "swapped-sia.bsky.social": "wrong_blob",
    "homeless-hal.bsky.social": "homeless",
    "closed-clay.bsky.social": "closed",
}
"""Handle -> mood. A handle that is not in the world is answered 400, `Profile not found`.

deactivated, takedown, blocked, blocking   400 with the error of that name
expired, login  401 `ExpiredToken`, `AuthMissing`
forbidden       403 with a page of HTML
limited         the first request 429 with `RateLimit-Reset`, then as usual
limited_bare    the first request 429 with `Retry-After`, then as usual
html            503 with a page of HTML, always
down, gateway   500, 502 with JSON, always
flaky           the first request 502 with a page of HTML, then as usual
text, odd       200 with what is no JSON, with JSON of another shape
gap             the second page is empty, and goes on
loop            the same page and cursor for ever
junk            the first page holds nothing that is a post, and goes on
wrong_blob      its server gives other bytes for its first picture than the CID says
homeless        the directory does not know its server
closed          the directory names a server within a private network
"""

SKY_STAND_IN = "bsky.app"
"""An invented artist under the name of the example."""
SKY_SHAPES = "shapes-shay.bsky.social"
"""Every shape of post: galleries, threads, labels, quotes, reposts, videos, links."""
SKY_WEB = "web-wanda.example"
"""Its DID is `did:web:…`."""
SKY_TAG = "skycomic"
"""Tag with a feed of the same name."""
SKY_SEARCHED = ("opensky",)
"""Tags that the search gives to everyone; all others are answered 403, as the real one does."""
SKY_FEED_DOWN = "down-feed"
"""A feed whose maker's server does not answer."""


def sky_plans() -> tuple[FeedPlan, ...]:
    """The special accounts; small pictures, for a blob's name needs its bytes."""
    moody = tuple(
        FeedPlan(
            name=handle,
            styles={BULK: 1},
            pictures=5,
            per_post=2,
            chatter=0,
            size=(120, 160),
            page_cap=2,
            mood=mood,
        )
        for handle, mood in SKY_MOODS.items()
    )
    artist = FeedPlan(
        name=SKY_STAND_IN,
        styles={"inkwell": 2, "gagster": 2, "sea": 1},
        pictures=14,
        chatter=0.4,
        size=(200, 280),
        page_cap=3,
        tags=(SKY_TAG, *SKY_SEARCHED),
        stray_tags=False,
    )
    shapes = FeedPlan(
        name=SKY_SHAPES,
        styles={BULK: 1},
        pictures=24,
        chatter=0.75,
        size=(120, 160),
        page_cap=3,
        tags=("shapes",),
    )
    web = FeedPlan(
        name=SKY_WEB, styles={BULK: 1}, pictures=3, chatter=0, size=(120, 160), tags=(SKY_TAG,)
    )
    return (artist, shapes, web, *moody)
