"""Fine-tuning: gradient descent from the fitted head on, watched by the validation part.

SGD with momentum, the rate falling along a cosine (Loshchilov and Hutter, "SGDR", 2016), batch
norms frozen. The upper blocks first, from kept activations of those below; then, if asked, the
whole network at a tenth of the rate.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classify.choices import Depth
from classify.finetune.activations import Source
from classify.finetune.checkpoint import (
    Arrays,
    Epoch,
    State,
    drop_activations,
    read_state,
    run_folder,
    run_key,
    snapshot,
    write_state,
)
from classify.finetune.lessons import Lessons
from classify.finetune.network import Network
from classify.finetune.steps import Batch, Learner
from classify.finetune.supply import Supply
from classify.finetune.watch import Watch
from classify.head import picture_weights
from classify.settings import FineTuneSettings
from classify.temperature import find_temperature
from classify.trials import log_losses

PATIENCE = 3
"""Epochs without a lower validation loss, within a depth, after which it is over."""

_DEEP_RATE = 0.1  # of the rate, for the whole network: reference rates 0.003 and 0.0003
_LOOKED_AT = 64  # validation pictures at once


@dataclass(frozen=True, slots=True)
class Tuned:
    """A finished fine-tuning."""

    network: Network
    """With the best epoch's weights."""
    epochs: tuple[Epoch, ...]
    """From the head alone (number 0) to the last one."""
    best: int
    """Number of the epoch whose weights these are; 0: nothing was better than the head alone."""
    notes: tuple[str, ...]
    """What people should know: what the disk was used for, what was resumed, why it stopped."""
    checkpoint: Path | None
    """Folder of the checkpoint; `forget(tuned)` once the model is written. None: nowhere."""


def fine_tune(
    network: Network, lessons: Lessons, settings: FineTuneSettings, watch: Watch | None = None
) -> Tuned:
    """Train `network` (its weights change) and return it with those of its best epoch.

    A checkpoint is written after each epoch, below the cache folder: the same call after a kill
    goes on there and ends with the same numbers, bit for bit on the same machine. Raises UsageError
    without TensorFlow, DataError when a picture that was readable before is gone.
    """
    with run_folder(run_key(network, lessons, settings)) as folder:
        supply = Supply(network, lessons, settings, folder)
        return _Run(network, lessons, settings, watch or Watch(), folder, supply).go()


def forget(tuned: Tuned) -> None:
    """Remove the checkpoint of a finished fine-tuning."""
    if tuned.checkpoint is not None:
        shutil.rmtree(tuned.checkpoint, ignore_errors=True)


