"""What a person may ask to have forgotten: a word becomes the marks by which it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harvest.ledger.addresses import spell
from harvest.ledger.catalog import Catalog
from harvest.ledger.content import hash_if_readable
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.targets import is_source_word, parse_target
from harvest.ledger.urllog import is_address
from harvest.store.forgotten import find_buried
from harvest.store.marks import (
    Mark,
    account_mark,
    address_mark,
    bytes_mark,
    canonical,
    post_mark,
    target_mark,
)
from harvest.store.takedown import find_hashes, has_target

_HEX = re.compile(r"[0-9a-f]{8,64}")
_WANTED = (
    "wanted a picture's, a post's or a profile's address, an account (twitter:NAME), folder:DIR, 8"
    " or more digits of a sha256, or a file below images/"
)
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp")
"""How the name of a picture's file ends."""
_HOST = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::[0-9]+)?"
_NAMES = {
    "twitter": re.compile(r"@?[A-Za-z0-9_]{1,20}"),
    # Also the name of one of another site that is shown as a tag is: `_account_wish` tells.
    "tumblr": re.compile(r"@?[A-Za-z0-9-]{1,32}(?:\.[A-Za-z0-9-]+)*"),
    "bluesky": re.compile(r"@?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|did:[a-z]+:[A-Za-z0-9._:%-]+"),
    "mastodon": re.compile(
        rf"{_HOST}/@[\w.-]+(?:@{_HOST})?|@?[\w.-]+@{_HOST}|{_HOST}/#.+", re.IGNORECASE
    ),
}
"""What an account's name can be, by source."""
_BLOG_HOST = re.compile(r"(?!static\.)[a-z0-9-]+\.tumblr\.com")
_POSTS = {
    "x.com": re.compile(r"x\.com/status/[0-9]+"),
    "twitter.com": re.compile(r"x\.com/status/[0-9]+"),
    "tumblr.com": re.compile(r"tumblr\.com/[0-9]+|.*\.(?:jpg|jpeg|png|gif|gifv|webp)"),
    "bsky.app": re.compile(r"bsky\.app/profile/[^/]+/post/[^/]+"),
}
"""Site -> what `canonical` makes of a post's address there."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants forgotten."""

    text: str
    """As it was given."""
    marks: tuple[Mark, ...]
    """By what it is recognised."""


def understand(text: str, folder: DatasetFolder, catalog: Catalog) -> Wish:
    """Read what a person wrote. Raises UsageError for what names nothing of a known kind."""
    if is_address(text):
        return Wish(text, _address_wish(text, catalog))
    if text.startswith("@"):
        return Wish(text, (_account_wish(spell(text), catalog),))
    if _HEX.fullmatch(text.lower()):
        return Wish(text, (bytes_mark(_whole_hash(text.lower(), catalog)),))
    if ":" in text and is_source_word(text.partition(":")[0]):
        return Wish(text, (_account_wish(text, catalog),))
    return Wish(text, tuple(_file_wish(text, folder, catalog)))


def _address_wish(text: str, catalog: Catalog) -> tuple[Mark, ...]:
    """A picture's or a post's address; a profile's is that of its account."""
    parts = urlsplit(text)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("mobile.")
    if not parts.path.lower().endswith(PICTURE_ENDINGS):
        try:
            target = spell(text)
        except UsageError:
            pass
        else:
            source, _, name = target.partition(":")
            if "#" in name or (source == "tumblr" and "/" not in name):
                raise UsageError(
                    f"{text[:100]!r}: a tag's address, and a tag is nobody's; {_WANTED}"
                )
            return (_account_wish(target, catalog),)
    shown = repr(text[:100])
    if parts.path in ("", "/") and not parts.query:
        raise UsageError(f"{shown}: a whole site; {_WANTED}")
    is_post = _POSTS.get("tumblr.com" if _BLOG_HOST.fullmatch(host) else host)
    if is_post is not None and not is_post.fullmatch(canonical(text)):
        raise UsageError(f"{shown}: neither a post nor a profile there; {_WANTED}")
    return (address_mark(text), post_mark(text))


def _whole_hash(digits: str, catalog: Catalog) -> str:
    if len(digits) == 64:
        return digits
    # What was taken out is known by its tombstone alone.
    found = find_hashes(catalog, digits) or find_buried(catalog, digits)
    if len(found) != 1:
        how = "no picture" if not found else "more than one picture"
        raise UsageError(f"{digits}: {how} of this data set begins so; give all 64 digits")
    return found[0]


def _account_wish(text: str, catalog: Catalog) -> Mark:
    target = parse_target(text)
    form = _NAMES.get(target.source)
    name = target.name.partition("/")[0] if target.source == "tumblr" else target.name
    if form is not None and not name.startswith(("#", "at://")) and not form.fullmatch(name):
        raise UsageError(f"{text[:100]!r}: no account can have this name; {_WANTED}")
    mark = target_mark(target)
    if target.source == "tumblr" and mark is None:
        if has_target(catalog, target.key):
            raise UsageError(f"{text}: a tag here, and a tag is nobody's; write tumblr:BLOG/")
        mark = account_mark("tumblr", target.name)
    if mark is None or (target.source == "tumblr" and target.name.partition("/")[2]):
        raise UsageError(f"{text[:100]}: not an account; {_WANTED}")
    return mark


def _file_wish(text: str, folder: DatasetFolder, catalog: Catalog) -> list[Mark]:
    """The bytes of a file below `images/`, and the picture that its name tells of."""
    inside = folder.images.resolve()
    for path in (Path(text), folder.root / text, folder.images / text):
        try:
            lies_within = path.is_file() and path.parent.resolve().is_relative_to(inside)
        except (OSError, ValueError):
            continue
        sha256 = hash_if_readable(path) if lies_within else ""
        if sha256:
            told = path.stem.rpartition("_")[2]
            named = find_hashes(catalog, told) if _HEX.fullmatch(told) else []
            return [bytes_mark(one) for one in dict.fromkeys((*named[:1], sha256))]
    raise UsageError(f"{text[:100]!r}: nothing that can be forgotten; {_WANTED}")
