"""A Keras network as a SavedModel, for TensorFlow Serving and `tf.saved_model.load`.

Signatures: `serving_default` (`image`: float32 [n, side, side, 3] in [-1, 1]) and `image_bytes`
(`image_bytes`: n encoded pictures) give `probabilities` [n, labels] and `label` [n], the likeliest
one's name; `labels` gives their names in output order. They lie in `assets/labels.txt`, too.
"""

from __future__ import annotations

import errno
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from classify.choices import Fit
from classify.finetune.encoded import decoded
from classify.finetune.extra import quiet
from classify.finetune.network import Network
from classify.finetune.runtime import tensorflow
from classify.model_folder import LABELS
from classify.parity import Parity, Samples, judge
from classify.pixels import Pixels, signed
from harvest.ledger.errors import UsageError, naming

FILE = "saved_model.pb"
SIGNATURES = ("serving_default", "image_bytes", "labels")
_PARTS = {FILE, "assets", "variables", "fingerprint.pb"}
_AT_ONCE = 16  # pictures
_LITTLE = 64 * 1024**2  # bytes; a SavedModel takes some 30 MB


def check_saved_model_place(folder: Path) -> None:
    """Raise UsageError early where `folder` holds anything but an older SavedModel of ours."""
    if folder.is_dir() and (not any(folder.iterdir()) or _is_ours(folder)):
        return
    if folder.exists() or folder.is_symlink():
        raise UsageError(
            f"{folder}: is in the way of a SavedModel and is none that winnow wrote; "
            "choose a --saved-model-dir that is empty or new"
        )


def _is_ours(folder: Path) -> bool:
    """Whether it holds a SavedModel with our signatures, and nothing else that would be lost."""
    if not (folder / FILE).is_file() or {path.name for path in folder.iterdir()} - _PARTS:
        return False
    graph = (folder / FILE).read_bytes()
    return all(name.encode() in graph for name in (*SIGNATURES, "labels_file"))


def write_saved_model(
    network: Network, labels: Sequence[str], fit: Fit, folder: Path, samples: Samples
) -> Parity:
    """Write the network into `folder`, in place of an older SavedModel there, once it is checked.

    `samples` hold what the network says of them: both ways in are asked. Raises UsageError where
    the folder holds something else, DataError where the model written answers otherwise.
    """
    check_saved_model_place(folder)
    with naming(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as work:
            part = Path(work, "new")
            _save(network, labels, fit, part, Path(work, LABELS))
            parity = _checked(part, folder.name, labels, samples)
            if folder.exists():
                folder.replace(Path(work, "old"))
            part.replace(folder)
    return parity


def _save(network: Network, labels: Sequence[str], fit: Fit, out: Path, names: Path) -> None:
    tf = tensorflow()
    names.write_text("".join(f"{label}\n" for label in labels), "utf-8")
    side = network.side
    known = tf.constant(list(labels))

    def answers(image: Any) -> dict[str, Any]:
        # A signature's own shape is asked of nobody: a side too short would give an answer, too.
        image = tf.ensure_shape(image, (None, side, side, 3))
        found = tf.nn.softmax(network.model(image, training=False))
        return {"probabilities": found, "label": tf.gather(known, tf.argmax(found, axis=-1))}

    def of_bytes(image_bytes: Any) -> dict[str, Any]:
        spec = tf.TensorSpec((side, side, 3), tf.float32)
        pixels = tf.map_fn(lambda one: decoded(one, side, fit), image_bytes, spec)
        return answers((pixels - 127.5) / 127.5)

    floats = tf.TensorSpec((None, side, side, 3), tf.float32, name="image")
    encoded = tf.TensorSpec((None,), tf.string, name="image_bytes")
    module = tf.Module(name="winnow")
    module.network = network.model
    module.labels_file = tf.saved_model.Asset(str(names))
    ways = (
        tf.function(answers).get_concrete_function(floats),
        tf.function(of_bytes).get_concrete_function(encoded),
        tf.function(lambda: {"labels": tf.identity(known)}).get_concrete_function(),
    )
    with _disk_errors(out.parent), quiet():
        tf.saved_model.save(module, str(out), dict(zip(SIGNATURES, ways, strict=True)))


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Let TensorFlow's errors of the disk be those of the operating system."""
    try:
        yield
    except tensorflow().errors.OpError as error:
        # The same full disk is now exhausted, now denied, now unknown, now out of range.
        code = errno.ENOSPC if shutil.disk_usage(folder).free < _LITTLE else errno.EIO
        raise OSError(code, f"TensorFlow could not write it ({type(error).__name__})") from error


def _checked(part: Path, name: str, labels: Sequence[str], samples: Samples) -> Parity:
    tf = tensorflow()
    with quiet():
        ways = tf.saved_model.load(str(part)).signatures
    found = []
    for begin in range(0, len(samples.pixels), _AT_ONCE):
        some = samples.pixels[begin : begin + _AT_ONCE]
        floats = ways["serving_default"](image=tf.constant(np.stack([signed(p) for p in some])))
        encoded = ways["image_bytes"](image_bytes=tf.constant([_png(p) for p in some]))
        found.append([way["probabilities"].numpy() for way in (floats, encoded)])
    written = tuple(label.decode() for label in ways["labels"]()["labels"].numpy())
    assert written == tuple(labels)
    both = [np.concatenate(one) for one in zip(*found, strict=True)]
    for one in both[1:]:
        judge(one, name, samples, "float32")
    return judge(both[0], name, samples, "float32")


def _png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
