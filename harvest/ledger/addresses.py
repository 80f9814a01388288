"""Addresses that people paste from a browser, spelt as targets: `SOURCE:NAME`.

Profiles, blogs, feeds and tags of X, Tumblr, Bluesky and Mastodon, and `@NAME@INSTANCE`. Told by
their form alone: nobody is asked. Queries and fragments say nothing about what is meant. A host
that belongs to none of the three big sites is taken for a Mastodon instance where its path says
`/@NAME` or `/tags/TAG`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from harvest.ledger.errors import UsageError

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST_FIRST = re.compile(r"[^\s/:@#?]+(?:\.[^\s/:@#?]+)+(?:/|$)")
_HANDLE = re.compile(r"@([A-Za-z0-9_.-]+)@([^\s/@#?]+\.[^\s/@#?]+)")
_X_NAME = re.compile(r"@?[A-Za-z0-9_]{1,20}")
_X_TABS = {"media", "with_replies"}
_X_OWN = {"home", "explore", "search", "hashtag", "settings", "messages", "notifications", "i",
          "intent", "share", "login", "compose", "tos", "privacy"}  # fmt: skip
_BLOG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_TUMBLR_OWN = {"about", "api", "assets", "communities", "dashboard", "explore", "help", "inbox",
               "likes", "login", "media", "new", "policy", "privacy", "register", "search",
               "settings", "static", "tagged", "www"}  # fmt: skip
_NAME = re.compile(r"@[A-Za-z0-9_.-]+(?:@[^\s/@]+)?")
_TABS = {"media", "with_replies"}
_NO_INSTANCES = {"threads.net", "threads.com", "youtube.com", "tiktok.com", "medium.com",
                 "instagram.com", "facebook.com"}  # fmt: skip


def spell(text: str) -> str:
    """A target's word for a pasted address or `@NAME@INSTANCE`; any other text as it is.

    `https://x.com/islieb?s=20` becomes `twitter:islieb`. Raises UsageError for what looks like an
    address and is none that a target can be made of.
    """
    pasted = text.strip()
    handle = _HANDLE.fullmatch(pasted)
    if handle is not None:
        return f"mastodon:{handle[2]}/@{handle[1]}"
    if not is_address_like(pasted):
        return text
    host, parts = _split(pasted)
    bare = host.removeprefix("www.").removeprefix("mobile.")
    if bare in ("x.com", "twitter.com"):
        word = _on_x(parts)
    elif bare == "bsky.app":
        word = _on_bluesky(parts)
    elif bare == "tumblr.com":
        word = _on_tumblr(parts)
    elif bare.endswith(".tumblr.com"):
        word = _on_blog(bare.removesuffix(".tumblr.com"), parts)
    else:
        word = None if bare in _NO_INSTANCES else _on_mastodon(host, parts)
    if word is None or not word.isprintable():
        raise _refusal(pasted)
    return word


def is_address_like(text: str) -> bool:
    """Whether a text begins as an address does: with `https://`, or with a host's name."""
    return bool(_SCHEME.match(text) or _HOST_FIRST.match(text))


def _split(text: str) -> tuple[str, list[str]]:
    """Host with its port, in small letters, and the decoded parts of the path."""
    try:
        found = urlsplit(text if _SCHEME.match(text) else f"https://{text}")
        host, named = (found.hostname or "").rstrip("."), found.username is not None
        port = found.port
    except ValueError:
        raise _refusal(text) from None
    if not host or named:
        raise _refusal(text)
    parts = [unquote(part) for part in found.path.split("/") if part]
    return host if port in (None, 80, 443) else f"{host}:{port}", parts


def _on_x(parts: list[str]) -> str | None:
    match parts:
        case [name] if _X_NAME.fullmatch(name) and name.lower() not in _X_OWN:
            return f"twitter:{name.removeprefix('@')}"
        case [name, tab] if tab in _X_TABS:
            return _on_x([name])
    return None


def _on_bluesky(parts: list[str]) -> str | None:
    match parts:
        case ["profile", name] if "/" not in name and ("." in name or _is_did(name)):
            return f"bluesky:{name.removeprefix('@')}"
        case ["profile", did, "feed", name] if _is_did(did) and "/" not in name:
            return f"bluesky:at://{did}/app.bsky.feed.generator/{name}"
        case ["hashtag", tag]:
            return f"bluesky:#{tag.removeprefix('#')}"
    return None


def _is_did(name: str) -> bool:
    return name.startswith("did:") and "/" not in name


def _on_tumblr(parts: list[str]) -> str | None:
    match parts:
        case ["tagged", tag]:
            return f"tumblr:{_tag(tag)}" if "/" not in tag else None
        case ["blog", "view", name] | ["dashboard", "blog", name] | ["blog", name]:
            return _on_blog(name, [])
        case [name, *rest]:
            return _on_blog(name.removeprefix("@"), rest)
    return None


def _on_blog(name: str, rest: list[str]) -> str | None:
    if not _BLOG.fullmatch(name) or name.lower() in _TUMBLR_OWN:
        return None
    match rest:
        case [] | ["archive"]:
            return f"tumblr:{name}/"
        case ["tagged", tag]:
            return f"tumblr:{name}/{_tag(tag)}"
    return None


def _tag(part: str) -> str:
    return part.replace("+", " ").removeprefix("#")


def _on_mastodon(host: str, parts: list[str]) -> str | None:
    match parts:
        case ["web" | "deck", *rest] if rest:
            return _on_mastodon(host, rest)
        case [name] if _NAME.fullmatch(name):
            return f"mastodon:{host}/{name}"
        case [name, tab] if tab in _TABS and _NAME.fullmatch(name):
            return f"mastodon:{host}/{name}"
        case ["users", name] if _NAME.fullmatch(f"@{name}"):
            return f"mastodon:{host}/@{name}"
        case ["tags", tag] if "/" not in tag:
            return f"mastodon:{host}/#{tag.removeprefix('#')}"
    return None


def _refusal(text: str) -> UsageError:
    shown = repr(text if len(text) <= 80 else text[:77] + "...")
    return UsageError(
        f"target {shown}: an address that no target can be made of; wanted that of a profile, blog"
        " or tag on X, Tumblr, Bluesky or Mastodon (not of one post or picture), or SOURCE:NAME"
    )
