"""`curate check`: read the hand moves, decode what is new, judge, group, move.

Each picture is decoded once, in threads (Pillow decodes outside the interpreter's lock), and its
facts are written in groups: a killed run loses at most one group. All that follows is computed
from those facts in an order that depends on nothing but content, so the result is the same for
any order of files and any number of workers.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from curate.conflicts import Standing, find_conflicts, home_of
from curate.duplicates import Duplicates, find_duplicates
from curate.facts import Measure, Verdict
from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.measure import measure
from curate.rawfiles import raw_file
from curate.scan import is_rejected
from curate.settings import ChecksSettings
from curate.settle import Wanted, plan, settle
from curate.store.facts import Seen, read_provenance
from curate.store.opinions import read_measures, replace_clusters, replace_verdicts, save_measures
from curate.store.schema import open_store
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import REJECTED, UNSORTED, DatasetFolder
from harvest.ledger.progress import Progress

_GROUP = 64  # measures that one transaction writes
_AHEAD = 4  # pictures a worker has waiting: bounds the memory, keeps the workers busy


@dataclass
class CheckSummary:
    """What a check found and did."""

    pictures: int = 0
    """Pictures of the data set."""
    merged: int = 0
    """Pictures seen in more than one place, byte for byte: exact duplicates, kept once."""
    decoded: int = 0
    """Pictures decoded by this run."""
    flagged: dict[str, int] = field(default_factory=dict)
    """Check -> pictures that it flags, whether or not they may be moved."""
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

    `workers`: threads that decode, by default one a core. With `dry_run` everything is found and
    written down, and nothing moves. Raises as `labels.sync` does.
    """
    settings = settings or ChecksSettings()
    with open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock)
        summary = CheckSummary(len(standing.images), dry_run=dry_run, sync=found)
        for facts in measuring(catalog, folder, standing, workers=workers, progress=progress):
            summary.decoded += 1
            if progress is not None:
                progress.advance(facts.fault or "done")
        provenance = read_provenance(catalog)
        summary.merged = sum(len(seen) > 1 for seen in provenance.values())
        verdicts = _judge(catalog, standing, settings)
        duplicates = find_duplicates(
            catalog,
            folder,
            settings.near_duplicate,
            standing=standing,
            verdicts=verdicts,
            provenance=provenance,
            progress=progress,
        )
        for sha256, verdict in duplicates.verdicts.items():
            verdicts[sha256].append(verdict)
        replace_verdicts(catalog, verdicts)
        replace_clusters(catalog, duplicates.clusters)
        found.conflicts = find_conflicts(standing, provenance, duplicates.clusters)
        _count(summary, standing, verdicts, duplicates)
        moves = plan(standing, _wanted(standing, verdicts, provenance, found.conflicts))
        done = moves if dry_run else settle(catalog, folder, moves, clock)
        summary.moved = dict(sorted(Counter(move.to for move in done).items()))
        return summary


def measuring(
    catalog: Catalog,
    folder: DatasetFolder,
    standing: Standing,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Measure]:
    """Decode every picture that has no measure yet, in order, and yield its facts.

    Facts are written in groups. A file that is broken gives a fault; one that is not there, or
    was changed since it was harvested, is passed over and asked for again by the next run.
    """
    known = read_measures(catalog, HASH_VERSION)
    lost = standing.raw.lost
    waiting = [s for h, s in standing.images.items() if h not in known and h not in lost]
    if progress is not None:
        progress.total(len(waiting))
    count = workers or os.cpu_count() or 1
    group: list[Measure] = []
    under_way: deque[Future[Measure]] = deque()
    with ThreadPoolExecutor(count, thread_name_prefix="measure") as pool:
        try:
            for stored in waiting:
                under_way.append(pool.submit(measure, stored.image, raw_file(folder, stored)))
                if len(under_way) > count * _AHEAD:
                    yield from _finished(catalog, under_way.popleft(), group)
            while under_way:
                yield from _finished(catalog, under_way.popleft(), group)
        finally:
            pool.shutdown(cancel_futures=True)
            save_measures(catalog, group)


def _finished(catalog: Catalog, future: Future[Measure], group: list[Measure]) -> Iterator[Measure]:
    facts = future.result()
    if facts.fault == "missing":
        return
    group.append(facts)
    if len(group) >= _GROUP:
        save_measures(catalog, group)
        group.clear()
    yield facts


def _judge(
    catalog: Catalog, standing: Standing, settings: ChecksSettings
) -> dict[str, list[Verdict]]:
    """Verdicts of the checks of single pictures, by sha256; what cannot be read has none."""
    checks = tuple(settings.enabled())
    lost = standing.raw.lost
    return {
        sha256: [one.judge(facts) for one in checks]
        for sha256, facts in read_measures(catalog, HASH_VERSION).items()
        if sha256 not in lost
    }


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
    for sha256, some in verdicts.items():
        names = [v.check for v in some if v.flagged]
        flagged.update(names)
        stays = not all(is_rejected(f) for f in standing.folders(sha256))
        summary.protected += bool(names) and sha256 in standing.hands and stays
    summary.flagged = dict(sorted(flagged.items()))
    summary.groups = duplicates.groups
    summary.unsure = sum(pair.kind == "unsure" for pair in duplicates.pairs)
    summary.variants = sum(pair.kind == "variant" for pair in duplicates.pairs)
