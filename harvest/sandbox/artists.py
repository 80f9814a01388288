"""The invented comic artists: palette, line, layout, people and lettering of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harvest.sandbox.pen import Colour

Layout = Literal["grid", "strip", "column", "single", "skewed", "loose"]
Head = Literal["circle", "cushion", "box", "egg", "animal", "bean"]
Body = Literal["stick", "block", "bell", "blob"]
Bubble = Literal["ellipse", "box", "cloud", "spike", "bare", "caption"]
Tone = Literal["", "dots", "hatch", "wash"]


@dataclass(frozen=True, slots=True)
class Artist:
    """One hand."""

    ink: Colour
    papers: tuple[Colour, ...]
    """Colours of the sheet between the panels."""
    grounds: tuple[Colour, ...]
    """Colours of the panels' backs."""
    cloths: tuple[Colour, ...]
    """Colours of what people wear and of things."""
    skins: tuple[Colour, ...]
    layout: Layout
    head: Head
    body: Body
    bubble: Bubble
    tone: Tone
    line: float
    """Stroke width, pixels on a sheet 1,000 pixels long."""
    wobble: float
    """Tremble, pixels."""
    frame: float
    """Panel border, in strokes; 0 for none."""
    gutter: float
    """Space between panels, share of the sheet's longer side."""
    typed: bool
    """Letters are type, not handwriting."""
    letter: float
    """Height of the letters, share of the panel's shorter side."""
    bubble_fill: Colour
    bubble_ink: Colour


_WHITE, _BLACK = (255, 255, 255), (12, 12, 14)
_GREYS = ((255, 255, 255), (250, 250, 250), (236, 236, 236))

