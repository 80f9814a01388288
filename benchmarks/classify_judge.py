"""The one judge of all models: LiteRT and Pillow alone, each model fed as it says it wants to be.

    python classify_judge.py ORDER.json RESULT.json

ORDER.json: `model`, `labels` (files), `folder` (label folders), and `feeds`, each with `mean` and
`std` (a float model gets (byte - mean) / std, an integer one bytes), `resample` (`bicubic`, or
`sampled`: bilinear without a look at the pixels between, which is how TensorFlow's own pipelines
scale), `fit` (`squash`, `crop`, `pad`) and `draft` (whether a JPEG is decoded at no less than twice
the size only). RESULT.json: for each feed the files answered wrongly,
and how many were asked. Imports nothing of winnow.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image, ImageOps

Feed = Mapping[str, Any]


def main() -> int:
    """Judge one model; returns the exit code."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    labels = Path(order["labels"]).read_text(encoding="utf-8").split("\n")
    interpreter = Interpreter(model_path=order["model"], num_threads=1)
    interpreter.allocate_tensors()
    files = sorted(file for file in Path(order["folder"]).glob("*/*") if file.is_file())
    found = []
    for feed in order["feeds"]:
        wrong = [
            f"{file.parent.name}/{file.name}"
            for file in files
            if labels[int(np.argmax(answer(interpreter, file, feed)))] != file.parent.name
        ]
        found.append({"wrong": wrong, "asked": len(files)})
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
    return 0


def answer(interpreter: Any, file: Path, feed: Feed) -> NDArray[Any]:
    """Scores of one picture, one for each label."""
    given = interpreter.get_input_details()[0]
    _, high, wide, _ = given["shape"]
    size = int(wide), int(high)
    with Image.open(file) as picture:
        if feed.get("draft") and picture.format == "JPEG":
            share = 2 * max(size) / min(picture.size)
            if share < 1:
                picture.draft(None, (int(picture.width * share), int(picture.height * share)))
        upright = ImageOps.exif_transpose(picture)
        if upright.has_transparency_data:
            clear = upright.convert("RGBA")
            upright = Image.new("RGBA", clear.size, "white")
            upright.alpha_composite(clear)
        pixels = np.asarray(scaled(upright.convert("RGB"), size, feed))
    if given["dtype"] is np.float32:
        mean, std = np.float32(feed["mean"]), np.float32(feed["std"])
        interpreter.set_tensor(given["index"], ((pixels.astype(np.float32) - mean) / std)[None])
    else:
        interpreter.set_tensor(given["index"], pixels.astype(given["dtype"])[None])
    interpreter.invoke()
    scores: NDArray[Any] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    return scores


def scaled(rgb: Image.Image, size: tuple[int, int], feed: Feed) -> Image.Image:
    """A picture in the size a model wants."""
    if feed["resample"] == "sampled":
        steps = (rgb.width / size[0], 0.0, 0.0, 0.0, rgb.height / size[1], 0.0)
        return rgb.transform(size, Image.Transform.AFFINE, steps, Image.Resampling.BILINEAR)
    if feed["fit"] == "crop":
        return ImageOps.fit(rgb, size, Image.Resampling.BICUBIC)
    if feed["fit"] == "pad":
        return ImageOps.pad(rgb, size, Image.Resampling.BICUBIC, color="white")
    return rgb.resize(size, Image.Resampling.BICUBIC)


if __name__ == "__main__":
    sys.exit(main())
