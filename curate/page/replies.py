"""What answers mean: the steps that they make, and where pictures go by them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from curate.page import moved
from curate.page.answers import Ended, Goal
from curate.page.course import ORDINARY
from curate.page.items import JUNKED
from curate.page.stacks import JUNK
from curate.page.table import Table
from curate.page.values import Answer, Choice, Mark, PageAnswer, PairAnswer, Receipt, ReviewAnswer
from curate.store.page_tabs import Laid
from curate.store.pages import Look, Step
from harvest.ledger.errors import UsageError

_LONGEST = 64
_LATE = "nothing changed: it was answered already, or another tab has it by now"
_HASTY = "too fast: look at the page once more, then confirm it"
_FAST = "too fast: will be asked again"


@dataclass(frozen=True, slots=True)
class Draft:
    """A step that is about to be written."""

    step: Step
    """The step, without number and receipt."""
    goals: Mapping[str, Goal]
    """Where pictures go."""
    ended: Ended
    """What is over with it."""
    receipt: Receipt
    """What is answered, without the number."""


def repeated(table: Table, client: str, tab: str, ms: int) -> Receipt | None:
    """The receipt of an answer that was given before; None: it is new. Raises UsageError."""
    for name, value in (("client", client), ("tab", tab)):
        if not (0 < len(value) <= _LONGEST and value.isascii() and value.isprintable()):
            raise UsageError(
                f"{name}: {value[:80]!r}; wanted 1 to {_LONGEST} printable ASCII characters"
            )
    if ms < 0:
        raise UsageError(f"ms: {ms}; wanted 0 or more milliseconds since the painting")
    table.leases.hear(tab)
    step = table.course.by_client.get(client)
    return _receipt_of(step) if step is not None else None


def write(table: Table, draft: Draft) -> Receipt:
    """Write a step and carry it out; returns its receipt."""
    number = table.course.steps[-1].number + 1 if table.course.steps else 1
    receipt = replace(draft.receipt, step=number, pictures=len(draft.goals))
    words = json.dumps(asdict(receipt), ensure_ascii=False)
    step = table.answers.write(
        replace(draft.step, number=number, receipt=words), draft.goals, draft.ended
    )
    table.course.add(step)
    table.leases.forget(draft.ended.shown, draft.ended.pages)
    return receipt


def single(table: Table, answer: Answer) -> Receipt:
    """Take an answer of single mode. Raises UsageError."""
    told = repeated(table, answer.client, answer.tab, answer.ms)
    if told is not None:
        return told
    check_choice(table, answer.choice, answer.label)
    lease = table.leases.shown(answer.shown)
    if lease is None:
        return Receipt(answer.client, 0, "single", note=_LATE)
    if lease.purpose in ORDINARY and moved.moved_on(table, [lease.sha256]):
        table.leases.end(shown=[answer.shown])
        return Receipt(answer.client, 0, "single", by_hand=1, note=moved.note(1))
    if not _still_asks(table, lease.sha256, lease.purpose):
        return Receipt(answer.client, 0, "single", note=_LATE)
    choice = "fast" if answer.ms < table.settings.fastest_ms else answer.choice
    look, goals = _said(table, lease.sha256, lease.purpose, choice, answer.label)
    said = {answer.label if answer.choice == "label" else answer.choice: 1}
    receipt = Receipt(answer.client, 0, "single", said)
    if choice == "fast":
        receipt = Receipt(answer.client, 0, "single", note=_FAST)
    step = step_of(table, answer, "single", (look,))
    done = write(table, Draft(step, goals, Ended(shown=(answer.shown,)), receipt))
    table.items.refresh([lease.sha256])
    return done


def page(table: Table, answer: PageAnswer) -> Receipt:
    """Take the answer to a page. Raises UsageError for tiles that are not on it."""
    told = repeated(table, answer.client, answer.tab, answer.ms)
    if told is not None:
        return told
    laid = table.leases.laid(answer.page)
    if laid is None:
        return Receipt(answer.client, 0, "grid", note=_LATE)
    on_it = {sha256 for sha256, _, _ in laid.tiles}
    strange = [s for s in answer.seen if s not in on_it]
    strange += [s for s in answer.marks if s not in answer.seen]
    if strange:
        raise UsageError(f"page {laid.page}: no tile {strange[0][:80]!r} that was seen on it")
    if answer.ms < table.settings.fastest_ms:
        return Receipt(answer.client, 0, "grid", note=_HASTY)
    seen = set(answer.seen)
    by_hand = moved.moved_on(table, [s for s, plant, _ in laid.tiles if s in seen and not plant])
    looks, goals = _tiles(table, laid, seen - by_hand, answer.marks)
    said: dict[str, int] = {}
    for look in looks:
        if look.purpose == "tile" and look.choice != "single":
            name = look.label if look.choice == "label" else JUNKED
            said[name] = said.get(name, 0) + 1
    planted = [look for look in looks if look.purpose == "plant"]
    receipt = Receipt(
        answer.client,
        0,
        "grid",
        said,
        to_single=sum(look.choice == "single" for look in looks if look.purpose == "tile"),
        missed=tuple(look.sha256 for look in planted if look.choice == "label"),
        planted=len(planted),
        by_hand=len(by_hand),
        note=moved.note(len(by_hand)),
    )
    step = replace(step_of(table, answer, "grid", looks), label=laid.label)
    done = write(table, Draft(step, goals, Ended(pages=(laid.page,)), receipt))
    table.items.refresh([look.sha256 for look in looks if look.purpose == "tile"])
    return done


def review(table: Table, answer: ReviewAnswer) -> Receipt:
    """Take an answer to a row of the review list. Raises UsageError."""
    told = repeated(table, answer.client, answer.tab, answer.ms)
    if told is not None:
        return told
    check_choice(table, answer.choice, answer.label)
    check_picture(table, answer.sha256)
    sha256 = table.items.stacks.home.get(answer.sha256, answer.sha256)
    moved.settle(table, [sha256])
    look, goals = _said(table, sha256, "review", answer.choice, answer.label)
    said = {answer.label if answer.choice == "label" else answer.choice: 1}
    step = step_of(table, answer, "review", (look,))
    done = write(table, Draft(step, goals, Ended(), Receipt(answer.client, 0, "review", said)))
    table.items.refresh({sha256} & table.items.status.keys())
    return done


def check_choice(table: Table, choice: Choice, label: str) -> None:
    """Refuse what is no answer. Raises UsageError."""
    if choice not in ("label", "skip", "junk"):
        raise UsageError(f"choice: {str(choice)[:80]!r}; wanted label, skip or junk")
    if choice == "label" and label not in table.settings.labels:
        offered = ", ".join(table.settings.labels)
        raise UsageError(f"label: {label[:80]!r}; wanted one of {offered}")


def check_picture(table: Table, sha256: str) -> None:
    """Refuse a picture that cannot be shown. Raises UsageError."""
    standing = table.answers.standing
    if sha256 not in standing.images or not standing.folders(sha256):
        raise UsageError(f"picture {sha256[:80]!r}: not below images/; reload the page")


def _still_asks(table: Table, sha256: str, purpose: str) -> bool:
    if sha256 not in table.items.stacks.by_picture:
        return False
    if purpose == "first":
        return sha256 in table.items.left
    return purpose != "again" or table.items.is_done(sha256)


def _said(
    table: Table, sha256: str, purpose: str, choice: str, label: str
) -> tuple[Look, dict[str, Goal]]:
    """One look, and where the pictures of the item go by it."""
    goals: dict[str, Goal] = {}
    if purpose in ORDINARY and choice in ("label", "junk"):
        members = moved.members_of(table, sha256)
        folder = label if choice == "label" else JUNK
        why = f"{_WORDS[purpose]} on the page"
        goals = {s: Goal(frozenset({folder}), hand=True, why=why) for s in members}
    held = table.teaching.held(sha256)
    suggestion, chance = held if held is not None else (None, None)
    said = label if choice == "label" else ""
    was = table.answers.was(goals)
    return Look(sha256, purpose, choice, said, suggestion, chance, was), goals


_WORDS = {"first": "sorted", "again": "asked again", "review": "reviewed", "tile": "sorted"}


def _tiles(
    table: Table, laid: Laid, seen: Set[str], marks: Mapping[str, Mark]
) -> tuple[tuple[Look, ...], dict[str, Goal]]:
    looks: list[Look] = []
    goals: dict[str, Goal] = {}
    for sha256, planted, chance in laid.tiles:
        mark = marks.get(sha256)
        if sha256 not in seen or not (planted or sha256 in table.items.left):
            continue
        choice, label = "label", laid.label
        if mark == "junk":
            choice, label = "junk", ""
        elif mark is not None:
            choice, label = ("label", laid.other) if laid.other else ("single", "")
        if planted:  # it stays what it is; what was said of it is all that counts
            looks.append(Look(sha256, "plant", "label" if mark is None else "junk", ""))
            continue
        look, some = _said(table, sha256, "tile", choice, label)
        looks.append(replace(look, suggestion=laid.label, chance=chance))
        goals |= some
    return tuple(looks), goals


def step_of(
    table: Table,
    answer: Answer | PageAnswer | ReviewAnswer | PairAnswer,
    kind: str,
    looks: tuple[Look, ...],
) -> Step:
    """The step that an answer makes, without its number and its receipt."""
    return Step(
        answer.client, table.clock(), table.answers.who, answer.tab, kind, looks, ms=answer.ms
    )


def _receipt_of(step: Step) -> Receipt:
    told: dict[str, Any] = json.loads(step.receipt)
    for name in ("missed", "back"):
        told[name] = tuple(told[name])
    return Receipt(**told)
