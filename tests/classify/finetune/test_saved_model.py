"""A SavedModel answers where there is no winnow, floats and encoded pictures alike."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classify.choices import Fit
from classify.finetune.encoded import decoded
from classify.finetune.runtime import keras, tensorflow
from classify.finetune.saved_model import check_saved_model_place, write_saved_model
from classify.parity import Samples, compare
from classify.pixels import load_pixels
from harvest.ledger.errors import DataError, UsageError

if TYPE_CHECKING:
    from classify.finetune.network import Network

pytestmark = pytest.mark.tensorflow

SIDE = 96
LABELS = ("dots", "stripes", "Übriges")

CALL = """
    import json, sys
    assert not any(name.partition(".")[0] in ("classify", "keras") for name in sys.modules)
    import numpy as np
    import tensorflow as tf
    folder, floats, *files = sys.argv[1:]
    model = tf.saved_model.load(folder)
    assert "classify" not in sys.modules
    encoded = [open(file, "rb").read() for file in files]
    said = {
        "floats": model.signatures["serving_default"](image=tf.constant(np.load(floats))),
        "bytes": model.signatures["image_bytes"](image_bytes=tf.constant(encoded)),
        "names": model.signatures["labels"](),
    }
    plain = lambda v: [x.decode() for x in v] if v.dtype == object else v.tolist()
    print(json.dumps({way: {name: plain(value.numpy()) for name, value in found.items()}
                      for way, found in said.items()}))
