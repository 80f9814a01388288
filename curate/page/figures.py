"""How much of a sitting is done, and how good it is: what the page says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Estimate:
    """How good the labels are, by the hidden sample: agreement with the person's blind look."""

    looks: int
    """Pictures of the sample that were looked at and have a final label."""
    wrong: int
    """Those whose final label is another one."""
    accuracy: float
    """Share that is right; 1 where nothing was looked at."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""
    expected_wrong: float
    """Wrong labels among all that are done."""
    most_wrong: float
    """Wrong labels at the lower end of the interval."""


@dataclass(frozen=True, slots=True)
class Overlooked:
    """What the person overlooks in grid mode, by planted tiles, as hard as real ones or not."""

    planted: int
    """Planted tiles that were seen."""
    missed: int
    """Those that were not marked."""
    rate: float
    """Share that was missed; 0 where none was planted."""
    high: float
    """Upper end of its one-sided interval; 1 where none was planted."""
    found: int
    """Wrong tiles that were marked, planted ones not counted."""
    left: float
    """Wrong tiles that were overlooked, as the rate has it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """'At most 1 % wrong, 95 % sure': its price, and how it stands."""

    state: Literal["early", "offered", "running", "given", "refused"]
    """`early`: not all is sorted yet; `offered`: at this price; `running`: looks are left."""
    limit: float
    """Share of wrong labels that it speaks of."""
    sure: float
    """How sure."""
    looks: int
    """Looks that it costs, fixed beforehand."""
    looked: int
    """Looks made."""
    wrong: int
    """Looks that disagreed with the label; 0 while it runs, for looks are blind."""
    of: int
    """Labelled stacks that it speaks of."""
    at_most: float
    """Upper bound of the share of wrong labels; 1 until all looks are made."""
    minutes: float
    """What the looks that are left will take."""


@dataclass(frozen=True, slots=True)
class Model:
    """How the model stands."""

    state: Literal["none", "embedding", "waiting", "ready"]
    """`none`: unaided; `waiting`: too few answers to learn from."""
    embedded: int = 0
    """Pictures that it knows."""
    of: int = 0
    """Pictures that it is to know."""
    learnt_from: int = 0
    """Answers that the last refit learnt from."""
    sure: int = 0
    """Stacks left that fit a page."""


@dataclass(frozen=True, slots=True)
class State:
    """How the sitting stands."""

    labels: tuple[str, ...]
    """Labels that are offered, in the order of their keys."""
    keys: tuple[str, ...]
    """The key of each label."""
    done: int
    """Stacks that have been answered with a label or as junk."""
    left: int
    """Stacks that have not; skipped ones included."""
    skipped: int
    """Stacks that were skipped and wait for the end."""
    again: int
    """Single answers that wait to be asked once more."""
    by_label: Mapping[str, int]
    """Label (and `junk`) -> stacks."""
    rate: float
    """Stacks a minute, in the last minutes of work; 0: not known yet."""
    seconds_left: float | None
    """Until all is done at that rate; None: not known yet."""
    undoable: int
    """Steps that can be taken back."""
    estimate: Estimate
    """How good the labels are."""
    overlooked: Overlooked
    """What is missed on pages."""
    certificate: Certificate
    """Its price, or how it stands."""
    model: Model
    """How the model stands."""
