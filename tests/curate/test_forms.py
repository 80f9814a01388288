"""Which pictures hash alike, in any of their forms."""

from __future__ import annotations

import random
from itertools import product

import pytest

from curate.cuts import CUTS
from curate.facts import Measure
from curate.forms import Near, Proposals, forms_of
from curate.settings import NearDuplicate
from harvest.ledger.fingerprint import hamming

FAR = (1 << 256) - 1
ORDER = ["plain", "trimmed", "inner", "mirror", "flip", *CUTS]
CORNER = ("less top left",)
WIDE = ((1 << 90) - 1) << 100


def facts(name: str, **hashes: int) -> Measure:
    """Hashes of 256 bits by form; the 64-bit ones are their lowest bits."""
    plain = hashes.get("phash", 0)
    given = {"phash": 0, "mirror": FAR, "flip": FAR >> 1, "trimmed": plain, "inner": plain}
    words = {}
    cuts = b"".join(packed(hashes.get(name, plain)) for name in CUTS)
    for form, value in (given | {n: v for n, v in hashes.items() if n not in CUTS}).items():
        words[f"{form}64"] = f"{value & 0xFFFFFFFFFFFFFFFF:016x}"
        words[f"{form}256"] = f"{value:064x}"
    return Measure(name, "v", "image/png", 1, cuts=cuts, **words)


def packed(value: int) -> bytes:
    return (value & 0xFFFFFFFFFFFFFFFF).to_bytes(8) + value.to_bytes(32)


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
        ({"phash": PATTERN}, {"phash": 7 << 99, "inner": PATTERN ^ 1}, {"inner"}),
        ({"phash": 7 << 99, "inner": PATTERN ^ 1}, {"phash": PATTERN}, {"inner"}),
        ({"phash": 7, "inner": PATTERN}, {"phash": WIDE, "trimmed": PATTERN}, {"inner"}),
        ({"phash": PATTERN}, {"phash": 7 << 99, "less top": PATTERN ^ 1}, {"less top"}),
        ({"phash": 7 << 99, "less right": PATTERN ^ 1}, {"phash": PATTERN}, {"less right"}),
        ({"phash": 7, "less top left": PATTERN}, {"phash": WIDE, "trimmed": PATTERN}, {*CORNER}),
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


@pytest.mark.parametrize("form", ["mirror", "flip", "inner", "less left"])
def test_two_mirrors_or_two_parts_are_no_pair_of_their_own(form: str) -> None:
    """One of each pair is the picture as it is, or without its margins."""
    first, second = (
        facts(name, phash=n << 90, **{form: PATTERN}) for name, n in (("a", 0), ("b", FAR >> 99))
    )

    assert near(first, second) == {}


def test_proposals_are_those_of_comparing_every_form_with_every_other() -> None:
    """Of pictures admitted so far, each with its nearest distances; the others are not there."""
    rng = random.Random(4)
    stems = [rng.getrandbits(256) for _ in range(6)]

    def word() -> int:
        return rng.choice(stems) ^ sum({1 << rng.randrange(256) for _ in range(rng.randrange(40))})

    kinds = ("phash", "trimmed", "inner", "mirror", "flip", *CUTS)
    pool = [facts(str(n), **{kind: word() for kind in kinds}) for n in range(120)]
    settings = NearDuplicate(max_distance64=8, max_distance256=40)
    proposals = Proposals(pool, settings)
    admitted = list(range(0, 120, 3))
    for number in admitted:
        proposals.admit(number)
    found = {n: proposals.near(n) for n in range(120) if n not in admitted}

    assert found == {n: compared(n, admitted, pool, settings) for n in found}
    assert sum(map(len, found.values())) > 100


def compared(
    mine: int, others: list[int], pool: list[Measure], settings: NearDuplicate
) -> dict[int, Near]:
    met: dict[int, Near] = {}
    for other in others:
        for (a, *one), (b, *two) in product(forms_of(pool[mine]), forms_of(pool[other])):
            if not {a, b} & {"plain", "trimmed"} or b in ("mirror", "flip"):
                continue
            short, long = (hamming(x, y) for x, y in zip(one, two, strict=True))
            if short <= settings.max_distance64 and long <= settings.max_distance256:
                now = Near(short, long, frozenset({max(a, b, key=ORDER.index)}))
                met[other] = met[other].joined(now) if other in met else now
    return met


def test_a_symmetrical_picture_is_not_its_own_mirror() -> None:
    """A form that hashes as the picture itself tells nothing."""
    assert [name for name, *_ in forms_of(facts("a", phash=5, mirror=5, flip=5))] == ["plain"]
