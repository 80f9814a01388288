"""Fine-tuning learns, keeps the best epoch, stops in time, and goes on after a kill."""

from __future__ import annotations

import hashlib
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classify.finetune import supply
from classify.finetune.activations import Streamed
from classify.finetune.checkpoint import Arrays, Epoch, snapshot
from classify.finetune.descent import PATIENCE, Tuned, fine_tune, forget
from classify.finetune.lessons import Distortion, Lessons, Shown
from classify.finetune.network import Network, scores_layer
from classify.finetune.runtime import keras
from classify.finetune.watch import Watch
from classify.head import Head
from classify.settings import FineTuneSettings
from classify.temperature import find_temperature
from classify.trials import log_losses
from harvest.ledger.errors import DataError

pytestmark = pytest.mark.tensorflow

SIDE = 32
QUICK = FineTuneSettings(epochs=4, batch_size=8, learning_rate=0.05, dropout=0.2)
WILD = QUICK.model_copy(update={"flip_left_right": True, "random_crop": 20.0, "depth": "all"})


def small_network() -> Network:
    """Two convolutions under a head of two labels, the same weights each time."""
    layers, start = keras().layers, keras().initializers
    image = keras().Input((SIDE, SIDE, 3), name="image")
    x = layers.Conv2D(
        6, 5, 2, activation="relu", name="low", kernel_initializer=start.GlorotUniform(1)
    )(image)
    x = layers.BatchNormalization(trainable=False, name="norm")(x)
    y = layers.Conv2D(
        8, 3, 2, activation="relu", name="high", kernel_initializer=start.GlorotUniform(2)
    )(x)
    y = layers.Concatenate()([layers.GlobalAveragePooling2D()(y),
                              layers.GlobalAveragePooling2D(name="tap")(x)])  # fmt: skip
    rng = np.random.default_rng(5)
    head = Head(rng.normal(0, 0.1, (2, 14)).astype(np.float32), np.zeros(2, np.float32))
    model = keras().Model(image, scores_layer(head)(y))
    return Network(model, SIDE, "small", {"upper": ("norm", "tap"), "all": ("image",)})


@pytest.fixture(scope="module")
def lessons(pictures: Path) -> Lessons:
    """Twenty pictures of two labels to learn from, ten to be judged on."""
    return lessons_in(pictures)


def lessons_in(pictures: Path) -> Lessons:
    shown = [
        Shown(file, hashlib.sha256(file.read_bytes()).hexdigest(), label)
        for label, name in enumerate(("dots", "stripes"))
        for file in sorted((pictures / name).iterdir())
    ]
    judged = tuple(one for i, one in enumerate(shown) if i % 3 == 0)
    learnt = tuple(one for i, one in enumerate(shown) if i % 3)
    return Lessons(learnt, judged, 2, "squash", "balanced")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def weights_of(tuned: Tuned) -> Arrays:
    return snapshot([weight.value for weight in tuned.network.model.weights])


def same(a: Arrays, b: Arrays) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def log_loss(tuned: Tuned, lessons: Lessons) -> float:
    source = Streamed(lessons.validation, SIDE, lessons.fit, Distortion(), None)
    ((pictures,),) = source.batches(range(10), 10, 0)
    scores = np.asarray(tuned.network.model(pictures), np.float64)
    truth = np.array([one.label for one in lessons.validation])
    return float(log_losses(scores / find_temperature(scores, truth, np.ones(10)), truth).mean())


def test_it_learns_and_hands_out_the_best_epoch(lessons: Lessons, cache: Path) -> None:
    """The weights are those of the epoch with the lowest validation loss."""
    tuned = fine_tune(small_network(), lessons, QUICK)

    losses = [epoch.loss for epoch in tuned.epochs]
    assert [epoch.number for epoch in tuned.epochs] == list(range(len(losses)))
    assert tuned.best == int(np.argmin(losses)) > 0
    assert losses[tuned.best] < losses[0] - 0.05
    assert log_loss(tuned, lessons) == pytest.approx(losses[tuned.best], abs=2e-3)  # float16 rows
    assert tuned.epochs[1].rate == QUICK.learning_rate
    assert tuned.epochs[2].rate == pytest.approx(QUICK.learning_rate * (2 + math.sqrt(2)) / 4)


