"""The names of everything that can be drawn, without the drawing."""

from __future__ import annotations

from harvest.sandbox.truth import COMIC, NO_COMIC

ARTISTS = (
    "inkwell",
    "inkling",
    "bubblegum",
    "nightowl",
    "halftone",
    "watercolour",
    "blockhead",
    "blockheart",
    "gagster",
)
"""Invented artists. inkwell and inkling are near to each other; so are blockhead and blockheart."""

SCENES = (
    "landscape",
    "portrait",
    "food",
    "city",
    "foliage",
    "snow",
    "product",
    "sea",
)
"""Kinds of photograph-like scenes."""

TEMPLATE = "template"
"""Strips with the same panels and other words."""
BULK = "bulk"
"""Small noise-like pictures, cheap to make by the thousand."""
BLANK = "blank"
"""One flat colour."""
REMOVED = "removed"
"""The placeholder that stands for removed content."""

STYLES = (*ARTISTS, *SCENES, TEMPLATE, BULK, BLANK, REMOVED)


def label_of_style(style: str) -> str:
    """`comic`, `no_comic`, or "" for what shows nothing."""
    if style in ARTISTS or style == TEMPLATE:
        return COMIC
    return NO_COMIC if style in SCENES or style == BULK else ""
