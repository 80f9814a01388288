"""Which other addresses give the same picture, larger or smaller: the size ladders of the CDNs."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TWITTER = re.compile(
    r"(?P<stem>https?://pbs\.twimg\.com/media/[A-Za-z0-9_-]+)"
    r"(?:\.(?P<format>[a-z]{3,4})(?::\w+|\?[\w=&]*)?|\?(?P<query>[\w=&]+))",
    re.ASCII,
)
_QUERY_FORMAT = re.compile(r"(?:^|&)format=([a-z]{3,4})(?:&|$)")
_TUMBLR = re.compile(
    r"(?P<stem>https?://(?:[0-9]{1,3}\.)?media\.tumblr\.com/(?:[0-9a-f]{1,64}/)?tumblr_\w+)"
    r"_(?:75sq|100|250|400|500|540|640)\.(?P<format>[a-z]{3,4})",
    re.ASCII,
)

_NAMED = re.compile(
    r"[?&]name=(orig|4096x4096|large|medium)(?:&|$)|:(orig|large|medium)$|_(1280)\.[a-z]{3,4}$"
)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Other addresses of one picture."""

    best: tuple[str, ...] = ()
    """To try before the listed address, best first."""
    fallback: tuple[str, ...] = ()
    """To try after the listed address failed, best first."""


def ladder(url: str) -> Ladder:
    """Build the ladder of an address; empty where its CDN has none that is known.

    Twitter gives the uploaded file as `name=orig`, and where that fails `4096x4096`. Tumblr's old
    addresses end in a width that can be raised to 1280; its new ones are signed: left alone.
    """
    twitter = _TWITTER.fullmatch(url)
    if twitter is not None:
        known = twitter["format"] or _first(_QUERY_FORMAT.search(twitter["query"] or ""))
        stem = f"{twitter['stem']}?format={known}&name=" if known else ""
        return Ladder(
            best=_others(url, stem, ("orig", "4096x4096")),
            fallback=_others(url, stem, ("large", "medium")),
        )
    tumblr = _TUMBLR.fullmatch(url)
    if tumblr is not None:
        return Ladder(best=(f"{tumblr['stem']}_1280.{tumblr['format']}",))
    return Ladder()


def rung(url: str, final: str) -> str:
    """Name the rung of `url`'s ladder that gave the picture: where `final` stands on it.

    `orig`, `4096x4096`, `large`, `medium` (Twitter), `1280` (Tumblr's old addresses), `as listed`;
    "" where there is no ladder, or a redirect led off it.
    """
    sizes = ladder(url)
    if not (sizes.best or sizes.fallback):
        return ""
    named = _NAMED.search(final)
    if named is not None and (final == url or final in (*sizes.best, *sizes.fallback)):
        return named[1] or named[2] or named[3]
    return "as listed" if final == url else ""


def _others(url: str, stem: str, names: tuple[str, ...]) -> tuple[str, ...]:
    made = (stem + name for name in names if stem)
    return tuple(other for other in made if other != url)


def _first(match: re.Match[str] | None) -> str | None:
    return match[1] if match is not None else None
