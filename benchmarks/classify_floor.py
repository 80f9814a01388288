"""LiteRT and Pillow alone over a folder's pictures, and winnow's embedding of the same ones.

    python classify_floor.py decode|inference|embedding MODEL.tflite FOLDER SIZE RESULT

`decode`: every picture to float32 [SIZE, SIZE, 3], JPEGs drafted to twice that, a thread a core.
`inference`: MODEL over the pictures decoded before, a thread a core, an interpreter of its own in
each. `embedding`: what `winnow classify train` does for both, with nothing remembered. Imports are
not timed; whatever has to be set up afterwards is. Writes {"seconds", "pictures"} to RESULT.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float32]


def main() -> int:
    """Run one of the three; returns the exit code."""
    mode, model, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[4])
    files = sorted(file for file in Path(sys.argv[3]).glob("*/*") if file.is_file())
    if mode == "decode":
        seconds = timed_decode(files, size)[0]
    elif mode == "inference":
        seconds = timed_inference(model.read_bytes(), timed_decode(files, size)[1])
    else:
        seconds = timed_embedding(files, size)
    record = {"seconds": seconds, "pictures": len(files)}
    Path(sys.argv[5]).write_text(json.dumps(record), encoding="utf-8")
    return 0


def timed_decode(files: list[Path], size: int) -> tuple[float, list[Pixels]]:
    """Seconds, and the pictures in [-1, 1]."""

    def one(file: Path) -> Pixels:
        with Image.open(file) as picture:
            picture.draft("RGB", (2 * size, 2 * size))
            small = picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
        return (np.asarray(small, np.float32) - np.float32(127.5)) / np.float32(127.5)

    began = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        pictures = list(pool.map(one, files))
    return time.perf_counter() - began, pictures


def timed_inference(model: bytes, pictures: list[Pixels]) -> float:
    """Seconds for one pass over all pictures; an integer model gets bytes."""
    own = threading.local()
    dtype = Interpreter(model_content=model).get_input_details()[0]["dtype"]
    if dtype is not np.float32:
        pictures = [np.rint(one * 127.5 + 127.5).astype(dtype) for one in pictures]

    def interpreter() -> Any:
        if not hasattr(own, "interpreter"):
            own.interpreter = Interpreter(model_content=model, num_threads=1)
            own.interpreter.allocate_tensors()
        return own.interpreter

    def one(pixels: Pixels) -> Pixels:
        engine = interpreter()
        engine.set_tensor(engine.get_input_details()[0]["index"], pixels[None])
        engine.invoke()
        output: Pixels = engine.get_tensor(engine.get_output_details()[0]["index"])
        return output

    began = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(one, pictures))
    return time.perf_counter() - began


def timed_embedding(files: list[Path], size: int) -> float:
    """Seconds that winnow takes from the files to their embeddings, into an empty cache."""
    from classify.backbone import open_backbone
    from classify.cache import EmbeddingStore
    from classify.embed import Embedder

    backbone = open_backbone("embedded", size)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with EmbeddingStore(Path(folder) / "embeddings.bin") as store:
            for _ in Embedder(backbone, "squash", store).embed(files):
                pass
        return time.perf_counter() - began


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
