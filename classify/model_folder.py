"""The folder that a training writes, and what stands beside a model file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classify.choices import FITS
from harvest.ledger.errors import DataError, UsageError

MODEL = "model.tflite"
LABELS = "labels.txt"
CARD = "card.json"
_WRITTEN = (MODEL, LABELS, CARD, "report.html", "report.json")
_PART = ".part"
_USED = {"model": ("sha256", "format"), "input": ("fit",), "data": ("sha256_of_list",)}


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Give a folder to write into; its files move into `out` together, when all are written.

    Files of the same names are replaced, others in `out` stay. Raises UsageError, nothing replaced,
    where a folder has the name of a file.
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
        _check_free(out, [file.name for file in part.iterdir()])
        for file in sorted(part.iterdir()):
            file.replace(out / file.name)
    finally:
        for left in part.iterdir():
            left.unlink()
        part.rmdir()


def _check_free(out: Path, names: Sequence[str]) -> None:
    for path in (out / name for name in sorted(names)):
        if path.is_dir() and not path.is_symlink():
            raise UsageError(f"{path}: a folder is in the way of a file; move it, or choose --out")


def check_place(out: Path, data: Path, labels: tuple[str, ...]) -> None:
    """Raise UsageError early when `out` cannot be written, or would be taken for a label."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file is in the way; wanted a folder to write the model into")
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{out}: no permission to write in {parent}; choose another --out")
    _check_free(out, _WRITTEN)
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
        if card["model"]["sha256"] == digest:
            return card
    return None


def read_card(path: Path) -> dict[str, Any]:
    """Read a card. Raises DataError when a part that is used is not as `train` writes it."""
    try:
        card = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError):
        card = None
    wrong = _wrong_part(card)
    if not isinstance(card, dict) or wrong:
        said = f" ({wrong} is not as winnow writes it)" if wrong else ""
        raise DataError(f"{path}: not a model card{said}; train again, or move it away")
    return card


def _wrong_part(card: object) -> str:
    """Name the first part that is missing or of another kind, of those that are used; or none."""
    if not isinstance(card, dict):
        return ""
    for part, names in _USED.items():
        values = card.get(part)
        if not isinstance(values, dict):
            return part
        for name in names:
            if not isinstance(values.get(name), str):
                return f"{part}.{name}"
    return "" if card["input"]["fit"] in FITS else "input.fit"
