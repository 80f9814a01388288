"""The sources that winnow knows: a literal list, and a lookup by name.

How to add one, here or in a package of your own: ARCHITECTURE.md, "A source of one's own".
"""

from __future__ import annotations

from importlib.metadata import EntryPoint

from harvest.ledger.errors import UsageError
from harvest.ledger.own_words import own_words
from harvest.sources.bluesky import Bluesky
from harvest.sources.folder import Folder
from harvest.sources.mastodon import Mastodon
from harvest.sources.protocol import Source
from harvest.sources.tumblr import Tumblr
from harvest.sources.twitter import Twitter
from harvest.sources.urllist import UrlList

SOURCES: tuple[type[Source], ...] = (Twitter, Tumblr, Bluesky, Mastodon, Folder, UrlList)
"""Every source; importing them imports no API client."""


def source_named(name: str) -> type[Source]:
    """Return the source whose `name` this is. Raises UsageError."""
    for source in SOURCES:
        if source.name == name:
            return source
    own = own_words()
    if name in own:
        return _load(own[name])
    words = ", ".join([*(source.name for source in SOURCES), *own])
    raise UsageError(f"source {name!r}: wanted one of {words}")


def _load(entry: EntryPoint) -> type[Source]:
    """Import a source of another package. Raises UsageError; what its code raises is its own."""
    try:
        source: type[Source] = entry.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"source {entry.name!r}: {entry.value} cannot be loaded ({error}); repair or remove"
            " the package that brings it"
        ) from None
    if getattr(source, "name", None) != entry.name:
        raise UsageError(f"source {entry.name!r}: {entry.value} calls itself otherwise; rename it")
    return source