def test_upper_leaves_what_is_below_the_cut_alone_and_all_does_not(
    lessons: Lessons, cache: Path
) -> None:
    """Batch norms stay as they are with both."""
    before = small_network().model
    upper = fine_tune(small_network(), lessons, QUICK).network.model
    whole = fine_tune(small_network(), lessons, WILD)

    def moved(model: object, layer: str) -> bool:
        pair = (m.get_layer(layer).get_weights() for m in (before, model))
        return not same(*pair)

    assert not moved(upper, "low")
    assert moved(upper, "high")
    assert {epoch.depth for epoch in whole.epochs} == {None, "upper", "all"}
    assert not moved(upper, "norm")
    assert not moved(whole.network.model, "norm")


def test_what_gets_worse_is_stopped_early_and_the_head_alone_comes_back(
    lessons: Lessons, cache: Path
) -> None:
    """Whoever is judged by swapped labels gets worse by learning: the first weights come back."""
    swapped = tuple(replace(shown, label=1 - shown.label) for shown in lessons.validation)
    misled = replace(lessons, validation=swapped)

    tuned = fine_tune(small_network(), misled, QUICK.model_copy(update={"epochs": 20}))

    losses = [epoch.loss for epoch in tuned.epochs]
    assert tuned.best == 0
    assert losses[-1] > losses[0] + 0.05
    assert len(losses) == 1 + PATIENCE + 1  # the first epoch is the least bad one
    assert f"stopped after epoch {PATIENCE + 1}: none was better" in str(tuned.notes)
    assert same(weights_of(tuned), snapshot([w.value for w in small_network().model.weights]))


