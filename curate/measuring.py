"""Measures of all pictures: only what is new is decoded, and nothing is lost by a kill.

Facts are written in groups, so a killed run loses at most one. They carry the version of the
hashes; rows of another version are never read, and are taken anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from curate.conflicts import Standing
from curate.crew import Limits, Task, decode
from curate.facts import Measure
from curate.rawfiles import raw_file
from curate.store.opinions import read_measured, read_outdated, save_measures
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import Progress

_GROUP = 64  # measures that one transaction writes


def measuring(
    catalog: Catalog,
    folder: DatasetFolder,
    standing: Standing,
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Iterator[Measure]:
    """Decode every picture that has no measure yet, and yield its facts as they come.

    A file that is broken gives a fault; one that is not there, or was changed since it was
    harvested, is passed over and asked for again by the next run.
    """
    limits = limits or Limits()
    known = read_measured(catalog, HASH_VERSION)
    lost = standing.raw.lost
    waiting = [s for h, s in standing.images.items() if h not in known and h not in lost]
    outdated = read_outdated(catalog, HASH_VERSION)
    former = Counter(outdated[s.image.sha256] for s in waiting if s.image.sha256 in outdated)
    if progress is not None:
        progress.total(len(waiting))
        if former:
            progress.note(
                f"{former.total():,} pictures were measured by {', '.join(sorted(former))};"
                f" now by {HASH_VERSION}, all anew"
            )
    if not waiting:
        return
    group: list[Measure] = []
    tasks = (Task(stored.image, raw_file(folder, stored)) for stored in waiting)
    done = decode(tasks, limits.count(len(waiting)), limits.seconds)
    try:
        for facts in done:
            if facts.fault == "missing":
                continue
            group.append(facts)
            if len(group) >= _GROUP:
                save_measures(catalog, group)
                group.clear()
            yield facts
    finally:
        done.close()
        save_measures(catalog, group)
