"""MediaPipe reads what TensorFlow's converter made, as it reads the stitched files."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from classify.choices import Format
from classify.export import Material, Wish
from classify.finetune.converting import exported
from classify.model import load_model
from classify.parity import Samples
from classify.tflite.metadata import Description

if TYPE_CHECKING:
    from classify.finetune.network import Network

pytestmark = [pytest.mark.tensorflow, pytest.mark.interop]

CLASSIFY = """
    import json, sys
    import numpy as np
    from PIL import Image
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision
    model, *files = sys.argv[1:]
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=model))
    answers = []
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for file in files:
            pixels = np.ascontiguousarray(Image.open(file).convert("RGB"))
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels)
            found = classifier.classify(image).classifications[0].categories
            answers.append({one.category_name: one.score for one in found})
    print(json.dumps(answers))
"""


@pytest.mark.parametrize("form", ["float32", "int8"])
def test_it_gives_the_labels_and_probabilities_of_predict(
    network: Network, samples: Samples, about: Description, tmp_path: Path, form: Format
) -> None:
    """Labels, scaling and type of the input are those in the file."""
    few = Samples("few", samples.pixels[::6], samples.expected[::6])
    material = Material(few, samples.pixels[1::2])
    file = tmp_path / "model.tflite"
    file.write_bytes(exported(network, file.name, Wish.usual(form), material, about).data)
    model = load_model(file)
    pictures = []
    for number, pixels in enumerate(few.pixels):
        pictures.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).save(pictures[-1])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CLASSIFY), file, *pictures],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]

    answers = json.loads(done.stdout.splitlines()[-1])

    for answer, pixels in zip(answers, few.pixels, strict=True):
        found = [answer[label] for label in about.labels]
        np.testing.assert_allclose(found, model.run(pixels), atol=1e-4)
