"""Lists of addresses as a source: published data sets, each line asked for as it stands.

A list is read from its beginning in every run: reading costs nothing, what is settled is not
asked for again, and so the report of every run adds up to the lines of the list. The key of a
line is its address, whatever the list's form, compression or name.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import ClassVar, Protocol, Self
from urllib.parse import urlsplit

from harvest.ledger.errors import DataError, UsageError, WinnowError
from harvest.ledger.lists.protocol import NOTHING
from harvest.ledger.lockfile import GivenLock
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.ledger.urllog import LogLine, marked
from harvest.sources.answer import line as short_line
from harvest.sources.answer import moment, public_address
from harvest.sources.listlabels import ListLabels
from harvest.sources.listnotes import Refused
from harvest.sources.protocol import Access
from harvest.sources.sizes import Ladder, ladder

_PAGE = 1000
_Labelled = tuple[LogLine, str | None]
_TWITTER_CDN = "pbs.twimg.com"


class Lines(Protocol):
    """One list that was looked at: `harvest.ledger.lists.given.GivenList`."""

    labelled: bool
    """Whether its lines have labels of their own."""
    shown: str
    """Names it in messages."""
    notes: tuple[str, ...]
    """Lines for people on what was seen at its beginning."""
    lock: GivenLock | None
    """The lock file that it is; None: it is none."""

    def lines(self) -> Iterator[LogLine]:
        """Yield its lines. Raises UsageError and DataError where it cannot be read."""
        ...


class UrlList:
    """The lists of one run, by name."""

    name: ClassVar[str] = "urls"
    example: ClassVar[str] = "urls:comic"
    origins: ClassVar[tuple[str, ...]] = ()

    def __init__(self, lists: Mapping[str, Sequence[Lines]], *, best_size: bool = False) -> None:
        self._lists = lists
        self._best_size = best_size
        self._labels = ListLabels()
        self._refused = Refused()
        self._empty: list[str] = []
        self._all_empty = True
        self._unread = set(lists)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Make a source without lists: lists have no place in a configuration."""
        del access
        return cls({})

    @property
    def locks(self) -> tuple[GivenLock, ...]:
        """Those of the lists that are lock files."""
        every = chain.from_iterable(self._lists.values())
        return tuple(one.lock for one in every if one.lock is not None)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 1000 lines.

        Raises UsageError and DataError when a list cannot be read, or read on; what came before
        that is yielded first.
        """
        del walk
        if target.name not in self._lists:
            raise UsageError(f"target {target.key}: no list of this name was given")
        lines, number, last = self._read(target), 0, False
        while not last:
            found, error = await asyncio.to_thread(_take, lines)
            number += 1
            last = error is None and len(found) < _PAGE
            notes = self._notes(target) if last or error is not None else ()
            yield Page(
                tuple(self._sighting(line) for line, _ in found),
                None if last else f"page {number}",
                label=target.label,
                labels=tuple(label for _, label in found),
                notes=tuple(notes),
            )
            if error is not None:  # what came before a tear has been brought
                raise error

    def listed(self, target: Target) -> Iterator[tuple[str, str, str | None]]:
        """Yield (address, post id, label) of every line, as `pages` shows them.

        Not for use within an event loop. Raises UsageError and DataError as `pages` does.
        """
        for one in self._lists[target.name]:
            for line in one.lines():
                text = _address(line)
                yield text, url_key(text), self._label(target, one, line)

    def _read(self, target: Target) -> Iterator[_Labelled]:
        """The lines of one walk. Raises DataError behind the last list where none held any."""
        for one in self._lists[target.name]:
            empty = True
            for line in one.lines():
                empty = False
                if line.problem:
                    self._refused.add(line.problem, f"{one.shown}:{line.number}")
                yield line, self._label(target, one, line)
            self._all_empty = self._all_empty and empty
            if empty:
                self._empty.append(one.shown)
        self._unread.discard(target.name)
        if self._all_empty and not self._unread:
            raise DataError(f"{self._empty[-1]}: {NOTHING}")

    def _label(self, target: Target, one: Lines, line: LogLine) -> str | None:
        if not one.labelled:
            return None
        place = (one.shown, line.number)
        if line.odd_label:
            self._labels.skip(line.odd_label, place)
        return self._labels.judge(target.key, line.label, place)

    def _notes(self, target: Target) -> Iterator[str]:
        """Lines for people on a walk that is at its end."""
        for one in self._lists[target.name]:
            yield from one.notes
        if not self._all_empty:  # else it may be the error of the run
            yield from (f"{shown}: nothing in it" for shown in self._empty)
            self._empty = []
        yield from self._refused.notes(target.key)
        yield from self._labels.notes(target.key)

    def _sighting(self, line: LogLine) -> Sighting:
        text = _address(line)
        rungs = Ladder()
        if self._best_size and not line.problem and urlsplit(text).hostname == _TWITTER_CDN:
            rungs = ladder(text)
        told = line.origin
        return Sighting(
            "urls",
            url_key(text),
            0,
            text,
            best_urls=rungs.best,
            fallback_urls=rungs.fallback,
            post_url=public_address(told.post_url) if told else None,
            author=short_line(told.author) or None if told else None,
            # `2024-01-31 12:00:00 UTC`, as our own `imagefolder` has it, is no ISO 8601.
            posted_at=moment(told.posted_at.removesuffix(" UTC")) if told else None,
        )


def _take(lines: Iterator[_Labelled]) -> tuple[list[_Labelled], WinnowError | None]:
    """A page of lines, and what befell the list behind them."""
    found: list[_Labelled] = []
    try:
        found.extend(islice(lines, _PAGE))
    except WinnowError as error:
        return found, error
    return found, None


def _address(line: LogLine) -> str:
    """The line as a sighting has it."""
    if line.problem and line.problem != "bad_url":
        return marked(line.text, line.problem)
    return line.text


def url_key(text: str) -> str:
    """The `post_id` of a line: the first 16 hex digits of its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
