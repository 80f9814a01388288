"""What the labelling page was told: steps and looks, which are only ever added; certificates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curate.facts import Folders
from curate.store.moves import Place
from harvest.ledger.catalog import Catalog

_STEP = "id, client, at, who, tab, kind, label, ms, undoes, batch, receipt"


@dataclass(frozen=True, slots=True)
class Was:
    """How a picture stood before an answer."""

    folders: Folders
    """Folders below `images/`."""
    hand: bool
    """Whether a person's word held for it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one answer said of one item."""

    sha256: str
    """The picture that was shown."""
    purpose: str
    """`first`, `again`, `audit`, `certificate`, `review`; `tile`, `plant` on pages; `pair`."""
    choice: str
    """`label`, `junk`, `skip`; `fast`: too fast to count; `single`: to be asked in single mode; of
    a pair `same`, `variant`, `other`."""
    label: str = ""
    """The label, for the choice `label`; of a pair the sha256 of the one that is kept."""
    suggestion: str | None = None
    """The label that the model held likeliest then; None: it held none."""
    chance: float | None = None
    """Its probability."""
    moved: Mapping[str, Was] = field(default_factory=dict)
    """Pictures (sha256) that the answer decides of, and how each stood before."""


@dataclass(frozen=True, slots=True)
class Step:
    """One answer: what an undo takes back at once."""

    client: str
    """The page's own id of it."""
    at: float
    """Seconds since the epoch."""
    who: str
    """Name of the person."""
    tab: str
    """The tab that it came from."""
    kind: str
    """`single`, `grid`, `review`, `pair`, `undo`."""
    looks: tuple[Look, ...] = ()
    """What it said."""
    label: str = ""
    """Of a page: the label of its unmarked tiles."""
    ms: int = 0
    """Milliseconds from the painting to the answer."""
    undoes: int | None = None
    """Number of the step that it takes back."""
    batch: int | None = None
    """Number of its batch of decisions; None: it decides nothing."""
    receipt: str = ""
    """What was answered to it, as JSON."""
    number: int = 0
    """From 1 on, in the order of writing; 0: not yet written."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The looks of one certificate, fixed before the first."""

    number: int
    """From 1 on."""
    at: float
    """When it began, seconds since the epoch."""
    who: str
    """Who began it."""
    last_step: int
    """Number of the last step before it."""
    members: int
    """Labelled pictures that it speaks of."""
    allowed: int
    """Wrong ones at which it is still given."""
    share: float
    """Share of wrong labels that it speaks of."""
    risk: float
    """Probability at most with which it is given to a set that has a larger share."""
    sample: Mapping[str, str]
    """sha256 of the drawn pictures -> the label that each had."""
    given_up: bool = False
    """Whether it was ended before all looks were made."""


def read_steps(catalog: Catalog) -> list[Step]:
    """All steps with their looks, oldest first."""
    looks: dict[int, list[Look]] = {}
    for row in catalog.connection.execute("SELECT * FROM page_look ORDER BY id"):
        moved = {s: Was(frozenset(f), bool(h)) for s, (f, h) in json.loads(row["moved"]).items()}
        look = Look(
            row["sha256"],
            row["purpose"],
            row["choice"],
            row["label"],
            row["suggestion"],
            row["chance"],
            moved,
        )
        looks.setdefault(row["step"], []).append(look)
    rows = catalog.connection.execute(f"SELECT {_STEP} FROM page_step ORDER BY id")  # noqa: S608
    return [
        Step(
            r["client"],
            r["at"],
            r["who"],
            r["tab"],
            r["kind"],
            tuple(looks.get(r["id"], ())),
            r["label"],
            r["ms"],
            r["undoes"],
            r["batch"],
            r["receipt"],
            r["id"],
        )
        for r in rows
    ]


def add_step(catalog: Catalog, step: Step) -> None:
    """Write a step under its number, within a transaction of the caller's."""
    catalog.connection.execute(
        f"INSERT INTO page_step({_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            step.number,
            step.client,
            step.at,
            step.who,
            step.tab,
            step.kind,
            step.label,
            step.ms,
            step.undoes,
            step.batch,
            step.receipt,
        ),
    )
    catalog.connection.executemany(
        "INSERT INTO page_look(step, sha256, purpose, choice, label, suggestion, chance, moved)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                step.number,
                look.sha256,
                look.purpose,
                look.choice,
                look.label,
                look.suggestion,
                look.chance,
                json.dumps({s: [sorted(w.folders), w.hand] for s, w in look.moved.items()}),
            )
            for look in step.looks
        ],
    )


def read_trials(catalog: Catalog) -> list[Trial]:
    """All certificates that were ever begun, oldest first."""
    rows = catalog.connection.execute("SELECT * FROM page_trial ORDER BY number")
    return [
        Trial(
            r["number"],
            r["at"],
            r["who"],
            r["last_step"],
            r["members"],
            r["allowed"],
            r["share"],
            r["risk"],
            json.loads(r["sample"]),
            bool(r["given_up"]),
        )
        for r in rows
    ]


def add_trial(catalog: Catalog, trial: Trial) -> None:
    """Fix the looks of a certificate."""
    with catalog.transaction() as connection:
        connection.execute(
            "INSERT INTO page_trial(number, at, who, last_step, members, allowed, share, risk,"
            " sample) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                trial.number,
                trial.at,
                trial.who,
                trial.last_step,
                trial.members,
                trial.allowed,
                trial.share,
                trial.risk,
                json.dumps(dict(trial.sample), ensure_ascii=False),
            ),
        )


def end_trial(catalog: Catalog, number: int) -> None:
    """Note that a certificate was given up."""
    with catalog.transaction() as connection:
        connection.execute("UPDATE page_trial SET given_up = 1 WHERE number = ?", (number,))


def read_places_of(catalog: Catalog, some: Sequence[str]) -> dict[str, list[Place]]:
    """Where pictures (sha256) stand below `images/`, by path."""
    found: dict[str, list[Place]] = {sha256: [] for sha256 in some}
    for sha256 in some:
        rows = catalog.connection.execute(
            "SELECT path, sha256, inode, size, mtime_ns, label FROM place WHERE sha256 = ?"
            " ORDER BY path",
            (sha256,),
        )
        found[sha256] += [Place(*row) for row in rows]
    return found
