"""`curate export`: the data set in forms that others open, all of one inventory.

urls_<label>.log      one address a picture, verbatim as the source gave it, sorted
<name>.lock.csv       what each address gave: hashes, size, split
metadata.jsonl        one JSON line a picture that stands in a label folder
README.md             the data card
manifest.parquet      every picture ever seen, kept or not, and why
imagefolder/          part/label/picture, with metadata
webdataset/           tar shards
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from curate.exports.card import beside_lock, write_card
from curate.exports.imagefolder import (
    is_of_imagefolder,
    strange_to_torchvision,
    write_imagefolder,
)
from curate.exports.inventory import Inventory, take_inventory
from curate.exports.shards import ShardSize, is_of_shards, write_shards
from curate.exports.table import need_pyarrow, write_table
from curate.exports.texts import (
    other_locks,
    remove_stale_logs,
    write_lock_file,
    write_logs,
    write_metadata,
)
from curate.fresh import names_of, refuse_strangers
from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.selection import select
from curate.store.schema import open_store
from harvest.ledger.errors import DataError, UsageError, naming
from harvest.ledger.exports import CARD, IMAGEFOLDER, TABLE, WEBDATASET, is_ours
from harvest.ledger.folder import IMAGES, DatasetFolder, FolderMode

PUBLISHED = ("logs", "lock", "metadata", "card")
"""What an export writes unless it is told otherwise."""


_FOLDERS = {IMAGEFOLDER: is_of_imagefolder, WEBDATASET: is_of_shards}


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write, and how."""

    forms: Sequence[str] = PUBLISHED
    """Of `PUBLISHED`, `parquet`, `imagefolder`, `webdataset`."""
    out: Path | None = None
    """Folder to write into; None: the data set's own."""
    mode: FolderMode = "link"
    """How pictures get into `imagefolder/`."""
    size: ShardSize = field(default_factory=ShardSize)
    """When a shard of `webdataset/` is full."""


@dataclass
class ExportSummary:
    """What an export wrote; paths are empty for what it did not."""

    logs: dict[str, int] = field(default_factory=dict)
    """Path of each URL log -> its lines."""
    lock: str = ""
    """Path of the lock file."""
    metadata: str = ""
    """Path of the metadata."""
    card: str = ""
    """Path of the data card."""
    parquet: str = ""
    """Path of the table of every picture ever seen."""
    seen: int = 0
    """Pictures ever seen: rows of that table."""
    imagefolder: str = ""
    """Path of the folder of pictures."""
    webdataset: str = ""
    """Path of the folder of shards."""
    shards: int = 0
    """Tar files in it."""
    built: int = 0
    """Pictures in `imagefolder` and `webdataset`: those that stand in a part of the build."""
    pictures: int = 0
    """Pictures with a label."""
    without_address: int = 0
    """Pictures taken from a folder: in no log and not in the lock file."""
    notes: list[str] = field(default_factory=list)
    """Lines for people: what was left out."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before."""


def export(
    folder: DatasetFolder, plan: ExportPlan | None = None, *, clock: Clock = utc_now
) -> ExportSummary:
    """Write the exports. The caller holds the data set's lock.

    Raises DataError when no picture has a label, or when pictures are wanted by parts and nothing
    was built; UsageError where something else stands in a folder's place, where nothing can be
    written, and without pyarrow for `parquet`; otherwise as `labels.sync` does.
    """
    plan = plan or ExportPlan()
    root = _place(folder, plan.out)
    if "parquet" in plan.forms:
        need_pyarrow()
    for name, is_written in _FOLDERS.items():
        if name in plan.forms:
            _refuse_anothers(root / name, is_written)
    with open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock)
        selection = select(catalog, standing)
        found.conflicts = dict(selection.conflicts)
        inventory = take_inventory(catalog, folder, standing, selection)
    pictures = selection.pictures
    if not pictures:
        aside = "; ".join(selection.explain()) or "there are no pictures"
        if [*selection.left_out] == ["not_checked"]:
            raise DataError(
                f"{folder.images}: no picture was checked yet; run `winnow curate check"
                f" {quote(str(folder.root))}`, then this again"
            )
        raise DataError(
            f"{folder.images}: no picture with a label ({aside}); move pictures into"
            f" {IMAGES}/<label>/ folders, then run this again"
        )
    summary = ExportSummary(pictures=len(pictures), notes=list(selection.explain()), sync=found)
    summary.without_address = sum(not picture.url for picture in pictures)
    with naming(root):
        _write_texts(inventory, root, plan, summary)
        _write_pictures(inventory, root, plan, summary)
    return summary


def _place(folder: DatasetFolder, out: Path | None) -> Path:
    """The folder to write into, made where it is not there. Raises UsageError."""
    if out is None:
        return folder.root
    for own in (folder.images, folder.raw, folder.build):
        if out.resolve().is_relative_to(own.resolve()):
            raise UsageError(
                f"{out}: lies in {own}, where pictures are read; choose another folder"
            )
    return DatasetFolder.create(out).root


def _refuse_anothers(path: Path, is_written: Callable[[Path], bool]) -> None:
    """Raise UsageError where something stands that winnow did not write: it would be replaced."""
    for each in names_of(path):
        whole = each.is_dir() and not each.is_symlink() and any(each.iterdir())
        if whole and not is_ours(each / CARD):
            raise UsageError(
                f"{each}: stands there and was not written by `winnow curate export` (its {CARD}"
                " says so); move it away, or choose another folder with -o"
            )
    refuse_strangers(path, is_written, "export")


def _write_texts(
    inventory: Inventory, root: Path, plan: ExportPlan, summary: ExportSummary
) -> None:
    if "logs" in plan.forms:
        summary.notes += remove_stale_logs(root, inventory.labels)
        summary.logs = write_logs(inventory, root)
    if "lock" in plan.forms:
        lock = write_lock_file(inventory, root)
        summary.lock = str(lock)
        summary.notes += other_locks(lock)
    if "metadata" in plan.forms:
        summary.metadata = str(write_metadata(inventory, root))
    if "card" in plan.forms:
        card = write_card(inventory, root, beside_lock(inventory))
        summary.card = str(card or "")
        if card is None:
            summary.notes.append(f"{root / CARD}: left alone, it is not winnow's")
    if "parquet" in plan.forms:
        summary.seen = write_table(inventory, root / TABLE)
        summary.parquet = str(root / TABLE)


def _write_pictures(
    inventory: Inventory, root: Path, plan: ExportPlan, summary: ExportSummary
) -> None:
    if IMAGEFOLDER in plan.forms:
        summary.built = write_imagefolder(inventory, root / IMAGEFOLDER, plan.mode)
        summary.imagefolder = str(root / IMAGEFOLDER)
        strange = strange_to_torchvision(inventory)
        if strange:
            summary.notes.append(
                f"torchvision passes over {strange} pictures of imagefolder/: it opens no GIF and"
                " no AVIF"
            )
    if WEBDATASET in plan.forms:
        summary.built, summary.shards = write_shards(inventory, root / WEBDATASET, plan.size)
        summary.webdataset = str(root / WEBDATASET)
    left = len(inventory.selection.pictures) - summary.built
    if left and (summary.imagefolder or summary.webdataset):
        summary.notes.append(
            f"left out of imagefolder/ and webdataset/: {left} in no part of the build (new since"
            " then, or above its quotas)"
        )
