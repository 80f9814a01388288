"""Pictures led back to where they stood: which of their files stay, move, come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from curate.conflicts import Standing
from curate.facts import Folders
from curate.history import State
from curate.rawfiles import raw_file
from curate.scan import folder_of, label_of, place_of
from curate.shelf import Shelf, keep
from curate.store.moves import Place
from harvest.ledger.folder import DatasetFolder, FolderMode


@dataclass(frozen=True, slots=True)
class Return:
    """One picture on its way back."""

    sha256: str
    """The picture."""
    now: Folders
    """Where it stands."""
    then: State
    """How it is to stand."""


class WayBack:
    """Leads pictures back, one after the other."""

    def __init__(
        self,
        folder: DatasetFolder,
        standing: Standing,
        returns: Sequence[Return],
        mode: FolderMode,
    ) -> None:
        self._folder = folder
        self._standing = standing
        self._mode = mode
        self._shelf = Shelf(folder)
        self._respelt: dict[str, str] = {}
        self._respell(returns)

    def lead(self, each: Return) -> list[Place] | None:
        """Put a picture's files where they were; returns where they stand, None: they vanished."""
        wanted = {_read(spelt): spelt for spelt in map(self._shelf.spelt, each.then.folders)}
        places = [self._respelt_place(p) for p in self._standing.places.get(each.sha256, ())]
        stay = [place for place in places if folder_of(place.path) in wanted]
        others = [place for place in places if folder_of(place.path) not in wanted]
        lacking = wanted.keys() - {folder_of(place.path) for place in stay}
        try:
            for folder in sorted(lacking):
                spelt = wanted[folder]
                if others:
                    stay.append(self._move(others.pop(0), spelt))
                else:
                    stay.append(self._show(each.sha256, stay, spelt))
            for place in others:
                self._take_away(place)
        except FileNotFoundError:  # a person was faster: the next sync reads that
            return None
        return stay

    def _move(self, place: Place, folder: str) -> Place:
        path = self._shelf.move(place.path, folder)
        # The stamp is the one that was looked at: what was written to since is then noticed.
        return replace(place, path=path, label=label_of(folder_of(path)))

    def _show(self, sha256: str, there: Sequence[Place], folder: str) -> Place:
        stored = self._standing.images[sha256]
        source, mode = raw_file(self._folder, stored), self._mode
        if sha256 in self._standing.raw.lost:
            source, mode = self._folder.images / there[0].path, "copy"
        name = PurePosixPath(stored.placed_as or source.name).name
        path = self._shelf.show(source, name, folder, mode)
        return place_of(path, sha256, (self._folder.images / path).lstat())

    def _take_away(self, place: Place) -> None:
        raw = raw_file(self._folder, self._standing.images[place.sha256])
        if not raw.exists():
            keep(self._folder.images / place.path, raw)
        self._shelf.take_away(place.path, place.sha256, raw)

    def _respell(self, returns: Sequence[Return]) -> None:
        """Give folders the spelling they had, where nothing is to stay under the present one."""
        goals = {each.sha256: each.then.folders for each in returns}
        for folder in sorted({f for folders in goals.values() for f in folders if label_of(f)}):
            twin = self._shelf.twin(folder)
            if twin is None:
                continue
            staying = any(
                _read(twin) in goals.get(sha256, self._standing.folders(sha256))
                for sha256 in self._standing.places
                if _read(twin) in self._standing.folders(sha256)
            )
            if not staying:
                self._respelt[twin] = folder
                self._shelf.respell(folder)

    def _respelt_place(self, place: Place) -> Place:
        top, _, rest = place.path.partition("/")
        if not rest or top not in self._respelt:
            return place
        path = f"{self._respelt[top]}/{rest}"
        return replace(place, path=path, label=label_of(folder_of(path)))


def _read(spelt: str) -> str:
    """The folder as decisions name it, of its name on the disk."""
    return folder_of(f"{spelt}/x")


def mode_of(standing: Standing) -> FolderMode:
    """How the files that stand below `images/` are shown."""
    linked = {stamp[1] for stamp in standing.raw.by_stamp}
    every = [place.inode for some in standing.places.values() for place in some]
    return "copy" if every and linked.isdisjoint(every) else "link"
