"""A classifier for programs: as scikit-learn's, and what it writes is what `train` writes."""

from __future__ import annotations

import inspect
import json
import pickle
import shutil
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import classify.finetune.extra
from classify.embed import Fault
from classify.estimator import PictureClassifier
from classify.predict import Prediction, Predictor
from classify.settings import FineTuneSettings, TrainSettings
from classify.train import TrainResult
from harvest.ledger.errors import DataError, UsageError

Draw = Callable[[str, int], Image.Image]


def _files(root: Path) -> list[Path]:
    return sorted(root.glob("*/*.png"))


@pytest.fixture(scope="module")
def fitted(pictures: Path) -> PictureClassifier:
    """Learnt from a folder; read only."""
    return PictureClassifier(image_size=96).fit(pictures)


def test_fit_and_save_is_train(
    fitted: PictureClassifier, trained: TrainResult, tmp_path: Path
) -> None:
    """The same files, the same model byte for byte; loaded again it answers the same."""
    out = fitted.save(tmp_path / "run")
    names = {path.name for path in trained.out.iterdir()}

    assert {path.name for path in out.iterdir()} == names
    for name in ("model.tflite", "labels.txt", "card.json"):
        assert (out / name).read_bytes() == (trained.out / name).read_bytes(), name


def test_a_saved_classifier_answers_the_same(
    fitted: PictureClassifier, pictures: Path, tmp_path: Path
) -> None:
    """From its folder, from its .tflite, from a pickle, from a copy; and as `predict` does."""
    paths = _files(pictures)[::7]
    out = fitted.save(str(tmp_path / "run"))
    wanted = fitted.predict_proba(paths)
    others = [
        PictureClassifier.load(out),
        PictureClassifier.load(out / "model.tflite"),
        pickle.loads(pickle.dumps(fitted)),
        deepcopy(fitted),
    ]
    plain = [a.probabilities for a in Predictor(out).predict(paths) if isinstance(a, Prediction)]

    np.testing.assert_array_equal(np.stack(plain), wanted)
    for other in others:
        np.testing.assert_array_equal(other.predict_proba(paths), wanted)
        assert other.classes_.tolist() == ["dots", "stripes"]
    assert PictureClassifier.load(out).card_ == fitted.card_
    again = PictureClassifier.load(out).save(tmp_path / "again")
    assert (again / "card.json").read_bytes() == (out / "card.json").read_bytes()


def test_paths_with_labels_teach_what_their_folder_teaches(
    fitted: PictureClassifier, pictures: Path
) -> None:
    """Whatever folders they come from; the columns are the labels, sorted."""
    paths = _files(pictures)
    labels = [path.parent.name for path in paths]

    found = PictureClassifier(image_size=96).fit(paths, labels)

    np.testing.assert_array_equal(found.predict_proba(paths), fitted.predict_proba(paths))
    assert found.score(paths, labels) == fitted.score(pictures) == 1.0
    assert found.predict(map(str, paths)).tolist() == labels
    assert found.score(paths, labels[::-1]) == 0.0


def test_arrays_and_labels_that_are_no_text(draw: Draw) -> None:
    """Labels come back as they were given, their columns sorted as numpy sorts them."""
    pictures = [np.asarray(draw(name, i)) for name in ("dots", "stripes") for i in range(6)]
    labels = np.array([10] * 6 + [9] * 6)

    found = PictureClassifier(image_size=96, features="top", jobs=1)
    found.fit(pictures, labels)

    assert found.classes_.tolist() == [9, 10]
    assert found.predict(pictures).tolist() == labels.tolist()
    assert found.predict_proba(pictures[:1])[0].argmax() == 1
    assert found.predict_proba([]).shape == (0, 2)


def test_every_kind_of_picture_gets_the_same_answer(
    fitted: PictureClassifier, pictures: Path
) -> None:
    """A path, its text, the file's bytes, a Pillow image, an array; one alone, or several."""
    path = _files(pictures)[3]
    with Image.open(path) as image:
        image.load()
    wanted = fitted.predict_proba([path])
    kinds = [path, str(path), path.read_bytes(), image, np.asarray(image)]

    assert (fitted.predict_proba(kinds) == wanted).all()
    for alone in kinds[:4]:
        np.testing.assert_array_equal(fitted.predict_proba(alone), wanted)
    assert len(fitted.predict(pictures / "dots")) == 15
    assert len(fitted.predict(f"{pictures}/*/*s0?.png")) == 20


