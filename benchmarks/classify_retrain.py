"""A loop in the manner of TF for Poets' `retrain.py`, on the same module as make_image_classifier.

    python classify_retrain.py FOLDER MODULE SIZE MODEL.tflite LABELS.txt BOTTLENECKS --steps 4000

Runs in TensorFlow's environment and knows nothing of winnow. Every picture is embedded once, one
at a time, into one text file a picture; then each of the steps draws a batch of 100 at random,
reads their text files, and moves a softmax layer by plain gradient descent. A tenth of the pictures
validates every tenth step and a tenth is held out, by the SHA-1 of the file name.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BATCH = 100
_RATE = 0.01
_EVERY = 10
_RANGE = 2**27
_WIDTH = 1280

Picture = tuple[int, Path]
"""Index of its label, its bottleneck file."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser()
    for name in ("folder", "module", "size", "model", "labels", "bottlenecks"):
        parser.add_argument(name, type=int if name == "size" else Path)
    parser.add_argument("--steps", type=int, default=4000)
    return parser.parse_args()


def place(name: str) -> float:
    """Where a file name falls, 0 to 100."""
    number = int(hashlib.sha1(name.encode()).hexdigest(), 16)
    return (number % _RANGE) * 100 / (_RANGE - 1)


def bottlenecks(tf: Any, module: Any, given: argparse.Namespace) -> dict[str, list[Picture]]:
    """Write one text file a picture; return them by part (`train`, `validation`, `test`)."""
    parts: dict[str, list[Picture]] = {"train": [], "validation": [], "test": []}
    labels = sorted(folder.name for folder in given.folder.iterdir())
    given.labels.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    for index, label in enumerate(labels):
        (given.bottlenecks / label).mkdir(parents=True, exist_ok=True)
        for file in sorted((given.folder / label).iterdir()):
            pixels = tf.io.decode_image(file.read_bytes(), channels=3, expand_animations=False)
            small = tf.image.resize(pixels, (given.size, given.size)) / 255
            values = module(small[None], training=False).numpy()[0]
            target = given.bottlenecks / label / f"{file.name}.txt"
            target.write_text(",".join(map(str, values)), encoding="utf-8")
            spot = place(file.name)
            part = "validation" if spot < 10 else "test" if spot < 20 else "train"
            parts[part].append((index, target))
    return parts


def batch(
    pictures: Sequence[Picture], rng: random.Random
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Read 100 pictures drawn at random from their text files."""
    chosen = [rng.choice(pictures) for _ in range(_BATCH)]
    rows = [
        [float(number) for number in file.read_text(encoding="utf-8").split(",")]
        for _, file in chosen
    ]
    return np.array(rows, np.float32), np.array([index for index, _ in chosen])


def main() -> int:
    """Train and convert; returns the exit code."""
    given = arguments()
    tf: Any = importlib.import_module("tensorflow")
    module = tf.saved_model.load(str(given.module))
    parts = bottlenecks(tf, module, given)
    count = len(given.labels.read_text(encoding="utf-8").splitlines())
    kernel = tf.Variable(tf.random.truncated_normal((_WIDTH, count), stddev=0.001, seed=1))
    bias = tf.Variable(tf.zeros(count))

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, x @ kernel + bias)
            loss = tf.reduce_mean(losses)
        slopes = tape.gradient(loss, (kernel, bias))
        kernel.assign_sub(_RATE * slopes[0])
        bias.assign_sub(_RATE * slopes[1])
        return loss

    rng = random.Random(1)
    for number in range(given.steps):
        step(*batch(parts["train"], rng))
        if number % _EVERY == 0 and parts["validation"]:
            x, y = batch(parts["validation"], rng)
            right = np.mean(np.argmax(x @ kernel.numpy() + bias.numpy(), 1) == y)
            print(f"step {number}: {right:.3f} of a validation batch right", file=sys.stderr)

    @tf.function(input_signature=[tf.TensorSpec((1, given.size, given.size, 3), tf.float32)])  # type: ignore[untyped-decorator, unused-ignore]
    def classify(image: Any) -> Any:
        return tf.nn.softmax(module(image, training=False) @ kernel + bias)

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [classify.get_concrete_function()], module
    )
    given.model.write_bytes(converter.convert())
    return 0


if __name__ == "__main__":
    sys.exit(main())
