"""The model that learns along: when it is taught, what it then holds, and what it doubts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from curate.page.grids import held
from curate.page.suggester import Opinion, Suggester

DOUBT = 0.95
"""Probability of another label above which an answer is doubted."""

_FEWEST, _MOST = 8, 50  # new answers after which the head is fitted again
_MORE = 256  # pictures embedded since, after which there is more to say


class Teaching:
    """Feeds a suggester with answers; without one it holds nothing, ever."""

    def __init__(
        self, suggester: Suggester | None, pictures: Sequence[tuple[str, Path]], hidden: Set[str]
    ) -> None:
        """`pictures`: (sha256, file), most wanted first. `hidden`: never learnt from."""
        self._suggester = suggester
        self._hidden = hidden
        self.known = [sha256 for sha256, _ in pictures]
        """Pictures that it is to know."""
        self.opinion: Opinion | None = None
        """What it holds."""
        self.learnt_from = 0
        """Answers that it has learnt from."""
        self.ready = 0
        """Pictures that it knew at the last refit."""
        self._at = -1
        self._pages = 0
        if suggester is not None and pictures:
            suggester.begin(pictures)

    @property
    def is_there(self) -> bool:
        """Whether there is a model."""
        return self._suggester is not None

    def embedded(self) -> int:
        """Pictures that it knows."""
        return self._suggester.ready() if self._suggester is not None else 0

    def is_due(self, answers: int, pages: int) -> bool:
        """Whether there is enough news to learn from: answers and pages so far."""
        if self._suggester is None:
            return False
        if self._at < 0 or pages != self._pages:
            return True
        if abs(answers - self._at) >= max(_FEWEST, min(_MOST, self.learnt_from // 10)):
            return True
        known = self._suggester.ready()
        return known != self.ready and (known >= len(self.known) or known - self.ready >= _MORE)

    def learn(self, labels: Mapping[str, str], answers: int, pages: int) -> None:
        """Refit on labels by sha256, less the hidden ones."""
        if self._suggester is None:
            return
        known = {s: label for s, label in labels.items() if s not in self._hidden}
        self._at, self._pages, self.ready = answers, pages, self._suggester.ready()
        self.learnt_from = len(known)
        self.opinion = self._suggester.learn(known)

    def held(self, sha256: str) -> tuple[str, float] | None:
        """The likeliest label of a picture that was not learnt from; None: not known."""
        return held(self.opinion, sha256) if self.opinion is not None else None

    def doubts(self, sha256: str, label: str) -> tuple[str, float] | None:
        """Another label that it holds of a labelled picture, almost sure; None: it agrees."""
        if self.opinion is None:
            return None
        said = self.opinion.doubted.get(sha256) or self.held(sha256)
        return said if said is not None and said[0] != label and said[1] > DOUBT else None

    def far_apart(self, among: Sequence[str], count: int) -> list[str]:
        """First looks; none where nothing is embedded."""
        if self._suggester is None or not self._suggester.ready():
            return []
        return self._suggester.far_apart(among, count)

    def alike(self, among: Sequence[str]) -> list[str]:
        """The same pictures, alike ones side by side."""
        return self._suggester.alike(among) if self._suggester is not None else list(among)

    def close(self) -> None:
        """Stop the suggester."""
        if self._suggester is not None:
            self._suggester.close()
