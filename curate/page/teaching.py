"""The model that learns along: when it is taught, what it then holds, and what it doubts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from curate.page.grids import Ranked, ranked
from curate.page.suggester import Opinion, Suggester

DOUBT = 0.95
"""Probability of another label above which an answer is doubted."""

_FEWEST, _MOST = 8, 50  # new answers after which the head is fitted again
_MORE = 256  # pictures embedded since, after which there is more to say
_FIRST = 24  # looks that are chosen far apart


@dataclass(frozen=True, slots=True)
class Thought:
    """What a refit brought."""

    opinion: Opinion | None
    """What the model holds; None: too little to say."""
    order: Ranked | None
    """The same, put in order."""
    first: Sequence[str]
    """Pictures that differ most, while it holds nothing."""
    learnt_from: int
    """Answers that it has learnt from."""


class Teaching:
    """Feeds a suggester with answers; without one it holds nothing, ever."""

    def __init__(
        self,
        suggester: Suggester | None,
        pictures: Sequence[tuple[str, Path]],
        hidden: Set[str],
        *,
        beside: bool,
    ) -> None:
        """`pictures`: (sha256, file), most wanted first. `hidden`: never learnt from.

        `beside`: refits run in a thread of their own, and nobody waits for them.
        """
        self._suggester: Suggester | None = None
        self._hidden = hidden
        self.known: list[str] = []
        """Pictures that it is to know."""
        self.thought = Thought(None, None, (), 0)
        """What it holds."""
        self._under_way: Future[Thought] | None = None
        self._beside = ThreadPoolExecutor(1, "page-teaching") if beside else None
        self.ready = 0
        """Pictures that it knew at the last refit."""
        self._at = -1
        self._pages = 0
        self._taught: Mapping[str, str] = {}
        if suggester is not None:
            self.take(suggester, pictures)

    def take(self, suggester: Suggester, pictures: Sequence[tuple[str, Path]]) -> None:
        """Teach this model from now on, where there was none; `pictures` as at first."""
        self._suggester = suggester
        self.known = [sha256 for sha256, _ in pictures]
        if pictures:
            suggester.begin(pictures)

    @property
    def is_there(self) -> bool:
        """Whether there is a model."""
        return self._suggester is not None

    def embedded(self) -> int:
        """Pictures that it knows."""
        return self._suggester.ready() if self._suggester is not None else 0

    @property
    def is_learning(self) -> bool:
        """Whether a refit is under way."""
        return self._under_way is not None

    def is_news(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels by sha256 are others than those that were learnt."""
        return self._suggester is not None and self._open(labels) != self._taught

    def is_due(self, answers: int, pages: int) -> bool:
        """Whether there is enough news to learn from: answers and pages so far."""
        if self._suggester is None or self._under_way is not None:
            return False
        if self._at < 0 or pages != self._pages:
            return True
        if abs(answers - self._at) >= max(_FEWEST, min(_MOST, self.thought.learnt_from // 10)):
            return True
        known = self._suggester.ready()
        return known != self.ready and (known >= len(self.known) or known - self.ready >= _MORE)

    def learn(
        self, labels: Mapping[str, str], left: Collection[str], answers: int, pages: int
    ) -> None:
        """Refit on labels by sha256, less the hidden ones; `left`: what waits to be sorted."""
        if self._suggester is None:
            return
        known = self._taught = self._open(labels)
        self._at, self._pages, self.ready = answers, pages, self._suggester.ready()
        waiting = sorted(left) if self.thought.opinion is None else []
        if self._beside is not None:
            self._under_way = self._beside.submit(_think, self._suggester, known, waiting)
        else:
            self._under_way = Future()
            self._under_way.set_result(_think(self._suggester, known, waiting))

    def _open(self, labels: Mapping[str, str]) -> dict[str, str]:
        return {s: label for s, label in labels.items() if s not in self._hidden}

    def collect(self) -> bool:
        """Whether a refit has ended since; from now on its thought holds."""
        if self._under_way is None or not self._under_way.done():
            return False
        done, self._under_way = self._under_way, None
        self.thought = done.result()
        return True

    def held(self, sha256: str) -> tuple[str, float] | None:
        """The likeliest label of a picture that was not learnt from; None: not known."""
        return self.thought.order.best.get(sha256) if self.thought.order is not None else None

    def doubts(self, sha256: str, label: str) -> tuple[str, float] | None:
        """Another label that it holds of a labelled picture, almost sure; None: it agrees."""
        if self.thought.opinion is None:
            return None
        said = self.thought.opinion.doubted.get(sha256) or self.held(sha256)
        return said if said is not None and said[0] != label and said[1] > DOUBT else None

    def alike(self, among: Sequence[str]) -> list[str]:
        """The same pictures, alike ones side by side."""
        return self._suggester.alike(among) if self._suggester is not None else list(among)

    def stop(self) -> None:
        """Wait for a refit that is under way, and begin no other; the suggester goes on."""
        if self._beside is not None:
            self._beside.shutdown()

    def close(self) -> None:
        """Stop the suggester, too."""
        self.stop()
        if self._suggester is not None:
            self._suggester.close()


def _think(suggester: Suggester, known: Mapping[str, str], left: Sequence[str]) -> Thought:
    opinion = suggester.learn(known)
    if opinion is not None:
        return Thought(opinion, ranked(opinion), (), len(known))
    first = suggester.far_apart(left, _FIRST) if left and suggester.ready() else []
    return Thought(None, None, first, len(known))
