"""`curate check`: read the hand moves, decode what is new, judge, group, move.

All that follows the decoding (`curate/measuring.py`) is computed from the facts in an order that
depends on nothing but content, so the result is the same for any order of files and any number
of workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from curate.conflicts import Standing, find_conflicts, home_of
from curate.crew import Limits
from curate.duplicates import Duplicates, find_duplicates
from curate.facts import Verdict
from curate.judge import Judge
from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.measuring import measuring
from curate.rescue import tell_rescued_apart
from curate.scan import is_rejected
from curate.settings import ChecksSettings
from curate.settle import Wanted, plan, settle
from curate.store.ends import read_same_files
from curate.store.facts import Seen, read_provenance
from curate.store.opinions import replace_clusters, replace_verdicts
from curate.store.schema import open_store, scratch_store
from harvest.ledger.folder import REJECTED, UNSORTED, DatasetFolder
from harvest.ledger.progress import Progress


@dataclass
class CheckSummary:
    """What a check found and did."""

    pictures: int = 0
    """Pictures of the data set."""
    merged: int = 0
    """Addresses and files beyond each picture's first that gave the same bytes again."""
    decoded: int = 0
    """Pictures decoded by this run."""
    flagged: dict[str, int] = field(default_factory=dict)
    """Check -> pictures that it flags, whether or not they may be moved."""
    warned: dict[str, int] = field(default_factory=dict)
    """Check -> pictures that it warns of: they stay, to be looked at."""
    groups: int = 0
    """Groups of near duplicates."""
    unsure: int = 0
    """Pairs that may be the same picture: kept, to be looked at."""
    variants: int = 0
    """Pairs that hash alike and differ: kept, in one part of the split."""
    moved: dict[str, int] = field(default_factory=dict)
    """Folder -> files moved into it by this run (with `dry_run`: that would be)."""
    protected: int = 0
    """Flagged pictures that stay where a person has put them."""
    dry_run: bool = False
    """Whether nothing was moved."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before; its conflicts are those after this check."""


def check(
    folder: DatasetFolder,
    settings: ChecksSettings | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
    clock: Clock = utc_now,
) -> CheckSummary:
    """Check a data set. The caller holds its lock.

    `workers`: processes that decode, by default one a core. With `dry_run` everything is found and
    told, and nothing of the data set changes: the work is done in a copy of the catalog.
    Raises as `labels.sync` does.
    """
    settings = settings or ChecksSettings()
    with scratch_store(folder) if dry_run else open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock, dry_run=dry_run)
        plainly, standing = standing, standing.guarding(settings.protected)
        summary = CheckSummary(len(standing.images), dry_run=dry_run, sync=found)
        limits = Limits(workers)
        for facts in measuring(catalog, folder, standing, limits=limits, progress=progress):
            summary.decoded += 1
            if progress is not None:
                progress.advance(facts.fault or "done")
        provenance = read_provenance(catalog)
        summary.merged = sum(len(seen) - 1 for seen in provenance.values())
        summary.merged += sum(map(len, read_same_files(catalog).values()))
        judge = Judge.of(catalog, settings, provenance, standing.raw.lost)
        remarks = judge.remarks()
        now = clock().isoformat(timespec="seconds")
        for told in tell_rescued_apart(catalog, standing, now):
            if progress is not None:
                both = f"{told.a[:8]} and {told.b[:8]}"
                progress.note(f"{both}: one was moved back by hand, so they are two pictures now")
        duplicates = find_duplicates(
            catalog,
            folder,
            settings.near_duplicate,
            standing=standing,
            verdicts=remarks,
            provenance=provenance,
            progress=progress,
        )
        for sha256, verdict in duplicates.verdicts.items():
            if verdict.flagged or verdict.warned:
                remarks[sha256].append(verdict)
        replace_verdicts(catalog, _all_verdicts(judge, duplicates), now)
        replace_clusters(catalog, duplicates.clusters)
        # Told as build and sync see them; what is protected moves for none of them.
        found.conflicts = find_conflicts(plainly, provenance, duplicates.clusters)
        _count(summary, standing, remarks, duplicates)
        conflicts = find_conflicts(standing, provenance, duplicates.clusters)
        moves = plan(standing, _wanted(standing, remarks, provenance, conflicts))
        done = moves if dry_run else settle(catalog, folder, moves, clock)
        summary.moved = dict(sorted(Counter(move.to for move in done).items()))
        return summary


def _all_verdicts(judge: Judge, duplicates: Duplicates) -> Iterator[tuple[str, list[Verdict]]]:
    for sha256, some in judge.verdicts():
        last = duplicates.verdicts.get(sha256)
        yield sha256, [*some, last] if last is not None else some


def _wanted(
    standing: Standing,
    verdicts: Mapping[str, list[Verdict]],
    provenance: Mapping[str, list[Seen]],
    conflicts: Mapping[str, str],
) -> dict[str, Wanted]:
    """Where each judged picture belongs."""
    found = {}
    for sha256, some in verdicts.items():
        flagged = next((v for v in some if v.flagged), None)
        if flagged is not None:
            found[sha256] = Wanted(f"{REJECTED}/{flagged.check}", flagged.reason)
        elif sha256 in conflicts:
            found[sha256] = Wanted(UNSORTED, f"conflict: {conflicts[sha256]}")
        else:
            home = home_of(standing.images[sha256], provenance.get(sha256, ()))
            found[sha256] = Wanted(home, "no check flags it")
    return found


def _count(
    summary: CheckSummary,
    standing: Standing,
    verdicts: Mapping[str, list[Verdict]],
    duplicates: Duplicates,
) -> None:
    flagged: Counter[str] = Counter()
    warned: Counter[str] = Counter()
    for sha256, some in verdicts.items():
        names = [v.check for v in some if v.flagged]
        flagged.update(names)
        warned.update(v.check for v in some if v.warned)
        stays = not all(is_rejected(f) for f in standing.folders(sha256))
        summary.protected += bool(names) and sha256 in standing.hands and stays
    summary.flagged = dict(sorted(flagged.items()))
    summary.warned = dict(sorted(warned.items()))
    summary.groups = duplicates.groups
    summary.unsure = sum(pair.kind == "unsure" for pair in duplicates.pairs)
    summary.variants = sum(pair.kind == "variant" for pair in duplicates.pairs)
