"""Where the contestants run: winnow freshly installed, TensorFlow with TF Hub, one folder each."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from curate_peers import versions_in
from curate_runs import RunFailed, tell
from harvest_tools import python_up_to

from classify.backbone import open_backbone, weights_file
from classify.pixels import signed
from classify.tflite.weights import read_weights

MIC = "tensorflow-hub"
"""The peer's package, and its environment's name; the last version with the tool is 0.13.0."""
_MIC_PACKAGES = ("tensorflow-cpu==2.15.1", "tensorflow-hub[make_image_classifier]==0.13.0",
                 "setuptools<70")  # fmt: skip
_MIC_NEWEST_PYTHON = (3, 11)
_SOURCES = ("harvest", "curate", "classify", "winnow.py", "pyproject.toml", "README.md", "LICENSE")
_ROOT = Path(__file__).resolve().parents[1]
_NOT_COUNTED = ("pip", "setuptools", "pkg_resources")
_WIDTH = 1280
_CHECKED = 4


@dataclass(frozen=True, slots=True)
class Home:
    """An environment."""

    python: Path
    """Its interpreter."""
    versions: dict[str, str]
    """What it holds of what matters."""
    installed_mb: float | None
    """Its files, 10^6 bytes, without pip, setuptools and byte code; None: not one of its own."""


def winnow_home(folder: Path, *, install: bool) -> Home:
    """Winnow as its users install it; the environment that this runs in unless `install` is set.

    Raises RunFailed when pip cannot install it.
    """
    names = ("winnow", "ai-edge-litert", "numpy", "pillow")
    if not install:
        python = Path(sys.executable)
        return Home(python, versions_in(python, names), None)
    root = folder / "winnow"
    python = root / "bin" / "python"
    stamp, digest = root / "sources.sha256", _digest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
        tell(f"winnow: installing it in {root}")
        with tempfile.TemporaryDirectory() as place:  # pip builds beside the sources
            for name in _SOURCES:
                source = _ROOT / name
                copy = shutil.copytree if source.is_dir() else shutil.copy2
                copy(source, Path(place) / name)
            if not python.exists():
                _do([sys.executable, "-m", "venv", root])
            _do([python, "-m", "pip", "install", "--quiet", place])
        stamp.write_text(digest, encoding="utf-8")
    return Home(python, versions_in(python, names), _megabytes(root))


def mic_home(folder: Path, *, install: bool) -> Home | str:
    """The environment of make_image_classifier, made where there is none yet; or why not."""
    root = folder / MIC
    python = root / "bin" / "python"
    names = (MIC, "tensorflow-cpu", "keras", "numpy")
    found = versions_in(python, names)
    if MIC not in found and install:
        maker = python_up_to(_MIC_NEWEST_PYTHON)
        if maker is None:
            return "needs Python 3.11 or older"
        tell(f"{MIC}: making an environment of its own in {root}, 1.2 GB")
        try:
            _do([maker, "-m", "venv", "--clear", root])
            _do([python, "-m", "pip", "install", "--quiet", *_MIC_PACKAGES])
        except RunFailed:
            return "could not be installed"
        found = versions_in(python, names)
    return Home(python, found, _megabytes(root)) if MIC in found else "not installed"


def make_module(home: Home, size: int, folder: Path) -> tuple[Path, float]:
    """Write the SavedModel that the peers train from, of winnow's own weights.

    Returns its folder and how far its embeddings are from winnow's at most. Raises RunFailed when
    that is too far.
    """
    weights, module = folder / f"weights-{size}.npz", folder / f"module-{size}"
    pixels = np.random.default_rng(size).integers(0, 256, (_CHECKED, size, size, 3), np.uint8)
    backbone = open_backbone("embedded", size)
    embedding = np.concatenate([backbone.engine.run(signed(one)[None]) for one in pixels])
    tensors: dict[str, Any] = read_weights(weights_file())
    np.savez(weights, **tensors, pixels=pixels, embedding=embedding[:, :_WIDTH])
    script = Path(__file__).with_name("classify_saved_model.py")
    told = _do([home.python, script, weights, str(size), module])
    return module, float(json.loads(told.splitlines()[-1])["stray"])


def write_extractor(size: int, folder: Path) -> Path:
    """Write the graph that winnow embeds with."""
    file = folder / f"extractor-{size}.tflite"
    file.write_bytes(open_backbone("embedded", size).data)
    return file


def _do(line: list[str | Path]) -> str:
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    ran = subprocess.run(line, capture_output=True, text=True, check=False, env=quiet)
    if ran.returncode:
        said = (ran.stderr or ran.stdout)[-2000:]
        tell(said)
        words = " ".join(Path(part).name for part in line[:4])
        raise RunFailed(f"{words} ended with {ran.returncode}: {said.strip().splitlines()[-1:]}")
    return ran.stdout


def _digest() -> str:
    found = hashlib.sha256()
    for name in _SOURCES:
        source = _ROOT / name
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(_ROOT)}\n".encode() + file.read_bytes())
    return found.hexdigest()


def _megabytes(root: Path) -> float:
    def counts(file: Path) -> bool:
        below = (
            file.parts[file.parts.index("site-packages") + 1]
            if ("site-packages" in file.parts)
            else ""
        )
        return file.suffix != ".pyc" and below not in _NOT_COUNTED and not file.is_symlink()

    files = (file for file in root.rglob("*") if file.is_file() and counts(file))
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)
