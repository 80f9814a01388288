"""Which pictures hash alike, in any of their forms."""

from __future__ import annotations

import pytest

from curate.facts import Measure
from curate.forms import Proposals, forms_of
from curate.settings import NearDuplicate

FAR = (1 << 256) - 1


def facts(name: str, **hashes: int) -> Measure:
    """Hashes of 256 bits by form; the 64-bit ones are their lowest bits."""
    given = {"phash": 0, "mirror": FAR, "flip": FAR >> 1, "trimmed": hashes.get("phash", 0)}
    words = {}
    for form, value in (given | hashes).items():
        words[f"{form}64"] = f"{value & 0xFFFFFFFFFFFFFFFF:016x}"
        words[f"{form}256"] = f"{value:064x}"
    return Measure(name, "v", "image/png", 1, **words)


def near(first: Measure, second: Measure, **settings: int) -> dict[int, frozenset[str]]:
    proposals = Proposals([first, second], NearDuplicate.model_validate(settings))
    proposals.admit(0)
    return {n: how.forms for n, how in proposals.near(1).items()}


PATTERN = 0x0F0F_3355_0FF0_1234_5678_9ABC_DEF0_1357_2468_ACE0_BDF1_0246_8ACE_1111_7777_0C0C


@pytest.mark.parametrize(
    ("first", "second", "forms"),
    [
        ({"phash": PATTERN}, {"phash": PATTERN ^ 0b1011}, {"plain"}),
        ({"phash": 7, "trimmed": PATTERN}, {"phash": PATTERN}, {"trimmed"}),
        ({"phash": PATTERN}, {"phash": 7 << 99, "trimmed": PATTERN}, {"trimmed"}),
        ({"phash": PATTERN}, {"phash": 7 << 99, "mirror": PATTERN ^ 1}, {"mirror"}),
        ({"phash": PATTERN}, {"phash": 7 << 99, "flip": PATTERN}, {"flip"}),
        ({"phash": PATTERN}, {"phash": PATTERN, "mirror": PATTERN ^ 1}, {"plain", "mirror"}),
    ],
)
def test_a_pair_is_near_in_these_forms(first, second, forms: set[str]) -> None:
    """Plain or trimmed of the one, any form of the other."""
    assert near(facts("a", **first), facts("b", **second)) == {0: forms}


def test_both_hashes_have_to_be_near() -> None:
    """64 bits propose, 256 decide, and each has its own limit."""
    first = facts("a", phash=PATTERN)

    assert near(first, facts("b", phash=PATTERN ^ (((1 << 65) - 1) << 100))) == {}
    assert near(first, facts("b", phash=PATTERN ^ (((1 << 64) - 1) << 100))) == {0: {"plain"}}
    assert near(first, facts("b", phash=PATTERN ^ 0x7FF)) == {}
    assert near(first, facts("b", phash=PATTERN ^ 0x3FF)) == {0: {"plain"}}


def test_two_mirrors_are_no_pair_of_their_own() -> None:
    """Forms that are turned are looked for among those that are not."""
    first, second = (
        facts(name, phash=n << 90, mirror=PATTERN) for name, n in (("a", 0), ("b", FAR >> 99))
    )

    assert near(first, second) == {}


def test_a_symmetrical_picture_is_not_its_own_mirror() -> None:
    """A form that hashes as the picture itself tells nothing."""
    assert [name for name, *_ in forms_of(facts("a", phash=5, mirror=5, flip=5))] == ["plain"]
