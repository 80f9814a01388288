"""The split keeps groups together and old pictures where they were."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from curate.settings import SplitSettings
from curate.split import Division, divide
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
    counts = parts(divide(labels, [], {}, SETTINGS), labels)

    assert counts["comic"] == {"train": 640, "validation": 80, "test": 80}
    assert counts["no_comic"] == {"train": 72, "validation": 9, "test": 9}


def test_a_number_for_the_test_part_is_met_exactly() -> None:
    """`test_per_label` counts pictures, whatever the size of the label."""
    labels = pictures(300, "comic") | pictures(50, "no_comic")
    counts = parts(divide(labels, [], {}, SplitSettings(test_per_label=30)), labels)

    assert counts["comic"]["test"] == counts["no_comic"]["test"] == 30
    assert counts["no_comic"]["train"] == 15


def test_groups_are_never_parted() -> None:
    """Tied pictures share a part and a group, over others that are not in the build too."""
    labels = pictures(400, "comic")
    names = sorted(labels)
    ties = [(names[i], names[i + 1]) for i in range(0, 200, 2)]
    over = [(names[300], "f" * 64), ("f" * 64, names[350])]
    division = divide(labels, [*ties, *over], {}, SETTINGS)
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
    one = divide(labels, ties, {}, SETTINGS)
    other = divide(dict(shuffled), [(b, a) for a, b in reversed(ties)], {}, SETTINGS)

    assert one.assigned == other.assigned


def test_adding_a_tenth_moves_nothing() -> None:
    """New pictures go where the parts lack some; every old one stays."""
    labels = pictures(500, "comic") | pictures(80, "photo")
    first = divide(labels, [], {}, SETTINGS)
    grown = labels | pictures(50, "comic", 1) | pictures(8, "photo", 1)
    second = divide(grown, [], first.assigned, SETTINGS)

    assert {s: second.assigned[s] for s in labels} == first.assigned
    assert second.joined == []
    assert parts(second, grown)["comic"] == {"train": 440, "validation": 55, "test": 55}


def test_a_picture_that_joins_two_groups_is_reported_and_the_test_part_keeps_its_own() -> None:
    """The others come to the test part; none leaves it."""
    labels = pictures(100, "comic")
    first = divide(labels, [], {}, SETTINGS)
    tested = min(s for s, one in first.assigned.items() if one.part == "test")
    trained = min(s for s, one in first.assigned.items() if one.part == "train")
    new = "5" * 64
    second = divide(
        labels | {new: "comic"}, [(tested, new), (new, trained)], first.assigned, SETTINGS
    )
    moved = {s for s in labels if second.assigned[s].part != first.assigned[s].part}

    assert moved == {trained}
    assert {second.assigned[s].part for s in (tested, trained, new)} == {"test"}
    assert len(second.joined) == 1
    assert "test" in second.joined[0]


def test_a_keeper_that_is_replaced_hands_its_part_on() -> None:
    """A better file of a test picture is a test picture."""
    labels = pictures(100, "comic")
    first = divide(labels, [], {}, SETTINGS)
    old = min(s for s, one in first.assigned.items() if one.part == "test")
    new = "7" * 64
    later = {s: label for s, label in labels.items() if s != old} | {new: "comic"}
    second = divide(later, [(old, new)], first.assigned, SETTINGS)

    assert second.assigned[new].part == "test"


def test_a_larger_test_part_holds_the_smaller_one() -> None:
    """Drawn anew with more, the test part keeps what chance gave it first."""
    labels = pictures(300, "comic")
    ten = divide(labels, [], {}, SETTINGS).assigned
    twenty = divide(labels, [], {}, SplitSettings(testing_percentage=20)).assigned

    assert {s for s in ten if ten[s].part == "test"} <= {
        s for s in twenty if twenty[s].part == "test"
    }


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_small_labels_keep_something_to_train_on(count: int) -> None:
    """From three pictures on, a label is in every part."""
    labels = pictures(count, "comic")
    counts = parts(divide(labels, [], {}, SETTINGS), labels)["comic"]

    assert counts["train"] >= 1
    assert count < 3 or min(counts["validation"], counts["test"]) == 1


def test_a_label_that_the_test_part_would_eat_is_refused() -> None:
    """The line names the label, its number, and what to change."""
    labels = pictures(100, "comic") | pictures(20, "photo")
    with pytest.raises(DataError, match=r"'photo'.*20 pictures"):
        divide(labels, [], {}, SplitSettings(test_per_label=30))


def test_a_group_larger_than_a_part_stays_in_training() -> None:
    """A series drawn on one template does not fill the test part on its own."""
    labels = pictures(100, "comic")
    names = sorted(labels)
    series = [(names[0], name) for name in names[1:60]]
    division = divide(labels, series, {}, SETTINGS)

    assert {division.assigned[name].part for name in names[:60]} == {"train"}
    assert parts(division, labels)["comic"]["test"] == 10
