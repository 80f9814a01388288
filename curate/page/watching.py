"""Hand moves noticed while the page is open: what lies below `images/` against what should.

Names alone are read, of 20,000 files in some 50 ms; which picture a file is, the look tells that
follows. What a look leaves unexplained, such as a text beside the pictures, is no news after it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from curate.page.answers import Answers

PAUSE = 2.0
"""Seconds between two looks at the names; news that is not the same in both is still under way."""

_SHARE = 100  # of the time one part at most is spent on looks


class Watch:
    """Notices what people move below `images/`."""

    def __init__(self, answers: Answers, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._answers = answers
        self._clock = clock
        self._next = clock() + PAUSE
        self._explained = self._last = self._strange()

    def has_news(self) -> bool:
        """Whether somebody has moved files since the last look; asked as often as one likes."""
        if self._clock() < self._next:
            return False
        began = time.thread_time()
        before, self._last = self._last, self._strange()
        self._next = self._clock() + max(PAUSE, _SHARE * (time.thread_time() - began))
        return self._last == before and self._last != self._explained

    def explain(self) -> None:
        """Take everything as it is now: somebody has looked, or is about to."""
        self._explained = self._last = self._strange()

    def _strange(self) -> frozenset[str]:
        """Paths that are there and should not, or the other way round."""
        images = self._answers.folder.images
        return frozenset(self._answers.paths().symmetric_difference(_paths(images, "")))


def _paths(folder: Path, before: str) -> Iterator[str]:
    """Files below a folder, as `label/name`; hidden ones are nobody's pictures."""
    try:
        with os.scandir(folder) as entries:
            every = list(entries)
    except OSError:  # gone again, or not to be read: the look that follows will tell
        return
    for entry in every:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(folder / entry.name, f"{before}{entry.name}/")
        else:
            yield before + entry.name
