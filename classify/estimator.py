"""A classifier for Python programs, used as scikit-learn's are; what it writes is `train`'s."""

from __future__ import annotations

import importlib
import inspect
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from classify.data import read_folder
from classify.embed import Fault, in_threads
from classify.material import Item, Material, as_file, items, write_down
from classify.model_folder import LABELS, MODEL, WRITTEN, model_file, writing
from classify.predict import Prediction, Predictor
from classify.settings import TrainSettings, in_our_words
from classify.train import train
from harvest.ledger.errors import DataError, UsageError

_SETTINGS: dict[str, Any] = {
    name: field.default
    for name, field in TrainSettings.model_fields.items()
    if name != "min_accuracy"  # the command line's gate
}
_UNFITTED = "this classifier has learnt nothing yet; call `fit` or `load` first"


class PictureClassifier:
    """Learns the labels of pictures; its settings are those of `winnow classify train`.

    Pictures are paths, encoded bytes, Pillow images, or arrays (uint8 or uint16 [height, width],
    uint8 [height, width, 3 or 4] in RGB); all are prepared as files are. Settings are attributes,
    but for `fit`, which is a method's name: `get_params` and `set_params` have it, too.
    """

    __signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
            for name, default in _SETTINGS.items()
        ]
    )
    _estimator_type = "classifier"  # for scikit-learn before 1.6

    classes_: NDArray[Any]
    """[labels], sorted: the columns of `predict_proba`. Not there before `fit`."""
    card_: dict[str, Any] | None
    """What the model takes, learnt and measured, as in card.json. Not there before `fit`."""
    skipped_: tuple[Fault, ...]
    """Pictures that could not be learnt from. Not there before `fit`."""

    def __init__(self, **settings: Any) -> None:
        self._files: dict[str, bytes] = {}
        self._predictor: Predictor | None = None
        self.set_params(**_SETTINGS | settings)

    def __repr__(self) -> str:
        changed = {k: v for k, v in self.get_params().items() if v != _SETTINGS[k]}
        return f"PictureClassifier({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all settings."""
        return {name: getattr(self, _attribute(name)) for name in _SETTINGS}

    def set_params(self, **settings: Any) -> Self:
        """Change settings; `fit` judges their values. Raises ValueError for an unknown name."""
        for name in settings:
            if name not in _SETTINGS:
                raise ValueError(f"no setting {name!r}; wanted one of {', '.join(_SETTINGS)}")
        for name, value in settings.items():
            setattr(self, _attribute(name), value)
        return self

    def fit(self, X: Material, y: Iterable[Any] | None = None) -> Self:  # noqa: N803 - sklearn's
        """Learn from pictures and their labels; without labels, from a folder of label folders.

        Raises UsageError for settings and labels that cannot be, TypeError for what is no picture
        or no label, DataError where there is nothing to learn from. Pictures that cannot be read
        are skipped.
        """
        settings = self._judged()
        with tempfile.TemporaryDirectory(prefix="winnow-") as place:
            data, out = Path(place, "pictures"), Path(place, "model")
            labels = None if y is None else _labels(y)
            if labels is None:
                result = train(_folder(X), out, settings)
            else:
                with _unnamed(data):
                    write_down(data, items(X), [str(label) for label in labels.tolist()])
                    result = train(data, out, settings)
            self._files = {file.name: file.read_bytes() for file in out.iterdir()}
            self._begin(Predictor(out), labels)
        self.skipped_ = result.pictures.skipped
        return self

    def predict(self, X: Material) -> NDArray[Any]:  # noqa: N803
        """[pictures]: the likeliest label of each. Raises DataError for one that cannot be read."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def predict_proba(self, X: Material) -> NDArray[np.float32]:  # noqa: N803
        """[pictures, labels]: probabilities, in the order of `classes_`.

        Raises DataError, naming it, for a picture that cannot be read; `answers` goes on.
        """
        rows = []
        for number, answer in enumerate(self.answers(X)):
            if isinstance(answer, Fault):
                raise DataError(
                    f"picture {number} ({answer.path}): {answer.detail}; take it out, or use "
                    "`answers`, which goes on"
                )
            rows.append(answer.probabilities[self._order])
        return np.array(rows, np.float32).reshape(-1, len(self.classes_))

    def answers(self, X: Material) -> Iterator[Prediction | Fault]:  # noqa: N803
        """One answer a picture, in order, as they come; a Fault for what cannot be read."""
        predictor = self._ready()

        def answer(item: Item) -> Prediction | Fault:
            name, source = as_file(item)
            return predictor(source) if isinstance(source, Path) else predictor.answer(name, source)

        return in_threads(answer, items(X), self.get_params()["jobs"])

    def score(self, X: Material, y: Iterable[Any] | None = None) -> float:  # noqa: N803
        """Accuracy, a fraction; without labels, on a folder of label folders. Raises DataError."""
        if y is not None:
            return float(np.mean(self.predict(X) == np.asarray(list(y))))
        examples = read_folder(_folder(X), least=1).examples
        found = self.predict([example.path for example in examples])
        truth = [example.label for example in examples]
        return float(np.mean([str(label) for label in found.tolist()] == np.array(truth)))

    def save(self, folder: Path | str) -> Path:
        """Write what `winnow classify train` writes: model.tflite, labels.txt, card.json, report.

        Returns the folder. Raises UsageError when it cannot be written.
        """
        if not self._files:
            raise UsageError(_UNFITTED)
        with writing(Path(folder)) as part:
            for name, data in self._files.items():
                (part / name).write_bytes(data)
        return Path(folder)

    @classmethod
    def load(cls, model: Path | str) -> Self:
        """Return a classifier that has learnt already: a folder of `save`, or any `.tflite`.

        Its settings are those of its training, as its card tells them: a file's by its name alone;
        without a card the defaults. Raises UsageError, DataError.
        """
        file = model_file(Path(model))
        predictor = Predictor(file)
        made = cls(**_settings_of(predictor.model.card))
        if Path(model).is_dir():
            beside = [file.with_name(name) for name in WRITTEN]
            made._files = {path.name: path.read_bytes() for path in beside if path.is_file()}
        else:
            made._files[MODEL] = file.read_bytes()
        made._files[LABELS] = "".join(f"{name}\n" for name in predictor.model.labels).encode()
        made._begin(predictor, None)
        made.skipped_ = ()
        return made

    def _judged(self) -> TrainSettings:
        try:
            return TrainSettings.model_validate(self.get_params())
        except ValidationError as error:
            first = error.errors()[0]
            # Past the names pydantic tells which of several types it tried.
            place = first["loc"][: 2 if first["loc"][:1] == ("fine_tune",) else 1]
            name = ".".join(map(str, place))
            told = f"{name} {first['input']!r}" if name else "settings"
            raise UsageError(f"{told}: {in_our_words(first['msg'])}") from None

    def _begin(self, predictor: Predictor, labels: NDArray[Any] | None) -> None:
        names = list(predictor.model.labels)
        self._predictor = predictor
        self.card_ = predictor.model.card
        self.classes_ = np.unique(np.array(names) if labels is None else labels)
        self._order = [names.index(str(label)) for label in self.classes_.tolist()]

    def _ready(self) -> Predictor:
        if not self._files:
            raise UsageError(_UNFITTED)
        if self._predictor is None:  # it came out of a pickle
            with tempfile.TemporaryDirectory(prefix="winnow-") as place:
                self._predictor = Predictor(self.save(place))
        return self._predictor

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_predictor": None}

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator; it alone calls this."""
        utils = importlib.import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=False),
            classifier_tags=utils.ClassifierTags(),
        )