"""


@pytest.fixture(scope="module")
def saved(network: Network, samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SavedModel; read only."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    parity = write_saved_model(network, LABELS, "squash", folder, samples)
    assert parity.pictures == parity.same_label == len(samples.pixels)
    return folder


def test_a_process_without_winnow_gets_the_labels_of_keras(
    saved: Path, pictures: Path, samples: Samples, tmp_path: Path
) -> None:
    """Both ways in, many pictures at once, names inside; and the .tflite gives the same."""
    files = sorted(pictures.rglob("*.png"))
    floats = np.stack([(p.astype(np.float32) - 127.5) / 127.5 for p in samples.pixels])
    np.save(tmp_path / "floats.npy", floats)
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(CALL), saved, tmp_path / "floats.npy", *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]

    said = json.loads(done.stdout.splitlines()[-1])

    wanted = [LABELS[i] for i in samples.expected.argmax(axis=1)]
    assert said["names"]["labels"] == list(LABELS)
    assert said["floats"]["label"] == said["bytes"]["label"] == wanted
    assert len(set(wanted)) > 1
    assert compare(np.array(said["floats"]["probabilities"]), samples).largest < 1e-4
    assert compare(np.array(said["bytes"]["probabilities"]), samples).largest < 0.05
    names = (saved / "assets" / "labels.txt").read_text("utf-8")
    assert names.splitlines() == list(LABELS)


def _saved_as(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _photograph(width: int, height: int) -> Image.Image:
    """Soft colours and a few edges, as a photograph has them."""
    rng = np.random.default_rng(width)
    coarse = rng.integers(0, 256, (7, 9, 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    image.paste((200, 30, 60), (width // 5, height // 4, width // 2, height // 2))
    return image


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    return _saved_as(_photograph(300, 200), "JPEG", quality=95, exif=exif)


def _clear() -> Image.Image:
    image = _photograph(200, 140).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


KINDS: dict[str, bytes] = {
    "large jpeg": _saved_as(_photograph(1700, 1210), "JPEG", quality=92),
    "small jpeg": _saved_as(_photograph(61, 45), "JPEG", quality=92),
    "grey jpeg": _saved_as(_photograph(300, 200).convert("L"), "JPEG"),
    "png": _saved_as(_photograph(301, 202), "PNG"),
    "grey png": _saved_as(_photograph(300, 200).convert("L"), "PNG"),
    "clear png": _saved_as(_clear(), "PNG"),
    "grey clear png": _saved_as(_clear().convert("LA"), "PNG"),
    "palette png": _saved_as(_photograph(300, 200).quantize(64), "PNG"),
    "gif": _saved_as(_photograph(300, 200).quantize(64), "GIF"),
    "bmp": _saved_as(_photograph(300, 200), "BMP"),
    **{f"turn {n}": _turned(n) for n in range(1, 9)},
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_encoded_pictures_come_in_as_ours_do(name: str) -> None:
    """Sizes, kinds, transparency and EXIF turns: under a level off a pixel, on average."""
    wanted = load_pixels(KINDS[name], (SIDE, SIDE), "squash").astype(np.float64)

    found = decoded(tensorflow().constant(KINDS[name]), SIDE, "squash").numpy()

    assert found.min() >= 0
    assert found.max() <= 255
    assert wanted.std() > 10
    assert np.abs(found - wanted).mean() < 0.6


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(410, 230), (231, 412), (40, 40), (700, 12)])
def test_fits_are_ours(fit: Fit, size: tuple[int, int]) -> None:
    """Wide, tall, smaller than the square, and a strip."""
    picture = _saved_as(_photograph(*size), "PNG")
    wanted = load_pixels(picture, (SIDE, SIDE), fit).astype(np.float64)

    found = decoded(tensorflow().constant(picture), SIDE, fit).numpy()

    assert np.abs(found - wanted).mean() < 0.6


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0"])
def test_torn_exif_turns_nothing(exif: bytes) -> None:
    """What points nowhere is as if it were not there."""
    plain = _saved_as(_photograph(300, 200), "JPEG", quality=95)
    torn = plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:]

    ours = decoded(tensorflow().constant(plain), SIDE, "squash").numpy()

    np.testing.assert_array_equal(decoded(tensorflow().constant(torn), SIDE, "squash"), ours)


@pytest.fixture
def tiny() -> Network:
    """Three numbers of the mean colour."""
    from classify.finetune.network import Network

    layers = keras().layers
    image = keras().Input((32, 32, 3), name="image")
    scores = layers.Dense(3, name="scores")(layers.GlobalAveragePooling2D()(image))
    return Network(keras().Model(image, scores), 32, "tiny", {})


def test_an_older_one_is_replaced_and_other_folders_are_not(
    tiny: Network, answers: Callable[..., NDArray[np.float32]], tmp_path: Path
) -> None:
    """What strays leaves the older one as it was, and nothing beside it."""
    few = list(np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8))
    good = Samples("few", few, answers(tiny, few))
    wrong = Samples("few", few, np.roll(good.expected, 1, axis=1))
    folder, other = tmp_path / "model", tmp_path / "photographs"
    other.mkdir()
    other.joinpath("holiday.jpg").write_bytes(b"")
    write_saved_model(tiny, LABELS, "squash", folder, good)
    left = folder / "assets" / "left"
    left.write_text("of the older one")

    with pytest.raises(DataError, match="strays"):
        write_saved_model(tiny, LABELS, "squash", folder, wrong)
    kept = left.exists()
    write_saved_model(tiny, LABELS, "squash", folder, good)
    folder.joinpath("notes.txt").write_text("mine")
    other.joinpath("saved_model.pb").write_bytes(b"of another program")
    for place in (folder, other):
        with pytest.raises(UsageError, match=f"{place.name}: is in the way"):
            check_saved_model_place(place)

    assert kept
    assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "photographs"]


def test_pictures_of_another_size_are_refused(
    tiny: Network, answers: Callable[..., NDArray[np.float32]], tmp_path: Path
) -> None:
    """A row too few is not answered as if it were there."""
    few = list(np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8))
    write_saved_model(
        tiny, LABELS, "squash", tmp_path / "m", Samples("few", few, answers(tiny, few))
    )
    tf = tensorflow()

    way = tf.saved_model.load(str(tmp_path / "m")).signatures["serving_default"]

    with pytest.raises(tf.errors.InvalidArgumentError):
        way(image=tf.zeros((1, 31, 32, 3)))
