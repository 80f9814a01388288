"""A model folder's model again, in another format, checked before it counts."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.card import model_facts
from classify.engine import Engine
from classify.export import Format, check, convert
from classify.model_folder import CARD, LABELS, card_beside, labels_beside, model_file, read_labels
from classify.pixels import Pixels, signed
from harvest.ledger.errors import DataError, UsageError

_CHECKED = 16


def export(model: Path, out: Path, form: Format) -> dict[str, Any]:
    """Write the float32 model in `model` to the file `out` as `form`; returns its card.

    `<out>.labels.txt` and `<out>.card.json` (less the suffix) go beside it. Raises UsageError
    when there is no model, DataError when it was not made by `train` or the copy strays.
    """
    source = model_file(model)
    data = source.read_bytes()
    card = card_beside(source, hashlib.sha256(data).hexdigest())
    labels = labels_beside(source)
    if card is None or labels is None:
        raise DataError(f"{source}: no card or no labels beside it; wanted a folder of `train`")
    if card["model"]["format"] != "float32":
        raise DataError(f"{source}: is {card['model']['format']}; wanted the float32 model")
    if out.is_dir() or out.suffix != ".tflite":
        raise UsageError(f"{out}: wanted a file name that ends in .tflite")
    if out.exists() and out.samefile(source):
        raise UsageError(f"{out}: is the model itself; choose another file")
    names = read_labels(labels)
    written = convert(data, form)
    stray = check(written, out.name, _samples(Engine(data, str(source)), out.name), form)
    card = {**card, "model": model_facts(out.name, written, form, stray)}
    _write(out.with_suffix(f".{LABELS}"), "".join(f"{name}\n" for name in names).encode())
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    _write(out.with_suffix(f".{CARD}"), text.encode("utf-8", "backslashreplace"))
    _write(out, written)
    return card


def _samples(engine: Engine, name: str) -> list[tuple[Pixels, NDArray[np.float32]]]:
    """Made-up pictures and what the float32 model says of them: flat, noisy, striped."""
    _, height, width, _ = engine.inputs[0].shape
    if height < 1 or width < 1:
        raise DataError(f"{name}: the model takes any size; train it with a fixed one")
    random = np.random.default_rng(0)
    samples = []
    for number in range(_CHECKED):
        coarse = random.integers(0, 256, (1 + number, 1 + number, 3), np.uint8)
        rows = np.arange(height) * len(coarse) // height
        columns = np.arange(width) * len(coarse) // width
        pixels = np.ascontiguousarray(coarse[rows][:, columns])
        samples.append((pixels, np.asarray(engine.run(signed(pixels)[None])[0], np.float32)))
    return samples


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
