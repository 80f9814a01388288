"""Why nothing could be measured: all that was held out stands in the training, or nothing was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from classify.measures.leakage import Leakage
from classify.pictures import Pictures


def why_nothing(pictures: Pictures, leakages: Sequence[Leakage]) -> str:
    """Say in a phrase why; `leakages`: what was left out of the parts that there were."""
    if leakages:
        names = " and ".join(found.part for found in leakages)
        return f"all held-out pictures ({names}) stand in the training too: they prove nothing"
    counts = pictures.counts()
    groups = groups_of_labels(pictures)
    one = [name for name in pictures.labels if groups[name] == 1 and counts[name] > 1]
    if not one:
        return "too few pictures to hold any out"
    names = ", ".join(repr(name) for name in one[:3])
    more = f" and of {len(one) - 3:,} labels more" if len(one) > 3 else ""
    return (
        f"all pictures of {names}{more} look like one picture (near duplicates), which cannot "
        "stand on both sides: none can be held out; add different ones"
    )


def groups_of_labels(pictures: Pictures) -> dict[str, int]:
    """How many groups of near duplicates each label has: so many folds it can fill."""
    groups: dict[str, set[str]] = defaultdict(set)
    for example, group in zip(pictures.examples, pictures.sample.groups, strict=True):
        groups[example.label].add(group)
    return {label: len(groups[label]) for label in pictures.labels}
