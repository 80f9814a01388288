"""What can be set about a training, once, with its defaults: `train:` of the settings file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from classify.choices import EMBEDDED, ClassWeight, Features, Fit
from harvest.ledger.settings import SettingsSection


class TrainSettings(SettingsSection):
    """Settings of one training."""

    image_size: Annotated[int, Field(ge=32, le=1024)] | None = None
    """Side of the square the pictures are scaled to; None: 224, or the backbone's own."""
    backbone: str = EMBEDDED
    """`embedded` (EfficientNet-Lite0) or the path of a TFLite feature extractor."""
    features: Features = "top"
    """Which layers make the embedding; the lower ones carry drawing style."""
    fit: Fit = "squash"
    """How a picture becomes a square: squashed, cropped in the middle, or padded with white."""
    folds: Annotated[int, Field(ge=0, le=50)] = 0
    """Folds of the cross-validation; 0: only when too few pictures are held out."""
    validation_percentage: Annotated[float, Field(ge=0, lt=100)] = 10
    """Share of a plain folder's pictures that chooses L2 and temperature."""
    testing_percentage: Annotated[float, Field(ge=0, lt=100)] = 10
    """Share of a plain folder's pictures that only measures."""
    l2: Annotated[float, Field(gt=0)] | None = None
    """Weight decay of the head; None: chosen on the validation part."""
    class_weight: ClassWeight = "balanced"
    """`balanced`: rare labels weigh more; `none`: every picture weighs the same."""
    min_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    """Measured accuracy below which the training fails, as a fraction."""
    jobs: Annotated[int, Field(ge=0)] = 0
    """Threads; 0: as many as there are cores."""

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> TrainSettings:
        if self.validation_percentage + self.testing_percentage > 90:
            raise ValueError("validation and testing may take 90 percent together, not more")
        return self
