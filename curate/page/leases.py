"""What tabs were given: no picture is shown in two tabs, and a reload finds what it had.

Kept in the catalog, so that a killed server goes on with the very same pictures and pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from curate.store.page_tabs import (
    Laid,
    Lease,
    read_laid,
    read_leases,
    write_laid,
    write_leases,
)
from harvest.ledger.catalog import Catalog

RELOAD = 2.0
"""Seconds after a tab was closed for which it still has its pictures: it may be a reload."""


class Leases:
    """Pictures and pages by tab."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float], lasting: float) -> None:
        """`lasting`: seconds without a word of the tab after which others may have its pictures."""
        self._catalog = catalog
        self._clock = clock
        self._lasting = lasting
        self._shown = {lease.shown: lease for lease in read_leases(catalog)}
        self._laid = {laid.page: laid for laid in read_laid(catalog)}
        self._heard: dict[str, float] = {}
        given = [(lease.tab, lease.at) for lease in self._shown.values()]
        given += [(laid.tab, laid.at) for laid in self._laid.values()]
        for tab, at in given:
            self._heard[tab] = max(at, self._heard.get(tab, 0.0))

    def hear(self, tab: str) -> None:
        """Note that a tab is alive."""
        self._heard[tab] = self._clock()

    def leave(self, tab: str) -> None:
        """Note that a tab is being closed; a reload, which looks the same, is heard in time."""
        if tab in self._heard:
            self._heard[tab] = self._clock() - self._lasting + RELOAD

    def recall(self, before: Leases) -> None:
        """Know of tabs what was known before everything was read anew."""
        self._heard.update(before._heard)

    def is_alive(self, tab: str) -> bool:
        """Whether a tab was heard of lately."""
        return self._clock() - self._heard.get(tab, 0.0) < self._lasting

    def shown(self, shown: str) -> Lease | None:
        """A picture that was given, by the id of its showing."""
        return self._shown.get(shown)

    def laid(self, page: str) -> Laid | None:
        """A page that was given, by its id."""
        return self._laid.get(page)

    def of_tab(self, tab: str) -> list[Lease]:
        """What a tab was given, in the order of its turns."""
        mine = [lease for lease in self._shown.values() if lease.tab == tab]
        return sorted(mine, key=lambda lease: (lease.turn, lease.shown))

    def pages_of(self, tab: str) -> list[Laid]:
        """The pages that a tab was given, in the order of showing."""
        mine = [laid for laid in self._laid.values() if laid.tab == tab]
        return sorted(mine, key=lambda laid: (laid.at, laid.page))

    def taken(self) -> set[str]:
        """Pictures (sha256) that nobody else may be given: planted tiles are not among them."""
        found = {lease.sha256 for lease in self._shown.values() if self.is_alive(lease.tab)}
        for laid in self._laid.values():
            if self.is_alive(laid.tab):
                found |= {sha256 for sha256, planted, _ in laid.tiles if not planted}
        return found

    def give(self, leases: Iterable[Lease], laid: Iterable[Laid] = ()) -> None:
        """Note what a tab is given; who had it and is silent loses it."""
        given, pages = list(leases), list(laid)
        wanted = {lease.sha256 for lease in given}
        wanted |= {sha256 for page in pages for sha256, planted, _ in page.tiles if not planted}
        lost = [k for k, lease in self._shown.items() if lease.sha256 in wanted]
        cut = [
            replace(page, tiles=tuple(t for t in page.tiles if t[1] or t[0] not in wanted))
            for page in self._laid.values()
            if any(t[0] in wanted and not t[1] for t in page.tiles)
        ]
        self._note(given, lost, [*cut, *pages], [page.page for page in cut])

    def end(self, shown: Iterable[str] = (), pages: Iterable[str] = ()) -> None:
        """Forget what was given."""
        self._note([], list(shown), [], list(pages))

    def forget(self, shown: Iterable[str], pages: Iterable[str]) -> None:
        """Forget what the catalog has forgotten already."""
        for each in shown:
            self._shown.pop(each, None)
        for each in pages:
            self._laid.pop(each, None)

    def _note(self, given: list[Lease], lost: list[str], laid: list[Laid], gone: list[str]) -> None:
        if given or lost or laid or gone:
            with self._catalog.transaction():
                write_leases(self._catalog, given, lost)
                write_laid(self._catalog, laid, gone)
        self.forget(lost, gone)
        self._shown.update((lease.shown, lease) for lease in given)
        self._laid.update((page.page, page) for page in laid)
