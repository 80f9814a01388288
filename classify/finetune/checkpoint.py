"""What a killed fine-tuning goes on from: a folder below the cache, named by all it depends on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.cache import cache_folder
from classify.choices import Depth
from classify.finetune.lessons import Lessons
from classify.finetune.network import Network
from classify.finetune.runtime import keras, tensorflow
from classify.pixels import RECIPE
from classify.settings import FineTuneSettings

_RECIPE = "2"  # raise it when the same settings lead to other numbers
_STATE, _LOCK = "state.npz", "lock"
_STALE_S = 14 * 24 * 3600.0

Arrays = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training part came to."""

    number: int
    """From 1 on; 0 is the head alone, before anything was learnt."""
    depth: Depth | None
    """What was trained; None for number 0."""
    rate: float
    """Learning rate at its beginning."""
    train_loss: float
    """Mean loss as trained: smoothed, weighted, of distorted pictures. Number 0: NaN."""
    loss: float
    """Log loss of the validation part, nat a picture, with a temperature fitted there."""
    accuracy: float
    """Of the validation part, a fraction."""


@dataclass(frozen=True, slots=True)
class State:
    """All that the next epoch depends on."""

    epochs: tuple[Epoch, ...]
    """Those that are over."""
    weights: Arrays
    """The network's trainable ones, now."""
    best: Arrays
    """The same after the best epoch."""
    velocities: Arrays
    """Of the weights that the last epoch trained."""


def run_key(network: Network, lessons: Lessons, settings: FineTuneSettings) -> str:
    """32 hex digits of everything that a fine-tuning's result depends on."""
    digest = hashlib.sha256()
    for weight in network.model.weights:
        digest.update(weight.numpy().tobytes())
    facts = {
        "recipe": [_RECIPE, RECIPE, tensorflow().__version__, keras().__version__],
        "network": [network.name, network.side, {k: list(v) for k, v in network.cuts.items()}],
        "settings": settings.model_dump(mode="json", exclude={"summaries_dir"}),
        "lessons": [lessons.labels, lessons.fit, lessons.class_weight],
        "train": [(shown.sha256, shown.label) for shown in lessons.train],
        "validation": [(shown.sha256, shown.label) for shown in lessons.validation],
    }
    digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()[:32]


@contextmanager
def run_folder(key: str) -> Iterator[Path | None]:
    """Hold the folder of a run; None where nothing can be kept, or another process holds it."""
    cache = cache_folder()
    folder = None if cache is None else cache / "fine-tune" / key
    held = None if folder is None else _held(folder)
    try:
        yield folder if held is not None else None
    finally:
        if held is not None:
            os.close(held)


def read_state(folder: Path) -> State | None:
    """Return the last epoch's state; None where there is none, or it is damaged."""
    try:
        # Opened here: numpy leaves the file open where it finds no zip in it.
        with (folder / _STATE).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            epochs = tuple(Epoch(**facts) for facts in json.loads(str(file["epochs"])))
            return State(epochs, *(_listed(file, name) for name in ("weight", "best", "velocity")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def write_state(folder: Path, state: State) -> None:
    """Write it whole or not at all. Raises OSError."""
    epochs = json.dumps([asdict(epoch) for epoch in state.epochs])
    arrays: dict[str, Any] = {"epochs": np.array(epochs)}
    named = (("weight", state.weights), ("best", state.best), ("velocity", state.velocities))
    for name, values in named:
        arrays |= {f"{name}{i:03d}": value for i, value in enumerate(values)}
    part = folder / f"{_STATE}.part"
    with part.open("wb") as out:
        np.savez(out, **arrays)
        out.flush()
        os.fsync(out.fileno())
    part.replace(folder / _STATE)


def drop_activations(folder: Path) -> None:
    """Remove the large files of a run that is over; its state stays."""
    for file in folder.glob("*.f16"):
        with suppress(OSError):
            file.unlink()


def _listed(file: Any, name: str) -> Arrays:
    return [file[key] for key in sorted(file.files) if key.startswith(name)]


def _held(folder: Path) -> int | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent, folder)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    os.utime(lock)
    return lock


def _sweep(runs: Path, own: Path) -> None:
    """Remove runs that nobody went on with for a fortnight."""
    for folder in runs.iterdir():
        with suppress(OSError):
            if folder != own and (folder / _LOCK).stat().st_mtime < time.time() - _STALE_S:
                shutil.rmtree(folder)


def snapshot(variables: Sequence[Any]) -> Arrays:
    """Copies of the variables' values."""
    return [variable.numpy().copy() for variable in variables]
