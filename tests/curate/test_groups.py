"""Groups are stars, the same for any order, and the right picture is kept."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from curate.facts import Measure
from curate.forms import Proposals
from curate.groups import Candidate, Groups, Judge, Known, Prove, group, memberships
from curate.keep import choose, is_enlarged
from curate.measure import measure
from curate.same import Proof
from curate.settings import NearDuplicate
from curate.store.opinions import Pair
from harvest.ledger.picture import sniff
from harvest.ledger.records import Image as Content

SETTINGS = NearDuplicate()
NOTHING = Known({})


def facts(name: str, *, area: int = 100, hash64: int = 0) -> Measure:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return Measure(
        sha256, "v", "image/jpeg", 1000, area, 1, phash64=f"{hash64:016x}", phash256="0" * 64
    )


def candidate(some: Measure) -> Candidate:
    return Candidate.of(some, by_hand=False, seen_at="2024")


def grouping(pool: Sequence[Measure], prove: Prove, known: Known = NOTHING) -> Iterator[Any]:
    near = Proposals(pool, SETTINGS)
    return group([candidate(some) for some in pool], near, Judge(SETTINGS, known), prove)


def proof(tile: float) -> Proof:
    return Proof(tile, "re-encoded" if tile <= 7 else "other", (0, 0, 1, 1))


def grouped(
    pool: list[Measure], tiles: dict[frozenset[str], float], known: Known = NOTHING
) -> Groups:
    def prove(a: str, b: str, forms: frozenset[str]) -> Proof:
        return proof(tiles.get(frozenset({a, b}), 50.0))

    *_, last = grouping(pool, prove, known)
    assert isinstance(last, Groups)
    return last


def test_a_chain_of_small_steps_joins_no_two_ends() -> None:
    """Each member is proved against the centre, so the far end of a chain stays out."""
    a, b, c = (facts(name, area=area) for name, area in (("a", 300), ("b", 200), ("c", 100)))
    same = {frozenset({a.sha256, b.sha256}): 3.0, frozenset({b.sha256, c.sha256}): 3.0}
    found = grouped([c, a, b], same)
    members = memberships(found)

    assert found.stars == {a.sha256: (b.sha256,)}
    assert members[c.sha256].keeper == c.sha256
    assert len({members[x.sha256].kin for x in (a, b, c)}) == 1


def test_who_is_the_same_as_two_centres_joins_the_better_one() -> None:
    """Whichever of the two was given first."""
    a, b, c = (facts(name, area=area) for name, area in (("a", 300), ("b", 200), ("c", 100)))
    same = {frozenset({c.sha256, a.sha256}): 3.0, frozenset({c.sha256, b.sha256}): 3.0}

    found = grouped([a, b, c], same)

    assert found.stars == {a.sha256: (c.sha256,)}
    assert grouped([b, a, c], same).stars == found.stars
    assert {frozenset({p.a, p.b}) for p in found.pairs if p.kind == "same"} == set(same)


def test_any_order_of_input_gives_the_same_groups() -> None:
    """Stars depend on content alone."""
    pool = [facts(str(n), area=100 + n % 5, hash64=(1 << n % 7) - 1) for n in range(40)]
    rng = random.Random(3)
    tiles = {
        frozenset({a.sha256, b.sha256}): rng.choice((2.0, 9.0, 30.0))
        for a, b in itertools.combinations(pool, 2)
    }
    expected = grouped(pool, tiles)
    for seed in range(5):
        shuffled = list(pool)
        random.Random(seed).shuffle(shuffled)

        found = grouped(shuffled, tiles)

        assert (found.stars, found.pairs) == (expected.stars, expected.pairs)


def test_proofs_made_before_are_not_made_again() -> None:
    """A pair that the catalog knows is taken from there."""
    a, b = facts("a", area=2), facts("b", area=1)
    first, second = sorted((a.sha256, b.sha256))
    known = {(first, second): Pair(first, second, 0, 0, 1.0, "same", "re-encoded")}

    def prove(one: str, other: str, forms: frozenset[str]) -> Proof:
        raise AssertionError("proved again")

    [found] = grouping([a, b], prove, Known(known))

    assert isinstance(found, Groups)
    assert (found.stars, found.pairs) == ({a.sha256: (b.sha256,)}, (known[first, second],))


def test_many_copies_of_one_hash_are_compared_with_their_centre_alone() -> None:
    """A placeholder under 400 posts costs 399 proofs, not 80,000."""
    pool = [facts(str(n)) for n in range(400)]
    *proofs, groups = grouping(pool, lambda a, b, forms: proof(0.0))

    assert len(proofs) == 399
    assert isinstance(groups, Groups)
    assert [len(members) for members in groups.stars.values()] == [399]


class Files:
    """Candidates made of real files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, data: bytes, *, by_hand: bool = False, seen_at: str = "2024") -> Candidate:
        sha256 = hashlib.sha256(data).hexdigest()
        self.path(sha256).write_bytes(data)
        content = Content(sha256, sniff(data) or "", len(data))
        found = measure(content, self.path(sha256))
        return Candidate.of(found, by_hand=by_hand, seen_at=seen_at)

    def path(self, sha256: str) -> Path:
        return self._folder / sha256

    def keep(self, *some: Candidate) -> str:
        kept = {choose(list(order), self.path) for order in itertools.permutations(some)}
        assert len(kept) == 1
        return kept.pop()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_what_a_person_has_placed_is_kept_first(draw, files: Files) -> None:
    """A hand move outweighs every pixel."""
    large = files.add(draw.encode(draw.comic(1, (900, 600))))
    small = files.add(draw.encode(draw.comic(1, (900, 600)).resize((450, 300))), by_hand=True)

    assert files.keep(large, small) == small.sha256


