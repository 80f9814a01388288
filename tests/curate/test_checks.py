"""Each check flags what it is for, and nothing else."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from curate.checks.blank import Blank
from curate.checks.catalogue import CHECKS
from curate.checks.placeholder import Placeholder
from curate.checks.protocol import Check
from curate.checks.too_heavy import TooHeavy
from curate.checks.too_small import TooSmall
from curate.facts import Appearance, Measure, Verdict
from curate.measure import measure
from curate.settings import ChecksSettings
from harvest.ledger.records import Image

ORDINARY = Measure(
    "0" * 64,
    "v",
    "image/jpeg",
    80_000,
    640,
    480,
    "RGB",
    1,
    deviation=60.0,
    entropy=6.0,
    blur=900.0,
    brightness=140.0,
)

FLAWS = {
    "corrupt": {"fault": "truncated", "detail": "image file is truncated"},
    "wrong_format": {"media_type": "image/x-icon"},
    "too_heavy": {"n_bytes": 33 * 2**20},
    "too_small": {"width": 63},
    "blank": {"deviation": 0.4},
    "odd_aspect": {"width": 640 * 9},
    "animated": {"frames": 2, "media_type": "image/gif"},
    "dark": {"brightness": 19.0},
    "light": {"brightness": 253.0},
    "blurry": {"blur": 3.0},
}
SEEN = {
    "placeholder": Appearance(posts=10),
    "replaced": Appearance(stands_in="replaced", lock="a.lock.csv"),
    "sensitive": Appearance(sensitive=True),
}

REJECTING = {"corrupt", "wrong_format", "too_heavy", "too_small", "blank", "replaced", "sensitive"}
"""What is set aside unless the settings say otherwise; the others warn."""


def judged(check: Check, name: str) -> Verdict:
    """The verdict on a picture with one flaw."""
    return check.judge(replace(ORDINARY, **FLAWS.get(name, {})), SEEN.get(name, Appearance()))


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.name)
def test_each_check_finds_its_own_flaw_and_passes_the_others(kind: type[Check]) -> None:
    """A check answers to its own flaw, with a reason and the action it has, and to no other."""
    own = judged(kind(), kind.name)
    others = [judged(kind(), name) for name in (*FLAWS, *SEEN) if name != kind.name]

    assert (own.flagged, own.warned) == (kind.name in REJECTING, kind.name not in REJECTING)
    assert own.reason
    assert own.check == kind.name
    assert not any(verdict.flagged or verdict.warned for verdict in others)
    assert not kind().judge(ORDINARY).flagged


def test_a_placeholder_by_harvests_word() -> None:
    """What harvest found in the place of published pictures is set aside, however rare it is."""
    check = Placeholder()
    found = [check.judge(ORDINARY, Appearance(stands_in="placeholder", lock=x)) for x in ("a", "")]
    other = check.judge(ORDINARY, Appearance(stands_in="replaced", lock="a"))

    assert [verdict.flagged for verdict in found] == [True, True]
    assert found[0].reason == "it stands where a has other pictures"
    assert not (other.flagged or other.warned)


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("action", ["reject", "warn"])
def test_the_settings_say_what_follows(kind: type[Check], action: str) -> None:
    """Any check can set aside or only warn; its score is the same."""
    own = judged(kind(action=action), kind.name)

    assert (own.flagged, own.warned) == (action == "reject", action == "warn")
    assert own.score == judged(kind(), kind.name).score


def test_every_check_can_be_set_and_most_are_on() -> None:
    """The settings have a field for each check of the catalogue; two wait to be asked for."""
    settings = ChecksSettings()
    asked = ChecksSettings.model_validate({"blurry": True, "sensitive": {"action": "warn"}})
    off = {"blurry", "sensitive"}

    assert [type(c) for c in settings.enabled()] == [k for k in CHECKS if k.name not in off]
    assert [type(c) for c in asked.enabled()] == list(CHECKS)
    assert settings.near_duplicate is not None


def test_every_check_and_threshold_stands_in_the_readme() -> None:
    """The table has a row for each check, and each threshold with its default."""
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    table = text[text.index("### What is checked") : text.index("### How a data set is divided")]
    fields = {
        (kind.name, name): field.default
        for kind in CHECKS
        for name, field in kind.model_fields.items()
        if name != "action"
    }
    missing = [
        (check, name)
        for (check, name), default in fields.items()
        if f"`{check}`" not in table
        or (isinstance(default, float | int) and f"`{name}` ({default:g}" not in table)
        if name not in ("max_bytes", "max_pixels")
    ]

    assert missing == []


def test_a_picture_over_the_pixel_budget_is_heavy_and_not_corrupt() -> None:
    """A bomb that was never decoded counts for its size."""
    bomb = replace(ORDINARY, width=0, height=0, fault="too_many_pixels", detail="30000 x 30000")
    flagged = [check.name for check in ChecksSettings().enabled() if check.judge(bomb).flagged]

    assert flagged == ["too_heavy"]


def test_what_was_too_large_to_open_is_told_by_the_limit_that_is_set(tmp_path: Path) -> None:
    """The picture's own pixels, and ours: no other number of any library."""
    header = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    ]
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    facts = measure(Image("0" * 64, "image/png", path.stat().st_size), path)
    verdict = TooHeavy(max_pixels=1_000_000).judge(facts)

    assert verdict.flagged
    assert verdict.reason == "200,000,000 pixels, over 1,000,000"
    assert verdict.score == 200


