"""Encoded pictures to a network's input inside a TensorFlow graph, for a SavedModel.

As near to `classify/pixels` as TensorFlow's operators come: libjpeg's scaled decoding where the
picture is large, EXIF turns of JPEG, transparency on white, the same fits, Keys' bicubic with
antialiasing. What stays different: docs/from-retrain.md.
"""

from __future__ import annotations

from typing import Any

from classify.choices import Fit
from classify.finetune.runtime import tensorflow

_JPEG = b"\xff\xd8\xff"
_EXIF = b"Exif\x00\x00"
_EXIF_REACH = 65_536
"""Bytes from the beginning of a JPEG in which its EXIF header is looked for."""
_ORIENTATION = 0x0112
_RATIOS = (1, 2, 4, 8)


def decoded(contents: Any, side: int, fit: Fit) -> Any:
    """Float32 [side, side, 3], whole numbers 0 to 255, of one encoded picture, a scalar string.

    JPEG, PNG, GIF (first frame), BMP, and WebP where TensorFlow knows it; others fail when run.
    """
    tf = tensorflow()
    is_jpeg = tf.strings.substr(contents, 0, len(_JPEG)) == _JPEG
    image = tf.cond(
        is_jpeg,
        lambda: _upright(_jpeg(contents, 2 * side), _orientation(contents)),
        lambda: _flat(tf.io.decode_image(contents, expand_animations=False)),
    )
    image = tf.ensure_shape(image, (None, None, 3))
    fitted = {"squash": _squashed, "crop": _cropped, "pad": _padded}[fit](image, side)
    return tf.ensure_shape(tf.clip_by_value(tf.round(fitted), 0.0, 255.0), (side, side, 3))


def _jpeg(contents: Any, at_least: int) -> Any:
    """Decode at 1/2, 1/4 or 1/8 where the shorter side keeps `at_least` pixels, as Pillow does."""
    tf = tensorflow()
    shorter = tf.reduce_min(tf.io.extract_jpeg_shape(contents)[:2])
    times = shorter // at_least
    branches = [
        lambda ratio=ratio: tf.io.decode_jpeg(
            contents, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE"
        )
        for ratio in _RATIOS
    ]
    which = sum(tf.cast(times >= ratio, tf.int32) for ratio in _RATIOS[1:])
    return tf.cast(tf.switch_case(which, branches), tf.float32)


def _flat(image: Any) -> Any:
    """Grey, grey with alpha, RGB or RGBA bytes as RGB floats, on white."""
    tf = tensorflow()
    image = tf.cast(image, tf.float32)
    channels = tf.shape(image)[-1]
    has_alpha = channels % 2 == 0
    alpha = tf.where(has_alpha, image[..., -1:] / 255, 1.0)
    colours = image[..., : channels - tf.cast(has_alpha, tf.int32)]
    times = tf.where(tf.shape(colours)[-1] == 1, 3, 1)
    return tf.round(tf.tile(colours, [1, 1, times]) * alpha + 255 * (1 - alpha))


def _squashed(image: Any, side: int) -> Any:
    return tensorflow().image.resize(image, (side, side), "bicubic", antialias=True)


def _cropped(image: Any, side: int) -> Any:
    tf = tensorflow()
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = side / tf.reduce_min(size)
    return tf.raw_ops.ScaleAndTranslate(
        images=image[None],
        size=[side, side],
        scale=tf.stack([scale, scale]),
        translation=(side - size * scale) / 2,
        kernel_type="keyscubic",
        antialias=True,
    )[0]


def _padded(image: Any, side: int) -> Any:
    tf = tensorflow()
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    inner = tf.cast(tf.round(size * side / tf.reduce_max(size)), tf.int32)
    inner = tf.maximum(inner, 1)
    scaled = tf.image.resize(image, inner, "bicubic", antialias=True)
    before = tf.cast(tf.round(tf.cast(side - inner, tf.float32) / 2), tf.int32)
    margins = tf.stack([before, side - inner - before], axis=1)
    return tf.pad(scaled, tf.concat([margins, [[0, 0]]], 0), constant_values=255.0)


def _orientation(contents: Any) -> Any:
    """EXIF orientation of a JPEG, 1 to 8; 1 where it has none that can be read."""
    tf = tensorflow()
    head = tf.io.decode_raw(tf.strings.substr(contents, 0, _EXIF_REACH), tf.uint8)
    # Zeros behind the end: what points beyond it reads as nothing.
    data = tf.concat([tf.cast(head, tf.int64), tf.zeros(_EXIF_REACH, tf.int64)], 0)
    last = tf.size(data, tf.int64) - 4

    def number(places: Any, count: int) -> Any:
        """Whole numbers of `count` bytes that begin at these places."""
        parts = [tf.gather(data, tf.clip_by_value(places, 0, last) + i) for i in range(count)]
        ordered = parts[::-1] if count > 1 else parts
        little = sum(part * 256**i for i, part in enumerate(parts))
        big = sum(part * 256**i for i, part in enumerate(ordered))
        return tf.where(is_big, big, little)

    length = len(_EXIF)
    found = (
        tf.reduce_all([tf.roll(data, -i, 0) == byte for i, byte in enumerate(_EXIF)], 0)
        & (tf.roll(data, 4, 0) == 0xFF)
        & (tf.roll(data, 3, 0) == 0xE1)
    )
    start = tf.cast(tf.argmax(found), tf.int64) + length
    is_big = data[start] == ord("M")
    table = start + number(start + 4, 4)
    entries = table + 2 + 12 * tf.range(number(table, 2))
    fits = (number(entries, 2) == _ORIENTATION) & tf.reduce_any(found)
    values = tf.boolean_mask(number(entries + 8, 2), fits)
    value = tf.reduce_max(tf.concat([[tf.constant(1, tf.int64)], values[:1]], 0))
    return tf.where(value > 8, tf.constant(1, tf.int64), value)


def _upright(image: Any, orientation: Any) -> Any:
    """Turn and mirror as EXIF's orientation says."""
    tf = tensorflow()

    def one_of(*which: int) -> Any:
        return tf.reduce_any([orientation == value for value in which])

    image = tf.cond(orientation >= 5, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
    image = tf.cond(one_of(2, 3, 6, 7), lambda: tf.reverse(image, [1]), lambda: image)
    return tf.cond(one_of(3, 4, 7, 8), lambda: tf.reverse(image, [0]), lambda: image)
