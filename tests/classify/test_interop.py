"""MediaPipe reads what we export: its metadata, its labels, and gives its answers.

Run by `.ci/run --full` with the extra `interop`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.choices import Format, Input
from classify.export import Wish
from classify.predict import Prediction, Predictor
from classify.train import TrainResult
from classify.variants import export

pytestmark = pytest.mark.interop

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

METADATA = """
    import json, sys, zipfile
    from mediapipe.tasks.metadata import metadata_schema_py_generated as about
    from mediapipe.tasks.metadata import schema_py_generated as tflite
    data = open(sys.argv[1], "rb").read()
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(data, 0))
    (entry,) = [one for one in model.metadata if one.name == b"TFLITE_METADATA"]
    packed = bytes(model.buffers[entry.buffer].data)
    assert about.ModelMetadata.ModelMetadataBufferHasIdentifier(packed, 0)
    read = about.ModelMetadataT.InitFromObj(about.ModelMetadata.GetRootAsModelMetadata(packed, 0))
    (source,) = read.subgraphMetadata[0].inputTensorMetadata
    (target,) = read.subgraphMetadata[0].outputTensorMetadata
    (unit,), (file,) = source.processUnits, target.associatedFiles
    listed = lambda numbers: [float(n) for n in numbers]
    names = {about.AssociatedFileType.TENSOR_AXIS_LABELS: "labels"}
    print(json.dumps({
        "author": read.author.decode(), "licence": read.license.decode(),
        "kind": type(unit.options).__name__,
        "normal": [listed(unit.options.mean), listed(unit.options.std)],
        "image": source.content.contentProperties.colorSpace == about.ColorSpaceType.RGB,
        "reach": [listed(source.stats.min), listed(source.stats.max)],
        "labels": [file.name.decode(), names[file.type]],
        "files": {n: zipfile.ZipFile(sys.argv[1]).read(n).decode()
                  for n in zipfile.ZipFile(sys.argv[1]).namelist()},
    }))
"""


def _ask(code: str, *words: object) -> object:
    """Run a few lines in a Python of their own, as a user has it; returns what they print, read."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("form", "takes"),
    [
        ("float32", "float32"),
        ("float32", "uint8"),
        ("float16", "float32"),
        ("dynamic", "float32"),
        ("int8", "uint8"),
        ("int8", "float32"),
    ],
)
def test_mediapipe_answers_as_predict_does(
    trained: TrainResult, pictures: Path, tmp_path: Path, form: Format, takes: Input
) -> None:
    """Its ImageClassifier finds labels and scaling in the file, and gives our probabilities."""
    model = tmp_path / "model.tflite"
    export(trained.out, model, Wish(form, takes), pictures)
    predictor = Predictor(model)
    files = []
    for label in ("dots", "stripes"):
        for path in sorted((pictures / label).iterdir())[:3]:
            files.append(tmp_path / path.name)
            # At the model's own size neither scales: OpenCV's interpolation is not Pillow's.
            Image.open(path).resize((96, 96)).save(files[-1])

    answers = _ask(CLASSIFY, model, *files)

    for path, answer in zip(files, answers, strict=True):
        ours = predictor(path)
        assert isinstance(ours, Prediction)
        found = [answer[label] for label in ours.labels]
        np.testing.assert_allclose(found, ours.probabilities, atol=1e-4)


def test_the_metadata_are_as_their_schema_has_them(trained: TrainResult) -> None:
    """Author, licence, normalisation, colours and the labels file, by the code that MediaPipe
    has generated from the schema."""
    read = _ask(METADATA, trained.model)

    assert isinstance(read, dict)
    assert read.pop("author").startswith("winnow ")
    assert "Apache-2.0" in read.pop("licence")
    assert read == {
        "kind": "NormalizationOptionsT",
        "normal": [[127.5], [127.5]],
        "image": True,
        "reach": [[-1.0], [1.0]],
        "labels": ["labels.txt", "labels"],
        "files": {"labels.txt": "dots\nstripes\n"},
    }
