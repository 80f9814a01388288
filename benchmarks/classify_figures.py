"""From the runs of the classification benchmark to its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from statistics import fmean, median
from typing import Any

from classify_contestants import Trained
from curate_figures import Figure, rounded

PEERS = {
    "mic-fine": "make_image_classifier, fine-tuned",
    "mic-frozen": "make_image_classifier, frozen",
    "retrain": "a loop in retrain.py's manner",
}
"""Contestants that winnow is measured against, and what they are."""
_PREFIXES = {"mic-fine": "mic", "mic-frozen": "mic_frozen", "retrain": "retrain"}


@dataclass(frozen=True, slots=True)
class Floor:
    """winnow's embedding against LiteRT and Pillow alone, run in turn over the same pictures."""

    task: str
    size: int
    round: int
    pictures: int
    decode_s: float
    """Decoding alone, a thread a core."""
    inference_s: float
    """Inference alone over what was decoded, a thread a core."""
    embedding_s: float
    """winnow, from files to a cache full of embeddings."""

    @property
    def over(self) -> float:
        """winnow's time by the sum of the other two."""
        return self.embedding_s / (self.decode_s + self.inference_s)


@dataclass(frozen=True, slots=True)
class Small:
    """The int8 model against the float32 one of the same training."""

    task: str
    size: int
    tested: int
    right_float32: int
    right_int8: int
    bytes_float32: int
    bytes_int8: int
    seconds_float32: float
    """LiteRT alone over the training pictures, decoded before, a thread a core."""
    seconds_int8: float
    """The same."""


@dataclass(slots=True)
class Figures:
    """All that was measured, and what follows from it."""

    size: int
    """Pixels a side, of everyone; winnow runs at the other sizes as well."""
    trained: list[Trained] = field(default_factory=list)
    """Trainings, in order."""
    floors: list[Floor] = field(default_factory=list)
    small: list[Small] = field(default_factory=list)
    installed: dict[str, float | None] = field(default_factory=dict)
    """Environment -> 10^6 bytes."""
    left_out: list[str] = field(default_factory=list)
    """What did not run, and why."""

    def tasks(self) -> list[str]:
        """Names, in order."""
        return list(dict.fromkeys(one.task for one in self.trained))

    def of(self, contestant: str, task: str, size: int | None = None) -> list[Trained]:
        """Trainings of a contestant on a task, at the common size unless another is given."""
        wanted = (contestant, task, size or self.size)
        return [one for one in self.trained if (one.contestant, one.task, one.size) == wanted]

    def named(self) -> dict[str, Figure]:
        """The figures by name."""
        found: dict[str, Figure] = {}
        for peer, words in PEERS.items():
            prefix = _PREFIXES[peer]
            found[f"{prefix}_speed_ratio"] = self._worst(
                min, partial(self.speed, peer),
                f"seconds of {words} to winnow's, folder to .tflite, nothing remembered",
            )  # fmt: skip
            found[f"{prefix}_cpu_ratio"] = self._worst(
                min, partial(self.cpu, peer), f"CPU seconds of {words} to winnow's, as above"
            )
            found[f"{prefix}_accuracy_difference"] = self._worst(
                min, partial(self.difference, peer),
                f"winnow's accuracy less that of {words}, fractions, mean of the rounds",
            )  # fmt: skip
        found["mic_best_error_ratio"] = self._errors()
        found["second_training_seconds"] = self._worst(
            max, self._again, "winnow with other settings, everything embedded before"
        )
        found["embedding_over_floor"] = self._worst(
            max,
            lambda task: _median(one.over for one in self.floors if one.task == task),
            "winnow's embedding to decoding plus LiteRT inference, each run alone on all cores",
        )
        return found | self._int8() | self._memory()

    def speed(self, peer: str, task: str) -> float | None:
        """Median over the rounds of a peer's time by winnow's of the same round."""
        ours = {one.round: one.seconds for one in self.of("winnow", task)}
        theirs = self.of(peer, task)
        return _median(one.seconds / ours[one.round] for one in theirs if one.round in ours)

    def cpu(self, peer: str, task: str) -> float | None:
        """The same of CPU seconds, which a busy machine stretches less."""
        ours = {one.round: one.cpu_s for one in self.of("winnow", task)}
        theirs = self.of(peer, task)
        return _median(one.cpu_s / ours[one.round] for one in theirs if one.round in ours)

    def difference(self, peer: str, task: str) -> float | None:
        """winnow's accuracy less a peer's."""
        ours, theirs = self.of("winnow", task), self.of(peer, task)
        if not ours or not theirs:
            return None
        return fmean(one.accuracy for one in ours) - fmean(one.accuracy for one in theirs)

    def _again(self, task: str) -> float | None:
        return _median(one.seconds for one in self.of("winnow-again", task))

    def _errors(self) -> Figure:
        ours = theirs = 0.0
        for task in self.tasks():
            best = [run for peer in ("mic-fine", "mic-frozen") for run in self.of(peer, task)]
            if best and self.of("winnow", task):
                theirs += min(run.tested - run.right for run in best)
                ours += fmean(run.tested - run.right for run in self.of("winnow", task))
        words = "winnow's errors to those of make_image_classifier's best run, all tasks together"
        return Figure(ours / theirs if theirs else None, words)

    def _int8(self) -> dict[str, Figure]:
        def worst(choose: Callable[[Iterable[float]], float], value: Callable[[Small], float],
                  words: str) -> Figure:  # fmt: skip
            return Figure(choose([value(one) for one in self.small]) if self.small else None, words)

        return {
            "int8_accuracy_loss": worst(
                max, lambda one: (one.right_float32 - one.right_int8) / one.tested,
                "accuracy of float32 less that of int8, a fraction; worst task"),
            "int8_size_ratio": worst(
                max, lambda one: one.bytes_int8 / one.bytes_float32, "bytes of int8 to float32"),
            "int8_speed_ratio": worst(
                min, lambda one: one.seconds_float32 / one.seconds_int8,
                "seconds of float32 to int8 in LiteRT, a thread a core; worst task"),
        }  # fmt: skip

    def _memory(self) -> dict[str, Figure]:
        found = {}
        for name in ("winnow", *PEERS):
            peaks = [one.peak_mb for task in self.tasks() for one in self.of(name, task)]
            found[f"peak_mb_{_PREFIXES.get(name, name)}"] = Figure(
                max(peaks, default=None), "most memory, 10^6 bytes, children included; worst task"
            )
        for name in ("winnow", "mic"):
            words = "10^6 bytes of files in the environment, without pip, setuptools, byte code"
            found[f"installed_mb_{name}"] = Figure(self.installed.get(name), words)
        return found

    def _worst(
        self,
        choose: Callable[[Iterable[float]], float],
        value: Callable[[str], float | None],
        words: str,
    ) -> Figure:
        found = [one for task in self.tasks() if (one := value(task)) is not None]
        tasks = f"worst of {len(found)} task(s), {self.size} px"
        return Figure(choose(found) if found else None, f"{words}; {tasks}")

    def record(self, about: dict[str, Any]) -> dict[str, Any]:
        """As one JSON object: the figures, then all they come from."""
        named = self.named()
        return {
            **{name: rounded(figure.value) for name, figure in named.items()},
            "compares": {name: figure.compares for name, figure in named.items()},
            **about,
            "size": self.size,
            "trained": [asdict(one) | {"accuracy": round(one.accuracy, 4)} for one in self.trained],
            "floors": [asdict(one) for one in self.floors],
            "int8": [asdict(one) for one in self.small],
            "left_out": self.left_out,
        }


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None
