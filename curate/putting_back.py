"""`curate sync --put-back`: `images/` made anew from `raw/`, as the catalog says it stood.

For who has lost the folder, not judged its pictures: nothing is a decision, and what stands
anywhere below `images/` stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from curate.rawfiles import raw_file, read_raw
from curate.scan import scan
from curate.store.decisions import read_decisions
from curate.store.facts import read_forgotten, read_images
from curate.store.moves import read_places
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder, FolderMode, place


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was placed again."""

    pictures: int
    """Pictures that stand below `images/` again."""
    lost: Sequence[str]
    """Pictures (sha256) that stood there, and whose bytes are not in `raw/`."""


def put_back(catalog: Catalog, folder: DatasetFolder, mode: FolderMode) -> PutBack:
    """Place every picture again that stood below `images/` and stands nowhere now. Raises OSError.

    Where the last look saw it; what no look has seen yet, where harvest had put it.
    """
    images, last = read_images(catalog), read_places(catalog)
    raw = read_raw(folder, images)
    here = {seen.sha256 for seen in scan(folder, images, raw, last, read_forgotten(catalog)).places}
    wanted = [(one.path, one.sha256) for one in last]
    known = {one.sha256 for one in last} | read_decisions(catalog).keys()
    wanted += [(i.placed_as, s) for s, i in images.items() if i.placed_as and s not in known]
    back, lost = set[str](), set[str]()
    for path, sha256 in wanted:
        if sha256 in here or sha256 not in images:
            continue
        if sha256 in raw.lost:
            lost.add(sha256)
            continue
        with suppress(FileExistsError):  # another file has its name: nothing is overwritten
            place(raw_file(folder, images[sha256]), folder.images / path, mode)
            back.add(sha256)
    return PutBack(len(back), sorted(lost))
