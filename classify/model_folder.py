"""The folder that a training writes, and what stands beside a model file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classify.choices import FITS, FORMATS, Format
from harvest.ledger.errors import DataError, UsageError, naming

MODEL = "model.tflite"
LABELS = "labels.txt"
CARD = "card.json"
CARD_PAGE = "MODEL_CARD.md"
LEARNT = "learnt.txt"
"""The beginnings of the sha256s of the pictures that a model learnt from."""


def variant_file(form: Format) -> str:
    """Name of a format's model in a model folder."""
    return MODEL if form == "float32" else f"model_{form}.tflite"


_VARIANTS = tuple(variant_file(form) for form in FORMATS)
_REPORT = ("report.html", "report.json")
WRITTEN = (*_VARIANTS, LABELS, CARD, CARD_PAGE, LEARNT, *_REPORT)
"""Names of all files of a model folder, whether they are there or not."""
_PART = ".part"
_USED_OF_VARIANTS = {"model": ("sha256", "format"), "input": ("fit", "dtype")}
_USED = {"model": ("sha256", "format"), "input": ("fit",), "data": ("sha256_of_list",)}


@contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Give a folder to write into; its files move into `out` together, when all are written.

    A full disk is told by the name of `out`.

    Files of an earlier model are replaced, and what was exported besides is removed: the card would
    no longer speak of it. Others in `out` stay. Raises UsageError, nothing replaced, where a folder
    has the name of a file, or a model would replace files that no card of ours names.
    """
    part = out / _PART
    part.mkdir(parents=True, exist_ok=True)
    _check_part(part)
    for left in part.iterdir():  # of a run that was killed
        left.unlink()
    try:
        with naming(out):
            yield part
        for file in sorted(part.iterdir()):
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        names = sorted(file.name for file in part.iterdir())
        _check_free(out, names)
        if MODEL in names:
            _check_own(out)
            names.sort(key=lambda name: name != CARD)  # from then on the others are known as ours
            for name in set(_VARIANTS).difference(names):
                out.joinpath(name).unlink(missing_ok=True)
        for name in names:
            part.joinpath(name).replace(out / name)
    finally:
        for left in part.iterdir():
            left.unlink()
        part.rmdir()


def _check_free(out: Path, names: Sequence[str]) -> None:
    for path in (out / name for name in sorted(names)):
        if path.is_dir() and not path.is_symlink():
            raise UsageError(f"{path}: a folder is in the way of a file; move it, or choose --out")


def _check_part(part: Path) -> None:
    for left in part.iterdir():
        if left.is_dir() or not left.name.startswith(WRITTEN):
            raise UsageError(f"{left}: winnow did not leave it there; move it, or choose --out")


def _check_own(out: Path) -> None:
    """Raise UsageError for the first file in the way that is not an earlier model's."""
    own = _own(out)
    for name in WRITTEN:
        if name not in own and os.path.lexists(out / name):
            raise UsageError(
                f"{out / name}: is in the way, and no {CARD} of winnow there names it; move it "
                "away, or choose another --out"
            )


def _own(out: Path) -> set[str]:
    """Names of the files in `out` that cards of ours there speak of."""
    names: set[str] = set()
    for card in (CARD, *(str(Path(name).with_suffix(f".{CARD}")) for name in _VARIANTS)):
        try:
            found = read_card(out / card) if (out / card).is_file() else {}
        except DataError:
            continue
        if not isinstance(found.get("winnow"), str):
            continue
        names |= {str(one["model"].get("file")) for one in (found, *found.get("variants", ()))}
        if card == CARD:
            names |= {CARD, CARD_PAGE, LABELS, LEARNT, *_REPORT}
    return names


def check_place(out: Path, data: Path, labels: tuple[str, ...], *, plain: bool = False) -> None:
    """Raise UsageError early when `out` cannot be written, is not ours, or lies within `data`.

    `plain`: `data` holds label folders that people look after, no manifest of ours.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file is in the way; wanted a folder to write the model into")
    parent = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"{out}: no permission to write in {parent}; choose another --out")
    _check_free(out, WRITTEN)
    if plain and out.resolve() == data.resolve():
        raise UsageError(
            f"{out}: the model's files would lie among the label folders; choose a place outside"
        )
    if any(out.resolve() == (data / label).resolve() for label in labels):
        raise UsageError(f"{out}: is a label folder; choose a place outside {data}")
    if data.resolve() in out.resolve().parents:
        raise UsageError(
            f"{out}: lies within {data}, and would be taken for a label or a picture next time; "
            "choose a place outside"
        )
    _check_own(out)


def model_file(model: Path) -> Path:
    """Return the `.tflite` that a path names: itself, or the one in a model folder.

    Raises UsageError when there is none.
    """
    file = model / MODEL if model.is_dir() else model
    if not file.is_file():
        raise UsageError(f"{file}: no such model; wanted a .tflite, or a folder of `train`")
    return file


def read_labels(path: Path, *, repeated: bool = False) -> tuple[str, ...]:
    """Read a labels file: one label a line, in output order. Raises UsageError, DataError.

    No label may stand twice, unless `repeated`, as in ImageNet's two cranes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a labels file; wanted UTF-8 text, one label a line") from None
    labels = tuple(line.strip() for line in text.splitlines())
    while labels and not labels[-1]:
        labels = labels[:-1]
    if not labels or "" in labels or (len(set(labels)) < len(labels) and not repeated):
        raise DataError(f"{path}: empty, or a label is empty or stands twice; wanted one a line")
    return labels


def labels_beside(file: Path) -> Path | None:
    """`<model>.labels.txt` or `labels.txt` beside a model, if there is one."""
    for candidate in (file.with_suffix(f".{LABELS}"), file.with_name(LABELS)):
        if candidate.is_file():
            return candidate
    return None


def card_beside(file: Path, digest: str) -> tuple[dict[str, Any] | None, Path | None]:
    """Return the card of the model with this sha256, from beside its file; None without one.

    Its `model` and `input` are those of that file, also where the card is of several. Where the
    cards there are of other models, the second value is the first of them.
    """
    strange = None
    for candidate in (file.with_suffix(f".{CARD}"), file.with_name(CARD)):
        if not candidate.is_file():
            continue
        card = read_card(candidate)
        for one in (card, *card.get("variants", ())):
            if one["model"]["sha256"] == digest:
                return {**card, "model": one["model"], "input": one["input"]}, None
        strange = strange or candidate
    return None, strange


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
    wrong = _wrong_words(card, _USED)
    if wrong:
        return wrong
    variants = card.get("variants", [])
    if not isinstance(variants, list):
        return "variants"
    for one in variants:
        wrong = _wrong_words(one, _USED_OF_VARIANTS) if isinstance(one, dict) else "part"
        if wrong:
            return f"variants.{wrong}"
    return ""


def _wrong_words(card: dict[str, Any], used: Mapping[str, tuple[str, ...]]) -> str:
    for part, names in used.items():
        values = card.get(part)
        if not isinstance(values, dict):
            return part
        for name in names:
            if not isinstance(values.get(name), str):
                return f"{part}.{name}"
    return "" if card["input"]["fit"] in FITS else "input.fit"