@pytest.mark.parametrize("kind", ["comic", "photo"])
@pytest.mark.parametrize("scale", [0.5, 0.7])
def test_the_larger_picture_is_kept(draw, files: Files, kind: str, scale: float) -> None:
    """A copy scaled down loses to what it was made from, even when it is the better JPEG."""
    picture = getattr(draw, kind)(1, (800, 600))
    size = (round(800 * scale), round(600 * scale))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    large = files.add(draw.encode(picture, quality=60))
    better = files.add(draw.encode(small, "PNG"))

    assert files.keep(large, better) == large.sha256


@pytest.mark.parametrize("scale", [1.4, 2.0])
def test_an_enlargement_counts_no_more_than_its_original(draw, files: Files, scale: float) -> None:
    """Pixels without detail are no reason to keep a file."""
    picture = draw.comic(2, (600, 450))
    size = (round(600 * scale), round(450 * scale))
    original = files.add(draw.encode(picture, "PNG"))
    blown_up = files.add(draw.encode(picture.resize(size, Image.Resampling.BICUBIC), quality=85))

    assert is_enlarged(files.path(blown_up.sha256), (600, 450))
    assert files.keep(original, blown_up) == original.sha256


def test_of_equal_sizes_the_lossless_file_is_kept(draw, files: Files) -> None:
    """A PNG that a JPEG was made from outranks it."""
    picture = draw.photo(3)
    png, jpeg = files.add(draw.encode(picture, "PNG")), files.add(draw.encode(picture, quality=98))

    assert files.keep(png, jpeg) == png.sha256


def test_a_png_made_from_a_jpeg_adds_nothing(draw, files: Files) -> None:
    """With the very same pixels the JPEG is the original."""
    jpeg = files.add(draw.encode(draw.photo(3)))
    with Image.open(files.path(jpeg.sha256)) as decoded:
        png = files.add(draw.encode(decoded.convert("RGB"), "PNG"))

    assert files.keep(png, jpeg) == jpeg.sha256


def test_then_bytes_then_time_then_hash_decide(draw, files: Files) -> None:
    """Among equals: more bytes, the earlier sighting, the smaller sha256."""
    picture = draw.photo(4)
    rich = files.add(draw.encode(picture, quality=95), seen_at="2024")
    poor = files.add(draw.encode(picture, quality=50), seen_at="2010")
    one, twin = candidate(facts("one")), candidate(facts("twin"))
    early = Candidate.of(facts("other"), by_hand=False, seen_at="2010")

    assert files.keep(rich, poor) == rich.sha256
    assert files.keep(one, early) == early.sha256
    assert files.keep(one, twin) == min(one.sha256, twin.sha256)
