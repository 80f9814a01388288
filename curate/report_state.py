"""All that a report tells of a data set, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import NamedTuple

from curate.conflicts import Standing
from curate.facts import Measure, Verdict
from curate.groups import by_group
from curate.labels import Clock, read_hands
from curate.scan import is_rejected
from curate.selection import Selection, select
from curate.store.decisions import Decision, read_decisions
from curate.store.ends import Ended, read_ended, read_left_over, read_same_files
from curate.store.facts import Seen, read_provenance, read_tags
from curate.store.opinions import (
    Assigned,
    Membership,
    read_clusters,
    read_measures,
    read_split,
    read_verdicts,
)
from curate.store.schema import open_store, scratch_store
from curate.store.tallies import Tally, read_tallies
from harvest.ledger.errors import DataError
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.manifest import FILE_NAME as MANIFEST
from harvest.ledger.manifest import read_manifest


class Built(NamedTuple):
    """A picture of the build that stands."""

    label: str
    """Its label in the build, which may not be today's."""
    part: str
    """`train`, `validation` or `test`."""


@dataclass(frozen=True, slots=True)
class State:
    """A data set as it stands now.

    Folders that were targets are told by their last names: pages are mailed.
    """

    folder: DatasetFolder
    """Where it lies."""
    standing: Standing
    """Where every picture stands."""
    selection: Selection
    """What is part of the data set, and why the rest is not."""
    measures: Mapping[str, Measure]
    """Facts by sha256."""
    verdicts: Mapping[str, Sequence[Verdict]]
    """Verdicts of the last check by sha256."""
    provenance: Mapping[str, Sequence[Seen]]
    """Where each picture was seen, by sha256, earliest first."""
    tags: Mapping[str, Sequence[str]]
    """Tags by sha256, of those that have any."""
    clusters: Mapping[str, Membership]
    """Keeper and kin by sha256."""
    groups: Mapping[str, Sequence[str]]
    """Keeper -> the pictures it stands for."""
    split: Mapping[str, Assigned]
    """Part and group of the build that stands, by sha256."""
    decisions: Mapping[str, Sequence[Decision]]
    """Decisions by sha256, oldest first."""
    tallies: Sequence[Tally]
    """What became of all that was seen."""
    built: Mapping[str, Built]
    """What the manifest of the build that stands says of each picture, by sha256."""
    left_over: Mapping[str, str]
    """Why the build that stands left pictures of the data set out, by sha256."""
    ended: Sequence[Ended]
    """What was shown and gave no picture."""
    same_files: Mapping[str, Sequence[str]]
    """Further files of a folder that hold a picture's bytes, by sha256."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Label of each picture of the data set, by sha256."""
        return {picture.sha256: picture.label for picture in self.selection.pictures}

    def remarks(self, sha256: str) -> list[Verdict]:
        """What checks have against a picture, in their order."""
        return [v for v in self.verdicts.get(sha256, ()) if v.flagged or v.warned]

    def stays(self, sha256: str) -> bool:
        """Whether a picture is flagged, and kept because a person put it where it is."""
        flagged = any(v.flagged for v in self.verdicts.get(sha256, ()))
        folders = self.standing.folders(sha256)
        return flagged and bool(folders) and not all(is_rejected(f) for f in folders)


def read_state(folder: DatasetFolder, clock: Clock, *, dry_run: bool = False) -> State:
    """Read the hand moves of a data set, then all of it. The caller holds the lock.

    With `dry_run` nothing is written, not even what people had moved. Raises as `labels.sync` does.
    """
    with scratch_store(folder) if dry_run else open_store(folder) as catalog:
        standing, _ = read_hands(catalog, folder, clock, dry_run=dry_run)
        clusters = read_clusters(catalog)
        tallies = read_tallies(catalog)
        names = {tally.target: _short(tally.target) for tally in tallies}
        selection = select(catalog, standing)
        return State(
            folder,
            standing,
            selection=replace(
                selection,
                conflicts={s: _renamed(why, names) for s, why in selection.conflicts.items()},
            ),
            measures=read_measures(catalog, HASH_VERSION),
            verdicts=read_verdicts(catalog),
            provenance={
                sha256: [
                    replace(one, labels=tuple((_short(t), label) for t, label in one.labels))
                    for one in some
                ]
                for sha256, some in read_provenance(catalog).items()
            },
            tags=read_tags(catalog),
            clusters=clusters,
            groups=by_group(clusters),
            split=read_split(catalog),
            decisions=read_decisions(catalog),
            tallies=[replace(tally, target=names[tally.target]) for tally in tallies],
            built=_read_built(folder),
            left_over=read_left_over(catalog),
            ended=read_ended(catalog),
            same_files=read_same_files(catalog),
        )


def _read_built(folder: DatasetFolder) -> dict[str, Built]:
    """What the manifest says; nothing where there is none, or it cannot be read."""
    try:
        lines = read_manifest(folder.build / MANIFEST)
        return {line.sha256: Built(line.label, line.split) for line in lines}
    except DataError:
        return {}


def _short(target: str) -> str:
    """A target less the folders above a folder."""
    source, _, name = target.partition(":")
    return f"{source}:{PurePath(name).name or name}" if source == "folder" else target


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for long in sorted(names, key=len, reverse=True):
        text = text.replace(long, names[long])
    return text
