"""Pictures as programs hold them: paths, bytes, Pillow images, arrays; all to what a file holds."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classify.given import expand
from harvest.ledger.errors import UsageError

Item: TypeAlias = Path | str | bytes | Image.Image | NDArray[Any]
"""One picture."""

Material: TypeAlias = Item | Iterable[Item]
"""Pictures: several, one, or a file, a folder or a pattern by its name."""

_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_TIFF = ("CMYK", "YCbCr", "LAB", "I", "F")
_LONGEST_LABEL = 200
_OF_PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}
_WANTED = (
    "wanted uint8 or uint16 [height, width], or uint8 [height, width, 3 or 4] in RGB; "
    "for one picture, a list of one"
)


def items(material: Material) -> Iterator[Item]:
    """Yield the pictures one by one. Raises UsageError, TypeError for what is none."""
    if isinstance(material, str | Path):
        yield from expand([material])
    elif isinstance(material, bytes | Image.Image):
        yield material
    elif isinstance(material, np.ndarray) and material.ndim == 3 and material.shape[2] in (3, 4):
        # Its rows would pass for pictures.
        raise UsageError(f"an array {list(material.shape)}: {_WANTED}")
    elif isinstance(material, Iterable):
        yield from material
    else:
        raise _no_picture(material)


def as_file(item: Item) -> tuple[Path, Path | bytes]:
    """Return a picture's name, and its path or the bytes that a file of it would hold.

    What has no name goes by its bytes' sha256. Raises UsageError for what is no picture's array,
    TypeError for what is nothing of the kind.
    """
    if isinstance(item, str | Path):
        return Path(item), Path(item)
    if isinstance(item, np.ndarray):
        item = _from_array(item)
    if not isinstance(item, bytes | Image.Image):
        raise _no_picture(item)
    data = item if isinstance(item, bytes) else _encoded(item)
    return Path(hashlib.sha256(data).hexdigest()[:16]), data


def write_down(folder: Path, pictures: Iterable[Item], labels: list[str]) -> None:
    """Write label folders: links to files, files of what is none.

    `pictures` and `labels` belong together, one by one. Raises UsageError where they do not, and
    for what can be no label or no picture.
    """
    given = list(pictures)
    if len(given) != len(labels):
        raise UsageError(f"{len(given)} pictures and {len(labels)} labels; wanted as many of each")
    for item, label in zip(given, labels, strict=True):
        long = len(label.encode("utf-8", "replace")) > _LONGEST_LABEL
        if not label or long or label[0] in "._" or "/" in label or "\0" in label:
            raise UsageError(
                f"label {label[:80]!r}: labels are folders' names, here too; wanted 1 to "
                f"{_LONGEST_LABEL} bytes without `/`, beginning neither with `.` nor `_`"
            )
        name, source = as_file(item)
        place = folder / label
        place.mkdir(parents=True, exist_ok=True)
        target = place / name.name
        if os.path.lexists(target):  # one name from two folders, or one picture twice
            target = place / f"{sum(1 for _ in place.iterdir())}-{name.name}"
        if isinstance(source, bytes):
            target.write_bytes(source)
        elif source.is_file():
            target.symlink_to(source.resolve())
        else:
            raise UsageError(f"{source}: no such picture")


def _no_picture(item: object) -> TypeError:
    kind = type(item).__name__
    return TypeError(f"{kind} {item!r:.40}: wanted a path, bytes, a Pillow image, an array")


def _from_array(array: NDArray[Any]) -> Image.Image:
    grey = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    coloured = grey.ndim == 3 and grey.shape[2] in (3, 4) and grey.dtype == np.uint8
    plain = grey.ndim == 2 and grey.dtype in (np.uint8, np.uint16)
    if not (coloured or plain) or 0 in grey.shape:
        raise UsageError(f"an array {array.dtype} {list(array.shape)}: {_WANTED}")
    return Image.fromarray(np.ascontiguousarray(grey))


def _encoded(image: Image.Image) -> bytes:
    if image.mode not in _PNG + _TIFF:
        plain = "RGBA" if image.has_transparency_data else "RGB"
        image = image.convert(_OF_PREMULTIPLIED.get(image.mode, plain))
    stream = io.BytesIO()
    # Nothing is lost, and little time: it is read again at once.
    if image.mode in _PNG:
        image.save(stream, "PNG", compress_level=1, exif=image.getexif())
    else:
        image.save(stream, "TIFF", exif=image.getexif())
    return stream.getvalue()
