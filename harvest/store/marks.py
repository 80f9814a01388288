"""What a picture can be recognised by when it must not come back: marks, as hashes alone.

A mark is (kind, hash). A tombstone is a mark that was buried: it tells nobody whose picture it
was, yet every later sighting can be held against it. Addresses are brought to one form first: the
same picture is listed with http and https, in several sizes, and one post has several addresses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from harvest.ledger.addresses import spell
from harvest.ledger.errors import UsageError
from harvest.ledger.records import Sighting, Target

Mark = tuple[str, str]
"""(kind, 64 hex digits): `bytes`, `sighting`, `address`, `post`, `account`, `folder`."""

_HOSTS = {"twitter.com": "x.com", "mobile.twitter.com": "x.com", "mobile.x.com": "x.com"}
_STATUS = re.compile(r"/(?P<name>\w+)(?:/web)?/status(?:es)?/(?P<post>[0-9]+)(?:/.*)?", re.ASCII)
_TWITTER_MEDIA = re.compile(r"/media/([A-Za-z0-9_-]+)[^/]*")
_TUMBLR_OWN = re.compile(r"/(?:post|image)/([0-9]+)(?:/.*)?")
_TUMBLR_NEW = re.compile(r"/(?:blog/(?:view/)?)?(?P<name>[\w-]+)/(?P<post>[0-9]+)(?:/.*)?")
_BLUESKY = re.compile(r"/profile/(?P<name>[^/]+)/post/(?P<post>[^/]+)")
_MASTODON = re.compile(r"/(?:@|users/)(?P<name>[^/@]+)(?:@(?P<home>[^/]+))?/(?:statuses/)?[0-9]+")
_REMOTE = re.compile(r"@?(?P<name>[^/@]+)@(?P<home>[^/@]+)")
_THERE = re.compile(r"(?P<home>[^/@]+)/@(?P<name>[^/@]+)(?:@(?P<far>[^/@]+))?")


def bytes_mark(sha256: str) -> Mark:
    """The bytes themselves, wherever they come from: their sha256 is the hash."""
    return ("bytes", sha256)


def sighting_mark(key: tuple[str, str, int]) -> Mark:
    """One picture in one place: a sighting's key."""
    return _mark("sighting", "\n".join(map(str, key)))


def address_mark(url: str) -> Mark:
    """A picture's address, in whatever size and scheme it is listed."""
    return _mark("address", canonical(url))


def post_mark(url: str) -> Mark:
    """A post's address: all its pictures."""
    return _mark("post", canonical(url))


def account_mark(source: str, name: str) -> Mark | None:
    """All that an account posted; None for a name that is none (a tag, a feed, a list)."""
    account = _account(source, name)
    return _mark("account", f"{source}:{account}") if account else None


def folder_mark(key: str) -> Mark:
    """All that lies in a folder on this disk: by its target's key."""
    return _mark("folder", key)


def target_mark(target: Target) -> Mark | None:
    """The mark that forbids a whole target; None where no single account or folder is meant."""
    if target.source == "folder":
        return folder_mark(target.key)
    if target.source == "tumblr" and "/" not in target.name:
        return None  # a tag
    return account_mark(target.source, target.name)


def marks_of(sighting: Sighting, target: str = "") -> frozenset[Mark]:
    """All marks that a sighting bears; `target` is the key of the target that shows it."""
    marks = {sighting_mark(sighting.key)}
    if sighting.source == "folder":
        marks.add(bytes_mark(sighting.post_id))
        marks.add(folder_mark(target))
    for url in _addresses(sighting):
        marks.add(address_mark(url))
    if sighting.post_url:
        marks.add(post_mark(sighting.post_url))
    marks.update(_mark("account", account) for account in accounts_of(sighting))
    return frozenset(marks)


def own_marks(sighting: Sighting) -> frozenset[Mark]:
    """Marks of this one picture alone: neither its post's nor its author's."""
    kinds = ("sighting", "address", "bytes")
    return frozenset(mark for mark in marks_of(sighting) if mark[0] in kinds)


