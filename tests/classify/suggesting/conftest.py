"""Drawn pictures by sha256, and suggesters that are closed in the end."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from classify.backbone import Backbone, open_backbone
from classify.suggesting.suggester import EmbeddingSuggester


@dataclass(frozen=True)
class Drawn:
    """Pictures whose label is known."""

    files: Mapping[str, Path]
    truth: Mapping[str, str]


@pytest.fixture(scope="session")
def drawn(pictures: Path) -> Drawn:
    """The session's 30 pictures by sha256."""
    files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in sorted(pictures.rglob("*.png"))}
    return Drawn(files, {sha256: path.parent.name for sha256, path in files.items()})


@pytest.fixture(scope="session")
def small() -> Backbone:
    """The embedded backbone at its smallest."""
    return open_backbone("embedded", 96)


Begin = Callable[..., EmbeddingSuggester]


@pytest.fixture
def begin(small: Backbone) -> Iterator[Begin]:
    """Make a suggester, give it pictures and wait until it has seen all of them."""
    made: list[EmbeddingSuggester] = []

    def make(files: Mapping[str, Path], *, wait: bool = True) -> EmbeddingSuggester:
        suggester = EmbeddingSuggester(small)
        made.append(suggester)
        suggester.begin(list(files.items()))
        if wait:
            settle()
        return suggester

    yield make
    for suggester in made:
        suggester.close()


def settle() -> None:
    """Wait until no suggester works."""
    for thread in threading.enumerate():
        if thread.name == "suggester":
            thread.join()


@pytest.fixture(name="settle")
def settled() -> Callable[[], None]:
    """What waits until no suggester works."""
    return settle
