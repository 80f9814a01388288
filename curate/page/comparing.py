"""Two pictures side by side: what a person says of them."""

from __future__ import annotations

from curate.page.answers import Ended, Goal
from curate.page.moved import settle
from curate.page.replies import Draft, check_picture, repeated, step_of, write
from curate.page.table import Table
from curate.page.values import PairAnswer, Receipt
from curate.rescue import DUPLICATES
from curate.store.likeness import Saying, add_saying
from curate.store.pages import Look
from harvest.ledger.errors import UsageError


def compare(table: Table, answer: PairAnswer) -> Receipt:
    """Take a word on two pictures. Raises UsageError."""
    told = repeated(table, answer.client, answer.tab, answer.ms)
    if told is not None:
        return told
    if answer.word not in ("same", "variant", "other") or answer.a == answer.b:
        raise UsageError("pair: wanted two pictures, and `same`, `variant` or `other`")
    for sha256 in (answer.a, answer.b):
        check_picture(table, sha256)
    goals, note = {}, ""
    standing = table.answers.standing
    if answer.word != "same":
        tell_apart(table, answer.a, answer.b, different=True)
        if standing.folders(answer.b) == frozenset({DUPLICATES}):
            note = "kept both from the next `winnow curate check` on"
    elif standing.folders(answer.b) != frozenset({DUPLICATES}):
        why = f"called the same picture as {answer.a[:8]} on the page"
        goals[answer.b] = Goal(frozenset({DUPLICATES}), hand=True, why=why)
        settle(table, [answer.b])
    moved = table.answers.was(goals)
    look = Look(answer.b, "pair", answer.word, answer.a, moved=moved)
    receipt = Receipt(answer.client, 0, "pair", {answer.word: 1}, note=note)
    done = write(table, Draft(step_of(table, answer, "pair", (look,)), goals, Ended(), receipt))
    home = table.items.stacks.home
    table.items.refresh([home[answer.b]] if answer.b in home else [])
    return done


def tell_apart(table: Table, one: str, other: str, *, different: bool) -> None:
    """Remember that two pictures are different, or take that back."""
    a, b = sorted((one, other))
    answers = table.answers
    add_saying(answers.catalog, Saying(a, b, answers.now(), answers.who, different))
