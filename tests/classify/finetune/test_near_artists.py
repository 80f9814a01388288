"""Six artists who differ in one small thing each: what fine-tuning is for, and when it is not."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classify.settings import TrainSettings
from classify.train import train
from harvest.sandbox.artists import ARTIST_HANDS
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS

pytestmark = pytest.mark.tensorflow

_BLOCKHEAD = ARTIST_HANDS["blockhead"]
HANDS = {
    "ada": _BLOCKHEAD,
    "bob": replace(_BLOCKHEAD, line=3.2),
    "cyd": replace(_BLOCKHEAD, wobble=0.9),
    "dot": replace(_BLOCKHEAD, bubble="ellipse"),
    "eve": replace(_BLOCKHEAD, head="cushion"),
    "fay": replace(_BLOCKHEAD, body="bell"),
}
"""The sandbox's blockhead, and five who draw as he does but for the stroke's width, its tremble,
the bubbles, the heads or the bodies."""

_SHEETS = ((640, 480), (480, 640), (560, 560))
_SHARE = 0.4  # of a sheet's side: neither the layout nor always a whole figure is seen


def draw_near_artists(root: Path, each: int, patch: pytest.MonkeyPatch) -> Path:
    """So many cut-outs of sheets by each of the six."""
    patch.setattr("harvest.sandbox.drawings.ARTISTS", (*ARTISTS, *HANDS))
    for name, hand in HANDS.items():
        patch.setitem(ARTIST_HANDS, name, hand)
        (root / name).mkdir(parents=True)
        for number in range(each):
            rng = random.Random(f"{name} {number}")
            wide, high = rng.choice(_SHEETS)
            sheet = draw(name, rng.randrange(10**9), wide, high)
            size = round(wide * _SHARE), round(high * _SHARE)
            left, top = rng.randint(0, wide - size[0]), rng.randint(0, high - size[1])
            part = sheet.crop((left, top, left + size[0], top + size[1]))
            quality = rng.choice((40, 60, 80))
            part.save(root / name / f"{name}_{number:04d}.jpg", quality=quality)
    return root


def tuned_on(folder: Path, out: Path, side: int) -> dict[str, Any]:
    """What the card says of a fine-tuning with the defaults; the report names the same figures."""
    settings = TrainSettings.model_validate(
        {
            "image_size": side,
            "features": "all",
            "validation_percentage": 12,
            "testing_percentage": 20,
            "fine_tune": {"epochs": 6},
        }
    )
    result = train(folder, out, settings)
    facts: dict[str, Any] = json.loads((out / "card.json").read_text("utf-8"))["fine_tuning"]
    assert facts["because"] in (out / "report.html").read_text("utf-8")
    # A better network is no warning.
    assert any(facts["because"] in note for note in result.notes) is not facts["handed_out"]
    return facts


@pytest.mark.soak
def test_on_five_thousand_pictures_fine_tuning_beats_the_head_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the validation part that chose it, and on a thousand pictures that chose nothing."""
    folder = draw_near_artists(tmp_path / "set", 834, monkeypatch)

    facts = tuned_on(folder, tmp_path / "model", 224)

    test, validation = facts["compared"]
    assert facts["handed_out"]
    assert (test["on"], validation["on"]) == ("test", "validation")
    assert test["pictures"] > 900
    for part in (test, validation):
        assert part["fine_tuned"]["log_loss"] < part["head_alone"]["log_loss"]
        assert part["fine_tuned"]["accuracy"] > part["head_alone"]["accuracy"]


def test_on_two_hundred_pictures_it_is_declined_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are too few to learn more from than the head did."""
    folder = draw_near_artists(tmp_path / "set", 34, monkeypatch)

    facts = tuned_on(folder, tmp_path / "model", 96)

    assert not facts["handed_out"]
    assert "better" in facts["because"] or "fewer right answers" in facts["because"]
    assert "the head alone is handed out fitted on all 204 pictures" in facts["because"]
    assert len(facts["epochs"]) > 1
