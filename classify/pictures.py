"""Labelled pictures with their embeddings, once it is known which of them can be used."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from classify.data import Example, LabelledFolder
from classify.embed import Embedded, Fault
from classify.split import join_groups
from classify.tuning import Sample
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import SPLITS, Split


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

    def part(self, *splits: Split) -> Sample:
        """Return the pictures of these splits."""
        return self.sample.take(np.array([split in splits for split in self.splits], bool))

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
    good: list[tuple[Example, Embedded]] = []
    skipped = list(folder.passed_over)
    for example, result in zip(folder.examples, results, strict=True):
        if isinstance(result, Fault):
            skipped.append(result)
        else:
            good.append((example, result))
    good, conflicts = _without_conflicts(good)
    skipped += conflicts
    _check_left(folder, good, skipped)
    index = {label: i for i, label in enumerate(folder.labels)}
    shas = tuple(embedded.sha256 for _, embedded in good)
    own = [example.group or example.file for example, _ in good]
    groups = tuple(join_groups(own, shas))
    examples = tuple(example for example, _ in good)
    splits, notes = _splits(examples, groups, folder)
    return Pictures(
        labels=folder.labels,
        examples=examples,
        sha256s=shas,
        sample=Sample(
            x=np.stack([embedded.vector for _, embedded in good]),
            y=np.array([index[example.label] for example in examples], np.intp),
            groups=groups,
        ),
        splits=splits,
        skipped=tuple(skipped),
        notes=notes,
    )


def _without_conflicts(
    good: list[tuple[Example, Embedded]],
) -> tuple[list[tuple[Example, Embedded]], list[Fault]]:
    """Leave out pictures whose very bytes stand under two labels: they can teach neither."""
    labels: dict[str, set[str]] = defaultdict(set)
    for example, embedded in good:
        labels[embedded.sha256].add(example.label)
    kept, faults = [], []
    for example, embedded in good:
        if len(labels[embedded.sha256]) == 1:
            kept.append((example, embedded))
        else:
            names = " and ".join(repr(name) for name in sorted(labels[embedded.sha256]))
            detail = f"the same bytes stand under {names}; keep one of them"
            faults.append(Fault(example.path, "two_labels", detail))
    return kept, faults


def _check_left(
    folder: LabelledFolder, good: list[tuple[Example, Embedded]], skipped: list[Fault]
) -> None:
    left = {example.label for example, _ in good}
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
    examples: tuple[Example, ...], groups: tuple[str, ...], folder: LabelledFolder
) -> tuple[tuple[Split, ...], tuple[str, ...]]:
    first: dict[str, Split] = {}
    for example, group in zip(examples, groups, strict=True):
        first.setdefault(group, example.split)
    splits = [first[group] for group in groups]
    notes = []
    for label in folder.labels:
        own = [i for i, example in enumerate(examples) if example.label == label]
        if all(splits[i] != "train" for i in own):
            for i in own:
                splits[i] = "train"
            notes.append(f"no picture of {label!r} fell into the training part: all were put there")
    return tuple(splits), tuple(notes)
