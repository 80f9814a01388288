"""One decode, all facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageStat

from curate.facts import Measure
from harvest.ledger.fingerprint import DRAFT_SIDE, HASH_VERSION, fingerprint
from harvest.ledger.picture import PictureError, open_picture, read_header
from harvest.ledger.records import Image

_STEPS = 5  # bits a channel in which colours count as the same for the dominant one


def measure(image: Image, path: Path) -> Measure:
    """Everything that curation wants to know of a file; a broken one gives a fault, no error."""
    try:
        picture = open_picture(path, at_least=DRAFT_SIDE)
    except PictureError as error:
        return _broken(image, path, error)
    header = picture.header
    hashes = fingerprint(picture.rgb)
    # The statistics need no more pixels than the hashes, and the same number for a JPEG and a PNG.
    factor = max(1, min(picture.rgb.size) // DRAFT_SIDE)
    small = picture.rgb.reduce(factor) if factor > 1 else picture.rgb
    stat = ImageStat.Stat(small)
    return Measure(
        image.sha256,
        HASH_VERSION,
        header.media_type,
        image.n_bytes,
        header.width,
        header.height,
        header.mode,
        header.frames,
        header.orientation,
        hashes.phash64,
        hashes.phash256,
        deviation=round(max(stat.stddev), 4),
        dominant=round(_dominant(small), 6),
        brightness=round(sum(stat.mean) / 3, 4),
    )


def _dominant(rgb: Pillow.Image) -> float:
    import numpy as np

    few = rgb.reduce(2) if min(rgb.size) > 1 else rgb  # a share needs no more pixels than that
    steps = (np.asarray(few, dtype=np.uint8) >> (8 - _STEPS)).astype(np.uint16)
    codes = (steps[..., 0] << 2 * _STEPS) | (steps[..., 1] << _STEPS) | steps[..., 2]
    return float(np.bincount(codes.ravel()).max() / codes.size)


def _broken(image: Image, path: Path, error: PictureError) -> Measure:
    facts = Measure(
        image.sha256,
        HASH_VERSION,
        image.media_type,
        image.n_bytes,
        fault=error.reason,
        detail=error.detail,
    )
    try:
        header = read_header(path)  # a truncated file still says how large it was meant to be
    except PictureError:
        return facts
    return replace(
        facts,
        media_type=header.media_type,
        width=header.width,
        height=header.height,
        mode=header.mode,
        frames=header.frames,
        orientation=header.orientation,
    )
