"""What the engine of the labelling page and its server tell each other: values, all frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Choice = Literal["label", "skip", "junk"]
"""What a person says of one picture: a label, nothing for now, or that it belongs to no label."""

Mark = Literal["wrong", "junk"]
"""What a person marks a tile of a page with."""

Reason = Literal["conflict", "likely error", "doubtful", "skipped", "duplicates"]
"""Why a picture stands in the review list."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How a data set is sorted."""

    labels: tuple[str, ...]
    """Labels that are offered, in the order of their keys: 2 to 9 that can be labels."""
    seed: int = 0
    """Draws the hidden sample and the planted tiles."""
    relabel: bool = False
    """Whether pictures that have a label are sorted again, too."""
    most_tiles: int = 60
    """Tiles a page has at most."""
    page_errors: float = 0.5
    """Wrong tiles that a page may be expected to hold."""
    audit: int = 60
    """Pictures of the hidden sample that is shown among the others; 0: no sample."""
    limit: float = 0.01
    """Share of wrong labels that the certificate speaks of."""
    sure: float = 0.95
    """How sure the certificate and all intervals are."""
    fastest_ms: int = 200
    """An answer sooner after the painting than this is asked again."""
    beside: bool = False
    """Whether the model is refitted in a thread of its own: nobody waits, and what comes next hangs
    on how fast the machine is."""
    lease: float = 45.0
    """Seconds for which pictures that a tab was given are kept from other tabs."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A picture with its duplicates: one item, one label."""

    sha256: str
    """The picture that is shown: the one that stands for the others."""
    members: tuple[str, ...]
    """All that get the label, the shown one first."""
    duplicates: tuple[str, ...] = ()
    """The same picture as other files, wherever they stand; to be opened, by sha256."""
    variants: tuple[str, ...] = ()
    """Pictures like it that get labels of their own; to be opened, by sha256."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture given to a tab in single mode. Nothing tells why: looks are blind."""

    shown: str
    """Id of this showing; an answer carries it."""
    stack: Stack
    """What is shown."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of what the model holds to be one label. Planted tiles look like all others."""

    page: str
    """Id of this page; the answer carries it."""
    label: str
    """The label that an unmarked tile gets."""
    tiles: tuple[Stack, ...]
    """In the order in which they are shown, alike ones side by side."""
    expected_wrong: float
    """Wrong tiles among those that are not planted, as the model expects them."""
    other: str | None = None
    """The label that a marked tile gets; None: it is asked for in single mode."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of one picture in single mode."""

    client: str
    """The page's own id of this answer, 1 to 64 printable ASCII characters; a repeat is not new."""
    tab: str
    """The tab it comes from."""
    shown: str
    """Id of the showing that was painted."""
    choice: Choice
    """What was said."""
    label: str = ""
    """The label, for the choice `label`."""
    ms: int = 0
    """Milliseconds since the picture was painted, 0 or more."""


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a person said of a page of tiles."""

    client: str
    """As in `Answer`."""
    tab: str
    """The tab it comes from."""
    page: str
    """Id of the page that was painted."""
    seen: tuple[str, ...]
    """sha256 of the tiles that were painted and in view: no other one is answered."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """sha256 of marked tiles -> the mark."""
    ms: int = 0
    """Milliseconds since the page was painted, 0 or more."""


@dataclass(frozen=True, slots=True)
class ReviewAnswer:
    """What a person said of a row of the review list."""

    client: str
    """As in `Answer`."""
    tab: str
    """The tab it comes from."""
    sha256: str
    """The picture that was shown."""
    choice: Choice
    """What was said; a skip leaves the row to another time."""
    label: str = ""
    """The label, for the choice `label`."""
    ms: int = 0
    """Milliseconds since the picture was painted, 0 or more."""


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """What a person said of two pictures side by side."""

    client: str
    """As in `Answer`."""
    tab: str
    """The tab it comes from."""
    a: str
    """sha256 of the one."""
    b: str
    """sha256 of the other."""
    word: Literal["same", "variant", "other"]
    """One picture; two that belong together, and stay so in the split; or two without relation."""
    ms: int = 0
    """Milliseconds since they were painted, 0 or more."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an answer; a repeat of the answer brings the same one."""

    client: str
    """The answer's id."""
    step: int
    """Number of the step that it made, from 1 on; 0: none, there was nothing to do."""
    kind: Literal["single", "grid", "audit", "review", "pair", "undo"]
    """What was answered; of a single picture always `single`, whatever it was shown for."""
    said: Mapping[str, int] = field(default_factory=dict)
    """Label, `junk` or `skip` -> stacks that were said to be so."""
    pictures: int = 0
    """Files that stand by this answer now."""
    to_single: int = 0
    """Marked tiles that will be asked for in single mode."""
    missed: tuple[str, ...] = ()
    """sha256 of planted tiles that were not marked."""
    planted: int = 0
    """Planted tiles that were seen; told when the page is answered, not before."""
    by_hand: int = 0
    """Stacks that were moved by hand since they were shown, and stay as they are."""
    undone: int = 0
    """Number of the step that was taken back; 0: none."""
    back: tuple[str, ...] = ()
    """sha256 of what is shown next again, after an undo."""
    note: str = ""
    """One line for the person; empty: nothing to tell."""


@dataclass(frozen=True, slots=True)
class Review:
    """One row of the review list."""

    reason: Reason
    """Why."""
    stack: Stack
    """The picture."""
    label: str | None
    """The label that it has; None: none."""
    other: str | None
    """The label that speaks against it; None: none."""
    chance: float
    """Probability of the other label, or how doubtful the picture is; 0: not known."""
    words: str
    """One line for people."""
    pair: Proved | None = None
    """The two pictures, for `duplicates`."""


@dataclass(frozen=True, slots=True)
class Proved:
    """Two pictures that may be one, and what the proof says: `curate/same.py`."""

    a: str
    """sha256 of the one, which is kept."""
    b: str
    """sha256 of the other."""
    kind: str
    """`same`, `unsure`, `variant`."""
    how: str
    """What one is of the other: `resized`, `crop`, `mirror`, …"""
    tile: float
    """Levels in the worst tile."""
    spot: tuple[int, int, int, int]
    """The worst tile: left, top, width, height in thousandths of the picture."""
