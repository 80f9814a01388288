"""Where a fine-tuning begins: all that is known once the head alone was measured."""

from __future__ import annotations

from dataclasses import dataclass

from classify.backbone import Backbone
from classify.likeness import Sights
from classify.measures.held_out import Measured
from classify.pictures import Pictures
from classify.settings import TrainSettings
from classify.tuning import Trainer


@dataclass(frozen=True, slots=True)
class Start:
    """What is known once the head alone was measured."""

    pictures: Pictures
    """What is learnt from."""
    tested: Pictures | None
    """Of a test folder."""
    backbone: Backbone
    """What embedded them."""
    trainer: Trainer
    """Fits heads."""
    measured: Measured
    """How good the head alone is."""
    settings: TrainSettings
    """Of the training."""
    sights: Sights
    """What proves near duplicates."""
