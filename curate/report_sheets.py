"""The contact sheets of a report: a tile with its story for each picture, in files of a size.

A browser opens 2,000 tiles at once; 10,000 in one file take it a second (measured), and pages of
50 MB and more end some browsers. So a file holds up to 2,000 tiles and 6.5 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from curate.report_shelves import Shelf
from curate.report_state import State
from curate.report_stories import Stories, anchors
from curate.thumbnails import Small
from harvest.ledger import html
from harvest.ledger.html import Html
from harvest.ledger.thumbnails import Thumbnail

MOST_TILES = 2_000
"""Tiles in one file."""
MOST_BYTES = 6_500_000
"""Bytes in one file, about."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Pictures of one shelf that stand in one file."""

    shelf: Shelf
    """The shelf."""
    number: int
    """Which of all shelves it is, from 0."""
    first: int
    """Where they begin on it, from 0."""
    pictures: Sequence[str]
    """Their sha256."""

    @property
    def anchor(self) -> str:
        """Name of its section in the page."""
        return f"shelf{self.number}"


def beside(path: Path) -> str:
    """A link to a file from a page in the same folder."""
    return quote(os.fsencode(path.name))


class Sheets:
    """Which picture stands in which file, and the files' contents."""

    def __init__(
        self,
        state: State,
        shelves: Sequence[Shelf],
        smalls: Mapping[str, Small],
        *,
        index: Path,
        one_file: bool,
    ) -> None:
        self._index = index
        self._smalls = smalls
        self._anchors = anchors(list(state.standing.images))
        self._files = dict.fromkeys(self._anchors, "" if one_file else beside(self.path(0)))
        self.stories = Stories(state, self.address)
        self.parts: list[list[Slice]]
        """What stands in each file, in order."""
        if one_file:
            whole = [Slice(one, n, 0, one.pictures) for n, one in enumerate(shelves)]
            self.parts = [whole] if whole else []
            return
        self.parts = self._divided(shelves)
        for number, part in enumerate(self.parts, 1):
            name = beside(self.path(number))
            self._files |= {s: name for piece in part for s in piece.pictures}

    def path(self, number: int) -> Path:
        """The file of a part, counted from 1."""
        return self._index.with_name(f"{self._index.stem}-{number:02d}.html")

    def address(self, sha256: str) -> str:
        """Where a picture's story stands, as a link from any page of the report."""
        return f"{self._files[sha256]}#{self._anchors[sha256]}"

    def weigh(self) -> int:
        """Bytes of all tiles."""
        return sum(len(self._tile(sha256).encode()) for sha256 in self._anchors)

    def place(self, piece: Slice) -> str:
        """Where a slice begins, as a link from any page of the report."""
        return f"{self._files[piece.pictures[0]]}#{piece.anchor}"

    def example(self, sha256: str) -> Html:
        """A picture in another place of the report, linked to its story."""
        caption = self.stories.linked(sha256)
        return html.tile(self._picture(sha256), caption, flag=self.stories.flag(sha256))

    def sections(self, part: Sequence[Slice]) -> Iterator[Html]:
        """Yield the sections of one file."""
        for piece in part:
            title = f"{piece.shelf.title}: {len(piece.shelf.pictures):,}"
            if len(piece.pictures) < len(piece.shelf.pictures):
                last = piece.first + len(piece.pictures)
                title += f", number {piece.first + 1:,} to {last:,}"
            body = html.tiles(self._tile(sha256) for sha256 in piece.pictures)
            yield html.section(title, body, note=piece.shelf.note, anchor=piece.anchor)

    def _tile(self, sha256: str) -> Html:
        stories = self.stories
        return html.story_tile(
            self._picture(sha256),
            stories.caption(sha256),
            stories.story(sha256),
            anchor=self._anchors[sha256],
            flag=stories.flag(sha256),
        )

    def _picture(self, sha256: str) -> Html:
        small = self._smalls.get(sha256, "not checked yet")
        if isinstance(small, Thumbnail):
            return html.draw(small, self.stories.alt(sha256))
        return html.no_picture(small)

    def _divided(self, shelves: Sequence[Shelf]) -> list[list[Slice]]:
        """Fill one file after the other; a shelf goes on in the next one."""
        parts: list[list[Slice]] = []
        tiles = size = 0
        for number, shelf in enumerate(shelves):
            first = 0
            for place, sha256 in enumerate(shelf.pictures):
                weight = len(self._tile(sha256).encode())
                if not parts or tiles >= MOST_TILES or size + weight > MOST_BYTES:
                    if place > first:
                        parts[-1].append(Slice(shelf, number, first, shelf.pictures[first:place]))
                    first, tiles, size = place, 0, 0
                    parts.append([])
                tiles, size = tiles + 1, size + weight
            parts[-1].append(Slice(shelf, number, first, shelf.pictures[first:]))
        return parts
