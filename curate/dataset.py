"""`curate build`: the labelled pictures, divided, as a folder that anybody can read.

build/{train,validation,test}/<label>/<name>, and build/manifest.jsonl: THE HAND-OFF to classify;
build/leaks.json counts what the parts have in common. It is written beside the last one and takes
its place in the end, so that a reader never meets half of it; and the same data set gives the same
bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from curate.exports.inventory import manifest_line
from curate.fresh import fresh_folder, refuse_strangers
from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.leaks import FILE_NAME as LEAKS
from curate.leaks import Leak, find_leaks, tell
from curate.lock_parts import NO_LOCK, LockParts, read_parts
from curate.rawfiles import raw_file
from curate.selection import Chosen, material, need_labels, select
from curate.settings import SplitSettings
from curate.split import Division, Moved, divide
from curate.store.ends import NOT_IN_LOCK, OVER_QUOTA, save_left_over
from curate.store.opinions import Assigned, read_clusters, read_split, save_split
from curate.store.schema import open_store, scratch_store
from curate.units import Material
from harvest.ledger.folder import DatasetFolder, FolderMode, parse_sha8, place
from harvest.ledger.manifest import FILE_NAME as MANIFEST
from harvest.ledger.manifest import SPLITS, write_manifest

_OURS = (MANIFEST, f"{MANIFEST}.part", LEAKS)
_NAMED = 5  # pictures that changed parts, before the rest is only counted


@dataclass
class BuildSummary:
    """What a build made."""

    pictures: int = 0
    """Pictures in the built data set."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Part -> label -> pictures."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason -> pictures that are not part of it; `over_quota`: see `over_quota`."""
    over_quota: dict[str, int] = field(default_factory=dict)
    """Label -> pictures above `max_per_label` or `train_per_label`."""
    moved: list[Moved] = field(default_factory=list)
    """Pictures that stood in another part before, because a new one joined two groups."""
    leaks: dict[str, Leak] = field(default_factory=dict)
    """What every two parts share: `train/test` and so on; also in `build/leaks.json`."""
    notes: list[str] = field(default_factory=list)
    """Lines for people: what was left out, what changed parts and why, what the parts share."""
    plan: str = ""
    """The settings that divided it, in one line."""
    manifest: str = ""
    """Path of the manifest."""
    dry_run: bool = False
    """Whether nothing was written."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before."""


def build(
    folder: DatasetFolder,
    settings: SplitSettings | None = None,
    *,
    split_from: Path | None = None,
    mode: FolderMode = "link",
    dry_run: bool = False,
    clock: Clock = utc_now,
) -> BuildSummary:
    """Build the data set. The caller holds its lock.

    `split_from`: a lock file; what it names gets the part that it says, and later builds keep it.
    With `dry_run` everything is decided and nothing written, not even what people had moved.
    Raises DataError with fewer than two labels, when a label is left without a picture to train
    on, or cannot be split by account, and UsageError where files that are not winnow's stand in
    `build/`; nothing is changed then. Otherwise as `labels.sync` and `read_parts` do.
    """
    settings = settings or SplitSettings()
    refuse_strangers(folder.build, _is_ours, "build")
    with scratch_store(folder) if dry_run else open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock, dry_run=dry_run)
        selection = select(catalog, standing)
        found.conflicts = dict(selection.conflicts)
        need_labels(selection, folder)
        clusters = read_clusters(catalog)
        before = read_split(catalog, settings.plan)
        anew = not before and bool(read_split(catalog))
        given = read_parts(split_from, selection.pictures) if split_from else NO_LOCK
        wanted = [p for p in selection.pictures if p.sha256 not in given.left_out]
        stuff = material(wanted, clusters)
        division = divide(stuff, {**before, **given.assigned}, settings)
        taken = [p for p in selection.pictures if p.sha256 in division.assigned]
        left_over = {s: OVER_QUOTA for s in stuff.labels if s not in division.assigned}
        left_over |= dict.fromkeys(given.left_out, NOT_IN_LOCK)
        parts = {sha256: one.part for sha256, one in division.assigned.items()}
        summary = BuildSummary(
            pictures=len(taken),
            counts=_counts(taken, parts),
            left_out=dict(selection.left_out),
            over_quota=division.left_out,
            moved=division.moved,
            leaks=find_leaks(parts, taken, clusters),
            notes=[*selection.explain(), *([given.told] if given.told else ()), *division.notes],
            plan=settings.plan + _without_account(stuff, settings),
            manifest=str(folder.build / MANIFEST),
            dry_run=dry_run,
            sync=found,
        )
        if division.left_out:
            summary.left_out[OVER_QUOTA] = sum(division.left_out.values())
        if given.left_out:
            summary.left_out[NOT_IN_LOCK] = len(given.left_out)
        summary.notes += _explain(division, {p.sha256: p for p in taken}, given)
        if anew:
            summary.notes.append(f"the split was drawn anew by other settings: {settings.plan}")
        if settings.by == "account" and summary.plan != settings.plan:
            summary.notes.append(f"the split is {summary.plan}: those are divided as by group")
        summary.notes += tell(summary.leaks)
        if not dry_run:
            with fresh_folder(folder.build) as fresh:
                _write(folder, fresh, taken, division.assigned, mode)
                _write_leaks(fresh, summary)
                # Before the swap: a kill between the two costs a build, not the memory of one.
                save_split(catalog, division.assigned, settings.plan)
                save_left_over(catalog, left_over)
    return summary