@pytest.mark.parametrize("settings", [QUICK, WILD], ids=["upper", "all, distorted"])
def test_a_run_killed_with_9_goes_on_and_ends_as_if_it_had_not_been(
    lessons: Lessons, pictures: Path, cache: Path, settings: FineTuneSettings
) -> None:
    """Bit for bit, and no epoch is done twice."""
    undisturbed = fine_tune(small_network(), lessons, settings)
    forget(undisturbed)
    last = 2 if settings is QUICK else len(undisturbed.epochs) - 2
    killed = subprocess.Popen(
        [sys.executable, __file__, str(pictures), settings.model_dump_json(), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    said = killed.communicate()[0].split()
    told: list[Epoch] = []

    resumed = fine_tune(small_network(), lessons, settings, Watch(epoch=told.append))

    assert killed.returncode == -signal.SIGKILL
    assert said == [str(n) for n in range(last + 1)]
    assert any(f"after epoch {last}," in note for note in resumed.notes)
    assert same(weights_of(resumed), weights_of(undisturbed))
    assert repr(resumed.epochs) == repr(undisturbed.epochs) == repr(tuple(told))
    assert resumed.best == undisturbed.best


def test_where_the_disk_is_too_small_pictures_stream_and_the_result_is_the_same(
    lessons: Lessons, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so."""
    distorted = QUICK.model_copy(update={"random_brightness": 20.0})
    kept = fine_tune(small_network(), lessons, distorted)
    forget(kept)
    monkeypatch.setattr(supply, "MOST_BYTES", 1000)

    streamed = fine_tune(small_network(), lessons, distorted)

    assert same(weights_of(kept), weights_of(streamed))
    assert any("MB of" in note and "meanwhile" in note for note in kept.notes)
    assert any("computed anew each epoch" in note for note in streamed.notes)


def test_activations_go_when_it_is_over_and_the_rest_when_it_is_told_to(
    lessons: Lessons, cache: Path
) -> None:
    """A finished run remembers its end, until the model is written."""
    tuned = fine_tune(small_network(), lessons, QUICK)
    left = sorted(file.name for file in (cache / "fine-tune").rglob("*") if file.is_file())
    again = fine_tune(small_network(), lessons, QUICK)

    assert left == ["lock", "state.npz"]
    assert same(weights_of(tuned), weights_of(again))
    assert again.notes != tuned.notes
    forget(again)
    assert not list((cache / "fine-tune").iterdir())


@pytest.mark.parametrize("harm", ["cut", "flipped", "another"])
def test_a_checkpoint_that_does_not_fit_is_not_gone_on_from(
    lessons: Lessons, cache: Path, harm: str
) -> None:
    """A damaged one, or one of other settings: the run begins anew."""
    tuned = fine_tune(small_network(), lessons, QUICK)
    assert tuned.checkpoint is not None
    state = tuned.checkpoint / "state.npz"
    raw = bytearray(state.read_bytes())
    settings = QUICK
    if harm == "cut":
        state.write_bytes(raw[: len(raw) // 2])
    elif harm == "flipped":
        raw[len(raw) // 2] ^= 0xFF
        state.write_bytes(raw)
    else:
        settings = QUICK.model_copy(update={"label_smoothing": 0.1})

    again = fine_tune(small_network(), lessons, settings)

    assert not any("going on" in note for note in again.notes)
    assert same(weights_of(tuned), weights_of(again)) == (harm != "another")


def test_without_a_cache_it_works_and_says_what_that_costs(
    lessons: Lessons, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is the same."""
    tuned = fine_tune(small_network(), lessons, QUICK)
    cache.with_name("file").write_bytes(b"")
    monkeypatch.setenv("WINNOW_CACHE", str(cache.with_name("file")))

    without = fine_tune(small_network(), lessons, QUICK)

    assert without.checkpoint is None
    assert any("begins anew" in note for note in without.notes)
    assert same(weights_of(tuned), weights_of(without))


def test_progress_hears_of_every_picture_that_is_computed_and_learnt(
    lessons: Lessons, cache: Path
) -> None:
    """As many as were announced."""
    heard: dict[str, int] = {}
    watch = Watch(progress=Counting(heard))
    tuned = fine_tune(small_network(), lessons, QUICK.model_copy(update={"epochs": 2}), watch)

    assert heard == {"total": 70, "computed": 30, "learnt": 40, "notes": 1 + len(tuned.epochs)}


def test_a_picture_that_vanishes_meanwhile_is_an_error_that_names_it(
    lessons: Lessons, cache: Path
) -> None:
    """Not a traceback."""
    gone = Shown(Path("/nowhere/gone.png"), "0" * 64, 0)
    broken = Lessons((*lessons.train, gone), lessons.validation, 2, "squash", "none")

    with pytest.raises(DataError, match=r"/nowhere/gone\.png"):
        fine_tune(small_network(), broken, QUICK)


class Counting:
    """A progress that adds up."""

    def __init__(self, heard: dict[str, int]) -> None:
        self.heard = heard

    def total(self, n: int | None) -> None:
        self.heard["total"] = n or 0

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        self.heard[outcome] = self.heard.get(outcome, 0) + n

    def note(self, line: str) -> None:
        self.heard["notes"] = self.heard.get("notes", 0) + 1


def die_after(last: int) -> Callable[[Epoch], None]:
    """Tell each epoch on stdout, and kill this process when number `last` is told."""

    def told(epoch: Epoch) -> None:
        sys.stdout.write(f"{epoch.number}\n")
        sys.stdout.flush()
        if epoch.number == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


if __name__ == "__main__":
    fine_tune(
        small_network(),
        lessons_in(Path(sys.argv[1])),
        FineTuneSettings.model_validate_json(sys.argv[2]),
        Watch(epoch=die_after(int(sys.argv[3]))),
    )