def accounts_of(sighting: Sighting) -> set[str]:
    """Accounts that posted it, as `twitter:islieb`: by its author, and by its post's address."""
    found = set(_posters(sighting.post_url or ""))
    if sighting.author and sighting.source not in ("folder", "urls"):
        account = _account(sighting.source, sighting.author)
        found |= {f"{sighting.source}:{account}"} if account else set()
    return found


def poster_marks(url: str) -> list[tuple[Mark, str]]:
    """Marks of the accounts that a post's or a profile's address names, each with the bare name."""
    accounts = set(_posters(url))
    with suppress(UsageError):
        source, _, name = spell(url).partition(":")
        account = _account(source, name)
        accounts |= {f"{source}:{account}"} if account and "#" not in name else set()
    return [
        (_mark("account", one), one.partition(":")[2].rpartition("/@")[2])
        for one in sorted(accounts)
    ]


def canonical(url: str) -> str:
    """One text for all addresses of the same thing, as far as they are known to be the same."""
    parts = _split(url)
    if parts is None:
        return url.strip()
    host, path = _host(parts), parts.path.rstrip("/")
    if host == "x.com" and (found := _STATUS.fullmatch(path)):
        return f"x.com/status/{found['post']}"
    if host == "pbs.twimg.com" and (media := _TWITTER_MEDIA.fullmatch(path)):
        return f"pbs.twimg.com/media/{media[1]}"
    if host == "tumblr.com" and (found := _TUMBLR_NEW.fullmatch(path)):
        return f"tumblr.com/{found['post']}"
    if host.endswith(".tumblr.com") and (own := _TUMBLR_OWN.fullmatch(path)):
        return f"tumblr.com/{own[1]}"
    if host == "bsky.app" and (found := _BLUESKY.fullmatch(path)):
        return f"bsky.app/profile/{found['name'].casefold()}/post/{found['post']}"
    return f"{host}{path}" + (f"?{parts.query}" if parts.query else "")


def _posters(post_url: str) -> Iterator[str]:
    """The account that a post's address names."""
    parts = _split(post_url)
    if parts is None:
        return
    host, path = _host(parts), parts.path.rstrip("/")
    if host == "x.com":
        found = _STATUS.fullmatch(path)
        if found and found["name"] != "i":
            yield f"twitter:{found['name'].casefold()}"
    elif host == "tumblr.com":
        if found := _TUMBLR_NEW.fullmatch(path):
            yield f"tumblr:{found['name'].casefold()}"
    elif host.endswith(".tumblr.com"):
        if _TUMBLR_OWN.fullmatch(path):
            yield f"tumblr:{host.removesuffix('.tumblr.com')}"
    elif host == "bsky.app":
        if found := _BLUESKY.fullmatch(path):
            yield f"bluesky:{found['name'].casefold()}"
    elif found := _MASTODON.fullmatch(path):
        yield f"mastodon:{(found['home'] or host).casefold()}/@{found['name'].casefold()}"


def _account(source: str, name: str) -> str:
    """An account's name in one form; empty for what is none."""
    name = name.strip().casefold()
    if source == "mastodon":
        found = _THERE.fullmatch(name) or _REMOTE.fullmatch(name)
        if found is None:
            return ""
        far = found.groupdict().get("far")
        return f"{far or found['home']}/@{found['name']}"
    if source == "tumblr":
        name = name.partition("/")[0].removesuffix(".tumblr.com")
    return "" if name.startswith(("#", "at://")) else name.removeprefix("@")


def _addresses(sighting: Sighting) -> Iterator[str]:
    local = sighting.source == "folder"  # its fallback is a path on this disk
    for url in (*sighting.best_urls, sighting.url, *(() if local else sighting.fallback_urls)):
        if url:
            yield url


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        return parts if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    try:
        port = parts.port
    except ValueError:
        port = None
    known = _HOSTS.get(host, host)
    return known if port in (None, 80, 443) else f"{known}:{port}"


def _mark(kind: str, text: str) -> Mark:
    return (kind, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
