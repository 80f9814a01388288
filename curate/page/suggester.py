"""What the labelling page asks of a model that learns along: a Protocol, and its answers.

Curation has no model of its own. Whoever has one implements `Suggester` and hands it over; without
one the page works unaided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model holds of the pictures, after one refit."""

    labels: tuple[str, ...]
    """The labels it knows, in the order of the chances."""
    chances: Mapping[str, tuple[float, ...]]
    """sha256 -> calibrated probability of each label; every embedded picture not learnt from."""
    doubted: Mapping[str, tuple[str, float]]
    """Learnt picture -> another label, and its out-of-fold probability where that is > 0.95."""


class Suggester(Protocol):
    """A model that learns along. Called from one thread; what it computes ahead, it does aside."""

    def begin(self, pictures: Sequence[tuple[str, Path]]) -> None:
        """Embed pictures (sha256, file) in the background, the most wanted first; may be repeated.

        Pictures that are known already keep what is known of them.
        """

    def ready(self) -> int:
        """How many of the pictures are embedded."""
        ...

    def far_apart(self, among: Sequence[str], count: int) -> list[str]:
        """At most `count` embedded pictures that differ most, for the first looks (k-centre)."""
        ...

    def learn(self, labels: Mapping[str, str]) -> Opinion | None:
        """Refit on answered pictures (sha256 -> label), in under a second; None: too little."""
        ...

    def alike(self, among: Sequence[str]) -> list[str]:
        """The same pictures, ordered so that neighbours look alike."""
        ...

    def close(self) -> None:
        """Stop all work in the background; may be repeated."""
