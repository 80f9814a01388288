"""The sources that winnow knows: a literal list, and a lookup by name.

To add one: write its class after `protocol.Source` in a file of its own, name it here, give the
sandbox a stand-in, and name its word in the settings.
"""

from __future__ import annotations

from harvest.ledger.errors import UsageError
from harvest.sources.folder import Folder
from harvest.sources.protocol import Source
from harvest.sources.tumblr import Tumblr
from harvest.sources.twitter import Twitter
from harvest.sources.urllist import UrlList

SOURCES: tuple[type[Source], ...] = (Twitter, Tumblr, Folder, UrlList)
"""Every source; importing them imports no API client."""


def source_named(name: str) -> type[Source]:
    """Return the source whose `name` this is. Raises UsageError."""
    for source in SOURCES:
        if source.name == name:
            return source
    words = ", ".join(source.name for source in SOURCES)
    raise UsageError(f"source {name!r}: wanted one of {words}")
