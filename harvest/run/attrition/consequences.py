"""What follows from a report for the pictures: what is not the published one has no label.

Its verdicts are remembered (`store/standins`), and pictures that no address gives as its own leave
their label folders for `_unsorted`, unless a person has put them where they stand. `curate check`
reads the same verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from shlex import quote

from harvest.download.places import Placer
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import UNSORTED, DatasetFolder, FolderMode
from harvest.ledger.progress import number_of
from harvest.run.attrition.categories import Category
from harvest.run.attrition.lines import Line
from harvest.store.standins import Verdict, any_judged, note_verdicts, read_wrong_pictures

_WRONG = (Category.REPLACED, Category.PLACEHOLDER)


class Consequences:
    """Draws them, page by page and at the end of a report."""

    def __init__(self, catalog: Catalog, lock: str) -> None:
        """`lock`: the lock file's name; "" where there is none."""
        self._catalog = catalog
        self._lock = lock
        self._any = any_judged(catalog)

    def add(self, lines: Sequence[Line]) -> None:
        """Remember what is said of some lines. Raises StorageFull."""
        if verdicts := list(self._verdicts(lines)):
            note_verdicts(self._catalog, verdicts)

    def _verdicts(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        for line in lines:
            wrong = line.category in _WRONG
            if line.image is None or not (wrong or self._any):
                continue
            lock = self._lock if line.locked is not None else ""
            word = line.category.value if wrong else ""
            yield Verdict(line.key, line.image.sha256, word, line.reason, lock)

    def draw(self, folder: DatasetFolder, mode: FolderMode) -> tuple[str, ...]:
        """Bring places to what the verdicts say; returns lines for people. Raises StorageFull."""
        notes: list[str] = []
        placer = Placer(folder, self._catalog, mode, notes.append)
        placer.settle()
        return (*notes, *self._wrong(folder))

    def _wrong(self, folder: DatasetFolder) -> Iterator[str]:
        """A line for people on what waits in `_unsorted` and is no published picture."""
        waiting = Counter(
            wrong.category
            for wrong in read_wrong_pictures(self._catalog)
            if wrong.placed_as.startswith(f"{UNSORTED}/")
            and (folder.images / wrong.placed_as).exists()
        )
        if waiting:
            some = number_of(waiting.total(), "picture")
            kinds = ", ".join(f"{count:,} {word}" for word, count in sorted(waiting.items()))
            where = quote(str(folder.root))
            yield (
                f"NOT THE PUBLISHED ONES: {some} ({kinds}), in images/{UNSORTED}/ and in no label"
                f" folder; `winnow curate check {where}` sets them aside, `winnow harvest retry"
                f" {where} --only replaced,placeholder` asks for them again"
            )
