"""Answers as text, tables and JSON; what is unsure is not told as a label."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from classify.answers import Showing
from classify.embed import Fault
from classify.predict import Prediction

LABELS = ("comic", "=cmd()", "photo")


def _answer(*probabilities: float, path: str = "a.png") -> Prediction:
    return Prediction(Path(path), LABELS, np.array(probabilities, np.float32))


def _least(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_below_its_threshold_a_label_is_unsure() -> None:
    """Each label has its own; at the threshold it is believed."""
    showing = Showing(least=_least(0.75, 0.1, 0.9))

    assert showing.lines(_answer(0.75, 0.2, 0.05)) == ["comic\t0.7500\ta.png"]
    assert showing.lines(_answer(0.7, 0.2, 0.1)) == ["unsure\t0.7000\ta.png"]
    assert showing.record(_answer(0.1, 0.1, 0.8)) == {
        "file": "a.png", "label": None, "probability": 0.8, "likeliest": "photo",
    }  # fmt: skip


def test_all_labels_asked_for_are_shown_also_of_an_unsure_picture() -> None:
    """The verdict first, then the guesses."""
    showing = Showing(top=2, least=_least(0.9, 0.9, 0.9))

    assert showing.lines(_answer(0.7, 0.0, 0.3)) == [
        "unsure\t0.7000\ta.png", "comic\t0.7000\ta.png", "photo\t0.3000\ta.png",
    ]  # fmt: skip
    assert [entry["label"] for entry in showing.record(_answer(0.7, 0.0, 0.3))["top"]] == [
        "comic", "photo",
    ]  # fmt: skip


@pytest.mark.parametrize("top", [1, 2, 9])
def test_a_table_has_a_row_a_picture(top: int) -> None:
    """All rows as wide as the header, good and bad, whatever stands in the names."""
    showing = Showing(top, _least(0.5, 0.5, 0.5))
    answers = [
        _answer(0.9, 0.1, 0.0, path='x,"y"\n\x1b[1m.png'),
        _answer(0.4, 0.3, 0.3),
        Fault(Path("bad.png"), "empty", "0 bytes"),
    ]
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(showing.header(LABELS))
    table.writerows(showing.cells(answer, LABELS) for answer in answers)
    rows = list(csv.DictReader(io.StringIO(out.getvalue()), restkey="more", restval="less"))

    assert [row["label"] for row in rows] == ["comic", "unsure", ""]
    assert [row["error"] for row in rows] == ["", "", "empty"]
    assert rows[0]["file"] == 'x,"y"\\n\\x1b[1m.png'
    assert all("more" not in row and "less" not in row.values() for row in rows)
    assert ("label_2" in rows[0]) == (top > 1)
    assert ("label_3" in rows[0]) == (top == 9)


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "\t=a.png", "\r=a.png"])
def test_no_cell_is_a_formula(name: str) -> None:
    """A quote stands before what a spreadsheet would run, in names and in labels."""
    row = Showing().cells(_answer(0.1, 0.8, 0.1, path=name), LABELS)

    assert row[1] == "'=cmd()"
    assert row[0][0] in "'\\"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
