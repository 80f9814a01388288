"""What is done to a picture, and what the check makes of it: recall, and nothing merged wrongly.

The pictures are the sandbox's drawings. With WINNOW_PICTURES=FOLDER the same is asked of the
pictures below that folder, and the figures are printed (`pytest -s`).
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageOps

from curate.facts import Measure
from curate.forms import Proposals
from curate.groups import Candidate, Groups, Judge, Known, group
from curate.kinds import BORDER, FLIP, MIRROR
from curate.measure import measure
from curate.same import Proof, Prover
from curate.settings import NearDuplicate
from harvest.ledger.picture import PictureError, open_picture, sniff
from harvest.ledger.records import Image as Content
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS, SCENES, TEMPLATE

SIZES = ((400, 320), (330, 420), (480, 360), (420, 420), (520, 260))
SETTINGS = NearDuplicate()


def jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def scaled(picture: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def cropped(picture: Image.Image, share: float) -> Image.Image:
    wide, high = (round(side * share / 2) for side in picture.size)
    return picture.crop((wide, high, picture.width - wide, picture.height - high))


def cut(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> bytes:
    """Shares of the sides are cut off."""
    wide, high = picture.size
    box = (left * wide, top * high, wide - right * wide, high - bottom * high)
    return jpeg(picture.crop([round(side) for side in box]), 85)


def marked(picture: Image.Image, place: tuple[float, float], anchor: str) -> Image.Image:
    layer = Image.new("RGBA", picture.size)
    at = (picture.width * place[0], picture.height * place[1])
    ImageDraw.Draw(layer).text(
        at,
        "© example.org",
        (255, 255, 255, 150),
        font_size=max(12, min(picture.size) // 14),
        anchor=anchor,
        stroke_width=1,
        stroke_fill=(0, 0, 0, 150),
    )
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def framed(picture: Image.Image, wide: float, high: float, colour: str) -> Image.Image:
    border = (round(picture.width * wide), round(picture.height * high))
    return ImageOps.expand(picture, border, colour)


Change = Callable[[Image.Image], bytes]

SAME: dict[str, Change] = {
    **{f"q{q}": lambda p, q=q: jpeg(p, q) for q in (30, 60, 95)},
    **{f"x{s}": lambda p, s=s: jpeg(scaled(p, s), 85) for s in (0.3, 0.5, 0.75)},
    "x0.3 q40": lambda p: jpeg(scaled(p, 0.3), 40),
    "gray": lambda p: jpeg(p.convert("L"), 80),
}
KEPT: dict[str, Change] = {
    "crop": lambda p: jpeg(cropped(p, 0.05), 85),
    "watermark corner": lambda p: jpeg(marked(p, (0.97, 0.97), "rd"), 85),
    "watermark centre": lambda p: jpeg(marked(p, (0.5, 0.5), "mm"), 85),
    "mirror": lambda p: jpeg(ImageOps.mirror(p), 80),
    "mirror x0.5": lambda p: jpeg(scaled(ImageOps.mirror(p), 0.5), 80),
    "flip": lambda p: jpeg(ImageOps.flip(p), 80),
    "border white": lambda p: jpeg(framed(p, 0.05, 0.05, "white"), 85),
    "border black": lambda p: jpeg(framed(p, 0.05, 0.05, "black"), 85),
    "letterbox": lambda p: jpeg(framed(p, 0, 0.12, "black"), 85),
}
CUT: dict[str, Change] = {
    "5 % left": lambda p: cut(p, 0.05, 0, 0, 0),
    "5 % top": lambda p: cut(p, 0, 0.05, 0, 0),
    "5 % right": lambda p: cut(p, 0, 0, 0.05, 0),
    "5 % bottom": lambda p: cut(p, 0, 0, 0, 0.05),
    "5 % left, top": lambda p: cut(p, 0.05, 0.05, 0, 0),
    "5 % right, top": lambda p: cut(p, 0, 0.05, 0.05, 0),
    "5 % left, bottom": lambda p: cut(p, 0.05, 0, 0, 0.05),
    "5 % right, bottom": lambda p: cut(p, 0, 0, 0.05, 0.05),
    "10 % left": lambda p: cut(p, 0.1, 0, 0, 0),
    "10 % top": lambda p: cut(p, 0, 0.1, 0, 0),
    "10 % right": lambda p: cut(p, 0, 0, 0.1, 0),
    "10 % bottom": lambda p: cut(p, 0, 0, 0, 0.1),
}
NAMED = {
    "mirror": MIRROR,
    "mirror x0.5": MIRROR,
    "flip": FLIP,
    "border white": BORDER,
    "border black": BORDER,
    "letterbox": BORDER,
}


@dataclass
class Suite:
    """Pictures, what was made of them, and what the groups say."""

    folder: Path
    bases: list[str] = field(default_factory=list)
    made: dict[tuple[str, str], str] = field(default_factory=dict)
    facts: dict[str, Measure] = field(default_factory=dict)

    def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / sha256
        path.write_bytes(data)
        self.facts[sha256] = measure(Content(sha256, sniff(data) or "", len(data)), path)
        return sha256

    def add_base(self, data: bytes, changes: dict[str, Change]) -> None:
        base = self.add(data)
        if base in self.bases:
            return
        self.bases.append(base)
        picture = open_picture(data).rgb
        for name, change in changes.items():
            self.made[base, name] = self.add(change(picture))

    def judge(self) -> Judged:
        prover = Prover(lambda sha256: self.folder / sha256)

        def prove(one: str, other: str, forms: frozenset[str]) -> Proof:
            return prover.prove(one, other, forms)

        near = Proposals(self.facts.values(), SETTINGS)
        some = [Candidate.of(f, by_hand=False, seen_at="2024") for f in self.facts.values()]
        *_, groups = group(some, near, Judge(SETTINGS, Known({})), prove)
        assert isinstance(groups, Groups)
        return Judged(self, groups)


class Judged:
    """The groups of a suite, asked by name."""

    def __init__(self, suite: Suite, groups: Groups) -> None:
        self._suite = suite
        self.groups = groups
        self._star = {s: centre for centre, some in groups.stars.items() for s in (centre, *some)}
        self._pairs = {frozenset({p.a, p.b}): p for p in groups.pairs}

    def merged(self, one: str, other: str) -> bool:
        return self._star.get(one, one) == self._star.get(other, other)

    def how(self, base: str, name: str) -> str:
        """`same`, the name of the variant, or nothing."""
        other = self._suite.made[base, name]
        if self.merged(base, other):
            return "same"
        centres = frozenset({self._star.get(base, base), self._star.get(other, other)})
        pair = self._pairs.get(centres)
        return "" if pair is None or pair.kind == "unlike" else pair.how

    def shares(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for base, name in self._suite.made:
            found.setdefault(name, Counter())[self.how(base, name)] += 1
        return found

    def merged_bases(self) -> list[tuple[str, str]]:
        """Pictures that are not one, in one star: each base and what was made of it is one."""
        mine = {made: base for (base, _), made in self._suite.made.items()}
        found = set()
        for centre, some in self.groups.stars.items():
            owners = {mine.get(s, s) for s in (centre, *some)}
            if len(owners) > 1:
                found.add(tuple(sorted(owners))[:2])
        return sorted((a, b) for a, b in found)


def drawings(count: int) -> Iterator[bytes]:
    styles = (*ARTISTS, *SCENES)
    for n in range(count):
        picture = draw(styles[n % len(styles)], 7000 + n, *SIZES[n % len(SIZES)])
        yield jpeg(picture, 92)


def templates(count: int) -> list[bytes]:
    every = [(560, 700), (640, 800), (600, 600), (400, 480)]
    return [jpeg(draw(TEMPLATE, n, *size), 92) for size in every for n in range(count)]


def check_recall(found: dict[str, Counter[str]], count: int, *, crops_lost: float) -> None:
    wrong = {name: found[name] for name in SAME if found[name]["same"] != count}
    lost = {name: found[name][""] / count for name in KEPT}
    named = {name: found[name][how] / count for name, how in NAMED.items()}

    assert wrong == {}
    assert lost["crop"] <= crops_lost
    assert max(lost["watermark corner"], lost["watermark centre"]) <= 0.02
    assert min(named[name] for name in NAMED if "mirror" in name or name == "flip") >= 0.98
    assert min(named[name] for name in NAMED if NAMED[name] == BORDER) >= 0.93
    assert all(found[name]["same"] == 0 for name in ("mirror", "flip"))


@pytest.mark.parametrize(
    "count", [17, pytest.param(204, marks=pytest.mark.soak)], ids=["few", "all"]
)
def test_what_is_made_of_a_picture_is_found_and_nothing_else(tmp_path: Path, count: int) -> None:
    """Recompressed, resized and grey copies are the same; crops, marks, mirrors, borders are kept.

    No two drawings are merged, nor any two strips that differ in their words alone.
    """
    suite = Suite(tmp_path)
    for data in drawings(count):
        suite.add_base(data, SAME | KEPT)
    for data in templates(3 if count < 100 else 8):
        suite.add_base(data, {"q60": SAME["q60"]})
    judged = suite.judge()
    found = judged.shares()
    print({name: dict(some) for name, some in found.items()})  # noqa: T201
    strips = Counter(judged.how(b, "q60") for b in suite.bases[count:])

    assert judged.merged_bases() == []
    assert strips == {"same": len(suite.bases) - count}
    found["q60"] -= strips
    # Of a few, one is more than one in twenty.
    check_recall(found, count, crops_lost=max(0.05, 1 / count))


def check_cuts(found: dict[str, Counter[str]], count: int) -> None:
    lost = {name: found[name][""] / count for name in CUT}
    same = {name: found[name]["same"] for name in CUT}

    assert {name: share for name, share in lost.items() if share > 0.05} == {}
    assert set(same.values()) == {0}


@pytest.mark.parametrize(
    "count", [10, pytest.param(68, marks=pytest.mark.soak)], ids=["few", "all"]
)
def test_crops_off_one_side_or_one_corner_are_variants(tmp_path: Path, count: int) -> None:
    """5 % off any corner, 5 % and 10 % off any side: 95 in 100 are found, and none is merged."""
    suite = Suite(tmp_path)
    for data in drawings(count):
        suite.add_base(data, CUT)
    judged = suite.judge()

    assert judged.merged_bases() == []
    # Of a few, one is more than one in twenty.
    check_cuts(judged.shares(), max(count, 20))


@pytest.mark.soak
@pytest.mark.skipif("WINNOW_PICTURES" not in os.environ, reason="WINNOW_PICTURES names no folder")
def test_the_same_holds_of_pictures_from_outside(tmp_path: Path) -> None:
    """Real pictures are told apart as drawings are."""
    every = sorted(p for p in Path(os.environ["WINNOW_PICTURES"]).rglob("*") if p.is_file())
    suite = Suite(tmp_path)
    for path in every[:: max(1, len(every) // 240)]:
        data = path.read_bytes()
        try:
            if min(open_picture(data).rgb.size) >= 100:
                suite.add_base(data, SAME | KEPT | CUT)
        except PictureError:
            continue
    judged = suite.judge()
    found = judged.shares()
    print(len(suite.bases), {name: dict(some) for name, some in found.items()})  # noqa: T201
    print("merged", judged.merged_bases())  # noqa: T201

    assert judged.merged_bases() == []
    check_recall(found, len(suite.bases), crops_lost=0.05)
    check_cuts(found, len(suite.bases))
