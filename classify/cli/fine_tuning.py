"""The options of `winnow classify train` about fine-tuning, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from classify.cli.group import PATH, Number
from harvest.ledger.errors import UsageError

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PERCENT = Number(0)

_OPTIONS = {
    "epochs": click.option(
        "--epochs",
        type=click.IntRange(1),
        help="Passes over the training part at most; it stops early [default: 10].",
    ),
    "batch_size": click.option(
        "--batch-size", type=click.IntRange(1), help="Pictures a step [default: 32]."
    ),
    "learning_rate": click.option(
        "--learning-rate", type=Number(0, min_open=True), help="[default: 0.01]"
    ),
    "momentum": click.option("--momentum", type=Number(0, 1, max_open=True), help="[default: 0.9]"),
    "dropout": click.option("--dropout", type=Number(0, 1, max_open=True), help="[default: 0.2]"),
    "label_smoothing": click.option(
        "--label-smoothing", type=Number(0, 1, max_open=True), help="[default: 0]"
    ),
    "random_crop": click.option(
        "--random-crop", type=_PERCENT, help="Percent of a random margin to cut away [default: 0]."
    ),
    "random_scale": click.option(
        "--random-scale", type=_PERCENT, help="Percent to enlarge by at random [default: 0]."
    ),
    "random_brightness": click.option(
        "--random-brightness", type=_PERCENT, help="Percent to brighten or darken [default: 0]."
    ),
    "flip_left_right": click.option(
        "--flip-left-right/--no-flip-left-right", default=None, help="Mirror every other time."
    ),
    "depth": click.option(
        "--fine-tune-depth",
        "depth",
        type=click.Choice(["upper", "all"]),
        help="Train the upper blocks, or then all of the network too [default: upper].",
    ),
    "summaries_dir": click.option(
        "--summaries-dir", type=PATH, help="Folder for TensorBoard's event files."
    ),
}


def fine_tune_options(command: _Command) -> _Command:
    """Add the options to a command; their values come in by the settings' names."""
    for option in reversed(_OPTIONS.values()):
        command = option(command)
    switch = click.option(
        "--fine-tune/--no-fine-tune",
        default=None,
        help="Fine-tune the backbone, and keep it where its log loss on the validation part is "
        "lower by 5 % and by 1.64 standard errors, with no fewer right answers (needs "
        "winnow[tensorflow]).",
    )
    return switch(command)


def fine_tuning(given: dict[str, Any], base: dict[str, Any] | None) -> dict[str, Any]:
    """Take the options out of `given` and return the setting `fine_tune`.

    `base`: that of the settings file; None where it has none. Raises UsageError for an option
    without `--fine-tune`.
    """
    wanted = given.pop("fine_tune", base is not None)
    own = {name: given.pop(name) for name in _OPTIONS if name in given}
    if wanted:
        return {"fine_tune": (base or {}) | own}
    for name in own:
        option = "fine-tune-depth" if name == "depth" else name.replace("_", "-")
        raise UsageError(
            f"--{option}: is about fine-tuning, and nothing is fine-tuned; give --fine-tune, too"
        )
    return {"fine_tune": None}


def comparison(card: dict[str, Any]) -> Iterator[str]:
    """Yield what a card says of the fine-tuned network and the head alone, a line each."""
    told = card.get("fine_tuning")
    if told is None:
        return
    yield "fine-tuning (here both learnt from the training part alone):"
    for part in told["compared"]:
        chose = " (which chose)" if part["chose"] else ""
        for name, said in (("head_alone", "head alone"), ("fine_tuned", "fine-tuned")):
            one = part[name]
            if one is None:  # it ended as the head alone: the verdict says so
                continue
            low, high = one["interval_95"]
            yield (
                f"{said:10}  {one['accuracy']:.4f} ({one['right']} of "
                f"{part['pictures']} right; 95 % interval {low:.4f} to {high:.4f}), log loss "
                f"{one['log_loss']:.4f}, on {part['on']}{chose}"
            )
    yield f"fine-tuned  {'handed out' if told['handed_out'] else 'declined'}: {told['because']}"
