"""The truth as a hand that sorts, and as the judge of what became of each planted picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from importlib import resources
from pathlib import Path

from harvest.ledger.folder import DatasetFolder, parse_sha8
from harvest.ledger.progress import show_table
from harvest.sandbox.truth import Truth
from harvest.store.outcomes import read_ends
from harvest.store.schema import open_store

_CHECKS = {"tiny": "too_small", "blank": "blank", "broken": "corrupt"}
_REJECTED = "_rejected/"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one sighting."""

    status: str
    """Its end: `saved`, `gone`, `refused`, `failed`."""
    sha256: str
    """The content it gave; "" for none."""
    folder: str
    """Folder below `images/` where that content stands now; "" for none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of planted picture."""

    kind: str
    """As in `Truth.kind`."""
    planted: int
    """Pictures of this kind that the harvested targets show."""
    handled: int
    """Those with which was done what belongs to their kind."""
    meaning: str
    """What that is, in words."""


_MEANING = {
    "clean": "kept, or set aside in favour of a re-encoding",
    "exact_duplicate": "same bytes kept once",
    "reencode": "one of each pair set aside",
    "tiny": "set aside as too small",
    "blank": "set aside as blank",
    "broken": "never stored",
    "missing": "told as gone",
    "placeholder": "kept once, left for a person",
}


def write_settings(output: Path) -> Path:
    """Write the demo's settings file, whose data set lies in `output` too; returns its path."""
    text = resources.files("harvest").joinpath("templates", "demo.yaml").read_text("utf-8")
    output.mkdir(parents=True, exist_ok=True)
    path = output / "demo.yaml"
    # What JSON writes is YAML, whatever characters the path has.
    path.write_text(text.replace("./dataset", json.dumps(str(output / "dataset"))), "utf-8")
    return path


def sort_by_truth(folder: DatasetFolder, truth: Iterable[Truth]) -> int:
    """Move what `_unsorted` shows into label folders, as a hand would; returns how many files."""
    labels = labels_of(truth)
    moved = 0
    for path in sorted(folder.unsorted.iterdir()):
        if label := labels.get(key_of(path.name)):
            target = folder.label_folder(label)
            target.mkdir(exist_ok=True)
            path.rename(target / path.name)
            moved += 1
    return moved


def labels_of(truth: Iterable[Truth]) -> dict[str, str]:
    """`Truth.key` -> label, of the pictures that have one."""
    return {one.key: one.label for one in truth if one.label}


def key_of(name: str) -> str:
    """The `Truth.key` that a picture's file name (`<source>_<post>_<n>_<sha8>.<ext>`) tells."""
    return ":".join(name.split("_")[:3])


def read_found(folder: DatasetFolder) -> dict[str, Found]:
    """What became of each sighting of a data set, by `Truth.key`."""
    standing = {
        parse_sha8(path.name): path.parent.relative_to(folder.images).as_posix()
        for path in folder.images.rglob("*")
        if path.is_file()
    }
    with open_store(folder.catalog, read_only=True) as catalog:
        return {
            ":".join(map(str, key)): Found(status, sha256, standing.get(sha256[:8], ""))
            for key, status, sha256 in read_ends(catalog)
        }


def show_truth(folder: DatasetFolder, truth: Iterable[Truth], targets: Iterable[str]) -> None:
    """Print what was planted beside what became of it."""
    rows = [astuple(row) for row in compare(truth, targets, read_found(folder))]
    show_table("\nplanted by the sandbox", ("kind", "planted", "handled", "how"), rows)


def compare(
    truth: Iterable[Truth], targets: Iterable[str], found: Mapping[str, Found]
) -> list[Row]:
    """Count by kind how many pictures of the harvested targets were handled as their kind asks.

    `targets` are their keys (`twitter:NAME`), `found` is by `Truth.key`; a picture that was never
    sighted counts as not handled.
    """
    harvested = set(targets)
    every = [one for one in truth if harvested.intersection(one.targets)]
    rows = []
    for kind, meaning in _MEANING.items():
        planted = [one for one in every if one.kind == kind]
        handled = sum(_handled(one, found) for one in planted)
        if planted:
            rows.append(Row(kind, len(planted), handled, meaning))
    return rows


def _handled(one: Truth, found: Mapping[str, Found]) -> bool:
    end = found.get(one.key)
    if end is None:
        return False
    twin = found.get(one.same_as)
    if one.kind == "missing":
        return end.status == "gone"
    if one.kind == "broken":
        return not end.sha256 or end.folder == f"{_REJECTED}corrupt"
    if one.kind in _CHECKS:
        return end.folder == f"{_REJECTED}{_CHECKS[one.kind]}"
    if one.kind == "exact_duplicate":
        return twin is not None and end.sha256 != "" and end.sha256 == twin.sha256
    aside = f"{_REJECTED}near_duplicate"
    if one.kind == "reencode":
        return twin is not None and aside in (end.folder, twin.folder)
    return bool(end.sha256) and (not end.folder.startswith(_REJECTED) or end.folder == aside)
