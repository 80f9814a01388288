"""The figures of the classification benchmark as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from classify_contestants import Trained
from classify_figures import Figures
from curate_figures import rounded
from curate_tables import table

_TRAINED = (
    "task", "contestant", "px", "runs", "s", "of winnow", "right", "accuracy", "wrong",
    "CPU s", "peak MB", "model MB",
)  # fmt: skip
_FLOORS = ("task", "px", "round", "pictures", "decode s", "inference s", "winnow s", "over floor")
_SMALL = ("task", "px", "float32 right", "int8 right", "size", "float32 s", "int8 s", "speed")


def lines(figures: Figures) -> Iterable[str]:
    """The tables, what was left out, and the figures."""
    keys = dict.fromkeys((one.task, one.contestant, one.size) for one in figures.trained)
    rows = [
        _trained(figures, figures.of(contestant, task, size))
        for task, contestant, size in sorted(keys, key=lambda key: figures.tasks().index(key[0]))
    ]
    if rows:
        yield from table([_TRAINED, *rows])
        yield "of winnow: its time to winnow's at the common size; right: mean of the runs"
        yield ""
    if figures.floors:
        yield from table([_FLOORS, *([
            one.task, str(one.size), str(one.round), str(one.pictures), f"{one.decode_s:.3f}",
            f"{one.inference_s:.3f}", f"{one.embedding_s:.3f}", f"{one.over:.2f}",
        ] for one in figures.floors)])  # fmt: skip
        yield ""
    if figures.small:
        yield from table([_SMALL, *([
            one.task, str(one.size), f"{one.right_float32} of {one.tested}",
            f"{one.right_int8} of {one.tested}", f"{one.bytes_int8 / one.bytes_float32:.1%}",
            f"{one.seconds_float32:.3f}", f"{one.seconds_int8:.3f}",
            f"{one.seconds_float32 / one.seconds_int8:.2f} x",
        ] for one in figures.small)])  # fmt: skip
        yield ""
    yield from (f"left out: {line}" for line in figures.left_out)
    for name, figure in figures.named().items():
        value = "null" if figure.value is None else rounded(figure.value)
        yield f"{name} = {value}: {figure.compares}"


def _trained(figures: Figures, runs: Sequence[Trained]) -> list[str]:
    one = runs[0]
    seconds = median(run.seconds for run in runs)
    ours = figures.of("winnow", one.task)
    right = fmean(run.right for run in runs)
    times = seconds / median(run.seconds for run in ours) if ours else None
    return [
        one.task,
        one.contestant,
        str(one.size),
        str(len(runs)),
        f"{seconds:.2f}",
        "?" if times is None else f"{times:.1f} x",
        f"{right:.1f} of {one.tested}",
        f"{right / one.tested:.4f}",
        f"{one.tested - right:.1f}",
        f"{median(run.cpu_s for run in runs):.1f}",
        f"{max(run.peak_mb for run in runs):.0f}",
        f"{one.model_bytes / 1e6:.1f}",
    ]
