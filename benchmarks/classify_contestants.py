"""The contestants of the classification benchmark: one run each, from folder to `.tflite`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classify_peers import Home
from classify_tasks import Task
from curate_runs import RunFailed
from harvest_processes import Ran, run

_HERE = Path(__file__).resolve().parent
_LIMIT_S = 7200.0
# What the peers were trained on, scaled as they scaled it; and as their users' programs scale it.
PEER_FEEDS = (
    {"mean": 0, "std": 255, "resample": "sampled", "fit": "squash"},
    {"mean": 0, "std": 255, "resample": "bicubic", "fit": "squash"},
)
_OTHER_SETTINGS = ("--l2", "3", "--class-weight", "none", "--features", "all")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much the peers do."""

    fine_epochs: int = 12
    """Of fine-tuning: comic_net's recipe."""
    frozen_epochs: int = 5
    """Of the tool's default, the backbone frozen."""
    steps: int = 4000
    """Of retrain.py's gradient descent."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One training of one contestant."""

    task: str
    contestant: str
    size: int
    """Pixels a side."""
    round: int
    seconds: float
    """From the start of the process to its end."""
    cpu_s: float
    peak_mb: float
    """Most memory of the process and its children, 10^6 bytes."""
    model_bytes: int
    tested: int
    """Pictures that the judge showed it."""
    right: int
    """Of those; for a peer the better of two ways to feed it."""
    right_by_feed: tuple[int, ...]
    """For each way that it was fed."""

    @property
    def accuracy(self) -> float:
        """A fraction."""
        return self.right / self.tested


