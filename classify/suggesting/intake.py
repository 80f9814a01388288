"""Pictures embedded in the background, while a person looks at the first of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from classify.backbone import Backbone
from classify.cache import Vector, kept_embeddings
from classify.embed import Embedded, Embedder
from classify.suggesting.basis import LANDMARKS, Basis, find_basis
from classify.suggesting.shelf import Shelf

_TOGETHER = 64
_KINDNESS = 10  # the page's own threads come first

Picture = tuple[str, Path]


class Intake:
    """Embeds what it is given, the landmarks first, in threads that step back for others."""

    def __init__(self, backbone: Backbone) -> None:
        self.shelf: Shelf | None = None
        """Coordinates of all pictures that were embedded; None until the basis is found."""
        self.passed_over = 0
        """Pictures that cannot be read, or whose bytes are not those that their name says."""
        self._backbone = backbone
        self._given: dict[str, Path] = {}
        self._waiting: list[Picture] = []
        self._basis: Basis | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, pictures: Sequence[Picture]) -> None:
        """Embed these as well, in this order; those that were given before are left alone."""
        with self._lock:
            fresh = [one for one in dict(pictures).items() if one[0] not in self._given]
            self._given.update(fresh)
            self._waiting += fresh
            if self._waiting and self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._work, name="suggester", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop; pictures that are being decoded are waited for, no other one is begun."""
        self._stop.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        _step_back()
        with kept_embeddings() as store:
            embedder = Embedder(self._backbone, "squash", store)
            while wanted := self._next():
                if self._basis is None or self._outgrown():
                    wanted = self._begin_anew(embedder)
                self._fill(embedder, wanted)

    def _next(self) -> list[Picture]:
        with self._lock:
            wanted, self._waiting = self._waiting, []
            if not wanted or self._stop.is_set():
                self._thread = None
                return []
        return wanted

    def _outgrown(self) -> bool:
        """Whether what came since gives a far better basis."""
        assert self._basis is not None
        return min(len(self._given), LANDMARKS) > 2 * self._basis.landmarks

    def _begin_anew(self, embedder: Embedder) -> list[Picture]:
        """Find the basis, and return all pictures, wanted in its coordinates."""
        with self._lock:
            wanted = list(self._given.items())
            self._waiting = []
        some = sorted(wanted)[:LANDMARKS]
        known = {sha256: embedder.remembered(sha256) for sha256, _ in some}
        missing = [one for one in some if known[one[0]] is None]
        known |= dict(self._embedded(embedder, missing))
        # In the order of their names, whichever of them the cache knew.
        vectors = [vector for vector in known.values() if vector is not None]
        if len(vectors) < 2 or self._stop.is_set():
            return []
        self._basis = find_basis(vectors, max(self._backbone.blocks.values(), key=sum))
        self.shelf = Shelf(self._basis.width)
        return wanted

    def _fill(self, embedder: Embedder, wanted: Sequence[Picture]) -> None:
        """Put pictures on the shelf: at once what the cache knows, then the others."""
        source = iter(wanted)
        missing: list[Picture] = []
        while (few := list(islice(source, _TOGETHER))) and not self._stop.is_set():
            known = [(one[0], embedder.remembered(one[0])) for one in few]
            self._put([(sha256, vector) for sha256, vector in known if vector is not None])
            missing += [one for one, k in zip(few, known, strict=True) if k[1] is None]
        found = self._embedded(embedder, missing)
        while few_found := list(islice(found, _TOGETHER)):
            self._put(few_found)

    def _put(self, found: Sequence[tuple[str, Vector]]) -> None:
        if found and self._basis is not None and self.shelf is not None:
            coordinates = self._basis.coordinates([vector for _, vector in found])
            self.shelf.put([sha256 for sha256, _ in found], coordinates)

    def _embedded(
        self, embedder: Embedder, pictures: Sequence[Picture]
    ) -> Iterator[tuple[str, Vector]]:
        paths = (path for _, path in pictures if not self._stop.is_set())
        for (sha256, _), result in zip(pictures, embedder.embed(paths), strict=False):
            if self._stop.is_set():
                return
            if isinstance(result, Embedded) and result.sha256 == sha256:
                yield sha256, result.vector
            else:
                self.passed_over += 1


def _step_back() -> None:
    """Let other threads go first; threads that this one starts do so, too."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _KINDNESS)
        except OSError:
            return  # not allowed here: the page is a little slower meanwhile
