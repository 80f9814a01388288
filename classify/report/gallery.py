"""The small pictures of a report: each made once, on all cores, a bounded number of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from classify.data import Example
from classify.embed import in_threads
from harvest.ledger.html import Html, no_picture, thumbnail

_SIDE = 128  # pixels
_MOST = 500  # some 5 KB each


class Gallery:
    """Thumbnails by file."""

    def __init__(self, wanted: Iterable[Example], jobs: int = 0) -> None:
        """Make the thumbnails of the first 500 files, by `jobs` threads (0: one a core)."""
        files = list(dict.fromkeys(example.path for example in wanted))[:_MOST]
        self._made = dict(zip(files, in_threads(_small, files, jobs), strict=True))

    def show(self, example: Example) -> Html:
        """Return a picture; it is spoken of as its file and label."""
        made = self._made.get(example.path)
        return no_picture("not shown") if made is None else made


def _small(path: Path) -> Html:
    return thumbnail(path, _SIDE)  # its name stands beside it: an alt text would say it twice
