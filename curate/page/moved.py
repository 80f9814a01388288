"""Files that a person moved between the showing of a picture and its answer."""

from __future__ import annotations

from collections.abc import Sequence

from curate.page.table import Table


def moved_on(table: Table, items: Sequence[str]) -> set[str]:
    """Items on the screen that were moved by hand since, noticed before or just now."""
    moved = settle(table, items)
    left, course = table.items.left, table.course
    return moved | {s for s in items if s not in left and course.past(s).said is None}


def settle(table: Table, items: Sequence[str]) -> set[str]:
    """Look at the data set again where a person has moved files of these items meanwhile.

    Returns those that stand elsewhere now. Raises as `labels.sync`.
    """
    members = {sha256: members_of(table, sha256) for sha256 in items}
    if table.answers.are_there(s for some in members.values() for s in some):
        return set()
    old = table.answers.standing
    before = {s: [old.folders(m) for m in some] for s, some in members.items()}
    table.answers.look_again()
    table.items.refresh(table.items.stacks.by_picture)
    now = table.answers.standing
    return {s for s, some in members.items() if [now.folders(m) for m in some] != before[s]}


def members_of(table: Table, sha256: str) -> tuple[str, ...]:
    """All pictures that are sorted with this one, itself first."""
    stack = table.items.stacks.by_picture.get(sha256)
    return stack.members if stack is not None else (sha256,)


def note(moved: int) -> str:
    """What the person is told; empty where nothing was moved."""
    if not moved:
        return ""
    if moved == 1:
        return "1 picture was moved by hand meanwhile, and stays as it is"
    return f"{moved} pictures were moved by hand meanwhile, and stay as they are"
