"""Labelled pictures with their embeddings, once it is known which of them can be used."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classify.data import Example, LabelledFolder
from classify.embed import Embedded, Fault
from classify.sample import Sample
from classify.split import join_groups
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import SPLITS, Split

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a training works on."""

    labels: tuple[str, ...]
    """Output order."""
    examples: tuple[Example, ...]
    """Sorted by file; the other fields are in this order."""
    sha256s: tuple[str, ...]
    """Of the files."""
    sample: Sample
    """Embeddings, label indices and leakage groups."""
    splits: tuple[Split, ...]
    """One split for all pictures of a leakage group."""
    skipped: tuple[Fault, ...]
    """Files that are not among them."""
    notes: tuple[str, ...]
    """What people should know about the split."""
    put_back: tuple[str, ...] = ()
    """Labels of which no picture fell into the training part: all were put there."""

    def part(self, *splits: Split) -> Sample:
        """Return the pictures of these splits."""
        return self.sample.take(np.array([split in splits for split in self.splits], bool))

    def rows(self, split: str) -> NDArray[np.intp]:
        """Places of the pictures of one split, rising."""
        return np.flatnonzero(np.array(self.splits) == split)

    def digest(self) -> str:
        """Sha256 over the sorted lines `sha256 label`: the same pictures, the same digest."""
        return content_digest(
            (sha, example.label) for sha, example in zip(self.sha256s, self.examples, strict=True)
        )

    def counts(self) -> dict[str, int]:
        """Pictures of each label."""
        found = Counter(example.label for example in self.examples)
        return {label: found[label] for label in self.labels}

    def split_counts(self) -> dict[str, int]:
        """Pictures of each split."""
        found = Counter(self.splits)
        return {split: found[split] for split in SPLITS}


def content_digest(pairs: Iterable[tuple[str, str]]) -> str:
    """Sha256 over the sorted lines `sha256 label`."""
    lines = sorted(f"{sha} {label}\n" for sha, label in pairs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def gather(folder: LabelledFolder, results: Iterable[Embedded | Fault]) -> Pictures:
    """Join a folder's examples with their embeddings, which come in the same order.

    Raises DataError, naming the label, when one has no picture left.
    """
    good: list[tuple[Example, str]] = []
    skipped = list(folder.passed_over)
    x = np.empty((0, 0), np.float32)
    for example, result in zip(folder.examples, results, strict=True):
        if isinstance(result, Fault):
            skipped.append(result)
            continue
        if not good:  # rows that are never filled take no memory
            x = np.empty((len(folder.examples), result.vector.size), np.float32)
        x[len(good)] = result.vector
        good.append((example, result.sha256))
    kept, conflicts = _without_conflicts(good)
    skipped += conflicts
    for row, old in enumerate(kept):
        if row != old:
            x[row] = x[old]
    examples = tuple(good[old][0] for old in kept)
    shas = tuple(good[old][1] for old in kept)
    _check_left(folder, examples, skipped)
    index = {label: i for i, label in enumerate(folder.labels)}
    own = [example.group or example.file for example in examples]
    groups = tuple(join_groups(own, shas))
    splits, put_back = _splits(examples, groups, folder.labels)
    return Pictures(
        labels=folder.labels,
        examples=examples,
        sha256s=shas,
        sample=Sample(
            x=x[: len(examples)],
            y=np.array([index[example.label] for example in examples], np.intp),
            groups=groups,
        ),
        splits=splits,
        skipped=tuple(skipped),
        notes=_told(put_back),
        put_back=put_back,
    )


def regrouped(pictures: Pictures, alike: Sequence[str]) -> Pictures:
    """Return the pictures with those whose names in `alike` [pictures] are equal as one group."""
    groups = tuple(join_groups(pictures.sample.groups, alike))
    if len(set(groups)) == len(set(pictures.sample.groups)):
        return pictures
    splits, put_back = _splits(pictures.examples, groups, pictures.labels)
    sizes = Counter(groups)
    before = Counter(pictures.sample.groups)
    count = sum(
        sizes[group] > before[old]
        for group, old in zip(groups, pictures.sample.groups, strict=True)
    )
    said = f"{count} pictures look like another one (near duplicates?): such stay on one side"
    return replace(
        pictures,
        sample=replace(pictures.sample, groups=groups),
        splits=splits,
        notes=(*_told(put_back), said),
        put_back=put_back,
    )


def _without_conflicts(good: list[tuple[Example, str]]) -> tuple[list[int], list[Fault]]:
    """Leave out pictures whose very bytes stand under two labels: they can teach neither.

    Returns the places of the others, rising.
    """
    labels: dict[str, set[str]] = defaultdict(set)
    for example, sha256 in good:
        labels[sha256].add(example.label)
    kept, faults = [], []
    for place, (example, sha256) in enumerate(good):
        if len(labels[sha256]) == 1:
            kept.append(place)
        else:
            names = " and ".join(repr(name) for name in sorted(labels[sha256]))
            detail = f"the same bytes stand under {names}; keep one of them"
            faults.append(Fault(example.path, "two_labels", detail))
    return kept, faults


def _check_left(
    folder: LabelledFolder, examples: tuple[Example, ...], skipped: list[Fault]
) -> None:
    left = {example.label for example in examples}
    for label in folder.labels:
        if label not in left:
            files = {example.path for example in folder.examples if example.label == label}
            reasons = Counter(fault.reason for fault in skipped if fault.path in files)
            said = ", ".join(f"{reason} {n}" for reason, n in sorted(reasons.items()))
            raise DataError(
                f"{folder.root}: the label {label!r} has no readable picture ({said}); "
                "put pictures there, or remove it"
            )


def _splits(
    examples: tuple[Example, ...], groups: tuple[str, ...], labels: tuple[str, ...]
) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    first: dict[str, Split] = {}
    for example, group in zip(examples, groups, strict=True):
        first.setdefault(group, example.split)
    splits = [first[group] for group in groups]
    put_back = []
    places: dict[str, list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        places[example.label].append(i)
    for label in labels:
        own = places[label]
        if all(splits[i] != "train" for i in own):
            for i in own:
                splits[i] = "train"
            put_back.append(label)
    return tuple(splits), tuple(put_back)


def _told(put_back: tuple[str, ...]) -> tuple[str, ...]:
    """One line of the labels that were put into the training part, if there are any."""
    if not put_back:
        return ()
    names = ", ".join(repr(label) for label in put_back[:_NAMED])
    if len(put_back) > _NAMED:
        names = f"{len(put_back):,} labels ({names}, …; all stand in report.json)"
    return (f"no picture of {names} fell into the training part: all were put there",)
