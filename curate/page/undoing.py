"""The last step taken back: new decisions lead every picture to where it stood before."""

from __future__ import annotations

from uuid import uuid4

from curate.facts import Folders
from curate.page.answers import Ended, Goal
from curate.page.comparing import tell_apart
from curate.page.moved import settle
from curate.page.replies import Draft, repeated, write
from curate.page.stacks import JUNK
from curate.page.table import Table
from curate.page.values import Receipt
from curate.rescue import DUPLICATES
from curate.store.page_tabs import Laid, Lease
from curate.store.pages import Look, Step


def undo(table: Table, tab: str, client: str) -> Receipt:
    """Take back the newest step of a tab, or of tabs that are no more. Raises UsageError.

    Pictures that were moved since, by a later answer or by hand, stay where they are.
    """
    told = repeated(table, client, tab, 0)
    if told is not None:
        return told
    step = _newest(table, tab)
    if step is None:
        return Receipt(client, 0, "undo", note="there is nothing to take back")
    goals, moved_since = _goals(table, step)
    back = tuple(k.sha256 for k in step.looks if k.purpose not in ("review", "pair"))
    note = f"{moved_since} moved since then stay where they are" if moved_since else ""
    for look in step.looks:
        if look.purpose == "pair" and look.choice != "same":
            tell_apart(table, look.sha256, look.label, different=False)
    draft = Draft(
        Step(client, table.clock(), table.answers.who, tab, "undo", undoes=step.number),
        goals,
        Ended(),
        Receipt(client, 0, "undo", undone=step.number, back=back, note=note),
    )
    receipt = write(table, draft)
    home = table.items.stacks.home
    table.items.refresh({home[k.sha256] for k in step.looks if k.sha256 in home})
    _give_back(table, tab, step)
    return receipt


def _newest(table: Table, tab: str) -> Step | None:
    for step in reversed(table.course.standing_steps()):
        mine = step.who == table.answers.who and not table.leases.is_alive(step.tab)
        if step.tab == tab or mine:
            return step
    return None


def _goals(table: Table, step: Step) -> tuple[dict[str, Goal], int]:
    goals: dict[str, Goal] = {}
    since = 0
    settle(table, [sha256 for look in step.looks for sha256 in look.moved])
    for look in step.looks:
        put = _folder_of(look)
        for sha256, was in look.moved.items():
            now = table.answers.standing.folders(sha256)
            if now != put or table.course.movers.get(sha256) != step.number:
                since += 1
                continue
            goals[sha256] = Goal(was.folders, was.hand, "taken back on the page")
    return goals, since


def _folder_of(look: Look) -> Folders:
    if look.purpose == "pair":
        return frozenset({DUPLICATES})
    return frozenset({look.label if look.choice == "label" else JUNK})


def _give_back(table: Table, tab: str, step: Step) -> None:
    """Show again what was taken back, before everything else."""
    now, stacks = table.clock(), table.items.stacks
    first = min((lease.turn for lease in table.leases.of_tab(tab)), default=table.course.singles)
    if step.kind == "grid":
        pages = table.leases.pages_of(tab)
        at = min([now, *(page.at for page in pages)]) - 1e-3
        tiles = tuple(
            (k.sha256, k.purpose == "plant", k.chance if k.chance is not None else 0.0)
            for k in step.looks
            if k.purpose == "plant" or k.sha256 in table.items.left
        )
        other = other_label(table.settings.labels, step.label)
        table.leases.give([], [Laid(uuid4().hex, tab, step.label, other, tiles, at)])
        return
    looks = [k for k in step.looks if step.kind == "single" and k.sha256 in stacks.by_picture]
    table.leases.give(Lease(uuid4().hex, tab, k.sha256, k.purpose, first - 1, now) for k in looks)


def other_label(labels: tuple[str, ...], label: str) -> str | None:
    """The one other label, where there are two: what a marked tile gets."""
    return next((name for name in labels if name != label), None) if len(labels) == 2 else None
