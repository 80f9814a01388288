"""What can be set about a training, once, with its defaults: `train:` of the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from classify.choices import EMBEDDED, ClassWeight, FeaturesChoice, Fit, Format
from harvest.ledger.settings_values import SettingsSection


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
