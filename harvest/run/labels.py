"""Labels of a run: what the command line says of them, and what `label_from` could not decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harvest.ledger.catalog import Catalog
from harvest.ledger.labelling import LabelFrom, with_labels
from harvest.ledger.labelnames import check_label
from harvest.ledger.progress import number_of
from harvest.ledger.records import Target
from harvest.ledger.target_options import check_options
from harvest.store.labels import note_doubts


@dataclass(frozen=True, slots=True)
class Labelling:
    """Where the labels of targets named on the command line come from."""

    label: str | None = None
    """A label for all they bring; not beside `label_from`."""
    label_from: LabelFrom | None = None
    """As `Target.label_from`."""
    labels: tuple[str, ...] = ()
    """The labels that a tag can be."""

    def told(self, target: Target) -> Target:
        """The target with its labels. Raises UsageError for what does not fit it."""
        label = None if self.label is None else check_label(self.label)
        target = replace(target, label=label, label_from=self.label_from)
        check_options(target)
        return with_labels(target, [check_label(one) for one in self.labels])


def unlabelled(catalog: Catalog, targets: Sequence[Target]) -> Iterator[str]:
    """Yield a line for each target that shows pictures whose label is in doubt."""
    for target in targets:
        found = note_doubts(catalog, target)
        if count := found["two_labels"]:
            some = ", ".join(target.labels)
            if target.source == "urls":
                why = f"in rows of several labels: {number_of(count, 'picture')}"
            elif target.label_from == "folder":
                why = f"in sub-folders of several labels: {number_of(count, 'picture')}"
            else:
                name = "names" if count == 1 else "name"
                why = f"tags of {number_of(count, 'picture')} {name} several of {some}"
            yield f"{target.key}: {why}; a person decides"
        if count := found["unfit_name"]:
            some = number_of(count, "picture")
            yield f"{target.key}: who posted {some} has a name that can be no label"
