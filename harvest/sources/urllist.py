"""URL logs as a source: published data sets, each line asked for as it stands.

A log is read from its beginning in every run: reading costs nothing, what is settled is not
asked for again, and so the report of every run adds up to the lines of the log.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.ledger.urllog import LogLine, read_url_log
from harvest.sources.protocol import Access
from harvest.sources.sizes import Ladder, ladder

_PAGE = 1000
_TWITTER_CDN = "pbs.twimg.com"


class UrlList:
    """The logs of one run, by label."""

    name: ClassVar[str] = "urls"
    example: ClassVar[str] = "urls:comic"
    origins: ClassVar[tuple[str, ...]] = ()

    def __init__(self, logs: Mapping[str, Sequence[Path]], *, best_size: bool = False) -> None:
        self._logs = logs
        self._best_size = best_size

    @classmethod
    def open(cls, access: Access) -> Self:
        """Make a source without logs: logs have no place in a configuration."""
        del access
        return cls({})

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 1000 lines. Raises UsageError when a log cannot be read."""
        del walk
        lines = self._lines(target)
        number, last = 0, False
        while not last:
            found = await asyncio.to_thread(lambda: list(islice(lines, _PAGE)))
            number += 1
            last = len(found) < _PAGE
            sightings = tuple(self._sighting(line) for line in found)
            yield Page(sightings, None if last else f"page {number}", label=target.label)

    def _lines(self, target: Target) -> Iterator[LogLine]:
        if target.name not in self._logs:
            raise UsageError(f"target {target.key}: no log of this name was given")
        for path in self._logs[target.name]:
            yield from read_url_log(path)

    def _sighting(self, line: LogLine) -> Sighting:
        text = line.text
        if line.problem in ("too_long", "not_text"):
            # What was cut off may leave an address behind; a blank makes sure that it is none.
            text = f"{text} … ({line.problem})"
        rungs = Ladder()
        if self._best_size and not line.problem and urlsplit(text).hostname == _TWITTER_CDN:
            rungs = ladder(text)
        return Sighting(
            "urls", url_key(text), 0, text, best_urls=rungs.best, fallback_urls=rungs.fallback
        )


def url_key(text: str) -> str:
    """The `post_id` of a line: the first 16 hex digits of its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