@pytest.mark.parametrize(
    ("facts", "flagged", "warned"),
    [
        ({"n_bytes": 1_999}, True, False),
        ({"n_bytes": 2_000}, False, True),
        ({"n_bytes": 19_999}, False, True),
        ({"n_bytes": 20_000}, False, False),
        ({"n_bytes": 500, "deviation": 0.1}, False, False),
        ({"n_bytes": 500, "fault": "truncated"}, False, False),
        ({"width": 64, "height": 64}, False, False),
        ({"width": 64, "height": 63}, True, False),
        ({"width": 99, "height": 100}, True, False),
    ],
)
def test_few_bytes_are_a_limit_and_a_warning(facts, flagged: bool, warned: bool) -> None:
    """Under 2 KB is set aside, under 20 KB warned of; a flat or broken file is others' concern."""
    pixels = 10_000 if facts.get("width") == 99 else 0
    verdict = TooSmall(min_pixels=pixels).judge(replace(ORDINARY, **facts))

    assert (verdict.flagged, verdict.warned) == (flagged, warned)


def of_file(picture: Pillow.Image, path: Path, draw, form: str = "JPEG") -> Measure:
    path.write_bytes(draw.encode(picture, form))
    return measure(Image("0" * 64, "image/jpeg", path.stat().st_size), path)


def found(facts: Measure, **settings: object) -> list[str]:
    checks = ChecksSettings.model_validate(settings).enabled()
    return [v.check for v in (c.judge(facts) for c in checks) if v.flagged or v.warned]


def test_a_white_page_with_a_small_drawing_is_not_blank(draw, tmp_path: Path) -> None:
    """Pixel statistics tell a sparse comic from an empty page, at any size."""
    names = []
    for size in ((400, 300), (2400, 3200)):
        page = Pillow.new("RGB", size, (255, 255, 255))
        pen = ImageDraw.Draw(page)
        pen.ellipse((40, 40, 40 + size[0] // 10, 40 + size[0] // 10), outline=(0, 0, 0), width=3)
        pen.text((size[0] // 2, size[1] // 2), "hm.", fill=(0, 0, 0), font_size=size[0] // 30)
        names += found(of_file(page, tmp_path / "page.jpg", draw))

    assert set(names) <= {"light", "too_small"}
    assert "light" in names


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (12, 200, 90), (128, 128, 128)])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_page_of_one_colour_is_blank(draw, tmp_path: Path, colour, form: str) -> None:
    """Flat is flat in any colour and format, with the noise of a JPEG too."""
    facts = of_file(Pillow.new("RGB", (500, 400), colour), tmp_path / "flat", draw, form)
    flagged = [c.name for c in ChecksSettings().enabled() if c.judge(facts).flagged]

    assert flagged == ["blank"]


def test_two_colours_of_one_brightness_are_not_blank(draw, tmp_path: Path) -> None:
    """Flatness looks at colour too."""
    page = Pillow.new("RGB", (400, 400), (200, 60, 60))
    page.paste((60, 130, 66), (0, 0, 200, 400))
    facts = of_file(page, tmp_path / "two.png", draw, "PNG")

    assert facts.deviation > 20
    assert found(facts, too_small=False) == []


def test_what_is_blurred_beyond_use_is_blurry_at_any_size(draw, tmp_path: Path) -> None:
    """The same picture at two sizes scores alike; only the blurred ones are under the line."""
    sharp = draw.photo(3, (1600, 1200))
    soft = draw.comic(3, (1600, 1200)).filter(ImageFilter.GaussianBlur(40))
    scores = []
    for picture in (draw.comic(3, (1600, 1200)), soft):
        for size in ((1600, 1200), (660, 495)):
            facts = of_file(picture.resize(size, Pillow.Resampling.LANCZOS), tmp_path / "a", draw)
            scores.append((facts.blur, "blurry" in found(facts, blurry=True)))

    assert [blurry for _, blurry in scores] == [False, False, True, True]
    assert scores[0][0] == pytest.approx(scores[1][0], rel=0.25)
    assert "blurry" not in found(of_file(sharp, tmp_path / "b", draw))


def test_only_what_moves_is_animated(draw, tmp_path: Path) -> None:
    """Three frames of a GIF are an animation, three pages of a TIFF are none."""
    frames = [draw.photo(n) for n in range(3)]
    counts = []
    for form in ("GIF", "TIFF"):
        path = tmp_path / form
        frames[0].save(path, form, save_all=True, append_images=frames[1:])
        facts = measure(Image("0" * 64, "image/gif", path.stat().st_size), path)
        counts.append((facts.frames, "animated" in found(facts)))

    assert counts == [(3, True), (3, False)]


def test_white_lines_on_nothing_are_a_drawing(tmp_path: Path) -> None:
    """Not blank, though on white nothing is seen of it; what is empty on any ground still is."""
    drawn = Pillow.new("RGBA", (200, 150), (255, 255, 255, 0))
    ImageDraw.Draw(drawn).line((0, 0, 199, 149), fill=(255, 255, 255, 255), width=5)
    empty = Pillow.new("RGBA", (200, 150), (255, 255, 255, 0))
    plain = Pillow.new("RGB", (200, 150), (255, 255, 255))
    found = []
    for number, picture in enumerate((drawn, empty, plain)):
        path = tmp_path / f"{number}.png"
        picture.save(path)
        facts = measure(Image("0" * 64, "image/png", path.stat().st_size), path)
        found.append((Blank().judge(facts).flagged, facts.is_flat, facts.on_black > 0))

    assert found == [(False, True, True), (True, True, False), (True, True, False)]
