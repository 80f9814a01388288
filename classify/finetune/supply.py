"""The inputs of the trained part: activations kept on disk, or pictures decoded as they come."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from classify.choices import Depth
from classify.finetune.activations import Kept, Lower, Source, Streamed, keep
from classify.finetune.checkpoint import drop_activations
from classify.finetune.lessons import Distortion, Lessons
from classify.finetune.network import Network
from classify.settings import FineTuneSettings

VERSIONS = 4
"""Distorted versions of each picture that the upper blocks see; epochs take turns."""

MOST_BYTES = 8 * 1024**3
"""Of activations on disk at most; and never more than half of what is free."""


class Supply:
    """What the training and the validation part are fed from; the numbers never depend on disk."""

    def __init__(
        self,
        network: Network,
        lessons: Lessons,
        settings: FineTuneSettings,
        folder: Path | None,
    ) -> None:
        """`folder`: where activations may be kept; None: nowhere."""
        self.notes: list[str] = []
        """What people should know, one line each."""
        self._network = network
        self._lessons = lessons
        self._folder = folder
        self._distortion = Distortion(
            crop=settings.random_crop,
            scale=settings.random_scale,
            brightness=settings.random_brightness,
            flip=settings.flip_left_right,
        )
        turns = range(1, 1 + min(VERSIONS, settings.epochs))
        self._versions = tuple(turns) if self._distortion else (0,)

    def version(self, depth: Depth, done: int) -> int:
        """Which version of the pictures is learnt from after `done` epochs of this depth."""
        if depth == "all" and self._distortion:
            return 1 + done  # nothing is kept, so that a new one costs nothing more
        return self._versions[done % len(self._versions)]

    def to_compute(self, depth: Depth) -> int:
        """Pictures that are sent through the lower blocks before anything is learnt, about."""
        train, validation = len(self._lessons.train), len(self._lessons.validation)
        return len(self._versions) * train + validation if depth == "upper" else 0

    def sources(self, depth: Depth, told: Callable[[int], None]) -> tuple[Source, Source]:
        """Where pictures to learn from and to judge come from.

        `told` hears how many pictures went through the lower blocks, each time.
        """
        lower = Lower(self._network) if depth == "upper" else None
        lessons, side = self._lessons, self._network.side
        train = Streamed(lessons.train, side, lessons.fit, self._distortion, lower)
        judged = Streamed(lessons.validation, side, lessons.fit, Distortion(), lower)
        if lower is None or self._folder is None or not self._room(lower, self._folder):
            return train, judged
        folder = self._folder
        try:
            validation = keep(folder / "validation.f16", lower, judged, 0, told)
            kept = {
                version: keep(folder / f"train-{version}.f16", lower, train, version, told)
                for version in self._versions
            }
        except OSError as error:
            self.notes.append(f"{folder}: activations are not kept: {error.strerror}")
            drop_activations(folder)
            return train, judged
        return Kept(lower, kept), Kept(lower, {0: validation})

    def _room(self, lower: Lower, folder: Path) -> bool:
        """Whether all activations may lie on disk meanwhile."""
        lessons = self._lessons
        rows = len(self._versions) * len(lessons.train) + len(lessons.validation)
        wanted = rows * lower.row_bytes
        there = sum(file.stat().st_size for file in folder.glob("*.f16"))
        room = min(MOST_BYTES, (shutil.disk_usage(folder).free + there) // 2)
        if wanted <= room:
            self.notes.append(
                f"activations of the lower blocks take {wanted / 1e6:,.0f} MB of {folder} meanwhile"
            )
            return True
        self.notes.append(
            f"activations of the lower blocks would take {wanted / 1e6:,.0f} MB of {folder}, where "
            f"{room / 1e6:,.0f} may be used: they are computed anew each epoch, which takes longer"
        )
        return False
