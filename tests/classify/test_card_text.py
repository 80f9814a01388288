"""The card for people says what card.json says, and no label is markup in it."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from classify.card_text import card_text
from classify.train import TrainResult


@pytest.fixture
def card(trained: TrainResult) -> dict[str, Any]:
    """A card of one's own to change."""
    return copy.deepcopy(trained.card)


def _section(text: str, name: str) -> str:
    return text.split(f"## {name}\n")[1].split("\n## ", maxsplit=1)[0]


def test_it_lies_beside_the_model(trained: TrainResult) -> None:
    """MODEL_CARD.md is written with the training, with its notes among the limits."""
    text = trained.out.joinpath("MODEL_CARD.md").read_text()

    assert text == card_text(trained.card, trained.notes)
    assert len(_section(text, "Limits").strip().splitlines()) == 2 + len(trained.notes)


def test_its_sections_tell_what_a_model_card_should(trained: TrainResult) -> None:
    """Use, input, files, data, figures with their intervals, limits, licence."""
    text = card_text(trained.card, [])
    measured = trained.measured.best

    assert measured is not None
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Intended use",
        "How to feed it",
        "Files",
        "Data",
        "Metrics",
        "Limits",
        "Licence",
    ]
    low, high = measured[1].interval
    assert f"95 % interval {low:.4f} to {high:.4f}" in _section(text, "Metrics")
    assert trained.card["model"]["sha256"][:16] in _section(text, "Files")
    assert trained.card["input"]["formula"] in _section(text, "How to feed it")
    assert "Apache-2.0" in _section(text, "Licence")
    assert "| dots | 15 |" in _section(text, "Data")


def test_labels_are_no_markup(card: dict[str, Any]) -> None:
    """A label is the name of somebody's folder: no tag, no table cell, no line of its own."""
    evil = "<script>|`x`*[a](b)*\n## Licence"
    card["output"]["labels"] = [evil, "b"]
    card["data"]["labels"] = {evil: 3, "b": 2}
    for part in ("validation", "test", "folds"):
        if card["measured"][part]:
            card["measured"][part]["labels"][0]["label"] = evil

    text = card_text(card, [f"few pictures under {evil}"])

    assert "<script>" not in text
    assert text.count("\n## Licence\n") == 1
    rows = [line for line in text.splitlines() if "script" in line and line.startswith("|")]
    assert rows
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 5)
    assert "\\`x\\`\\*\\[a\\](b)\\*" in text


def test_nothing_measured_is_said(card: dict[str, Any]) -> None:
    """Without figures the card does not make any up."""
    card["measured"] |= dict.fromkeys(("accuracy", "accuracy_on", "validation", "test", "folds"))

    assert "Nothing could be measured" in _section(card_text(card, []), "Metrics")


def test_thresholds_are_told_where_there_are_any(card: dict[str, Any]) -> None:
    """Their sentences stand in a section of their own."""
    card["thresholds"] = {"note": "Lowest at which.", "of": [{"said": "'dots': from 0.8 on"}]}

    assert "- 'dots': from 0.8 on" in _section(card_text(card, []), "Thresholds")


def test_variants_stand_among_the_files(card: dict[str, Any]) -> None:
    """Each with its input, its size and how near it is."""
    small = {**card["model"], "file": "model_int8.tflite", "format": "int8", "bytes": 3_650_000}
    card["variants"] = [{"model": small, "input": {**card["input"], "dtype": "uint8"}}]

    rows = _section(card_text(card, []), "Files").strip().splitlines()

    assert rows[3].startswith("| `model_int8.tflite` | int8 | uint8 | 3.65 MB | ")


def test_a_fine_tuning_is_told_with_both_figures(card: dict[str, Any]) -> None:
    """What was handed out and why, then a line for each of the two; without one no section."""
    one = {"accuracy": 0.9, "interval_95": [0.81, 0.95], "log_loss": 0.31}
    other = {"accuracy": 0.8, "interval_95": [0.7, 0.87], "log_loss": 0.52}
    part = {"on": "test", "pictures": 90, "head_alone": other, "fine_tuned": one}
    plain = card_text(card, [])
    card["fine_tuning"] = {"handed_out": True, "because": "it *is* better", "compared": [part]}

    said = _section(card_text(card, []), "Fine-tuning")

    assert "## Fine-tuning" not in plain
    assert "The fine-tuned network is handed out: it \\*is\\* better." in said
    assert "| test, 90 pictures | head alone | 0.8000 (0.7000 to 0.8700) | 0.5200 |" in said
    assert "| test, 90 pictures | fine-tuned | 0.9000 (0.8100 to 0.9500) | 0.3100 |" in said
