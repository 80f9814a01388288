"""`report.json`: everything a report shows, and what it had no room for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from classify.measures.curves import curve
from classify.measures.judged import Judged

_MOST_CURVES = 40
_MOST_PROBABILITIES = 200_000  # numbers; above, the pictures are left out, and that is said


def write_record(part: Path, record: dict[str, Any]) -> None:
    """Write `report.json` into `part`."""
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    part.joinpath("report.json").write_text(text, encoding="utf-8")


def curve_facts(judged: Judged) -> dict[str, Any]:
    """Return the curves of each label, of the 40 least precise when there are more."""
    order = sorted(
        (i for i, m in enumerate(judged.measure.labels) if m.average_precision is not None),
        key=lambda i: judged.measure.labels[i].average_precision or 0.0,
    )[:_MOST_CURVES]
    found = {}
    for i in sorted(order):
        drawn = curve(judged.probabilities[:, i], judged.truth == i)
        if drawn is not None:
            found[judged.labels[i]] = drawn.facts()
    return found


def part_facts(judged: Judged) -> dict[str, Any]:
    """Return the figures of a part with its curves and, when they are few, its probabilities."""
    facts = {"name": judged.name, **judged.measure.facts(), "curves": curve_facts(judged)}
    if judged.probabilities.size > _MOST_PROBABILITIES:
        return facts | {"probabilities": None, "none_because": "too many pictures and labels"}
    rows = [
        {"file": example.file, "label": example.label, "probabilities": numbers}
        for example, numbers in zip(
            judged.examples, judged.probabilities.round(6).tolist(), strict=True
        )
    ]
    return facts | {"probabilities": rows}
