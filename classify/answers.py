"""Answers as people and programs read them: text, CSV, JSON; and what is too unsure to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.embed import Fault, printable, storable
from classify.predict import Prediction

UNSURE = "unsure"
"""Shown in place of a label below its threshold."""

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Showing:
    """How much of an answer is shown."""

    top: int = 1
    """Labels shown, the likeliest first."""
    least: NDArray[np.float32] | None = None
    """[labels]: the probability from which each is believed; None: whatever it is."""

    def believes(self, answer: Prediction) -> bool:
        """Whether the likeliest label is likely enough."""
        return self.least is None or bool(answer.probability >= self.least[answer.index])

    def record(self, answer: Prediction | Fault) -> dict[str, Any]:
        """Return a JSON object; an answer that is not believed has the label None."""
        if isinstance(answer, Fault):
            return {"file": storable(answer.path), **fault_record(answer)}
        believed = self.believes(answer)
        record: dict[str, Any] = {
            "file": storable(answer.path),
            "label": answer.label if believed else None,
            "probability": round(answer.probability, 6),
        }
        if not believed:
            record["likeliest"] = answer.label
        if self.top > 1:
            record["top"] = top_record(answer, self.top)
        return record

    def lines(self, answer: Prediction) -> list[str]:
        """Label, probability and file with tabs between; one line for each label shown."""
        shown = answer.top(self.top) if self.top > 1 else []
        if self.top == 1 or not self.believes(answer):
            shown.insert(0, (self._word(answer), answer.probability))
        file = printable(answer.path)
        return [f"{printable(label)}\t{share:.4f}\t{file}" for label, share in shown]

    def header(self, labels: Sequence[str]) -> list[str]:
        """Names of the columns of a table for a model with these labels."""
        more = range(1, self._guesses(len(labels)) + 1)
        pairs = [name for i in more for name in (f"label_{i}", f"probability_{i}")]
        return ["file", "label", "probability", *pairs, "error"]

    def cells(self, answer: Prediction | Fault, labels: Sequence[str]) -> list[str]:
        """Return a row of that table; no cell begins as a spreadsheet's formula does."""
        if isinstance(answer, Fault):
            blank = [""] * (len(self.header(labels)) - 2)
            return [_cell(answer.path), *blank, _cell(answer.reason)]
        row = [_cell(answer.path), _cell(self._word(answer)), f"{answer.probability:.6f}"]
        for label, share in answer.top(self._guesses(len(labels))):
            row += [_cell(label), f"{share:.6f}"]
        return [*row, ""]

    def _word(self, answer: Prediction) -> str:
        return answer.label if self.believes(answer) else UNSURE

    def _guesses(self, labels: int) -> int:
        return min(self.top, labels) if self.top > 1 else 0


def top_record(answer: Prediction, count: int) -> list[dict[str, Any]]:
    """Return the likeliest labels as JSON objects."""
    return [{"label": label, "probability": round(share, 6)} for label, share in answer.top(count)]


def fault_record(fault: Fault) -> dict[str, Any]:
    """Return what is wrong with a picture as a JSON object."""
    return {"error": {"reason": fault.reason, "detail": storable(fault.detail)}}


def _cell(value: object) -> str:
    text = printable(str(value))
    return f"'{text}" if text.startswith(_RUN_BY_SPREADSHEETS) else text
