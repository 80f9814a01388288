"""Stars stand round the picture that is kept, whichever was the largest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from curate.groups import Candidate, Groups, Judge, Known
from curate.keepers import Stars
from curate.measure import measure
from curate.same import Proof
from curate.settings import NearDuplicate
from curate.store.opinions import Pair
from harvest.ledger.picture import sniff
from harvest.ledger.records import Image as Content


class Files:
    """Candidates made of real files, and a proof that is told beforehand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.candidates: dict[str, Candidate] = {}
        self.tiles: dict[frozenset[str], float] = {}
        self.apart: set[tuple[str, str]] = set()
        self.proved: list[frozenset[str]] = []

    def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.path(sha256).write_bytes(data)
        content = Content(sha256, sniff(data) or "", len(data))
        facts = measure(content, self.path(sha256))
        self.candidates[sha256] = Candidate.of(facts, by_hand=False, seen_at="2024")
        return sha256

    def path(self, sha256: str) -> Path:
        return self._folder / sha256

    def prove(self, one: str, other: str, forms: frozenset[str]) -> Proof:
        self.proved.append(frozenset({one, other}))
        return Proof(self.tiles.get(frozenset({one, other}), 2.0), "resized", (0, 0, 1, 1))

    def stars(self, centre: str, *members: str, others: Sequence[Pair] = ()) -> Groups:
        pairs = list(others)
        for member in members:
            a, b = sorted((centre, member))
            pairs.append(Pair(a, b, 0, 0, 2.0, "same", "resized"))
        judge = Judge(NearDuplicate(), Known({}, apart=self.apart))
        stars = Stars(self.candidates, lambda a, b: (0, 0), judge, self.prove, pairs)
        return stars.round_keepers(Groups({centre: members}, tuple(pairs)), self.path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def trio(draw, files: Files) -> tuple[str, str, str]:
    """(an enlargement, its original, a poor copy)."""
    picture = draw.comic(2, (600, 450))
    large = picture.resize((1200, 900), Image.Resampling.BICUBIC)
    return (
        files.add(draw.encode(large, quality=85)),
        files.add(draw.encode(picture, "PNG")),
        files.add(draw.encode(picture, quality=40)),
    )


def test_an_enlargement_loses_its_star_to_its_original(files: Files, trio) -> None:
    """Each member is proved against the original too, not only against the largest."""
    blown_up, original, poor = trio
    found = files.stars(blown_up, original, poor)

    assert {k: set(v) for k, v in found.stars.items()} == {original: {blown_up, poor}}
    assert files.proved == [frozenset({original, poor})]
    assert {frozenset({p.a, p.b}) for p in found.pairs} >= {
        frozenset({original, blown_up}),
        frozenset({original, poor}),
    }


def test_what_is_not_the_same_as_the_keeper_leaves(files: Files, trio) -> None:
    """Like the enlargement and unlike the original: it stands for itself."""
    blown_up, original, poor = trio
    files.tiles[frozenset({original, poor})] = 30.0
    found = files.stars(blown_up, original, poor)

    assert found.stars == {original: (blown_up,)}
    assert [p.kind for p in found.pairs if {p.a, p.b} == {original, poor}] == ["variant"]


def test_what_leaves_together_stays_together(draw, files: Files, trio) -> None:
    """Two that leave a star and are the same make a star of their own."""
    blown_up, original, poor = trio
    poorer = files.add(draw.encode(draw.comic(2, (600, 450)), quality=30))
    for sha256 in (poor, poorer):
        files.tiles[frozenset({original, sha256})] = 30.0
    found = files.stars(blown_up, original, poor, poorer)

    assert found.stars == {original: (blown_up,), poor: (poorer,)}


def test_the_keeper_is_not_joined_by_what_was_told_apart_from_it(files: Files, trio) -> None:
    """A person's word holds whatever becomes the centre."""
    blown_up, original, poor = trio
    files.apart.add(tuple(sorted((original, poor))))
    found = files.stars(blown_up, original, poor)

    assert found.stars == {original: (blown_up,)}


@pytest.mark.parametrize("quality", [75, 98])
def test_an_enlargement_of_more_bytes_loses(draw, files: Files, quality: int) -> None:
    """However good its encoder: it shows no more than its original."""
    picture = draw.comic(2, (600, 450))
    original = files.add(draw.encode(picture, quality=80))
    large = picture.resize((900, 675), Image.Resampling.LANCZOS)
    enlarged = files.add(draw.encode(large, quality=quality))

    assert files.stars(enlarged, original).stars == {original: (enlarged,)}


def test_what_the_former_centre_was_near_is_proved_against_the_keeper(files: Files, trio) -> None:
    """An enlargement in the middle does not part a copy from its original."""
    blown_up, original, poor = trio
    a, b = sorted((blown_up, poor))
    near = Pair(a, b, 2, 2, 9.0, "unsure", "hashes alike")
    found = files.stars(blown_up, original, others=[near])

    assert {k: set(v) for k, v in found.stars.items()} == {original: {blown_up, poor}}


def test_a_copy_joins_its_original_though_a_larger_one_came_first(files: Files, trio) -> None:
    """The same as both, of which nobody can say that they are one: the better one has it."""
    blown_up, original, poor = trio
    files.tiles[frozenset({blown_up, original})] = 9.0
    a, b = sorted((original, poor))
    found = files.stars(blown_up, poor, others=[Pair(a, b, 0, 0, 2.0, "same", "re-encoded")])

    assert found.stars == {original: (poor,)}
