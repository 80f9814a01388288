"""Pictures drawn for the tests, with known pixels."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of an image as a file of this kind."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """`encode(image, kind, **options)`."""
    return encode


@pytest.fixture(scope="session")
def scene() -> Image.Image:
    """600 x 400 RGB with structure everywhere, from a seed."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (10, 15, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((600, 400), Image.Resampling.BICUBIC)
