"""Whatever the world: no group is parted, order plays no part, and growth moves nothing old."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from curate.settings import SplitSettings
from curate.split import divide
from curate.store.opinions import Assigned
from curate.units import Material
from harvest.ledger.errors import DataError

LABELS = ("comic", "photo", "sketch")


@dataclass(frozen=True)
class Drawn:
    """One picture of a world, by what it shares with others; numbers of 20 and more are its own."""

    label: int
    account: int
    post: int
    kin: int


def sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def worlds(labels: int = 3, most: int = 90) -> st.SearchStrategy[list[Drawn]]:
    drawn = st.builds(
        Drawn,
        label=st.integers(0, labels - 1),
        account=st.integers(0, 6),
        post=st.integers(0, 60),
        kin=st.integers(0, 60),
    )
    return st.lists(drawn, min_size=4, max_size=most)


def material(world: list[Drawn], count: int | None = None) -> Material:
    """The first `count` pictures as what a split is made of."""
    some = world[:count]
    ties = [(f"post {d.post}", sha(n)) for n, d in enumerate(some) if d.post < 20]
    ties += [(f"kin {d.kin}", sha(n)) for n, d in enumerate(some) if d.kin < 20]
    return Material(
        labels={sha(n): LABELS[d.label] for n, d in enumerate(some)},
        ties=ties,
        firsts={sha(n): f"2024 {n:04}" for n in range(len(some))},
        accounts={sha(n): (f"a{d.account}",) for n, d in enumerate(some) if d.account},
    )


def bundles(made: Material, by: str) -> list[set[str]]:
    """Pictures that hang together, found by walking, as nothing in the product does it."""
    edges = list(made.ties)
    if by == "account":
        edges += [(f"@{name}", s) for s, names in made.accounts.items() for name in names]
    beside = defaultdict(set)
    for a, b in edges:
        beside[a].add(b)
        beside[b].add(a)
    left, found = set(made.labels), []
    while left:
        reached, border = set(), {min(left)}
        while border:
            reached |= border
            border = {far for near in border for far in beside[near]} - reached
        found.append(reached & left)
        left -= reached
    return found


def shuffled(made: Material, seed: int) -> Material:
    rng = random.Random(seed)

    def mixed(some):
        every = list(some)
        rng.shuffle(every)
        return every

    return Material(
        labels=dict(mixed(made.labels.items())),
        ties=[rng.choice(((a, b), (b, a))) for a, b in mixed(made.ties)],
        firsts=dict(mixed(made.firsts.items())),
        accounts={s: mixed(names) for s, names in mixed(made.accounts.items())},
    )


plans = st.builds(
    SplitSettings,
    by=st.sampled_from(["group", "account"]),
    validation_percentage=st.sampled_from([0, 10, 25]),
    testing_percentage=st.sampled_from([None, 0, 10, 30]),
    train_per_label=st.sampled_from([None, None, 1, 8]),
    max_per_label=st.sampled_from([None, None, 9, 20]),
    seed=st.integers(0, 3),
)


def divided(made: Material, before: dict[str, Assigned], plan: SplitSettings):
    """A division; worlds that cannot be divided (told in one line) are passed over."""
    try:
        return divide(made, before, plan)
    except DataError as error:
        assert "\n" not in str(error)
        assume(False)


@given(worlds(), plans, st.integers(0, 9))
def test_nothing_that_hangs_together_is_parted_in_any_order(world, plan, seed) -> None:
    """One part and one name for each bundle, no name for two; shuffled input gives the same."""
    made = material(world)
    division = divided(made, {}, plan)
    names = []
    for bundle in bundles(made, plan.by):
        found = {division.assigned[s] for s in bundle if s in division.assigned}
        names += [one.group for one in found]
        assert len(found) <= 1

    assert len(names) == len(set(names))
    assert divide(shuffled(made, seed), {}, plan) == division
    assert division.moved == []


@given(worlds(), plans, st.integers(1, 9))
def test_growth_moves_only_what_a_new_picture_joins(world, plan, tenth) -> None:
    """The old stay where they were; what was joined is named, and the test part loses nothing."""
    old = max(4, len(world) * tenth // 10)
    assume(old < len(world))
    first = divided(material(world, old), {}, plan).assigned
    grown = material(world)
    second = divided(grown, first, plan)
    joined = {
        s: parts
        for bundle in bundles(grown, plan.by)
        if len(parts := {first[s].part for s in bundle if s in first}) > 1
        for s in bundle
    }
    moved = {m.sha256: (m.before, m.part) for m in second.moved}

    assert first.keys() <= second.assigned.keys()
    for s in first:
        assert (first[s].part == second.assigned[s].part) != (s in moved)
    assert moved.keys() <= joined.keys()
    assert all(("test" in joined[s]) == (part == "test") for s, (_, part) in moved.items())
    assert all(was != "test" for was, _ in moved.values())


@given(worlds(), plans)
def test_growth_without_joins_moves_nothing(world, plan) -> None:
    """Build after build, a picture at a time: what was once in a part is in it for ever."""
    alone = [Drawn(d.label, d.account, 99, 99) for d in world]
    steps = [max(4, len(alone) * share // 10) for share in (5, 6, 8, 10)]
    divisions = [divided(material(alone, steps[0]), {}, plan)]
    memory = dict(divisions[0].assigned)
    for count in steps[1:]:
        divisions.append(divided(material(alone, count), memory, plan))
        memory |= divisions[-1].assigned

    for before, after in pairwise(divisions):
        assert after.moved == []
        assert before.assigned.items() <= after.assigned.items()


@given(worlds(), st.integers(1, 12), st.integers(1, 20), st.integers(0, 15))
def test_numbers_are_met_where_enough_pictures_hang_on_nothing(world, test, train, spare) -> None:
    """To the picture, among groups of any size; what is above them is left out and counted."""
    crowd = [Drawn(n % 3, 0, 99, 99) for n in range(3 * (test + train + spare))]
    made = material(world + crowd)
    plan = SplitSettings(test_per_label=test, train_per_label=train)
    division = divide(made, {}, plan)
    counts = Counter((one.part, made.labels[s]) for s, one in division.assigned.items())
    totals = Counter(made.labels.values())

    for label in LABELS:
        taken = sum(counts[part, label] for part in ("test", "train", "validation"))
        assert (counts["test", label], counts["train", label]) == (test, train)
        assert division.left_out.get(label, 0) == totals[label] - taken
    assert division.notes == []


@given(st.integers(1, 9), st.integers(1, 20), st.integers(0, 9), st.integers(0, 9))
def test_the_mushroom_recipe_is_met_to_the_picture(test, train, spare, more) -> None:
    """So many in all, so many to test and to train on, and validation gets what is left over."""
    most = test + train + spare
    made = material([Drawn(n % 3, 0, 99, 99) for n in range(3 * (most + more))])
    plan = SplitSettings(test_per_label=test, train_per_label=train, max_per_label=most)
    division = divide(made, {}, plan)
    counts = Counter((one.part, made.labels[s]) for s, one in division.assigned.items())
    share = max(int(most * 0.1 + 0.5), most >= 3)

    for label in LABELS:
        assert (counts["test", label], counts["train", label]) == (test, train)
        assert counts["validation", label] == min(share, spare)


@given(st.integers(31, 80), st.integers(31, 80), st.integers(0, 5))
def test_test_per_label_is_exact_among_single_pictures(comics, photos, seed) -> None:
    """Thirty are thirty, whatever the size of the label."""
    made = material([Drawn(int(n >= comics), 0, 99, 99) for n in range(comics + photos)])
    plan = SplitSettings(test_per_label=30, seed=seed)
    assigned = divide(made, {}, plan).assigned
    counts = Counter((one.part, made.labels[s]) for s, one in assigned.items())

    assert counts["test", "comic"] == counts["test", "photo"] == 30
    assert len(assigned) == comics + photos


@given(worlds(labels=2))
def test_by_account_each_label_is_measured_on_accounts_never_trained_on(world) -> None:
    """Two labels that two bundles have each are both in the test part and both in training."""
    made = material(world)
    division = divided(made, {}, SplitSettings(by="account"))
    parts = defaultdict(set)
    for s, one in division.assigned.items():
        for name in made.accounts.get(s, ()):
            parts[name].add(one.part)
    counts = Counter((one.part, made.labels[s]) for s, one in division.assigned.items())

    assert all(len(found) == 1 for found in parts.values())
    for label, total in Counter(made.labels.values()).items():
        assert counts["train", label] >= 1
        assert counts["test", label] >= (total >= 3)
