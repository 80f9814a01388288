"""`curate report`: what was found, set aside, and waits for a person, as HTML without a script.

A page of figures, and contact sheets on which every picture tells its story.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.labels import Clock, utc_now
from curate.rawfiles import raw_file
from curate.report_pages import Pages
from curate.report_sheets import Sheets
from curate.report_shelves import Shelf, shelve
from curate.report_state import State, read_state
from curate.thumbnails import Small, thumbnails
from harvest.ledger import html
from harvest.ledger.errors import UsageError
from harvest.ledger.exports import refuse_foreign, refuse_place
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import Progress

FILE_NAME = "curate.html"
MOST_IN_ONE_FILE = 10_000
"""Pictures that a browser can be asked to open at once."""

_SIDES = (128, 96, 72)  # pixels of a thumbnail: smaller where one file would be too heavy
_MANY = 6_000  # so many thumbnails of the first size are too heavy in any case
_MOST_BYTES = 34_000_000  # of all tiles in one file


@dataclass(frozen=True, slots=True)
class Layout:
    """What a report is to look like."""

    out: Path | None = None
    """Its first page; None: `reports/curate.html` of the data set. Others stand beside it."""
    one_file: bool = False
    """All in that one page, with smaller thumbnails."""


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written."""

    page: Path
    """Its first page."""
    sheets: tuple[Path, ...]
    """Contact sheets; none where all is in one file."""
    names: Path | None
    """The list of all files; None where all is in one file."""
    others: Path | None
    """The list of what gave no picture; None where there is none, or all is in one file."""
    pictures: int
    """Pictures that it shows."""
    shelves: dict[str, int]
    """Where pictures stand -> how many: `conflict`, `_rejected/<check>`, `_unsorted`, labels."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files."""
        lists = (path for path in (self.names, self.others) if path is not None)
        return (self.page, *self.sheets, *lists)

    def record(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "page": str(self.page),
            "sheets": [str(path) for path in self.sheets],
            "names": str(self.names) if self.names else None,
            "others": str(self.others) if self.others else None,
            "bytes": {str(path): path.stat().st_size for path in self.paths},
            "pictures": self.pictures,
            "shelves": self.shelves,
        }


def report(
    folder: DatasetFolder,
    layout: Layout | None = None,
    *,
    progress: Progress | None = None,
    clock: Clock = utc_now,
) -> Written:
    """Write the report of a data set. The caller holds the lock.

    With an `out` elsewhere, a data set that cannot be written is only read. Raises UsageError for
    one file with too many pictures, for a place in the data set that is not below `reports/`, for
    files that are not winnow's, and as `labels.sync` does.
    """
    layout = layout or Layout()
    page = layout.out or folder.reports / FILE_NAME
    refuse_place(folder, page)
    refuse_foreign(page, html.GENERATOR)
    state = read_state(folder, clock, dry_run=layout.out is not None and not folder.is_writable)
    count = len(state.standing.images)
    if layout.one_file and count > MOST_IN_ONE_FILE:
        raise UsageError(
            f"--one-file: {count:,} pictures; wanted at most {MOST_IN_ONE_FILE:,}, more are too"
            " heavy for a browser; leave the option out"
        )
    shelves = shelve(state)
    sheets = _sheets(state, shelves, page, one_file=layout.one_file, progress=progress)
    pages = Pages(state, sheets, page, one_file=layout.one_file)
    for path in pages.others():
        refuse_foreign(path, html.GENERATOR)
    written = Written(
        page,
        () if layout.one_file else tuple(pages.write_sheets()),
        None if layout.one_file else pages.write_names(),
        pages.write_others(),
        count,
        {shelf.key: len(shelf.pictures) for shelf in shelves},
    )
    pages.write_index()
    _remove_former(page, written.paths)
    return written


def _sheets(
    state: State, shelves: Sequence[Shelf], page: Path, *, one_file: bool, progress: Progress | None
) -> Sheets:
    """The contact sheets; in one file with thumbnails that leave it small enough."""
    wanted = {
        sha256: raw_file(state.folder, state.standing.images[sha256])
        for shelf in shelves
        for sha256 in shelf.pictures
        if _can_be_shown(state, sha256)
    }
    others: dict[str, Small] = {s: facts.fault for s, facts in state.measures.items()}
    others |= dict.fromkeys(state.standing.raw.changed, "edited in raw/")
    others |= dict.fromkeys(state.standing.raw.missing, "missing in raw/")
    sides = _SIDES[len(wanted) > _MANY :] if one_file else _SIDES[:1]
    for side in sides:
        smalls = others | thumbnails(
            state.folder, wanted, side, keep=state.folder.is_writable, progress=progress
        )
        sheets = Sheets(state, shelves, smalls, index=page, one_file=one_file)
        if one_file and side != sides[-1] and sheets.weigh() > _MOST_BYTES:
            continue
        break
    return sheets


def _can_be_shown(state: State, sha256: str) -> bool:
    """Whether a process that may be lost has decoded the picture before, and it has not changed."""
    facts = state.measures.get(sha256)
    return facts is not None and not facts.fault and sha256 not in state.standing.raw.lost


def _remove_former(page: Path, fresh: Sequence[Path]) -> None:
    """Remove the contact sheets of a report that stood here before and had more of them."""
    own = re.compile(re.escape(page.stem) + r"-(\d{2,}|names|others)\.html")
    for path in sorted(page.parent.iterdir()):
        if path in fresh or not own.fullmatch(path.name) or not path.is_file():
            continue
        with path.open("rb") as stream:
            if html.GENERATOR.encode() in stream.read(500):
                path.unlink()
