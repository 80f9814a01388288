"""Files that people put into `images/`: each becomes a picture of the source `folder`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from curate.rawfiles import copy_in
from curate.scan import place_of
from curate.store.facts import Foreign, add_foreign
from curate.store.moves import Place
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import EXTENSIONS, SNIFF_BYTES, sniff
from harvest.ledger.records import Image

_GROUP = 64  # pictures that one transaction takes in


def take_in(
    catalog: Catalog, folder: DatasetFolder, paths: Sequence[str], now: datetime
) -> tuple[Place, ...]:
    """Make pictures of the files at `paths`; returns where they stand."""
    taken: list[Place] = []
    for low in range(0, len(paths), _GROUP):
        group = []
        for path in paths[low : low + _GROUP]:
            try:
                foreign = _copy(folder, path)
                stat = (folder.images / path).stat()
            except FileNotFoundError:  # moved on while this ran: the next sync finds it
                continue
            if foreign is not None:
                group.append(foreign)
                taken.append(place_of(path, foreign.image.sha256, stat))
        add_foreign(catalog, group, now.isoformat(timespec="seconds"))
    return tuple(taken)


def _copy(folder: DatasetFolder, path: str) -> Foreign | None:
    sha256, part = copy_in(folder.images / path, folder)
    with part.open("rb") as stream:
        media_type = sniff(stream.read(SNIFF_BYTES))
    if media_type is None:  # overwritten since it was looked at
        part.unlink()
        return None
    image = Image(sha256, media_type, part.stat().st_size)
    raw = folder.raw_path(sha256, EXTENSIONS[media_type])
    raw.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o444)
    part.replace(raw)
    return Foreign(image, raw.stat().st_mtime_ns, path)
