"""All pictures of a data set in the order of a report: by where they stand, worst first."""

from __future__ import annotations

from dataclasses import dataclass

from curate.checks.catalogue import CHECKS
from curate.facts import NEAR_DUPLICATE
from curate.report_state import State
from curate.scan import is_rejected
from harvest.ledger.folder import REJECTED, UNSORTED

# Checks whose scores grow with what they find; those of the others shrink.
_LARGE_IS_WORSE = frozenset(
    ("animated", "corrupt", "light", "odd_aspect", "placeholder", "too_heavy", NEAR_DUPLICATE)
)
_NOWHERE = "nowhere"
_CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pictures that stand in one place."""

    key: str
    """`conflict`, `_rejected/<check>`, `_unsorted`, a label, `nowhere`."""
    title: str
    """For people."""
    note: str
    """What they have in common, in a line; often empty."""
    pictures: tuple[str, ...]
    """Their sha256, worst first; never empty."""


def shelve(state: State) -> list[Shelf]:
    """Every picture of a data set, once."""
    found: dict[str, list[str]] = {}
    for sha256 in state.standing.images:
        found.setdefault(_key(state, sha256), []).append(sha256)
    notes = {f"{REJECTED}/{check.name}": check.title for check in CHECKS}
    notes[f"{REJECTED}/{NEAR_DUPLICATE}"] = "another picture stands for it, least alike first"
    notes[_CONFLICT] = "left out of the data set until one of their files is moved or removed"
    notes[_NOWHERE] = "removed by hand, or not placed yet"
    notes[UNSORTED] = "wait for a person"
    first = [_CONFLICT, *notes]
    last = [UNSORTED, _NOWHERE]

    def rank(key: str) -> tuple[int, int, str]:
        if key in last:
            return (1 if key == UNSORTED else 3, 0, key)
        if key in first or is_rejected(key):
            return (0, first.index(key) if key in first else len(first), key)
        return (2, 0, key)

    return [
        Shelf(key, _title(key), notes.get(key, ""), tuple(_sorted(state, key, found[key])))
        for key in sorted(found, key=rank)
    ]


def badness(check: str, score: float) -> float:
    """A number that grows with what a check finds, whichever way its scores go."""
    return score if check in _LARGE_IS_WORSE else -score


def _key(state: State, sha256: str) -> str:
    if sha256 in state.selection.conflicts:
        return _CONFLICT
    folders = state.standing.folders(sha256)
    kept = sorted(folder for folder in folders if not is_rejected(folder))
    labelled = [folder for folder in kept if folder != UNSORTED]  # as the selection has it
    return next(iter(labelled or kept), min(folders, default=_NOWHERE))


def _title(key: str) -> str:
    named = {_CONFLICT: "Conflicts", UNSORTED: "Unsorted", _NOWHERE: "Not below images/"}
    if is_rejected(key):
        check = key.removeprefix(f"{REJECTED}/")
        return "Rejected by hand" if key == REJECTED else f"Rejected, {check}"
    return named.get(key, f"Label {key}")


def _sorted(state: State, key: str, pictures: list[str]) -> list[str]:
    check = key.removeprefix(f"{REJECTED}/") if is_rejected(key) else ""

    def rank(sha256: str) -> tuple[float | bool | str, ...]:
        scores = [v.score for v in state.verdicts.get(sha256, ()) if v.check == check and v.flagged]
        if scores:
            return (False, -badness(check, scores[0]), sha256)
        remarks = state.remarks(sha256)
        flagged = any(v.flagged for v in remarks)
        return (True, -10.0 * flagged - len(remarks), _name(state, sha256), sha256)

    return sorted(pictures, key=rank)


def _name(state: State, sha256: str) -> str:
    places = state.standing.places.get(sha256, ())
    return min((place.path for place in places), default="")
