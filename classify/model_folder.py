"""The folder that a training writes, and what stands beside a model file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harvest.ledger.errors import DataError, UsageError

MODEL = "model.tflite"
LABELS = "labels.txt"
CARD = "card.json"
_PART = ".part"


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Give a folder to write into; its files move into `out` together, when all are written.

    Files of the same names are replaced, others in `out` stay.
    """
    part = out / _PART
    part.mkdir(parents=True, exist_ok=True)
    for left in part.iterdir():  # of a run that was killed
        left.unlink()
    try:
        yield part
        for file in sorted(part.iterdir()):
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        for file in sorted(part.iterdir()):
            file.replace(out / file.name)
    finally:
        for left in part.iterdir():
            left.unlink()
        part.rmdir()


def check_place(out: Path, data: Path, labels: tuple[str, ...]) -> None:
    """Raise UsageError early when `out` cannot be written, or would be taken for a label."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file is in the way; wanted a folder to write the model into")
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{out}: no permission to write in {parent}; choose another --out")
    if out.resolve().parent == data.resolve() and not out.name.startswith(("_", ".")):
        raise UsageError(
            f"{out}: lies among the label folders and would be taken for a label next time; "
            "choose a place outside"
        )
    if any(out.resolve() == (data / label).resolve() for label in labels):
        raise UsageError(f"{out}: is a label folder; choose a place outside {data}")


def model_file(model: Path) -> Path:
    """Return the `.tflite` that a path names: itself, or the one in a model folder.

    Raises UsageError when there is none.
    """
    file = model / MODEL if model.is_dir() else model
    if not file.is_file():
        raise UsageError(f"{file}: no such model; wanted a .tflite, or a folder of `train`")
    return file


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a labels file: one label a line, in output order. Raises UsageError, DataError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a labels file; wanted UTF-8 text, one label a line") from None
    labels = tuple(line.strip() for line in text.splitlines())
    while labels and not labels[-1]:
        labels = labels[:-1]
    if not labels or "" in labels or len(set(labels)) != len(labels):
        raise DataError(f"{path}: empty, or a label is empty or stands twice; wanted one a line")
    return labels


def labels_beside(file: Path) -> Path | None:
    """`<model>.labels.txt` or `labels.txt` beside a model, if there is one."""
    for candidate in (file.with_suffix(f".{LABELS}"), file.with_name(LABELS)):
        if candidate.is_file():
            return candidate
    return None


def card_beside(file: Path, digest: str) -> dict[str, Any] | None:
    """Return the card of the model with this sha256, from beside its file; None without one."""
    for candidate in (file.with_suffix(f".{CARD}"), file.with_name(CARD)):
        if not candidate.is_file():
            continue
        card = read_card(candidate)
        if card.get("model", {}).get("sha256") == digest:
            return card
    return None


def read_card(path: Path) -> dict[str, Any]:
    """Read a card. Raises DataError when it is none."""
    try:
        card = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, dict) or not isinstance(card.get("model"), dict):
        raise DataError(f"{path}: not a model card; train again, or move it away")
    return card
