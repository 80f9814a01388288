"""Files that people put into `images/`: each becomes a picture of the source `folder`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from curate.rawfiles import RawFiles, copy_in, stamp_of
from curate.scan import place_of
from curate.store.arrivals import Foreign, add_foreign
from curate.store.moves import Place
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder, parse_sha8
from harvest.ledger.picture import EXTENSIONS, SNIFF_BYTES, PictureError, open_picture, sniff
from harvest.ledger.records import Image

_GROUP = 64  # pictures that one transaction takes in
_YOUNG = 10.0  # seconds for which a torn file may be one that is still being written
_SKEW = 2.0  # seconds by which a network drive's clock may be ahead


@dataclass
class Arrivals:
    """What became of foreign files."""

    places: list[Place] = field(default_factory=list)
    """Where the new pictures stand."""
    waiting: list[str] = field(default_factory=list)
    """Paths below `images/` of files that are still being written: for a later look."""
    made_of: dict[str, str] = field(default_factory=dict)
    """sha256 of an edited copy -> sha256 of the picture that it was made of."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Knows of which picture a foreign file is an edited copy."""

    changed: Mapping[tuple[int, int], str]
    """(device, inode) of a file edited through a link -> the picture that it was."""
    names: Mapping[str, str]
    """First 8 digits -> sha256 of the one picture that begins with them."""
    paths: Mapping[str, str]
    """Path below `images/` -> picture that the last look saw there, and that stands nowhere now."""

    @classmethod
    def of(cls, raw: RawFiles, known: Iterable[str], gone: Iterable[Place] = ()) -> Origins:
        """From how `raw/` stands, the sha256 of all pictures, and the places of those gone."""
        names: dict[str, str] = {}
        for sha256 in known:
            names[sha256[:8]] = "" if sha256[:8] in names else sha256
        changed = {stamp[:2]: sha256 for sha256, stamp in raw.changed.items()}
        return cls(changed, names, {place.path: place.sha256 for place in gone})

    def find(self, path: str, inode: tuple[int, int]) -> str:
        """The picture's sha256; empty when neither link nor name tells."""
        told = self.changed.get(inode) or self.names.get(parse_sha8(path) or "")
        return told or self.paths.get(path, "")


@dataclass(frozen=True, slots=True)
class Patience:
    """When a file counts as written whole."""

    clock: Callable[[], datetime]
    """The present."""
    quiet: float = 0.0
    """Seconds for which nobody must have written to it."""

    def is_young(self, stat: os.stat_result, seconds: float) -> bool:
        """Whether it was written to in the last seconds; a clock that is wrong is no reason."""
        return -_SKEW <= self.clock().timestamp() - stat.st_mtime < seconds

    def waits_for(self, path: Path, stat: os.stat_result) -> bool:
        """Whether somebody may still be writing it."""
        if self.quiet and self.is_young(stat, self.quiet):
            return True
        return self.is_young(stat, _YOUNG) and _is_torn(path)


def take_in(
    catalog: Catalog,
    folder: DatasetFolder,
    paths: Sequence[str],
    origins: Origins,
    patience: Patience,
) -> Arrivals:
    """Make pictures of the files at `paths`, but for those that are still being written.

    These are: what was written to a moment ago, and is torn or was to be left alone for longer;
    and what changes while it is read.
    """
    found = Arrivals()
    for low in range(0, len(paths), _GROUP):
        group = []
        for path in paths[low : low + _GROUP]:
            try:
                stat = (folder.images / path).lstat()
                foreign = _take(folder, path, stat, origins, patience)
            except FileNotFoundError:  # moved on while this ran: the next sync finds it
                continue
            if foreign is None:
                found.waiting.append(path)
                continue
            group.append(foreign)
            found.places.append(place_of(path, foreign.image.sha256, stat))
            if foreign.made_of:
                found.made_of[foreign.image.sha256] = foreign.made_of
        add_foreign(catalog, group, patience.clock().isoformat(timespec="seconds"))
    return found


def _take(
    folder: DatasetFolder, path: str, stat: os.stat_result, origins: Origins, patience: Patience
) -> Foreign | None:
    """Copy a file to `raw/`; None when it is not whole yet."""
    file = folder.images / path
    if patience.waits_for(file, stat):
        return None
    sha256, part = copy_in(file, folder)
    with part.open("rb") as stream:
        media_type = sniff(stream.read(SNIFF_BYTES))
    if media_type is None or stamp_of(file.lstat()) != stamp_of(stat):  # written to meanwhile
        part.unlink()
        return None
    image = Image(sha256, media_type, part.stat().st_size)
    raw = folder.raw_path(sha256, EXTENSIONS[media_type])
    raw.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o444)
    part.replace(raw)
    made_of = origins.find(path, (stat.st_dev, stat.st_ino))
    return Foreign(image, raw.stat().st_mtime_ns, path, made_of if made_of != sha256 else "")


def _is_torn(path: Path) -> bool:
    try:
        open_picture(path, at_least=1)
    except PictureError:
        return True
    return False
