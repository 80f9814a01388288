"""A file whose answers are not the trained head's is not kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classify.backbone import open_backbone
from classify.choices import Format
from classify.export import stitch
from classify.head import Head
from classify.parity import BOUNDS, Samples, check, compare
from classify.pixels import load_pixels, signed
from harvest.ledger.errors import DataError

FORMS = list(BOUNDS)


def _head(scale: float = 1.0) -> Head:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(2, 1280)).astype(np.float32) * np.float32(0.05 * scale)
    return Head(weights, np.zeros(2, np.float32))


@pytest.fixture(scope="module")
def samples(pictures: Path) -> Samples:
    """Ten pictures with what the head says of them."""
    backbone = open_backbone("embedded", 96)
    files = sorted((pictures / "dots").iterdir())[:10]
    pixels = [load_pixels(path, (96, 96), "squash") for path in files]
    embedded = backbone.engine.run(np.stack([signed(p) for p in pixels]))[:, :1280]
    return Samples("ten pictures", pixels, _head().probabilities(embedded))


def test_the_model_itself_passes(samples: Samples) -> None:
    """Within 1e-4, the same label on every picture."""
    parity = check(
        stitch(open_backbone("embedded", 96).graph("top"), _head()), "good", samples, "float32"
    )

    assert parity.largest < 1e-4
    assert (parity.same_label, parity.pictures, parity.on) == (10, 10, "ten pictures")


@pytest.mark.parametrize(("scale", "form"), [(1.01, "float32"), (1.5, "float16"), (-1.0, "int8")])
def test_another_head_is_refused(samples: Samples, scale: float, form: Format) -> None:
    """A little off is too much for float32, more for float16, and the opposite for anything."""
    other = stitch(open_backbone("embedded", 96).graph("top"), _head(scale))

    with pytest.raises(DataError, match=r"^other: it strays .* not kept$"):
        check(other, "other", samples, form)


@pytest.mark.parametrize(
    ("form", "scale", "change"),
    [
        ("float16", 1.0, lambda p: p - np.where(np.arange(len(p)) == 0, 0.06, 0)),
        ("dynamic", 1.0, lambda p: p - 0.03),
        ("int8", 0.001, lambda p: 1 - p),
    ],
    ids=["one picture far off", "all a little off", "other labels"],
)
def test_each_bound_holds_by_itself(
    samples: Samples, form: Format, scale: float, change: Callable[[Any], Any]
) -> None:
    """What is off on one picture, on average, or in its labels alone is refused, too."""
    backbone, head = open_backbone("embedded", 96), _head(scale)
    pixels = samples.pixels * 3
    x = backbone.engine.run(np.stack([signed(p) for p in pixels]))[:, :1280]
    first = change(head.probabilities(x)[:, 0].astype(np.float64))
    moved = np.stack([first, 1 - first], axis=1).astype(np.float32)

    with pytest.raises(DataError, match="strays"):
        check(
            stitch(backbone.graph("top"), head),
            "moved",
            Samples("moved", pixels, moved),
            form,
        )


def _of(expected: list[float]) -> Samples:
    first = np.array(expected, np.float32)
    return Samples("made up", [], np.stack([first, 1 - first], axis=1))


def test_differences_are_counted() -> None:
    """The largest, the mean over pictures of each one's largest, and the labels that stay."""
    samples = _of([0.9, 0.6, 0.2])
    found = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]], np.float32)

    parity = compare(found, samples)

    assert (parity.pictures, parity.same_label) == (3, 2)
    assert parity.largest == pytest.approx(0.2)
    assert parity.mean == pytest.approx(0.1)


def test_a_tie_has_two_labels() -> None:
    """Of two labels as likely as each other either is right: rounding may choose."""
    found = np.array([[0.49999, 0.50001]], np.float32)

    assert compare(found, _of([0.50001])).same_label == 1
    assert compare(found, _of([0.501])).same_label == 0


@pytest.mark.parametrize("form", FORMS)
def test_no_number_passes_for_none(form: Format, samples: Samples) -> None:
    """A model that answers with NaN strays, whatever its format."""
    broken = Head(np.full((2, 1280), np.nan, np.float32), np.zeros(2, np.float32))

    with pytest.raises(DataError, match="strays"):
        check(stitch(open_backbone("embedded", 96).graph("top"), broken), "nan", samples, form)
