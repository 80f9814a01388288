"""The words and defaults that settings, command line and code share; imports nothing."""

from __future__ import annotations

from typing import Literal, get_args

Fit = Literal["squash", "crop", "pad"]
"""How a picture becomes a square: squashed, cropped in the middle, or padded with white."""

ClassWeight = Literal["balanced", "none"]
"""Whether rare labels weigh more."""

Features = Literal["top", "top+middle", "all"]
"""Which layers of the backbone the head looks at."""

FeaturesChoice = Literal["top", "top+middle", "all", "auto"]
"""The same, or chosen by folds of the training part."""

Depth = Literal["upper", "all"]
"""What fine-tuning trains: the upper blocks and the head, or then the whole network too."""

FITS: tuple[Fit, ...] = get_args(Fit)
FEATURES: tuple[Features, ...] = get_args(Features)
FEATURES_CHOICES: tuple[FeaturesChoice, ...] = get_args(FeaturesChoice)

EMBEDDED = "embedded"
"""The backbone that comes with winnow."""

APPLICATIONS = ("mobilenet_v2", "mobilenet_v3")
"""Backbones of Keras Applications, for those who have TensorFlow."""

DEFAULT_SIZE = 224
"""Pixels a side."""

Format = Literal["float32", "float16", "dynamic", "int8"]
"""Numbers of an exported model: float32; float16 or int8 weights unpacked when the model is loaded;
or int8 arithmetic in the backbone, with the head in float."""

Input = Literal["float32", "uint8"]
"""What an exported model takes: numbers in [-1, 1], or bytes."""

FORMATS: tuple[Format, ...] = get_args(Format)
INPUTS: tuple[Input, ...] = get_args(Input)