def test_odd_material_loses_nothing(pictures: Path, tmp_path: Path) -> None:
    """Files of one name from many folders, one picture given twice, one that is none."""
    paths = []
    for i, path in enumerate(_files(pictures)):
        (tmp_path / str(i)).mkdir()
        paths.append(Path(shutil.copy(path, tmp_path / str(i) / "x.png")))
    labels = ["a"] * 15 + ["b"] * 15

    found = PictureClassifier(image_size=96, features="top")
    found.fit([b"<html>", *paths, paths[0]], ["a", *labels, "a"])

    assert [fault.reason for fault in found.skipped_] == ["not_an_image"]
    assert found.card_ is not None
    assert found.card_["data"]["labels"] == {"a": 16, "b": 15}
    assert found.score(paths, labels) == 1.0


def test_a_bad_picture_is_named(fitted: PictureClassifier, pictures: Path) -> None:
    """`predict` stops there, with its number; `answers` goes on."""
    path = _files(pictures)[0]

    answers = list(fitted.answers([path, b"", path]))

    with pytest.raises(DataError, match=r"picture 1 .*0 bytes"):
        fitted.predict([path, b""])
    assert [isinstance(answer, Fault) for answer in answers] == [False, True, False]


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([b"a", b"b"], ["one"], "2 pictures and 1 labels"),
        ([b"a", b"b"], None, "no labels"),
        ([b"a", b"b"], ["a", "_b"], "label '_b'"),
        ([b"a", b"b"], ["a", "../b"], r"label '\.\./b'.* without `/`"),
        ([b"a", b"b"], ["a", "a/b"], r"label 'a/b': labels are folders' names"),
        ([b"a", b"b"], ["a", "b" * 300], "1 to 200 bytes"),
        (["/nowhere/a.png"], ["a"], "no such picture"),
        ([np.zeros((4, 4, 3))], ["a"], "float64"),
        (np.zeros((9, 9, 3), np.uint8), ["a"], "a list of one"),
        ([np.zeros((4, 4, 2), np.uint8)], ["a"], "4, 4, 2"),
        ([np.zeros((0, 4), np.uint8)], ["a"], "0, 4"),
    ],
)
def test_what_does_not_fit_is_told(x: Any, y: list[str] | None, said: str) -> None:
    """In a line, of the same errors as everywhere."""
    with pytest.raises(UsageError, match=said):
        PictureClassifier().fit(x, y)


@pytest.mark.parametrize("material", [[3], None, 3, [None], [["a"]], [bytearray(b"a")]])
def test_what_is_no_picture_is_a_type_error(fitted: PictureClassifier, material: Any) -> None:
    """Of ours, with what was wanted."""
    with pytest.raises(TypeError, match="wanted a path, bytes, a Pillow image, an array"):
        fitted.predict(material)


@pytest.mark.parametrize("label", [None, float("nan")])
def test_what_is_no_label_is_a_type_error(label: Any) -> None:
    """It would else become the label `None`, or `nan`."""
    with pytest.raises(TypeError, match=r"label 1 is (None|nan); wanted text or a number"):
        PictureClassifier().fit([b"a", b"b"], ["a", label])


@pytest.mark.parametrize("labels", [["a", "a"], ["a", "A"], ["a", "b\n"]])
def test_errors_tell_of_no_folder_of_ours(labels: list[str], draw: Draw) -> None:
    """Nobody knows the one that pictures are written into for the training."""
    pictures = [np.asarray(draw(name, 0)) for name in ("dots", "stripes")]

    with pytest.raises(DataError, match="the pictures given: ") as caught:
        PictureClassifier(image_size=96).fit(pictures, labels)
    assert "winnow-" not in str(caught.value)
    assert tempfile.gettempdir() not in str(caught.value)


def test_settings_are_attributes() -> None:
    """As scikit-learn's; but for `fit`, which stays the method."""
    found = PictureClassifier(image_size=96, fit="pad")

    found.l2 = 4.0

    assert (found.image_size, found.get_params()["l2"], found.get_params()["fit"]) == (96, 4, "pad")
    assert callable(found.fit)


def test_a_loaded_classifier_learns_the_same_again(pictures: Path, tmp_path: Path) -> None:
    """Its settings are those of its training, the command line's too."""
    settings = {
        "image_size": 96,
        "features": "top",
        "fit": "pad",
        "l2": 30.0,
        "export": ("float16",),
    }
    first = PictureClassifier(**settings).fit(pictures)
    out = first.save(tmp_path / "run")

    loaded = PictureClassifier.load(out)
    again = loaded.fit(pictures).save(tmp_path / "again")

    assert loaded.get_params() == first.get_params()
    assert (again / "model.tflite").read_bytes() == (out / "model.tflite").read_bytes()
    assert (again / "card.json").read_bytes() == (out / "card.json").read_bytes()


