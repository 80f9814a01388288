"""`curate clean`: a folder of label folders from anywhere becomes a clean data set.

Before: the settings it is cleaned by, and pictures that the folder holds again and again, which
stand for what was not to be had. After: what became of each file, by label.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from curate.conflicts import Standing
from curate.labels import utc_now
from curate.report_state import State, read_state
from curate.scan import is_rejected
from curate.settings import ChecksSettings, SplitSettings
from curate.sharing import FILE_NAME as PLACEHOLDERS
from curate.store.facts import told_labels
from curate.store.schema import open_store
from curate.store.tallies import read_file_ends
from harvest.ledger.content import hash_file
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import REJECTED, DatasetFolder
from harvest.ledger.labelnames import check_label
from harvest.ledger.manifest import SPLITS
from harvest.ledger.placeholders import HEAD
from harvest.ledger.settings import Settings, load_settings

_NO_LABEL = "(none)"
_LABELS = 2  # at least so many to divide a data set


@dataclass(frozen=True, slots=True)
class Copies:
    """Files of a folder that hold the same bytes as another one."""

    labels: Mapping[str, list[str]]
    """sha256 -> label folder of each file that holds it, by path; of two and more."""

    def count(self, sha256: str) -> int:
        """Files that hold these bytes."""
        return len(self.labels.get(sha256, "1"))


@dataclass
class Cleaned:
    """What became of a folder."""

    dataset: str = ""
    """The data set that was made."""
    kept: dict[str, dict[str, int]] = field(default_factory=dict)
    """Part -> label -> pictures."""
    dropped: dict[str, dict[str, int]] = field(default_factory=dict)
    """Why -> label -> files; the first reason counts."""
    dry_run: bool = False
    """Whether nothing was left behind."""

    @property
    def labels(self) -> list[str]:
        """All labels that were met."""
        every = [*self.kept.values(), *self.dropped.values()]
        return sorted({label for some in every for label in some})

    def rows(self) -> Iterator[tuple[str | int, ...]]:
        """Rows of a table: what was dropped, what is kept, all files."""
        named = [(f"dropped: {why}", some) for why, some in self.dropped.items()]
        named += [(f"kept: {part}", some) for part, some in self.kept.items()]
        for name, some in named:
            yield (name, *(some.get(label, 0) for label in self.labels), sum(some.values()))
        total = Counter[str]()
        for _, some in named:
            total.update(some)
        yield ("files", *(total[label] for label in self.labels), total.total())


def find_copies(source: Path) -> Copies:
    """Files with the same bytes below a folder; only those of one size are read.

    Hidden files, links and what cannot be read are passed over. Nothing is changed.
    """
    sizes: dict[int, list[Path]] = {}
    for path in _files(source):
        sizes.setdefault(path.stat().st_size, []).append(path)
    labels: dict[str, list[str]] = {}
    for alike in sizes.values():
        for path in alike if len(alike) > 1 else ():
            try:
                sha256 = hash_file(path)
            except OSError:
                continue
            labels.setdefault(sha256, []).append(_folder_label(path.relative_to(source)))
    return Copies({sha256: some for sha256, some in labels.items() if len(some) > 1})


def count_hidden(source: Path) -> int:
    """Files in hidden folders below a folder: they are passed over."""
    hidden = 0
    for here, _, names in os.walk(source):
        parts = Path(here).relative_to(source).parts
        hidden += len(names) if any(part.startswith(".") for part in parts) else 0
    return hidden


def find_labels(source: Path) -> list[str]:
    """Labels that the sub-folders with files give, sorted; names that can be no label give none.

    Raises UsageError for two that differ by case only.
    """
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(path for path in source.iterdir() if path.is_dir()):
        label = _folder_label(Path(path.name, "x"))
        if path.name.startswith(".") or label == _NO_LABEL or next(_files(path), None) is None:
            continue
        twin, name = found.setdefault(label.casefold(), (label, path.name))
        if twin != label:
            raise UsageError(
                f"{source}: the folders {name!r} and {path.name!r} differ by case only, and are"
                " one folder on some systems; put the pictures into one of them, or rename one,"
                " then run this again"
            )
    return sorted(label for label, _ in found.values())


def check_places(source: Path, folder: DatasetFolder) -> None:
    """Refuse a folder that is not there, that overlaps the data set, or is not the one before.

    Raises UsageError.
    """
    if not source.is_dir():
        raise UsageError(f"{source}: no such folder; wanted one with a sub-folder for each label")
    a, b = source.resolve(), folder.root.resolve()
    if a == b or a in b.parents or b in a.parents:
        raise UsageError(f"-o {folder.root}: lies in {source}, or that in it; choose another place")
    if not folder.catalog.is_file():
        return
    known = load_settings(folder.settings_file) if folder.settings_file.is_file() else None
    names = [t.name for t in known.targets if t.source == "folder"] if known else []
    if known is None or [Path(name).resolve() for name in names] != [a] or len(known.targets) > 1:
        raise UsageError(f"-o {folder.root}: holds other pictures already; choose another place")


def write_settings(
    source: Path,
    folder: DatasetFolder,
    given: Settings | None,
    *,
    split: SplitSettings,
    copies: Copies,
) -> list[str]:
    """Write the data set's `winnow.yaml`; returns the pictures (sha256) that are placeholders.

    Thresholds are those of `given`. A file that stands in the folder as often as the check
    `placeholder` allows for posts, or more often, is one. Raises SettingsError.
    """
    checks = given.section("checks", ChecksSettings) if given else ChecksSettings()
    thresholds: dict[str, Any] = dict(given.document.data.get("checks") or {}) if given else {}
    dummies: list[str] = []
    if (placeholder := checks.placeholder) is not None:
        dummies = sorted(s for s in copies.labels if copies.count(s) >= placeholder.min_posts)
        lines = Path(placeholder.list).read_text(encoding="utf-8") if placeholder.list else HEAD
        told = [f"sha256:{s}  {copies.count(s):,} files of the folder" for s in dummies]
        path = folder.root / PLACEHOLDERS
        path.write_text("\n".join([lines.rstrip("\n"), *told]) + "\n", encoding="utf-8")
        own = thresholds.get("placeholder")
        listed = {"list": str(path.resolve())}
        thresholds["placeholder"] = (own if isinstance(own, dict) else {}) | listed
    text = yaml.safe_dump(
        {
            "dataset": str(folder.root.resolve()),
            "targets": [{"folder": str(source.resolve()), "label_from": "folder"}],
            "folders": given.folders if given else "link",
            "checks": thresholds,
            "split": split.model_dump(exclude_unset=True),
        },
        sort_keys=False,
        allow_unicode=True,
    )
    folder.settings_file.write_text(f"# Written by winnow curate clean.\n{text}", encoding="utf-8")
    return dummies


def read_cleaned(folder: DatasetFolder, copies: Copies) -> Cleaned:
    """What became of the files that a data set was made of. The caller holds the lock.

    A file that lies in several label folders counts for the first of them.
    """
    state = read_state(folder, utc_now)
    with open_store(folder) as catalog:
        ends = read_file_ends(catalog)
    labels = state.labels
    dropped: dict[str, Counter[str]] = {}
    kept: dict[str, Counter[str]] = {part: Counter() for part in SPLITS}
    for sha256, (lost, told) in ends.items():
        first, *further = copies.labels.get(sha256, [told or _NO_LABEL])
        why = lost or _fate(state, sha256)
        label = labels.get(sha256) or told or first  # of what is kept, the label that it has now
        (kept[why] if why in kept else dropped.setdefault(why, Counter()))[label] += 1
        if further:
            dropped.setdefault("same bytes again", Counter()).update(further)
    return Cleaned(str(folder.root), _plain(kept), dict(sorted(_plain(dropped).items())))


def _fate(state: State, sha256: str) -> str:
    """The part in which a picture is, or why it is in none."""
    assigned = state.split.get(sha256)
    reason = state.selection.reasons.get(sha256, "")
    if not reason and len(state.selection.counts) < _LABELS:
        return "only one label: not divided"
    if not reason:
        return assigned.part if assigned is not None else "over the quota"
    if reason == "rejected":
        return min(_rejections(state.standing, sha256)).removeprefix(f"{REJECTED}/")
    if reason == "unsorted" and len(told_labels(state.provenance.get(sha256, ()))) < _LABELS:
        return "no label"
    return "two labels" if reason in ("conflict", "unsorted") else reason.replace("_", " ")


def _rejections(standing: Standing, sha256: str) -> Iterable[str]:
    return (folder for folder in standing.folders(sha256) if is_rejected(folder))


def _plain(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(sorted(some.items())) for name, some in counts.items()}


def _files(source: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _folder_label(path: Path) -> str:
    try:
        return check_label(path.parts[0]) if len(path.parts) > 1 else _NO_LABEL
    except UsageError:
        return _NO_LABEL