def _is_ours(file: Path) -> bool:
    """Whether a build may have written a file, by its path below `build/`."""
    return parse_sha8(file.name) is not None if len(file.parts) == 3 else file.name in _OURS


def _counts(pictures: Iterable[Chosen], parts: Mapping[str, str]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {part: Counter() for part in SPLITS}
    for picture in pictures:
        counts[parts[picture.sha256]][picture.label] += 1
    return {part: dict(sorted(some.items())) for part, some in counts.items()}


def _without_account(stuff: Material, settings: SplitSettings) -> str:
    """What the plan adds where a split by account knows no account to go by."""
    nameless = sum(not names for names in stuff.accounts.values())
    if settings.by != "account" or not nameless:
        return ""
    return f" (no account is known of {nameless} of {len(stuff.labels)} pictures)"


def _explain(division: Division, pictures: Mapping[str, Chosen], given: LockParts) -> Iterator[str]:
    """Yield lines on what the quotas left out and on pictures that changed their part."""
    if division.left_out:
        each = ", ".join(f"{label} {count}" for label, count in division.left_out.items())
        yield f"left out: {each} above max_per_label or train_per_label"
    for moved in division.moved[:_NAMED]:
        one = pictures[moved.sha256]
        why = f"a new picture joined its group with one of {moved.part}"
        if moved.sha256 in given.assigned:
            why = f"the lock file has others of its group in {moved.part}, and they stay together"
        yield (f"moved from {moved.before} to {moved.part}: {one.label}/{one.name}; {why}")
    if len(division.moved) > _NAMED:
        yield f"… and {len(division.moved) - _NAMED} more moved for the same reason"


def _write(
    folder: DatasetFolder,
    fresh: Path,
    pictures: Sequence[Chosen],
    assigned: Mapping[str, Assigned],
    mode: FolderMode,
) -> None:
    """Write the data set into a folder that is not there yet."""
    for part in SPLITS:
        for label in {picture.label for picture in pictures}:
            (fresh / part / label).mkdir(parents=True)
    lines = []
    for picture in pictures:
        line = manifest_line(picture, assigned[picture.sha256])
        place(raw_file(folder, picture.stored), fresh / line.file, mode)
        lines.append(line)
    write_manifest(fresh / MANIFEST, sorted(lines, key=lambda line: line.file))


def _write_leaks(fresh: Path, summary: BuildSummary) -> None:
    leaks = {parts: asdict(leak) for parts, leak in summary.leaks.items()}
    text = json.dumps({"plan": summary.plan, "shared": leaks}, indent=2)
    (fresh / LEAKS).write_text(text + "\n", encoding="utf-8")
