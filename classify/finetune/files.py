"""What is written of a network: `.tflite` files and a SavedModel, each compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from classify.card import description
from classify.export import Made, Material, Wish, make_each
from classify.finetune.converting import exported
from classify.finetune.network import Network
from classify.finetune.networks import network_of
from classify.finetune.saved_model import SIGNATURES, write_saved_model
from classify.finetune.scores import scores, shown
from classify.finetune.start import Start
from classify.head import softmax
from classify.model_folder import variant_file
from classify.parity import NETWORK_BOUNDS
from classify.variants import training_material


def network_files(
    start: Start, network: Network, card: dict[str, Any], wishes: Sequence[Wish]
) -> Made:
    """Make the float32 file and those wished for. Raises DataError where the float32 one strays."""
    material = _material(start, network, card, wishes)
    about = description(card, start.pictures.labels)
    return make_each(
        wishes, lambda wish: exported(network, variant_file(wish.form), wish, material, about)
    )


def save_model(
    start: Start, network: Network | None, card: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Write a SavedModel into `folder`; of the head alone, fitted on all pictures, without one.

    Returns what the card says of it. Raises UsageError where something else is in the way,
    DataError where it strays.
    """
    made_of = "fine-tuned network" if network else "head alone"
    pictures, settings = start.pictures, start.settings
    if network is None:
        tuning = start.measured.tuning
        head = start.trainer.fit(pictures.sample, tuning)
        network = network_of(settings.backbone, start.backbone, tuning.features, head)
    samples = _material(start, network, card, ()).samples
    parity = write_saved_model(network, pictures.labels, settings.fit, folder, samples)
    return {
        "folder": folder.name,
        "made_of": made_of,
        "signatures": list(SIGNATURES),
        "parity": parity.facts(),
    }


def _material(
    start: Start, network: Network, card: dict[str, Any], wishes: Sequence[Wish]
) -> Material:
    pictures, fit = start.pictures, start.settings.fit
    material = training_material(
        card, wishes, pictures, lambda rows: softmax(scores(network, shown(pictures, rows), fit))
    )
    return replace(material, samples=replace(material.samples, bounds=NETWORK_BOUNDS))
