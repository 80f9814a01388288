"""Which image size is enough: tried on some pictures of the training part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from classify.backbone import Backbone, open_backbone
from classify.choices import DEFAULT_SIZE, EMBEDDED, Features, FeaturesChoice
from classify.collection import embedded
from classify.contest import Contender, simplest
from classify.data import LabelledFolder
from classify.embed import Embedded
from classify.sample import Sample, some_of
from classify.settings import TrainSettings
from classify.split import join_groups
from classify.trials import Trial
from classify.tuning import Trainer
from harvest.ledger.progress import Progress

CANDIDATES = (128, 160, 224)
"""Pixels a side, smallest first."""

_MOST = 400


def open_for(
    settings: TrainSettings, folder: LabelledFolder, progress: Progress | None
) -> tuple[Backbone, tuple[Contender, ...]]:
    """Return the backbone at the size that is wanted, and how the sizes did if one was chosen.

    Raises as `open_backbone` does.
    """
    if settings.image_size != "auto":
        return open_backbone(settings.backbone, settings.image_size), ()
    if settings.backbone != EMBEDDED:  # its file says what it takes
        return open_backbone(settings.backbone, None), ()
    some = _some_of(folder)
    tried: dict[str, Trial] = {}
    groups: list[str] = []
    for size in CANDIDATES:
        backbone = open_backbone(EMBEDDED, size)
        found = _tried(some, backbone, settings, progress)
        if found is None:
            return open_backbone(EMBEDDED, DEFAULT_SIZE), ()
        tried[str(size)], groups = found
    chosen, contest = simplest(tried, groups)
    return open_backbone(EMBEDDED, int(chosen)), contest


def features_to_try(
    backbone: Backbone, choice: FeaturesChoice
) -> Mapping[Features, tuple[int, ...]]:
    """Blocks of each choice of features that `choice` leaves open.

    Raises UsageError for features that the backbone does not have.
    """
    if choice == "auto":
        return backbone.blocks
    backbone.columns(choice)
    return {choice: backbone.blocks[choice]}


def _some_of(folder: LabelledFolder) -> LabelledFolder:
    examples = [example for example in folder.examples if example.split == "train"]
    labels = {label: i for i, label in enumerate(folder.labels)}
    y = np.array([labels[example.label] for example in examples], np.intp)
    files = tuple(example.group or example.file for example in examples)
    chosen = some_of(y, files, _MOST)
    return replace(folder, examples=tuple(examples[i] for i in chosen), passed_over=())


def _tried(
    folder: LabelledFolder, backbone: Backbone, settings: TrainSettings, progress: Progress | None
) -> tuple[Trial, list[str]] | None:
    if progress:
        progress.total(len(folder.examples))
    results = embedded(folder, backbone, settings, progress, [])
    good = [
        (example, result)
        for example, result in zip(folder.examples, results, strict=True)
        if isinstance(result, Embedded)
    ]
    names = sorted({example.label for example, _ in good})
    if len(names) < 2:
        return None
    own = [example.group or example.file for example, _ in good]
    sample = Sample(
        x=np.stack([result.vector for _, result in good]),
        y=np.array([names.index(example.label) for example, _ in good], np.intp),
        groups=tuple(join_groups(own, [result.sha256 for _, result in good])),
    )
    blocks = features_to_try(backbone, settings.features)
    return Trainer(len(names), settings.class_weight, settings.l2, blocks).best_by_folds(sample)
