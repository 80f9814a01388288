"""Accounts, blogs and tags of fixed names whose answers misbehave: misbehaviour is a path."""

from __future__ import annotations

from harvest.sandbox.plan import FeedPlan
from harvest.sandbox.styles import ARTISTS, SCENES

X_MOODS = {
    "suspended_sam": "suspended",
    "protected_pia": "protected",
    "nobody_404": "not_found",
    "gap_greta": "gap",
    "partial_paula": "partial",
    "lostkey_lena": "lost_key",
    "revoked_rosa": "revoked",
    "credits_carl": "credits",
    "limited_lara": "limited",
    "limited_lou": "limited_bare",
    "capped_cora": "capped",
    "html_hanna": "html",
    "flaky_fred": "flaky",
    "empty_emil": "empty",
    "loop_lola": "loop",
    "suspended_sue": "suspended_404",
    "broken_bea": "broken",
}
"""Username on X -> mood. Any name that is not in the world is answered 200 with `errors`.

suspended     look-up: 200, `errors`, no `data`
protected     look-up: `protected: true`; posts: 200, `errors`, no `data`
not_found     look-up: 404 with a problem document
gap           the second page has no `data`, and goes on
partial       pages carry `errors` beside their data
lost_key      a media key of the post is missing from `includes`
revoked       posts: 401, whatever the token
credits       posts: 402, credits depleted
limited       posts: the first request 429 with `x-rate-limit-reset`, then as usual
limited_bare  posts: the first request 429 in the old shape, without limit headers
capped        posts: 429 UsageCapExceeded, always
html          posts: 503 with a page of HTML, always
flaky         posts: the first request 503 with a page of HTML, then as usual
empty         posts: 500 without a body, always
loop          `next_token` is the same for ever
suspended_404 look-up: 404 with a problem document that says so
broken        posts: 500 with a problem document, always
"""

TUMBLR_MOODS = {
    "dashboard-dora": "dashboard",
    "limited-lin": "limited",
    "daily-dan": "daily",
    "html-hugo": "html",
    "flaky-fay": "flaky",
    "string-stan": "string",
}
"""Blog on Tumblr -> mood. A blog that is not in the world is answered 404.

dashboard  403: only viewable within the dashboard
limited    the first request 429 (the hour's limit), then as usual
daily      429 (the day's limit), always
html       503 with a page of HTML, always
flaky      the first request 500 with a page of HTML, then as usual
string     403 whose `response` is a string
"""

TAG_MOODS = {
    "limited-tag": "limited",
    "daily-tag": "daily",
    "html-tag": "html",
    "loop-tag": "loop",
}
"""Tag of /v2/tagged -> mood; `loop` answers the same page whatever `before` says."""

STAND_INS = (
    "daskritzelt",
    "erzaehlmirnix",
    "islieb",
    "isfies666",
    "joschasauer",
    "ralphruthe",
    "foxes_in_love",
    "hauckundbauer",
    "dino_comics",
)
"""Accounts of `config/comics.yaml`: here, invented artists under the same names."""

TAG_STAND_INS = {
    "webcomic": ("strips-of-steph", ("gagster", "halftone", "inkwell")),
    "landscape photography": ("wide-open-wim", ("landscape", "sea", "snow")),
}
"""Tag of `config/tumblr_tag.yaml` -> a blog under it, and what it shows."""

REBLOG_BLOG = "reblog-rita"
"""Its posts show pictures in their trail only."""
TEMPLATE_ACCOUNT = "template_tom"
"""Strips with the same panels and other words."""


def x_plans() -> tuple[FeedPlan, ...]:
    """The special accounts of X and the stand-ins."""
    moody = tuple(
        FeedPlan(
            name=name,
            styles={ARTISTS[n % len(ARTISTS)]: 3, SCENES[n % len(SCENES)]: 1},
            pictures=6,
            chatter=0.2,
            page_cap=3 if mood in ("gap", "loop", "partial") else 100,
            mood=mood,
        )
        for n, (name, mood) in enumerate(X_MOODS.items())
    )
    stand_ins = tuple(
        FeedPlan(
            name=name, styles={ARTISTS[n % len(ARTISTS)]: 5, SCENES[n % len(SCENES)]: 1}, pictures=8
        )
        for n, name in enumerate(STAND_INS)
    )
    templates = FeedPlan(name=TEMPLATE_ACCOUNT, styles={"template": 1}, pictures=8, chatter=0)
    return (*moody, *stand_ins, templates)


def tumblr_plans() -> tuple[FeedPlan, ...]:
    """The special blogs of Tumblr."""
    moody = tuple(
        FeedPlan(name=name, styles={ARTISTS[n]: 1}, pictures=4, mood=mood, tags=("odd",))
        for n, (name, mood) in enumerate(TUMBLR_MOODS.items())
    )
    tagged = tuple(
        FeedPlan(name=f"about-{tag}", styles={SCENES[n]: 1}, pictures=4, tags=(tag,))
        for n, tag in enumerate(TAG_MOODS)
    )
    reblogs = FeedPlan(
        name=REBLOG_BLOG, styles={"inkling": 1, "sea": 1}, pictures=5, tags=("reblogs",)
    )
    stand_ins = tuple(
        FeedPlan(
            name=name,
            styles=dict.fromkeys(styles, 1),
            pictures=20,
            tags=(tag,),
            stray_tags=False,
        )
        for tag, (name, styles) in TAG_STAND_INS.items()
    )
    return (*moody, *tagged, reblogs, *stand_ins)
