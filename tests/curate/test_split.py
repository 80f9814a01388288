"""The split keeps groups together and old pictures where they were."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from curate.settings import SplitSettings
from curate.split import Division, divide
from curate.units import Material
from harvest.ledger.errors import DataError

SETTINGS = SplitSettings()


def pictures(count: int, label: str, start: int = 0) -> dict[str, str]:
    rng = random.Random(f"{label} {start}")
    return {f"{rng.getrandbits(256):064x}": label for _ in range(count)}


def parts(division: Division, labels: dict[str, str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for sha256, one in division.assigned.items():
        counts.setdefault(labels[sha256], Counter())[one.part] += 1
    return counts


def test_each_label_gets_its_shares() -> None:
    """Ten in a hundred each to validation and test, label by label."""
    labels = pictures(800, "comic") | pictures(90, "no_comic")
    counts = parts(divide(Material(labels), {}, SETTINGS), labels)

    assert counts["comic"] == {"train": 640, "validation": 80, "test": 80}
    assert counts["no_comic"] == {"train": 72, "validation": 9, "test": 9}


def test_a_number_for_the_test_part_is_met_exactly() -> None:
    """`test_per_label` counts pictures, whatever the size of the label."""
    labels = pictures(300, "comic") | pictures(50, "no_comic")
    counts = parts(divide(Material(labels), {}, SplitSettings(test_per_label=30)), labels)

    assert counts["comic"]["test"] == counts["no_comic"]["test"] == 30
    assert counts["no_comic"]["train"] == 15


def test_groups_are_never_parted() -> None:
    """Tied pictures share a part and a group, over others that are not in the build too."""
    labels = pictures(400, "comic")
    names = sorted(labels)
    ties = [(names[i], names[i + 1]) for i in range(0, 200, 2)]
    over = [(names[300], "f" * 64), ("f" * 64, names[350])]
    division = divide(Material(labels, [*ties, *over]), {}, SETTINGS)
    pairs = [*ties, (names[300], names[350])]

    assert all(division.assigned[a] == division.assigned[b] for a, b in pairs)
    assert parts(division, labels)["comic"] == {"train": 320, "validation": 40, "test": 40}


def test_the_order_of_the_input_plays_no_part() -> None:
    """The same pictures in another order are split alike."""
    labels = pictures(120, "comic") | pictures(70, "photo")
    names = sorted(labels)
    ties = [(names[i], names[i + 3]) for i in range(0, 60, 7)]
    shuffled = list(labels.items())
    random.Random(4).shuffle(shuffled)
    one = divide(Material(labels, ties), {}, SETTINGS)
    other = divide(Material(dict(shuffled), [(b, a) for a, b in reversed(ties)]), {}, SETTINGS)

    assert one.assigned == other.assigned


def test_adding_a_tenth_moves_nothing() -> None:
    """New pictures go where the parts lack some; every old one stays."""
    labels = pictures(500, "comic") | pictures(80, "photo")
    first = divide(Material(labels), {}, SETTINGS)
    grown = labels | pictures(50, "comic", 1) | pictures(8, "photo", 1)
    second = divide(Material(grown), first.assigned, SETTINGS)

    assert {s: second.assigned[s] for s in labels} == first.assigned
    assert second.moved == []
    assert parts(second, grown)["comic"] == {"train": 440, "validation": 55, "test": 55}


def test_a_picture_that_joins_two_groups_is_reported_and_the_test_part_keeps_its_own() -> None:
    """The others come to the test part; none leaves it."""
    labels = pictures(100, "comic")
    first = divide(Material(labels), {}, SETTINGS)
    tested = min(s for s, one in first.assigned.items() if one.part == "test")
    trained = min(s for s, one in first.assigned.items() if one.part == "train")
    new = "5" * 64
    grown = Material(labels | {new: "comic"}, [(tested, new), (new, trained)])
    second = divide(grown, first.assigned, SETTINGS)
    moved = {s for s in labels if second.assigned[s].part != first.assigned[s].part}

    assert moved == {trained}
    assert {second.assigned[s].part for s in (tested, trained, new)} == {"test"}
    assert [(m.sha256, m.before, m.part) for m in second.moved] == [(trained, "train", "test")]


def test_a_keeper_that_is_replaced_hands_its_part_on() -> None:
    """A better file of a test picture is a test picture."""
    labels = pictures(100, "comic")
    first = divide(Material(labels), {}, SETTINGS)
    old = min(s for s, one in first.assigned.items() if one.part == "test")
    new = "7" * 64
    later = {s: label for s, label in labels.items() if s != old} | {new: "comic"}
    second = divide(Material(later, [(old, new)]), first.assigned, SETTINGS)

    assert second.assigned[new].part == "test"


def test_a_larger_test_part_holds_the_smaller_one() -> None:
    """Drawn anew with more, the test part keeps what chance gave it first."""
    labels = pictures(300, "comic")
    ten = divide(Material(labels), {}, SETTINGS).assigned
    twenty = divide(Material(labels), {}, SplitSettings(testing_percentage=20)).assigned

    assert {s for s in ten if ten[s].part == "test"} <= {
        s for s in twenty if twenty[s].part == "test"
    }


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_small_labels_keep_something_to_train_on(count: int) -> None:
    """From three pictures on, a label is in every part."""
    labels = pictures(count, "comic")
    counts = parts(divide(Material(labels), {}, SETTINGS), labels)["comic"]

    assert counts["train"] >= 1
    assert count < 3 or min(counts["validation"], counts["test"]) == 1


def test_a_label_that_the_test_part_would_eat_is_refused() -> None:
    """The line names the label, its number, and what to change."""
    labels = pictures(100, "comic") | pictures(20, "photo")
    with pytest.raises(DataError, match=r"'photo'.*20 pictures"):
        divide(Material(labels), {}, SplitSettings(test_per_label=30))


def test_a_group_larger_than_a_part_stays_in_training() -> None:
    """A series drawn on one template does not fill the test part on its own."""
    labels = pictures(100, "comic")
    names = sorted(labels)
    series = [(names[0], name) for name in names[1:60]]
    division = divide(Material(labels, series), {}, SETTINGS)

    assert {division.assigned[name].part for name in names[:60]} == {"train"}
    assert parts(division, labels)["comic"]["test"] == 10


def test_a_label_of_large_groups_only_is_measured_by_its_smallest() -> None:
    """A test part with nothing of a label would say nothing of it; validation can do without."""
    labels = pictures(100, "comic")
    names = sorted(labels)
    ties = [(names[0], s) for s in names[1:50]]
    ties += [(names[50], s) for s in names[51:70]]
    ties += [(names[70], s) for s in names[71:]]
    for seed in range(4):
        division = divide(Material(labels, ties), {}, SplitSettings(seed=seed))

        assert parts(division, labels)["comic"] == {"train": 80, "test": 20}
        assert [note.partition(":")[0] for note in division.notes] == ["validation part"]


def test_no_label_gives_all_it_has_for_the_sake_of_another() -> None:
    """A group that holds the last pictures of a label is trained on; the line says what lacks."""
    labels = pictures(100, "comic") | pictures(3, "photo")
    names = sorted(labels, key=lambda s: (labels[s], s))
    ties = [(names[97], s) for s in names[98:]]
    division = divide(Material(labels, ties), {}, SplitSettings(testing_percentage=60))

    assert {division.assigned[s].part for s in names[97:]} == {"train"}
    assert parts(division, labels)["comic"]["test"] == 60
    assert "label 'photo': nothing in the test part, where 2 were wanted" in division.notes[0]


def test_another_seed_draws_another_split() -> None:
    """And the same one the same."""
    labels = pictures(100, "comic")
    draws = [divide(Material(labels), {}, SplitSettings(seed=n)).assigned for n in (1, 1, 2)]

    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


def test_a_number_that_cannot_be_met_is_told() -> None:
    """The line names the label, what it has and what was wanted."""
    labels = pictures(60, "comic")
    names = sorted(labels)
    ties = [(names[n - n % 20], names[n]) for n in range(60)]
    division = divide(Material(labels, ties), {}, SplitSettings(test_per_label=30))

    assert parts(division, labels)["comic"]["test"] == 20
    assert len(division.notes) == 2
    assert all(word in division.notes[0] for word in ("'comic'", "20", "30", "by group"))
    assert all(word in division.notes[1] for word in ("validation part: no", "6", "3 groups"))


def test_an_empty_part_is_told_by_account() -> None:
    """Three accounts of twenty pictures each leave validation without any: one line says so."""
    labels = pictures(60, "comic")
    accounts = {s: (f"artist{n % 3}",) for n, s in enumerate(sorted(labels))}
    stuff = Material(labels, accounts=accounts)
    by_account = divide(stuff, {}, SplitSettings(by="account"))
    by_group = divide(stuff, {}, SplitSettings())
    told = [note for note in by_account.notes if note.startswith("validation part: no pictures")]

    assert parts(by_account, labels)["comic"].get("validation", 0) == 0
    assert len(told) == 1
    assert "by account are 3 groups" in told[0]
    assert by_group.notes == []


def test_what_trains_is_left_out_before_what_tests() -> None:
    """Fewer to learn from take nothing from the test part; old ones stay, new ones wait."""
    labels = pictures(100, "comic")
    plan = SplitSettings(test_per_label=10, train_per_label=20, validation_percentage=0)
    first = divide(Material(labels), {}, plan)
    grown = labels | pictures(50, "comic", 1)
    second = divide(Material(grown), first.assigned, plan)

    assert parts(first, labels)["comic"] == {"test": 10, "train": 20}
    assert first.left_out == {"comic": 70}
    assert second.assigned == first.assigned


def test_a_cap_is_filled_by_old_pictures_first_and_the_test_part_before_all() -> None:
    """Pictures that change their label may be one too many: one that trains goes."""
    comics, photos = pictures(20, "comic"), pictures(20, "photo")
    plan = SplitSettings(max_per_label=20)
    first = divide(Material(comics | photos), {}, plan)
    turned = min(s for s in photos if first.assigned[s].part == "test")
    labels = comics | photos | {turned: "comic"}
    second = divide(Material(labels), first.assigned, plan)
    gone = first.assigned.keys() - second.assigned.keys()

    assert second.left_out == {"comic": 1}
    assert {first.assigned[s].part for s in gone} == {"train"}


def test_a_group_that_falls_apart_leaves_its_name_to_one() -> None:
    """Two pictures that a person called different are two groups, each where it was."""
    labels = dict.fromkeys([c * 64 for c in "3456789"], "comic")
    ties = [("3" * 64, "5" * 64), ("3" * 64, "7" * 64)]
    first = divide(Material(labels, ties), {}, SETTINGS)
    labels["2" * 64] = "comic"
    joined = divide(Material(labels, [*ties, ("2" * 64, "3" * 64)]), first.assigned, SETTINGS)
    apart = divide(Material(labels), joined.assigned, SETTINGS)
    names = [one.group for one in apart.assigned.values()]

    assert len(set(names)) == len(labels)
    assert {s: one.part for s, one in apart.assigned.items()} == {
        s: one.part for s, one in joined.assigned.items()
    }


def test_the_draw_goes_by_the_oldest_picture() -> None:
    """A younger copy changes nothing, though nothing is remembered."""
    labels = pictures(200, "comic")
    firsts = {s: f"2024 {n}" for n, s in enumerate(sorted(labels))}
    copies = {f"{n:064x}": s for n, s in enumerate(sorted(labels))}
    grown = labels | dict.fromkeys(copies, "comic")
    later = firsts | {s: f"2025 {s}" for s in copies}
    plan = SplitSettings(testing_percentage=20, validation_percentage=0)
    one = divide(Material(labels, [], firsts), {}, plan)
    other = divide(Material(grown, list(copies.items()), later), {}, plan)

    assert {s: other.assigned[s] for s in labels} == one.assigned


def test_accounts_without_a_common_picture_are_parted_as_evenly_as_they_can_be() -> None:
    """Nine accounts of both labels: one is held out, one in nine of each label."""
    labels = pictures(90, "comic") | pictures(45, "photo")
    accounts = {s: (f"artist{n % 9}",) for n, s in enumerate(labels)}
    division = divide(Material(labels, accounts=accounts), {}, SplitSettings(by="account"))
    counts = parts(division, labels)

    assert (counts["comic"]["test"], counts["photo"]["test"]) == (10, 5)
    assert (counts["comic"]["validation"], counts["photo"]["validation"]) == (10, 5)
    assert len({one.group for one in division.assigned.values()}) == 9


def test_accounts_that_share_pictures_count_as_one() -> None:
    """The line says how many, and what to do."""
    labels = pictures(10, "comic") | pictures(10, "photo")
    accounts: dict[str, tuple[str, ...]] = {s: (f"a{n}",) for n, s in enumerate(labels)}
    accounts |= {s: ("ada", "eve") for s, label in labels.items() if label == "comic"}
    with pytest.raises(
        DataError, match=r"'comic': all its 10 pictures are of 2 accounts.*by group"
    ):
        divide(Material(labels, accounts=accounts), {}, SplitSettings(by="account"))
