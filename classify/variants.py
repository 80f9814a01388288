"""The files that come of one stitched model: with a training, or later, from its folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.card import description, variant_facts
from classify.choices import Fit
from classify.embed import in_threads, storable
from classify.engine import Engine
from classify.export import CALIBRATED, Exported, Made, Material, Wish, make, make_each
from classify.head import Head
from classify.model_folder import (
    CARD,
    LABELS,
    card_beside,
    labels_beside,
    model_file,
    read_labels,
    variant_file,
)
from classify.parity import Samples, check
from classify.pictures import Pictures
from classify.pixels import Pixels, load_pixels, signed
from harvest.ledger.errors import DataError, UsageError, naming
from harvest.ledger.picture import PictureError

CHECKED = 200
"""Pictures at most that a file is compared on."""
_CHECKED_OF_ALL = 40  # they prove the stitch; how good it is, only held-out pictures say
_ENOUGH = 100  # so many pictures let one more answer differ before a share of them is missed
_DRAWN = 16


def of_training(
    model: bytes, card: dict[str, Any], wishes: Sequence[Wish], pictures: Pictures, head: Head
) -> Made:
    """Make the float32 file and those wished for of a stitched model; each is compared.

    Raises DataError where the float32 file strays.
    """
    material = training_material(
        card, wishes, pictures, lambda rows: head.probabilities(pictures.sample.x[rows])
    )
    about = description(card, pictures.labels)
    return make_each(
        wishes, lambda wish: make(model, variant_file(wish.form), wish, material, about)
    )


def training_material(
    card: dict[str, Any],
    wishes: Sequence[Wish],
    pictures: Pictures,
    judge: Callable[[list[int]], NDArray[np.float32]],
) -> Material:
    """Return what a training's files are compared on, as `judge` answers for these pictures.

    On `CHECKED` of the validation pictures at most, and where those are under 100 and files are
    wished for, on others too; on fewer of all pictures where none are held out. Int8 takes its
    ranges from the training pictures.
    """
    size, fit = int(card["input"]["shape"][1]), card["input"]["fit"]
    held = [i for i, split in enumerate(pictures.splits) if split == "validation"]
    on = "validation pictures" if held else "all pictures"
    every = list(range(len(pictures.examples)))
    chosen = _spread(held, CHECKED) or _spread(every, CHECKED if wishes else _CHECKED_OF_ALL)
    if wishes and held and len(held) < _ENOUGH:
        others = [i for i, split in enumerate(pictures.splits) if split != "validation"]
        chosen = [*held, *_spread(others, _ENOUGH - len(held))]
        on = "validation pictures and others"
    pixels = _loaded([pictures.examples[i].path for i in chosen], (size, size), fit)
    there = [(i, found) for i, found in zip(chosen, pixels, strict=True) if found is not None]
    expected = judge([i for i, _ in there])
    samples = Samples(on, [found for _, found in there], expected)
    calibration: list[Pixels] = []
    if any(wish.form == "int8" for wish in wishes):
        train = [i for i, split in enumerate(pictures.splits) if split == "train"]
        paths = [pictures.examples[i].path for i in _spread(train, CALIBRATED)]
        calibration = [p for p in _loaded(paths, (size, size), fit) if p is not None]
    return Material(samples, calibration, "training pictures")


def export(model: Path, out: Path, wish: Wish, pictures: Path | None = None) -> dict[str, Any]:
    """Write the float32 model in `model` to the file `out` as wished; returns its card.

    `<out>.labels.txt` and `<out>.card.json` (less the suffix) go beside it. It is compared on the
    files below `pictures`, else on drawn ones, which are not enough for int8. Raises UsageError
    when there is no model or no pictures for int8, DataError when it was not made by `train` or
    the copy strays.
    """
    source = model_file(model)
    data = source.read_bytes()
    card, _ = card_beside(source, hashlib.sha256(data).hexdigest())
    labels = labels_beside(source)
    if card is None or labels is None:
        raise DataError(f"{source}: no card or no labels beside it; wanted a folder of `train`")
    if card["model"]["format"] != "float32" or card["input"].get("dtype") != "float32":
        raise DataError(
            f"{source}: is {card['model']['format']}; wanted the float32 model of `train`"
        )
    if out.is_dir() or out.suffix != ".tflite":
        raise UsageError(f"{out}: wanted a file name that ends in .tflite")
    if out.exists() and out.samefile(source):
        raise UsageError(f"{out}: is the model itself; choose another file")
    if wish.form == "int8" and pictures is None:
        raise UsageError(
            "format int8: its ranges come from pictures; name a folder of them with --pictures"
        )
    names = read_labels(labels)
    engine = Engine(data, str(source))
    material = _material(engine, card["input"]["fit"], pictures, wish, out.name)
    if wish == Wish.usual("float32"):
        written = Exported(out.name, wish, data, check(data, out.name, material.samples, "float32"))
    else:
        about = description(card, names)
        written = make(data, out.name, wish, material, about)
    card = {k: v for k, v in card.items() if k != "variants"} | variant_facts(
        written, card["input"]
    )
    _write(out.with_suffix(f".{LABELS}"), "".join(f"{name}\n" for name in names).encode())
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    _write(out.with_suffix(f".{CARD}"), text.encode("utf-8", "backslashreplace"))
    _write(out, written.data)
    return card


def _material(engine: Engine, fit: Fit, pictures: Path | None, wish: Wish, name: str) -> Material:
    _, height, width, _ = engine.inputs[0].shape
    if height < 1 or width < 1:
        raise DataError(f"{name}: the model takes any size; train it with a fixed one")

    def answered(on: str, pixels: Iterable[Pixels]) -> Samples:
        found = list(pixels)
        expected = np.array([engine.run(signed(p)[None])[0] for p in found], np.float32)
        return Samples(on, found, expected)

    if pictures is None:
        return Material(answered("drawn pictures", _drawn(height, width)))
    # In an order that has nothing to do with their names: neighbours are often alike.
    files = sorted(
        _files(pictures), key=lambda path: hashlib.sha256(os.fsencode(path.name)).digest()
    )
    loaded = _loaded(files[: 2 * (CALIBRATED + CHECKED)], (width, height), fit)
    usable = [found for found in loaded if found is not None]
    if not usable:
        raise DataError(
            f"{pictures}: no readable picture; name a folder of the kind to be classified"
        )
    few = len(usable) < CALIBRATED + CHECKED // 4
    apart = usable if few or wish.form != "int8" else usable[CALIBRATED:]
    folder = storable(pictures.resolve().name)
    samples = answered(f"pictures of {folder}", apart[:CHECKED])
    return Material(samples, usable[:CALIBRATED], f"pictures of {folder}")


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; wanted one of pictures")
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return [path for path in found if path.is_file()]


def _loaded(paths: Sequence[Path], size: tuple[int, int], fit: Fit) -> list[Pixels | None]:
    """Pixels of each file; None for what is gone or no picture."""

    def load(path: Path) -> Pixels | None:
        try:
            return load_pixels(path, size, fit)
        except PictureError:
            return None

    return list(in_threads(load, paths, 0))


def _spread(indices: list[int], most: int) -> list[int]:
    """At most so many of them, evenly spread."""
    if len(indices) <= most:
        return indices
    return [indices[i * len(indices) // most] for i in range(most)]


def _drawn(height: int, width: int) -> Iterable[NDArray[np.uint8]]:
    """Made-up pictures: flat, noisy, striped."""
    random = np.random.default_rng(0)
    for number in range(_DRAWN):
        coarse = random.integers(0, 256, (1 + number, 1 + number, 3), np.uint8)
        rows = np.arange(height) * len(coarse) // height
        columns = np.arange(width) * len(coarse) // width
        yield np.ascontiguousarray(coarse[rows][:, columns])


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with naming(path):
        try:
            with part.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
