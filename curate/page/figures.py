"""How much of a sitting is done, and how good it is: what the page says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Estimate:
    """How good the labels are, by blind looks: of the hidden sample, and of a certificate.

    Once a certificate's looks are all made both are one uniform sample of the labelled pictures;
    what they found counts as wrong, mended or not, so the interval rather says too little.
    """

    looks: int
    """Pictures that were looked at, blind, and have a final label."""
    wrong: int
    """Those whose label is another one, by two looks, or was when the certificate began."""
    accuracy: float | None
    """Share that is right; None: too few looks to say more than the interval."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end of its interval."""
    expected_wrong: float | None
    """Wrong labels among all that are done; None: too few looks."""
    most_wrong: float
    """Wrong labels at the lower end of the interval."""
    sure: float
    """How sure the interval is."""


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
    """How sure; each try after the first is surer, so that trying again and again does not pay."""
    looks: int
    """Pictures that are looked at, fixed beforehand; some up to three times, see `trials.py`."""
    looked: int
    """Pictures of which the looks are made."""
    wrong: int
    """Those that were found to be something else; 0 while it runs, for looks are blind."""
    of: int
    """Labelled stacks that it speaks of."""
    at_most: float
    """Upper bound of the share of wrong labels; 1 until all looks are made."""
    minutes: float
    """What the looks that are left will take."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A certificate that is to be had: more wrong ones allowed, more looks."""

    allowed: int
    """Pictures found to be something else at which it is still given."""
    looks: int
    """Pictures that are looked at, fixed beforehand."""
    minutes: float
    """What they will take."""


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
    offers: tuple[Offer, ...]
    """What can be had now, the cheapest first; empty before all is sorted, and while one runs."""
    model: Model
    """How the model stands."""