ARTIST_HANDS: dict[str, Artist] = {
    "inkwell": Artist(
        ink=(15, 15, 18),
        papers=(_WHITE, (252, 252, 250)),
        grounds=_GREYS[:2],
        cloths=(_WHITE, _BLACK, (90, 90, 90)),
        skins=(_WHITE,),
        layout="grid",
        head="circle",
        body="stick",
        bubble="bare",
        tone="",
        line=2.6,
        wobble=1.3,
        frame=1.0,
        gutter=0.02,
        typed=False,
        letter=0.05,
        bubble_fill=_WHITE,
        bubble_ink=(15, 15, 18),
    ),
    "inkling": Artist(
        ink=(20, 20, 30),
        papers=(_WHITE, (248, 248, 246)),
        grounds=(*_GREYS, (205, 205, 208)),
        cloths=(_WHITE, (60, 60, 66), (150, 150, 155)),
        skins=(_WHITE,),
        layout="grid",
        head="circle",
        body="bell",
        bubble="ellipse",
        tone="hatch",
        line=3.2,
        wobble=1.0,
        frame=1.0,
        gutter=0.02,
        typed=False,
        letter=0.05,
        bubble_fill=_WHITE,
        bubble_ink=(20, 20, 30),
    ),
    "bubblegum": Artist(
        ink=(92, 42, 88),
        papers=((255, 214, 226), (206, 236, 232), (255, 238, 196), (222, 214, 250)),
        grounds=(
            (255, 182, 206),
            (166, 224, 216),
            (255, 226, 140),
            (190, 178, 244),
            (176, 216, 255),
        ),
        cloths=((250, 110, 150), (90, 190, 190), (255, 170, 80), (130, 110, 220), (255, 255, 255)),
        skins=((255, 245, 235), (255, 224, 200), (214, 170, 140), (200, 240, 160)),
        layout="loose",
        head="bean",
        body="blob",
        bubble="cloud",
        tone="",
        line=4.2,
        wobble=0.3,
        frame=0.0,
        gutter=0.03,
        typed=True,
        letter=0.06,
        bubble_fill=_WHITE,
        bubble_ink=(92, 42, 88),
    ),
    "nightowl": Artist(
        ink=(240, 236, 214),
        papers=((10, 12, 28), (20, 12, 30), (8, 24, 30)),
        grounds=((18, 24, 58), (34, 20, 58), (12, 44, 58), (50, 24, 40)),
        cloths=((230, 180, 60), (70, 110, 180), (150, 60, 90), (40, 50, 90)),
        skins=((60, 70, 110), (90, 80, 120), (120, 110, 90)),
        layout="column",
        head="animal",
        body="bell",
        bubble="bare",
        tone="",
        line=2.4,
        wobble=0.7,
        frame=1.4,
        gutter=0.018,
        typed=False,
        letter=0.055,
        bubble_fill=(18, 24, 58),
        bubble_ink=(250, 220, 110),
    ),
    "halftone": Artist(
        ink=(10, 8, 8),
        papers=((246, 232, 196), (240, 222, 180), (250, 240, 214)),
        grounds=((255, 214, 40), (70, 170, 220), (230, 70, 50), (250, 240, 214), (110, 190, 110)),
        cloths=((220, 40, 40), (30, 70, 160), (250, 200, 30), (40, 140, 80)),
        skins=((250, 200, 160), (230, 170, 120), (150, 100, 70)),
        layout="skewed",
        head="egg",
        body="block",
        bubble="spike",
        tone="dots",
        line=4.6,
        wobble=0.2,
        frame=1.3,
        gutter=0.02,
        typed=True,
        letter=0.075,
        bubble_fill=(255, 252, 236),
        bubble_ink=(10, 8, 8),
    ),
    "watercolour": Artist(
        ink=(96, 84, 78),
        papers=((247, 240, 226), (243, 238, 230), (250, 246, 236)),
        grounds=(
            (210, 222, 220),
            (232, 208, 180),
            (200, 212, 190),
            (226, 196, 190),
            (190, 204, 222),
        ),
        cloths=((180, 110, 90), (100, 130, 150), (150, 160, 100), (200, 160, 90)),
        skins=((244, 220, 200), (222, 188, 160)),
        layout="single",
        head="egg",
        body="bell",
        bubble="caption",
        tone="wash",
        line=1.8,
        wobble=1.0,
        frame=0.0,
        gutter=0.06,
        typed=False,
        letter=0.042,
        bubble_fill=(247, 240, 226),
        bubble_ink=(80, 66, 60),
    ),
    "blockhead": Artist(
        ink=(24, 24, 32),
        papers=(_WHITE, (240, 240, 236)),
        grounds=((255, 202, 58), (138, 201, 38), (25, 130, 196), (255, 89, 94), (106, 76, 147)),
        cloths=((255, 89, 94), (25, 130, 196), (255, 255, 255), (106, 76, 147), (30, 30, 40)),
        skins=((255, 224, 189), (141, 85, 36), (234, 192, 134)),
        layout="strip",
        head="box",
        body="block",
        bubble="box",
        tone="",
        line=4.4,
        wobble=0.0,
        frame=1.2,
        gutter=0.018,
        typed=True,
        letter=0.07,
        bubble_fill=_WHITE,
        bubble_ink=(24, 24, 32),
    ),
    "blockheart": Artist(
        ink=(40, 30, 60),
        papers=(_WHITE, (255, 246, 238)),
        grounds=((255, 190, 90), (120, 200, 90), (60, 150, 200), (250, 120, 120), (130, 100, 170)),
        cloths=((250, 110, 110), (50, 140, 190), (255, 255, 255), (120, 90, 160), (250, 210, 90)),
        skins=((255, 224, 189), (160, 100, 60), (234, 192, 134)),
        layout="strip",
        head="cushion",
        body="block",
        bubble="ellipse",
        tone="",
        line=3.4,
        wobble=0.2,
        frame=1.0,
        gutter=0.022,
        typed=True,
        letter=0.065,
        bubble_fill=_WHITE,
        bubble_ink=(40, 30, 60),
    ),
    "gagster": Artist(
        ink=(30, 26, 24),
        papers=((238, 228, 206), (226, 230, 234), (255, 250, 240)),
        grounds=((216, 200, 170), (196, 206, 214), (232, 218, 190), (180, 176, 170)),
        cloths=((120, 110, 100), (70, 66, 64), (170, 150, 130), (230, 224, 214)),
        skins=((250, 240, 226), (226, 206, 180)),
        layout="single",
        head="bean",
        body="bell",
        bubble="caption",
        tone="hatch",
        line=2.8,
        wobble=1.6,
        frame=0.8,
        gutter=0.05,
        typed=True,
        letter=0.045,
        bubble_fill=(238, 228, 206),
        bubble_ink=(30, 26, 24),
    ),
}