@dataclass
class _Run:
    network: Network
    lessons: Lessons
    settings: FineTuneSettings
    watch: Watch
    folder: Path | None
    supply: Supply
    epochs: list[Epoch] = field(default_factory=list)
    best: Arrays = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counted: int = 0

    def go(self) -> Tuned:
        state = read_state(self.folder) if self.folder else None
        if self.folder is None:
            self._say("no checkpoint can be kept: a killed run begins anew")
        self.best = snapshot(self._weights)
        if state is not None:
            self._restore(self._weights, state.weights)
            self.best = state.best
            if done := state.epochs[-1].number:
                self._say(f"going on after epoch {done}, from the checkpoint")
            self.epochs = list(state.epochs)
            for epoch in self.epochs:
                self.watch.over(epoch)
        for depth in self._depths():
            self._descend(depth, state)
            if depth == "upper" and self.folder:
                drop_activations(self.folder)
        self._restore(self._weights, self.best)
        if self.watch.progress:
            self.watch.progress.total(self.counted)
        return Tuned(self.network, tuple(self.epochs), self._best_of(self.epochs).number,
                     tuple(self.notes), self.folder)  # fmt: skip

    @property
    def _weights(self) -> list[Any]:
        return [weight.value for weight in self.network.model.trainable_weights]

    def _depths(self) -> tuple[Depth, ...]:
        return ("upper",) if self.settings.depth == "upper" else ("upper", "all")

    def _descend(self, depth: Depth, state: State | None) -> None:
        """Train at one depth until its epochs are over or nothing gets better any more."""
        if self._over(depth):
            return
        begun = [epoch for epoch in self.epochs if epoch.depth == depth]
        if not begun and self.epochs:
            self._restore(self._weights, self.best)
        learner = Learner(self.network, depth, self.settings)
        if begun and state is not None:
            self._restore(learner.velocities, state.velocities)
        train, validation = self._sources(depth, len(begun))
        if not self.epochs:
            loss, accuracy = self._judge(learner, validation)
            self._finish(Epoch(0, None, 0.0, math.nan, loss, accuracy), learner)
        while not self._over(depth):
            number = len(self.epochs)
            done = sum(epoch.depth == depth for epoch in self.epochs)
            rate = self._rate(depth, done)
            train_loss = self._pass(learner, train, depth, done)
            loss, accuracy = self._judge(learner, validation)
            self._finish(Epoch(number, depth, rate, train_loss, loss, accuracy), learner)
        if sum(epoch.depth == depth for epoch in self.epochs) < self.settings.epochs:
            best = self._best_of(self.epochs).number
            self._say(
                f"stopped after epoch {self.epochs[-1].number}: none was better than "
                f"{f'epoch {best}' if best else 'the head alone'} for {PATIENCE} epochs"
            )

    def _over(self, depth: Depth) -> bool:
        own = [epoch for epoch in self.epochs if epoch.depth == depth]
        if not own:
            return False
        if not math.isfinite(own[-1].loss + own[-1].train_loss):
            return True
        stale = own[-1].number - self._best_of(own).number
        return len(own) >= self.settings.epochs or stale >= PATIENCE

    def _pass(self, learner: Learner, source: Source, depth: Depth, done: int) -> float:
        """One epoch; return the mean loss."""
        settings, count = self.settings, len(self.lessons.train)
        labels = np.array([shown.label for shown in self.lessons.train])
        weights = picture_weights(labels, self.lessons.labels, self.lessons.class_weight)
        seed = int.from_bytes(hashlib.sha256(f"{depth} {done}".encode()).digest()[:3])
        order = np.random.default_rng(seed).permutation(count)
        steps = -(-count // settings.batch_size)
        total, losses = 0.0, 0.0
        version = self.supply.version(depth, done)
        for step, inputs in enumerate(source.batches(order.tolist(), settings.batch_size, version)):
            places = order[step * settings.batch_size : (step + 1) * settings.batch_size]
            rate = self._rate(depth, done + step / steps)
            batch = Batch(inputs, labels[places], weights[places])
            losses += learner.learn(batch, rate, (seed, step)) * len(places)
            total += len(places)
            self._advance("learnt", len(places))
        return losses / total

    def _judge(self, learner: Learner, source: Source) -> tuple[float, float]:
        """Log loss and accuracy of the validation part."""
        shown = self.lessons.validation
        truth = np.array([one.label for one in shown])
        found = [learner.scores(x) for x in source.batches(range(len(shown)), _LOOKED_AT, 0)]
        scores = np.concatenate(found).astype(np.float64)
        if not np.isfinite(scores).all():
            return math.nan, float(np.mean(scores.argmax(axis=1) == truth))
        weights = picture_weights(truth, self.lessons.labels, self.lessons.class_weight)
        # With the temperature that it would be handed out with: being too sure is mended.
        scores /= find_temperature(scores, truth, weights)
        loss = float(np.mean(log_losses(scores, truth)))
        return loss, float(np.mean(scores.argmax(axis=1) == truth))

    def _rate(self, depth: Depth, done: float) -> float:
        """Learning rate after so many epochs of this depth."""
        top = self.settings.learning_rate * (_DEEP_RATE if depth == "all" else 1.0)
        return top / 2 * (1 + math.cos(math.pi * done / self.settings.epochs))

    def _best_of(self, epochs: list[Epoch]) -> Epoch:
        """Lowest validation loss; the first of equals."""
        return min(epochs, key=lambda epoch: epoch.loss if math.isfinite(epoch.loss) else math.inf)

    def _restore(self, variables: list[Any], values: Arrays) -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def _sources(self, depth: Depth, done: int) -> tuple[Source, Source]:
        """Where pictures to learn from and to judge come from."""
        passes = self.settings.epochs - done
        if depth != self._depths()[-1]:
            passes += self.settings.epochs
        coming = passes * len(self.lessons.train) + self.supply.to_compute(depth)
        if self.watch.progress:
            self.watch.progress.total(self.counted + coming)
        found = self.supply.sources(depth, lambda n: self._advance("computed", n))
        for note in self.supply.notes:
            self._say(note)
        self.supply.notes.clear()
        return found

    def _finish(self, epoch: Epoch, learner: Learner) -> None:
        self.epochs.append(epoch)
        if self._best_of(self.epochs) is epoch:
            self.best = snapshot(self._weights)
        self._keep(learner)
        self.watch.over(epoch)  # only now: what was told of is not done again

    def _keep(self, learner: Learner) -> None:
        if self.folder is None:
            return
        now, velocities = snapshot(self._weights), snapshot(learner.velocities)
        try:
            write_state(self.folder, State(tuple(self.epochs), now, self.best, velocities))
        except OSError as error:
            self._say(f"{self.folder}: no checkpoint was written: {error.strerror}")

    def _say(self, line: str) -> None:
        self.notes.append(line)
        self.watch.say(line)

    def _advance(self, outcome: str, n: int) -> None:
        self.counted += n
        if self.watch.progress and n:
            self.watch.progress.advance(outcome, n)
