"""Taking the looks of pictures that have none yet, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import fingerprint_file
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import EXTENSIONS, PictureError
from harvest.ledger.progress import Progress
from harvest.ledger.records import Image
from harvest.store.looks import Look, add_looks, read_looks

UNSEEN = Look("", 0, 0)
"""Of what cannot be decoded."""

_BATCH = 64
"""Looks that a kill can cost."""


class Viewer:
    """Knows the look of every picture of a data set, and remembers what it had to take.

    `with Viewer(...)` holds threads: Pillow decodes outside the interpreter's lock.
    """

    def __init__(self, folder: DatasetFolder, catalog: Catalog, progress: Progress) -> None:
        self._folder = folder
        self._catalog = catalog
        self._progress = progress
        self._pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="looks")

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def looks(self, images: Iterable[Image]) -> dict[str, Look]:
        """sha256 -> look of these pictures. Raises StorageFull."""
        wanted = {image.sha256: image for image in images}
        found = read_looks(self._catalog, wanted)
        new = [image for sha256, image in wanted.items() if sha256 not in found]
        for start in range(0, len(new), _BATCH):
            some = new[start : start + _BATCH]
            looks = self._pool.map(_look, [self._path(image) for image in some])
            taken = {image.sha256: look for image, look in zip(some, looks, strict=True)}
            add_looks(self._catalog, {name: look for name, look in taken.items() if look})
            found |= {name: look or UNSEEN for name, look in taken.items()}
            self._progress.total(None)
            self._progress.advance(n=len(taken))
        return found

    def _path(self, image: Image) -> Path:
        return self._folder.raw_path(image.sha256, EXTENSIONS[image.media_type])


def _look(path: Path) -> Look | None:
    """How a file looks; None where it is missing now, which says nothing of the picture."""
    try:
        header, prints = fingerprint_file(path)
    except PictureError as error:
        return None if error.reason == "missing" else UNSEEN
    return Look(prints.phash256, header.width, header.height)
