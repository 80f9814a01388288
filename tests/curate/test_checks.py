"""Each check flags what it is for, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from curate.checks.catalogue import CHECKS
from curate.checks.protocol import Check
from curate.facts import Measure
from curate.measure import measure
from curate.settings import ChecksSettings
from harvest.ledger.records import Image

ORDINARY = Measure(
    "0" * 64, "v", "image/jpeg", 80_000, 640, 480, "RGB", 1, deviation=60.0, dominant=0.8
)

FLAWS = {
    "corrupt": {"fault": "truncated", "detail": "image file is truncated"},
    "too_heavy": {"n_bytes": 33 * 2**20},
    "too_small": {"width": 63},
    "blank": {"deviation": 0.4},
}


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.name)
def test_each_check_flags_its_own_flaw_and_passes_the_others(kind: type[Check]) -> None:
    """A check answers to its own flaw, with a reason, and to no other."""
    check = kind()
    own = check.judge(replace(ORDINARY, **FLAWS[kind.name]))
    others = [
        check.judge(replace(ORDINARY, **flaw)) for name, flaw in FLAWS.items() if name != kind.name
    ]

    assert own.flagged
    assert own.reason
    assert own.check == kind.name
    assert not any(verdict.flagged for verdict in others)
    assert not check.judge(ORDINARY).flagged


def test_every_check_can_be_set() -> None:
    """The settings have a field for each check of the catalogue, and it is on by default."""
    settings = ChecksSettings()

    assert [type(check) for check in settings.enabled()] == list(CHECKS)
    assert settings.near_duplicate is not None


def test_a_picture_over_the_pixel_budget_is_heavy_and_not_corrupt() -> None:
    """A bomb that was never decoded counts for its size."""
    bomb = replace(ORDINARY, width=0, height=0, fault="too_many_pixels", detail="30000 x 30000")
    flagged = [check.name for check in ChecksSettings().enabled() if check.judge(bomb).flagged]

    assert flagged == ["too_heavy"]


def test_a_white_page_with_a_small_drawing_is_not_blank(draw, tmp_path: Path) -> None:
    """Pixel statistics tell a sparse comic from an empty page, at any size."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    found = []
    for size in ((400, 300), (2400, 3200)):
        page = Pillow.new("RGB", size, (255, 255, 255))
        pen = ImageDraw.Draw(page)
        pen.ellipse((40, 40, 40 + size[0] // 10, 40 + size[0] // 10), outline=(0, 0, 0), width=3)
        pen.text((size[0] // 2, size[1] // 2), "hm.", fill=(0, 0, 0), font_size=size[0] // 30)
        file = tmp_path / "page.jpg"
        file.write_bytes(draw.encode(page))
        facts = measure(Image("0" * 64, "image/jpeg", file.stat().st_size), file)
        found.append(
            [check.name for check in ChecksSettings().enabled() if check.judge(facts).flagged]
        )

    assert found == [[], []]


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (12, 200, 90), (128, 128, 128)])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_page_of_one_colour_is_blank(draw, tmp_path: Path, colour, form: str) -> None:
    """Flat is flat in any colour and format, with the noise of a JPEG too."""
    from PIL import Image as Pillow

    file = tmp_path / "flat"
    file.write_bytes(draw.encode(Pillow.new("RGB", (500, 400), colour), form))
    facts = measure(Image("0" * 64, "image/jpeg", 1), file)

    assert [c.name for c in ChecksSettings().enabled() if c.judge(facts).flagged] == ["blank"]