class Contest:
    """Runs contestants over tasks, each in a process and a folder of its own."""

    def __init__(self, folder: Path, winnow: Home, mic: Home | None, effort: Effort) -> None:
        self._folder = folder
        self._winnow = winnow
        self._mic = mic
        self._effort = effort
        self.modules: dict[int, Path] = {}
        """Size -> the SavedModel that the peers train from."""

    def train(self, contestant: str, task: Task, size: int, number: int) -> Trained:
        """Run one contestant: `winnow`, `winnow-again` (other settings, everything embedded
        already by the run before), `mic-fine`, `mic-frozen` or `retrain`. Raises RunFailed."""
        out = self._folder / "models" / f"{task.name}-{contestant}-{size}-{number}"
        out.mkdir(parents=True)
        if contestant.startswith("winnow"):
            ran = self._winnow_run(contestant, task, size, out)
            feeds: Sequence[Mapping[str, Any]] = (_card_feed(out / "card.json"),)
        else:
            ran = self._peer_run(contestant, task, size, out)
            feeds = PEER_FEEDS
        model = out / "model.tflite"
        found = self.judge(task, model, out / "labels.txt", feeds)
        right = tuple(one["asked"] - len(one["wrong"]) for one in found)
        return Trained(
            task=task.name,
            contestant=contestant,
            size=size,
            round=number,
            seconds=round(ran.seconds, 3),
            cpu_s=round(ran.cpu, 2),
            peak_mb=round(ran.peak / 1e6, 1),
            model_bytes=model.stat().st_size,
            tested=found[0]["asked"],
            right=max(right),
            right_by_feed=right,
        )

    def int8(self, task: Task, size: int) -> tuple[Path, Path, int, int]:
        """Train once more, everything remembered, and export int8 as well.

        Returns float32 and int8 file, and how many test pictures each has right. Raises RunFailed.
        """
        out = self._folder / "models" / f"{task.name}-int8-{size}"
        out.mkdir(parents=True)
        self._winnow_train(task, size, out, ("--export", "int8"))
        whole, small = out / "model.tflite", out / "model_int8.tflite"
        right = []
        for model in (whole, small):
            feed = _card_feed(out / "card.json")
            found = self.judge(task, model, out / "labels.txt", (feed,))[0]
            right.append(found["asked"] - len(found["wrong"]))
        return whole, small, right[0], right[1]

    def judge(
        self, task: Task, model: Path, labels: Path, feeds: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """What the judge found, one for each feed; left beside the model as JSON."""
        order, result = model.with_suffix(".order.json"), model.with_suffix(".judged.json")
        told = {"model": str(model), "labels": str(labels), "folder": str(task.test)}
        order.write_text(json.dumps(told | {"feeds": list(feeds)}), encoding="utf-8")
        line: list[str | Path] = [self._winnow.python, _HERE / "classify_judge.py", order, result]
        self._run(line, model.parent, {})
        found: list[dict[str, Any]] = json.loads(result.read_text(encoding="utf-8"))
        return found

    def floor(self, mode: str, model: Path, task: Task, size: int) -> float:
        """Seconds of `decode`, `inference` or `embedding` over a task's training pictures."""
        place = self._folder / "floor"
        place.mkdir(exist_ok=True)
        result = place / "result.json"
        script = _HERE / "classify_floor.py"
        line: list[str | Path] = [
            self._winnow.python,
            script,
            mode,
            model,
            task.train,
            str(size),
            result,
        ]
        self._run(line, place, {"WINNOW_CACHE": str(place / "cache")})
        return float(json.loads(result.read_text(encoding="utf-8"))["seconds"])

    def _winnow_run(self, contestant: str, task: Task, size: int, out: Path) -> Ran:
        if contestant == "winnow-again":
            return self._winnow_train(task, size, out, _OTHER_SETTINGS)
        shutil.rmtree(self._cache(task, size), ignore_errors=True)
        return self._winnow_train(task, size, out, ())

    def _winnow_train(self, task: Task, size: int, out: Path, more: Sequence[str]) -> Ran:
        line: list[str | Path] = [
            self._winnow.python,
            "-m",
            "winnow",
            "classify",
            "train",
            task.train,
            "-o",
            out,
        ]
        line += ["--image-size", str(size), *more]
        return self._run(line, out, {"WINNOW_CACHE": str(self._cache(task, size))})

    def _cache(self, task: Task, size: int) -> Path:
        return self._folder / "caches" / f"{task.name}-{size}"

    def _peer_run(self, contestant: str, task: Task, size: int, out: Path) -> Ran:
        assert self._mic is not None
        module, model, labels = self.modules[size], out / "model.tflite", out / "labels.txt"
        line: list[str | Path] = [self._mic.python]
        if contestant == "retrain":
            line += [_HERE / "classify_retrain.py", task.train, module, str(size), model, labels]
            line += [out / "bottlenecks", "--steps", str(self._effort.steps)]
        else:
            fine = contestant == "mic-fine"
            epochs = self._effort.fine_epochs if fine else self._effort.frozen_epochs
            line += ["-m", "tensorflow_hub.tools.make_image_classifier.make_image_classifier"]
            line += [f"--image_dir={task.train}", f"--tfhub_module={module}"]
            line += [f"--image_size={size}", f"--train_epochs={epochs}"]
            line += [f"--tflite_output_file={model}", f"--labels_output_file={labels}"]
            line += [f"--saved_model_dir={out / 'saved'}", *(["--do_fine_tuning"] if fine else [])]
        ran = self._run(line, out, {"TF_CPP_MIN_LOG_LEVEL": "2"})
        shutil.rmtree(out / "bottlenecks", ignore_errors=True)
        shutil.rmtree(out / "saved", ignore_errors=True)
        return ran

    def _run(self, line: Sequence[str | Path], place: Path, more: Mapping[str, str]) -> Ran:
        os.sync()  # what the last run left to be written is not this one's burden
        environment = os.environ | {"HOME": str(place), **more}
        ran = run([*map(str, line)], folder=place, environment=environment, limit=_LIMIT_S)
        if ran.code != 0:
            words = " ".join(Path(part).name for part in line[1:6])
            raise RunFailed(f"{words} ended with {ran.code}: {ran.errors or ran.output}")
        return ran


def _card_feed(card: Path) -> dict[str, Any]:
    """How a card says that its model is fed."""
    told = json.loads(card.read_text(encoding="utf-8"))["input"]
    named = {name: told[name] for name in ("mean", "std", "resample", "fit")}
    return named | {"draft": any("draft" in step for step in told.get("steps", ()))}
