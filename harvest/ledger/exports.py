"""The names of what `winnow curate` writes for others, which of it is ours, and where it may go.

Exports hold copies of pictures and names of accounts, so a take-down has to know them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder

CARD = "README.md"
"""The data card, in the form of Hugging Face's dataset cards."""

TABLE = "manifest.parquet"
"""Every picture ever seen."""

IMAGEFOLDER = "imagefolder"
"""Folder of part/label/picture with a `metadata.jsonl` a part."""

WEBDATASET = "webdataset"
"""Folder of tar shards."""

MARK = "<!-- Written anew by each `winnow curate export`. Your own words? Take this line out. -->"
"""Stands in each card that winnow wrote; without it a card is a person's."""

NAMES_OTHERS = "no-pictures"
"""Anchor of what names files and addresses that gave no picture: a take-down looks for it."""

_MARK_WITHIN = 65_536  # bytes of a card in which the mark is looked for
_HEAD = 500  # bytes of a page or a list in which its mark is looked for


def is_ours(card: Path) -> bool:
    """Whether winnow wrote this card and may write it anew; False where it cannot be read."""
    try:
        with card.open("rb") as stream:
            return MARK.encode() in stream.read(_MARK_WITHIN)
    except OSError:
        return False


def find_exports(root: Path) -> Iterator[Path]:
    """Yield those files and folders directly in `root` that winnow wrote and can write anew."""
    if is_ours(root / CARD):
        yield root / CARD
    if (root / TABLE).is_file():
        yield root / TABLE
    for name in (IMAGEFOLDER, WEBDATASET):
        for path in (root / name, root / f"{name}.new", root / f"{name}.old"):
            if is_ours(path / CARD):
                yield path


def refuse_place(folder: DatasetFolder, out: Path) -> None:
    """Raise UsageError for a file that would lie in the data set and not below its `reports/`."""
    place = out.resolve()
    if place.is_relative_to(folder.root.resolve()) and not place.is_relative_to(
        folder.reports.resolve()
    ):
        raise UsageError(
            f"{out}: lies in the data set {folder.root}; wanted a file below"
            f" {folder.reports}/ or outside; choose another"
        )


def refuse_foreign(path: Path, mark: str) -> None:
    """Raise UsageError where a file stands that winnow did not write: it would be replaced.

    `mark` is what a file of this kind has near its beginning. An empty file is nobody's work.
    """
    if not path.exists() and not path.is_symlink():
        return
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
        if mark.encode() in head or not head:
            return
    raise UsageError(
        f"{path}: stands there and was not written by this command; move it away, or choose"
        " another file with -o"
    )
