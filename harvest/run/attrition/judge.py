"""Each line of the lists, and of the lock file, told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from harvest.ledger.catalog import Catalog
from harvest.ledger.lockfile import LockLine
from harvest.ledger.placeholders import KnownPlaceholders
from harvest.ledger.records import Image, Status
from harvest.run.attrition.categories import NOT_ASKED, Category, category_of_lost
from harvest.run.attrition.dates import year_of
from harvest.run.attrition.likeness import bits_apart, is_same_picture
from harvest.run.attrition.lines import Line, ListedLine, host_of, other_scheme
from harvest.run.attrition.viewing import UNSEEN, Viewer
from harvest.sources.urllist import url_key
from harvest.store.forgotten import FORGOTTEN
from harvest.store.looks import Look
from harvest.store.relisting import (
    Listed,
    Listing,
    read_forgotten,
    read_repeated,
)
from harvest.store.temporary import DateTable, LockTable

MIN_ADDRESSES = 10
"""So many addresses that give one content make a placeholder of it."""
MIN_STAND_INS = 5
"""By a lock file fewer do, if so many different pictures stood there before."""
_BATCH = 1000
_LIST_BITS = 24
"""Bits by which a re-encoded copy of a listed placeholder may differ, as `curate check` has it."""

LISTED, REPEATED = "listed", "one_for_many"
"""How a placeholder was recognised: by a list, by the addresses that give it."""

_NOTHING = Listed(Status.PENDING, NOT_ASKED, None, "", "")
_TAKEN_OUT = Listed(Status.REFUSED, FORGOTTEN, None, "", "")


@dataclass
class Judge:
    """Tells lines apart by the catalog, the lock file and a list of placeholders."""

    catalog: Catalog
    """Of the data set that the lines were downloaded into."""
    targets: Sequence[str]
    """Keys of the targets whose lines are told apart, in their order."""
    viewer: Viewer
    """For the looks of its pictures."""
    locks: LockTable | None = None
    """The lock file; None: there is none."""
    known: KnownPlaceholders = field(default_factory=KnownPlaceholders)
    """Placeholders that somebody listed."""
    dates: DateTable | None = None
    """Times of posts, as other sources and data sets tell them."""

    def __post_init__(self) -> None:
        """Find what recurs."""
        self.last_answer = ""
        """When the latest answer that the judged lines rest on came; ISO 8601, UTC; "" for none."""
        self._listing = Listing(self.catalog, self.targets)
        self._repeated = read_repeated(self.catalog, MIN_ADDRESSES)
        self._stand_ins = self.locks.read_stand_ins(MIN_STAND_INS) if self.locks else set()

    def judge(self, pages: Iterator[list[ListedLine]]) -> Iterator[list[Line]]:
        """Yield every line in order, page by page, then those of the lock file in no list."""
        for page in pages:
            yield list(self._page(page))
        unlisted = self.locks.unlisted() if self.locks else iter(())
        while some := list(islice(unlisted, _BATCH)):
            yield list(self._missing(some))

    def is_placeholder(self, image: Image, look: Look) -> bool:
        """Whether a picture that no lock file speaks of stands in for many."""
        return self._stands_in(image, look, None) != ""

    def _missing(self, page: list[LockLine]) -> Iterator[Line]:
        dates = self.dates.find([locked.url for locked in page]) if self.dates else {}
        for locked in page:
            year = year_of(locked.url, posted_at=dates.get(locked.url, ""))
            host = host_of(locked.url)
            yield Line(locked.label, locked.url, Category.MISSING, host, year=year, locked=locked)

    def _page(self, page: list[ListedLine]) -> Iterator[Line]:
        keys = [line.key for line in page]
        found = self._listing.find(keys)
        locks = self._locked(page)
        looks = self.viewer.looks(
            listed.image
            for key, listed in found.items()
            if listed.image is not None and self._must_look(listed.image, locks.get(key))
        )
        dates = self.dates.find([line.url for line in page]) if self.dates else {}
        absent = [(line.key, line.url) for line in page if line.key not in found]
        found |= dict.fromkeys(read_forgotten(self.catalog, absent), _TAKEN_OUT)
        for line in page:
            listed = found.get(line.key, _NOTHING)
            self.last_answer = max(self.last_answer, listed.settled_at)
            posted_at = listed.posted_at or dates.get(line.url, "")
            year = year_of(line.url, listed.post_url, posted_at)
            locked = locks.get(line.key)
            image, host = listed.image, host_of(line.url)
            if image is None:
                category = category_of_lost(listed.status, listed.reason)
                reason = NOT_ASKED if listed.status == Status.PENDING else listed.reason
                yield Line(
                    line.label, line.url, category, host, reason, year, locked=locked, key=line.key
                )
                continue
            look = looks.get(image.sha256)
            category, reason = self._told(image, look or UNSEEN, locked)
            apart = bits_apart(locked, look) if locked and look else None
            yield Line(
                *(line.label, line.url, category, host, reason, year),
                *(image, look, locked, apart, line.key),
            )

    def _locked(self, page: Sequence[ListedLine]) -> dict[str, LockLine]:
        """Post id -> its line of the lock file; one of the other scheme where it has no other."""
        if self.locks is None:
            return {}
        found = self.locks.find([line.key for line in page])
        others = {
            url_key(other): line.key
            for line in page
            if line.key not in found and (other := other_scheme(line.url))
        }
        return found | {others[key]: x for key, x in self.locks.find(list(others)).items()}

    def _must_look(self, image: Image, locked: LockLine | None) -> bool:
        if locked is None:
            return self.known.has_looks
        return image.sha256 != locked.sha256

    def _told(self, image: Image, look: Look, locked: LockLine | None) -> tuple[Category, str]:
        if locked is not None and image.sha256 == locked.sha256:
            return Category.SAME, ""
        if reason := self._stands_in(image, look, locked):
            return Category.PLACEHOLDER, reason
        if locked is None:
            return Category.GOT, ""
        same = is_same_picture(locked, look)
        return (Category.REENCODED if same else Category.REPLACED), ""

    def _stands_in(self, image: Image, look: Look, locked: LockLine | None) -> str:
        """Why it is a placeholder; "" where it is none."""
        if self.known.by_bytes(image.sha256) is not None:
            return LISTED
        if locked is not None and is_same_picture(locked, look):
            return ""  # one picture that was published under many addresses, encoded anew
        if look.phash256 and self.known.by_look(look.phash256, _LIST_BITS) is not None:
            return LISTED
        recurring = self._repeated if locked is None else self._stand_ins
        return REPEATED if image.sha256 in recurring else ""
