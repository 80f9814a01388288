"""What to learn from: a built data set, or any folder of label folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classify.embed import Fault, storable
from classify.split import split_by_name
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.manifest import FILE_NAME, SPLITS, ManifestLine, Split, read_manifest

_NAMED = 5  # folders passed over
_CATALOG = "catalog.sqlite"  # marks the root of a data set; its content is not our business


@dataclass(frozen=True, slots=True)
class Example:
    """One file with its label."""

    path: Path
    """The file."""
    file: str
    """Its POSIX path below the folder that was given."""
    label: str
    """Its label."""
    split: Split
    """From the manifest, or by file name."""
    group: str
    """Duplicate group of the manifest; empty where there is none."""
    account: str = ""
    """`source:account` of the manifest; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """All that a folder offers for learning, nothing opened yet."""

    root: Path
    """The folder that holds the manifest or the label folders."""
    labels: tuple[str, ...]
    """Sorted; their order is the model's output order."""
    examples: tuple[Example, ...]
    """Sorted by file."""
    has_manifest: bool
    """Whether splits and groups come from a manifest."""
    passed_over: tuple[Fault, ...]
    """What lies in label folders and is no file."""
    notes: tuple[str, ...] = ()
    """What people should know of what is left out, one line each."""


def read_folder(
    folder: Path, *, validation: float = 10, testing: float = 10, least: int = 2
) -> LabelledFolder:
    """Read what `folder` offers; `validation` and `testing` are percentages for plain folders.

    Raises UsageError when there is no such folder; DataError for a data set's root, fewer than
    `least` labels, labels that differ by case only, and label folders without a file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; wanted label folders or a data set's build/")
    if (folder / FILE_NAME).is_file():
        found = _from_manifest(folder)
    elif (folder / _CATALOG).exists():
        raise DataError(
            f"{folder}: this is a data set's root; run `winnow curate build {folder}`, "
            f"then use {folder / 'build'}"
        )
    else:
        found = _from_label_folders(folder, validation, testing)
    _check_labels(folder, found.labels, least)
    return found


def _from_manifest(folder: Path) -> LabelledFolder:
    examples = [
        Example(folder / line.file, line.file, line.label, line.split, line.group, _account(line))
        for line in read_manifest(folder / FILE_NAME)
    ]
    labels = tuple(sorted({example.label for example in examples}))
    return LabelledFolder(folder, labels, _ordered(examples), True, ())


def _account(line: ManifestLine) -> str:
    return f"{line.source}:{line.account}" if line.account else ""


def _from_label_folders(folder: Path, validation: float, testing: float) -> LabelledFolder:
    try:
        names = sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.is_dir() and not entry.name.startswith(("_", "."))
        )
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read ({error.strerror})") from error
    examples: list[Example] = []
    passed_over: list[Fault] = []
    for label in names:
        before = len(examples)
        for path in _entries(folder / label):
            if path.is_file():
                split = split_by_name(path.name, validation, testing)
                examples.append(Example(path, storable(f"{label}/{path.name}"), label, split, ""))
            else:
                said = "a folder inside a label folder"
                if path.is_dir() and (count := _count(path)):
                    said += f", with {count:,} files"
                passed_over.append(Fault(path, "not_a_file", said))
        if len(examples) == before:
            raise DataError(_empty(folder, label, names, passed_over))
    ordered = _ordered(examples)
    return LabelledFolder(folder, tuple(names), ordered, False, tuple(passed_over), _notes(folder))


def _notes(folder: Path) -> tuple[str, ...]:
    """One line of the folders that begin with `_`: they are no labels."""
    left = sorted(entry for entry in folder.iterdir() if _is_set_aside(entry))
    said = [f"{storable(entry.name)} ({_count(entry):,} files)" for entry in left[:_NAMED]]
    if len(left) > _NAMED:
        said.append(f"{len(left) - _NAMED:,} folders more")
    return (f"passed over, as its name begins with _: {', '.join(said)}",) if said else ()


def _is_set_aside(entry: Path) -> bool:
    return entry.name.startswith("_") and entry.is_dir()


def _count(folder: Path) -> int:
    """Files below a folder, hidden ones left out; what cannot be read counts as empty."""
    return sum(not name.startswith(".") for _, _, names in os.walk(folder) for name in names)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read ({error.strerror})") from error


def _empty(folder: Path, label: str, names: Sequence[str], passed_over: list[Fault]) -> str:
    if set(names) <= set(SPLITS) and passed_over:
        return (
            f"{folder}: these are splits without a {FILE_NAME}; "
            "run `winnow curate build` on the data set again"
        )
    return f"{folder / label}: the label folder {label!r} is empty; fill it, or remove it"


def _ordered(examples: list[Example]) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda example: example.file))


def _check_labels(folder: Path, labels: tuple[str, ...], least: int) -> None:
    if len(labels) < least:
        found = f"only the label {labels[0]!r}" if labels else "no label folder"
        loose = any(entry.is_file() for entry in _entries(folder)) and not labels
        remedy = "; move each picture into a folder named like its label" if loose else ""
        raise DataError(f"{folder}: {found}; wanted {least} or more{remedy}")
    seen: dict[str, str] = {}
    for label in labels:
        twin = seen.setdefault(label.casefold(), label)
        if twin is not label:
            raise DataError(
                f"{folder}: the labels {twin!r} and {label!r} differ by case only; merge them"
            )
        # A labels file holds one a line, in UTF-8, and is read without the spaces around.
        if not label.isprintable():
            raise DataError(f"{folder}: the label {label!r} is not plain text; rename the folder")
        if label != label.strip():
            raise DataError(
                f"{folder}: the label {label!r} begins or ends with a space; rename the folder"
            )
