"""Which networks can be trained, and what must be there before any work begins."""

from __future__ import annotations

from pathlib import Path

from classify.backbone import Backbone, weights_file
from classify.choices import APPLICATIONS, EMBEDDED, Features
from classify.finetune.applications import application_network
from classify.finetune.boards import check_folder
from classify.finetune.extra import require_tensorflow
from classify.finetune.network import Network, lite0_network
from classify.finetune.saved_model import check_saved_model_place
from classify.head import Head
from classify.settings import TrainSettings
from classify.tflite.weights import read_weights
from harvest.ledger.errors import DataError, UsageError

LEAST = 10
"""Validation pictures at least."""


def check_wishes(settings: TrainSettings, out: Path) -> None:
    """Raise UsageError early where fine-tuning or a SavedModel is wanted and cannot be had.

    `out`: the model folder.
    """
    if settings.fine_tune is None and settings.saved_model_dir is None:
        return
    what = "--fine-tune" if settings.fine_tune else "--saved-model-dir"
    if settings.backbone not in (EMBEDDED, *APPLICATIONS):
        raise UsageError(
            f"{what}: the layers of {settings.backbone} cannot be had from its file; wanted "
            f"--backbone {', '.join((EMBEDDED, *APPLICATIONS[:-1]))} or {APPLICATIONS[-1]}"
        )
    require_tensorflow(what)
    summaries = settings.fine_tune.summaries_dir if settings.fine_tune else None
    if saved := settings.saved_model_dir:
        # It is put in place as a whole: nothing else may lie there.
        for option, other in (("--out", out), ("--summaries-dir", summaries)):
            if other and saved.resolve() in (other.resolve(), *other.resolve().parents):
                raise UsageError(
                    f"--saved-model-dir {saved}: {option} {other} lies there, and a SavedModel "
                    "wants a folder of its own; choose another one"
                )
        check_saved_model_place(saved)
    if summaries:
        check_folder(summaries)


def check_enough(validation: int) -> None:
    """Raise DataError where so many validation pictures decide nothing."""
    if validation < LEAST:
        raise DataError(
            f"fine-tuning: {validation} pictures in the validation part, which decides; "
            f"wanted {LEAST} or more: raise --validation-percentage, or add pictures"
        )


def network_of(name: str, backbone: Backbone, features: Features, head: Head) -> Network:
    """Rebuild what embedded the pictures, with `head` on it. `name` as in the settings."""
    if name == EMBEDDED:
        return lite0_network(read_weights(weights_file()), backbone.size, features, head)

    return application_network(name, backbone.size, head)
