"""What can be set about a training, once, with its defaults: `train:` of the settings file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from classify.choices import EMBEDDED, ClassWeight, Depth, FeaturesChoice, Fit, Format
from harvest.ledger.settings_values import SettingsSection


class FineTuneSettings(SettingsSection):
    """Settings of a fine-tuning."""

    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    """Passes over the training part at most, of each depth; it stops early on validation loss."""
    batch_size: Annotated[int, Field(ge=1, le=4096)] = 32
    """Pictures a step."""
    learning_rate: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = 0.01
    """At the beginning; it falls along a cosine."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Of the gradient descent, a fraction."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the embedding's numbers that the head does not see in a step."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0
    """Share of the truth that goes to all labels alike."""
    depth: Depth = "upper"
    """`upper`: the upper blocks and the head; `all`: then the whole network too."""
    random_crop: Annotated[float, Field(ge=0, lt=100)] = 0
    """Percent of the side that a random crop may leave out."""
    random_scale: Annotated[float, Field(ge=0, le=1000)] = 0
    """Percent by which a picture may be enlarged at random."""
    random_brightness: Annotated[float, Field(ge=0, le=100)] = 0
    """Percent by which a picture may be brightened or darkened at random."""
    flip_left_right: bool = False
    """Whether half of the pictures are mirrored at random."""
    summaries_dir: Path | None = None
    """Folder for TensorBoard's event files; None: none are written."""


def in_our_words(said: str) -> str:
    """Pydantic's message as people are told it."""
    said = re.sub("^Value error, ", "", said)
    said = re.sub("^Input should be (?=greater|less)", "wanted a number ", said)
    return re.sub("^Input should be ", "wanted ", said)


def _switched(value: object) -> object:
    """`fine_tune: true` means all defaults, `false` means none."""
    return {} if value is True else None if value is False else value


class TrainSettings(SettingsSection):
    """Settings of one training."""

    image_size: Annotated[int, Field(ge=32, le=1024)] | Literal["auto"] | None = None
    """Side of the square the pictures are scaled to; None: 224, or the backbone's own;
    `auto`: the smallest of 128, 160 and 224 that is as good as any, on some 400 pictures."""
    backbone: str = EMBEDDED
    """`embedded` (EfficientNet-Lite0) or the path of a TFLite feature extractor."""
    features: FeaturesChoice = "auto"
    """Layers that the head looks at; lower ones carry drawing style. `auto`: chosen by folds."""
    fit: Fit = "squash"
    """How a picture becomes a square: squashed, cropped in the middle, or padded with white."""
    folds: Annotated[int, Field(ge=0, le=50)] = 0
    """Folds of the cross-validation; 0: only when too few pictures are held out."""
    validation_percentage: Annotated[float, Field(ge=0, lt=100)] = 10
    """Share of a plain folder's pictures that chooses L2 and temperature."""
    testing_percentage: Annotated[float, Field(ge=0, lt=100)] = 10
    """Share of a plain folder's pictures that only measures."""
    test_dir: Path | None = None
    """Folder of the same labels that only measures; a plain folder keeps no testing part then."""
    target_precision: Annotated[float, Field(gt=0, le=1)] | None = None
    """Precision, a fraction, for which thresholds are looked for; None: no thresholds."""
    l2: Annotated[float, Field(ge=1e-6, le=1e9, allow_inf_nan=False)] | None = None
    """Weight decay of the head; None: chosen on the validation part."""
    class_weight: ClassWeight = "balanced"
    """`balanced`: rare labels weigh more; `none`: every picture weighs the same."""
    export: tuple[Format, ...] = ()
    """Formats to write besides float32."""
    min_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    """Measured accuracy below which the training fails, as a fraction."""
    fine_tune: Annotated[FineTuneSettings | None, BeforeValidator(_switched)] = None
    """Fine-tuning after the head is fitted, which needs TensorFlow; None: the head alone."""
    saved_model_dir: Path | None = None
    """Folder for a SavedModel, for TensorFlow Serving; None: none is written."""
    jobs: Annotated[int, Field(ge=0)] = 0
    """Threads; 0: as many as there are cores."""

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> TrainSettings:
        if self.validation_percentage + self.testing_percentage > 90:
            both = self.validation_percentage + self.testing_percentage
            raise ValueError(
                f"validation_percentage {self.validation_percentage:g} and testing_percentage "
                f"{self.testing_percentage:g} take {both:g} percent together; wanted 90 at most"
            )
        return self

    @model_validator(mode="after")
    def _fine_tune_once(self) -> TrainSettings:
        if self.fine_tune and self.folds:
            raise ValueError(
                f"folds {self.folds}: a fine-tuning is not repeated for each fold; "
                "leave out either folds or fine_tune"
            )
        return self
