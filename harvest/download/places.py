"""Pictures put under `images/`: once each, and never where a person has put it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harvest.download.durable import refusing_full
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder, FolderMode, place
from harvest.store.outcomes import SAME_BYTES
from harvest.store.places import (
    Place,
    read_all_places,
    read_places,
    read_unplaced,
    record_places,
    record_reasons,
)

_BATCH = 500


class Placer:
    """Places pictures of one data set; used by one thread at a time."""

    def __init__(
        self,
        folder: DatasetFolder,
        catalog: Catalog,
        mode: FolderMode,
        note: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._images = str(folder.images)
        self._catalog = catalog
        self._mode = mode
        self._note = note

    def place_new(self, hashes: Sequence[str]) -> None:
        """Place pictures that have just been saved. Raises StorageFull."""
        if hashes:
            new = [p for p in read_places(self._catalog, hashes) if p.placed_as is None]
            self._note_places((each, self._show(each)) for each in new)

    def complete(self) -> None:
        """Place what an interrupted run saved and did not note the place of."""
        after = ""
        while unplaced := read_unplaced(self._catalog, _BATCH, after):
            self._record(unplaced)
            after = unplaced[-1].sha256

    def settle(self) -> None:
        """Bring places and `same_bytes` to what all that is known says.

        A run may learn late that two targets label a picture differently, or that another
        sighting of it is the earlier one. Only files that still stand where harvest put them
        are moved.
        """
        disputed = 0
        labels: set[str] = set()
        moved: list[tuple[str, str]] = []
        reasons: list[tuple[int, str]] = []
        for each in read_all_places(self._catalog):
            for row, reason in each.reasons:
                right = "" if row == each.first else SAME_BYTES
                if reason != right:
                    reasons.append((row, right))
            if len(each.labels) > 1:
                disputed += 1
                labels.update(each.labels)
            if each.placed_as not in (None, each.path) and self._move(each):
                moved.append((each.sha256, each.path))
        if reasons:
            record_reasons(self._catalog, reasons)
        if moved:
            record_places(self._catalog, moved)
        if disputed:
            some = "1 picture has" if disputed == 1 else f"{disputed:,} pictures have"
            self._note(
                f"{some} several labels ({', '.join(sorted(labels))}): in images/_unsorted/ and out"
                " of the build, until you move each into one label folder or, where a list or"
                " target says the wrong label, run it again with the right one (--label NAME, or"
                " `label:` in the settings)"
            )

    def _record(self, places: Iterable[Place]) -> None:
        self._note_places((each, self._find(each) or self._show(each)) for each in places)

    def _note_places(self, placed: Iterable[tuple[Place, str | None]]) -> None:
        done = [(each.sha256, path) for each, path in placed if path is not None]
        if done:
            record_places(self._catalog, done)

    def _find(self, each: Place) -> str | None:
        """Where an interrupted run has put it."""
        raw = self._folder.raw_path(each.sha256, each.extension)
        for candidate in each.candidates:
            if self._is_ours(raw, self._folder.images / candidate):
                return candidate
        return None

    def _show(self, each: Place) -> str | None:
        """Put it where it belongs; None where another file has its name."""
        raw = self._folder.raw_path(each.sha256, each.extension)
        try:
            with refusing_full(self._folder.images):
                place(raw, Path(f"{self._images}/{each.path}"), self._mode)
        except FileExistsError:
            if found := self._find(each):
                return found
            self._note(f"images/{each.path}: another file has this name; move it and run again")
            return None
        return each.path

    def _move(self, each: Place) -> bool:
        assert each.placed_as is not None
        old, new = self._folder.images / each.placed_as, self._folder.images / each.path
        raw = self._folder.raw_path(each.sha256, each.extension)
        if self._is_ours(raw, new):
            # A run that was killed before it could note the move has made it.
            return not old.exists()
        if not self._is_ours(raw, old) or new.exists():
            return False
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
        return True

    def _is_ours(self, raw: Path, shown: Path) -> bool:
        """Whether `shown` is the picture as we put it: the same file, or a copy of its size."""
        try:
            there, here = shown.lstat(), raw.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        same_file = (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
        return same_file or there.st_size == here.st_size
