"""Whether a written model answers as the trained head does: a file that strays is not kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import Format
from classify.embed import in_threads
from classify.engine import Engine
from classify.pixels import Pixels, signed
from harvest.ledger.errors import DataError


@dataclass(frozen=True, slots=True)
class Bound:
    """How far a format may stray, over all samples."""

    labels: float
    """Least share of pictures with the same label; one other label is let through, except at 1."""
    largest: float
    """Largest difference of one probability."""
    mean: float
    """Mean over the pictures of the largest difference within a picture."""


BOUNDS: dict[Format, Bound] = {
    "float32": Bound(1.0, 1e-4, 1e-4),
    "float16": Bound(0.99, 0.05, 0.005),
    "dynamic": Bound(0.98, 1.0, 0.02),
    "int8": Bound(0.97, 1.0, 0.03),
}
"""Observed on 240 real photographs and drawings, 128 and 224 px: 1e-5; 0.0015; mean 0.0013; mean
0.002, and the same label throughout."""

NETWORK_BOUNDS: dict[Format, Bound] = BOUNDS | {"float32": Bound(0.99, 5e-4, 1e-4)}
"""Where Keras gave the answers: two libraries add up in different orders, and large weights of a
head make more of it. Observed after a fine-tuning, 200 drawings, 224 px, weights up to 958: largest
0.00017, mean 0.000013, the same labels."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Pictures and what the float32 head says of them."""

    on: str
    """Which pictures they are, for people."""
    pixels: list[Pixels]
    """uint8 [height, width, 3] each."""
    expected: NDArray[np.float32]
    """[pictures, labels]."""
    bounds: Mapping[Format, Bound] = field(default_factory=lambda: BOUNDS)
    """How far files may stray from it."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How near a model is to what it was made from."""

    on: str
    """Which pictures it was looked for on."""
    pictures: int
    """How many."""
    same_label: int
    """Of them."""
    largest: float
    """Largest difference of one probability."""
    mean: float
    """Mean over the pictures of the largest difference within a picture."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "on": self.on,
            "pictures": self.pictures,
            "same_label": self.same_label,
            "largest_difference": self.largest,
            "mean_difference": self.mean,
        }


def check(model: bytes, name: str, samples: Samples, form: Format) -> Parity:
    """Run a written model on pictures with known probabilities.

    Raises DataError when it strays further than `samples.bounds` has it, or does not run.
    """
    engine = Engine(model, name)
    takes_bytes = engine.inputs[0].dtype == "uint8"

    def run(pixels: Pixels) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = engine.run((pixels if takes_bytes else signed(pixels))[None])[
            0
        ]
        return answer

    found = np.array(list(in_threads(run, samples.pixels, 0)), np.float32)
    return judge(found.reshape(samples.expected.shape), name, samples, form)


def judge(found: NDArray[np.float32], name: str, samples: Samples, form: Format) -> Parity:
    """Compare what a written model gave, [pictures, labels], and raise as `check` does."""
    parity = compare(found, samples)
    bound = samples.bounds[form]
    most = parity.pictures * (1 - bound.labels)
    others = parity.pictures - parity.same_label
    few = others <= (max(1, math.floor(most + 1e-9)) if bound.labels < 1 else 0)
    # A NaN compares as false.
    if not (few and parity.largest <= bound.largest and parity.mean <= bound.mean):
        raise DataError(
            f"{name}: it strays from the trained head: other labels for {others} of "
            f"{parity.pictures} pictures, probabilities off by up to {parity.largest:.2g}, "
            f"{parity.mean:.2g} on average ({form}: at most {bound.largest:g} and {bound.mean:g}); "
            "it was not kept"
        )
    return parity


def compare(found: NDArray[np.float32], samples: Samples) -> Parity:
    """Compare probabilities [pictures, labels] with the expected ones."""
    expected = samples.expected
    if not len(expected):
        return Parity(samples.on, 0, 0, 0.0, 0.0)
    strays = np.abs(found - expected).max(axis=1)
    answers = np.argmax(found, axis=1)
    # Two labels as likely as each other but for rounding are the same answer.
    tie = expected[np.arange(len(answers)), answers] >= expected.max(axis=1) - 2e-4
    return Parity(
        on=samples.on,
        pictures=len(expected),
        same_label=int(tie.sum()),
        largest=float(strays.max()),
        mean=float(strays.mean()),
    )