def _folder(material: Material) -> Path:
    if not isinstance(material, str | Path):
        raise UsageError("no labels: wanted `y` too, or a folder of label folders")
    return Path(material)


def _attribute(name: str) -> str:
    return "_fit" if name == "fit" else name


def _labels(given: Iterable[Any]) -> NDArray[Any]:
    labels = list(given)
    for number, label in enumerate(labels):
        if label is None or (isinstance(label, float) and np.isnan(label)):
            raise TypeError(f"label {number} is {label}; wanted text or a number")
    return np.asarray(labels)


@contextmanager
def _unnamed(folder: Path) -> Iterator[None]:
    """Keep the name of a folder of ours out of errors: nobody else knows it."""
    try:
        yield
    except (UsageError, DataError) as error:
        raise type(error)(str(error).replace(str(folder), "the pictures given")) from None


def _settings_of(card: dict[str, Any] | None) -> dict[str, Any]:
    """Return a card's settings; cards of older versions have none. Raises DataError."""
    told = (card or {}).get("settings", {})
    if not isinstance(told, dict):
        raise DataError("the card's settings are not as winnow writes them; train again")
    try:
        known = {name: value for name, value in told.items() if name in _SETTINGS}
        settings = TrainSettings.model_validate(known).model_dump()
    except ValidationError:
        raise DataError("the card's settings are not as winnow writes them; train again") from None
    return {name: settings[name] for name in _SETTINGS}