@pytest.mark.parametrize("settings", [3, {"l2": "much"}, {"image_size": [1]}])
def test_a_torn_card_is_told(trained: TrainResult, tmp_path: Path, settings: object) -> None:
    """A card is anybody's."""
    out = Path(shutil.copytree(trained.out, tmp_path / "run"))
    card = json.loads(out.joinpath("card.json").read_bytes())
    out.joinpath("card.json").write_text(json.dumps(card | {"settings": settings}))

    with pytest.raises(DataError, match="settings"):
        PictureClassifier.load(out)


def test_settings_are_those_of_train() -> None:
    """By the same names and defaults; unknown names are told at once, bad values by `fit`."""
    found = PictureClassifier(image_size=96, l2=3.0)
    shown = inspect.signature(PictureClassifier).parameters

    assert set(TrainSettings.model_fields) - set(found.get_params()) == {"min_accuracy"}
    assert {name: p.default for name, p in shown.items()} == PictureClassifier().get_params()
    assert repr(found) == "PictureClassifier(image_size=96, l2=3.0)"
    assert found.set_params(fit="pad").get_params()["fit"] == "pad"
    with pytest.raises(ValueError, match="imagesize"):
        found.set_params(imagesize=96)
    with pytest.raises(UsageError, match=r"^image_size 5: wanted a number greater than or equal"):
        PictureClassifier(image_size=5).fit("anywhere")


def test_it_is_cloned_as_scikit_learn_clones() -> None:
    """The class called with `get_params` gives the same parameters, the very same objects."""
    first = PictureClassifier(image_size=96, backbone="".join(("embed", "ded")))

    params = first.get_params(deep=False)
    second = type(first)(**params)

    assert all(second.get_params(deep=False)[name] is value for name, value in params.items())


def test_before_it_has_learnt_it_says_so(tmp_path: Path) -> None:
    """In one line; nothing is written."""
    for ask in (
        lambda: PictureClassifier().predict([b""]),
        lambda: PictureClassifier().save(tmp_path / "run"),
    ):
        with pytest.raises(UsageError, match="call `fit` or `load`"):
            ask()
    assert not (tmp_path / "run").exists()


def test_images_of_any_mode_are_taken(fitted: PictureClassifier) -> None:
    """What no file of ours could hold is turned into what one can."""
    drawn = Image.radial_gradient("L").resize((120, 120))
    modes = ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "LA", "RGBX", "I;16")
    images = [drawn.convert(mode) for mode in modes]
    images += [drawn.convert("LA").convert("La"), drawn.convert("RGBA").convert("RGBa")]
    images.append(Image.new("LAB", (120, 120), (90, 120, 120)))

    answers = list(fitted.answers(images))

    assert [type(answer).__name__ for answer in answers] == ["Prediction"] * len(images)


@pytest.mark.interop
def test_scikit_learn_takes_it_for_a_classifier(pictures: Path) -> None:
    """Cross-validation and cloning of theirs, on a list of paths."""
    selection = pytest.importorskip("sklearn.model_selection")
    base = pytest.importorskip("sklearn.base")
    paths = _files(pictures)
    labels = [path.parent.name for path in paths]
    classifier = PictureClassifier(image_size=96)

    scores = selection.cross_val_score(classifier, paths, labels, cv=3)

    assert base.is_classifier(classifier)
    assert scores.tolist() == [1.0, 1.0, 1.0]
    assert base.clone(classifier).get_params() == classifier.get_params()


@pytest.mark.parametrize("given", [True, {"epochs": 5}, FineTuneSettings(epochs=5)])
def test_fine_tuning_is_a_setting_as_any_other(
    given: object, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched on, or with settings of its own; without the extra a line says what is missing."""
    monkeypatch.setattr(classify.finetune.extra, "find_spec", lambda name: None)

    found = PictureClassifier(fine_tune=given)

    assert found.get_params()["fine_tune"] is given
    with pytest.raises(UsageError, match=r"winnow\[tensorflow\]"):
        found.fit(pictures)


def test_a_wrong_setting_of_a_fine_tuning_is_named() -> None:
    """By both names, before a picture is opened."""
    with pytest.raises(UsageError, match=r"^fine_tune\.epochs 0: wanted a number "):
        PictureClassifier(fine_tune={"epochs": 0}).fit("nowhere")
