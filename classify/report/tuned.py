"""The section about a fine-tuning: the network beside the head alone, and how it went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harvest.ledger.html import Html, details, heading, join, paragraph, section, table
from harvest.ledger.html_chart import Axis, Frame, Line, panel, panels, ranges

_BOTH = (("head_alone", "head alone"), ("fine_tuned", "fine-tuned"))
_RULE = (
    "The validation part decides: the network is taken where its log loss there is lower by more "
    "than 1.64 standard errors of the difference and by 5 % or more, and it gives no fewer right "
    "answers. Both learnt "
    "from the training part alone; the part that chose flatters what it chose."
)


def tuned_section(told: dict[str, Any]) -> Html:
    """Return what the card says of a fine-tuning: `card["fine_tuning"]`."""
    verdict = (
        "The fine-tuned network is handed out"
        if told["handed_out"]
        else ("Fine-tuning was declined; the head alone is handed out")
    )
    parts = [paragraph(f"{verdict}: {told['because']}.")]
    for part in told["compared"]:
        chose = ", which chose" if part["chose"] else ""
        parts.append(heading(f"On {part['on']}{chose}: {part['pictures']:,} pictures"))
        parts.append(ranges([_range(name, part[key]) for key, name in _BOTH if part[key]]))
        parts.append(paragraph(_apart(part["only_one_right"])))
    epochs = told["epochs"]
    best = told["best_epoch"]
    parts.append(_figures(told["compared"]))
    if not best:
        parts += [heading("The head alone and the best epoch after it, on validation, which chose"),
                  ranges(_of_epochs(epochs))]  # fmt: skip
    parts += [heading("Each epoch"), panels([_losses(epochs), _accuracies(epochs)])]
    said = f"epoch {best} was the best" if best else "none was better than the head alone"
    words = ["epoch", "trained", "rate", "train loss", "log loss", "accuracy (95 %)"]
    parts.append(details(f"every epoch: {said}", table(words, [_row(e, best) for e in epochs])))
    return section("Fine-tuning", join(parts), note=_RULE, anchor="tuned")


def _apart(only: dict[str, int] | None) -> str:
    if only is None:
        return (
            "One figure for both: no epoch was better than the head alone, so the network stays as "
            "it was under it."
        )
    return (
        f"Only the head alone was right on {only['head_alone']:,}, only the fine-tuned "
        f"network on {only['fine_tuned']:,}."
    )


def _range(name: str, one: dict[str, Any]) -> tuple[str, float, tuple[float, float], str]:
    low, high = one["interval_95"]
    words = f"{one['accuracy']:.1%} ({low:.1%} to {high:.1%})"
    return name, one["accuracy"], (low, high), words


def _of_epochs(
    epochs: Sequence[dict[str, Any]],
) -> list[tuple[str, float, tuple[float, float], str]]:
    """The head alone and the least bad epoch after it."""
    alone, *others = epochs
    known = [e for e in others if e["validation_loss"] is not None]
    shown = [("head alone", alone)]
    if known:
        best = min(known, key=lambda epoch: epoch["validation_loss"])
        shown.append((f"fine-tuned, epoch {best['epoch']}", best))
    return [_range(name, {**e, "accuracy": e["validation_accuracy"]}) for name, e in shown]


def _figures(compared: Sequence[dict[str, Any]]) -> Html:
    keys = ("balanced_accuracy", "log_loss", "calibration_error")
    rows = [
        (part["on"], name, part[key]["right"], *(f"{part[key][k]:.4f}" for k in keys))
        for part in compared
        for key, name in _BOTH
        if part[key]
    ]
    return table(["on", "by", "right", *(key.replace("_", " ") for key in keys)], rows)


def _row(epoch: dict[str, Any], best: int) -> list[object]:
    low, high = epoch["interval_95"]
    return [
        f"{epoch['epoch']}, best" if epoch["epoch"] == best else f"{epoch['epoch']}",
        epoch["depth"] or "head alone",
        f"{epoch['learning_rate']:.2g}",
        _number(epoch["train_loss"]),
        _number(epoch["validation_loss"]),
        f"{epoch['validation_accuracy']:.4f} ({low:.4f} to {high:.4f})",
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _losses(epochs: Sequence[dict[str, Any]]) -> Html:
    lines = []
    for key, name in (("validation_loss", "validation"), ("train_loss", "train, as distorted")):
        points = [(float(e["epoch"]), e[key]) for e in epochs if e[key] is not None]
        lines.append(Line(name, points, marked=True))
    told = "; ".join(f"epoch {e['epoch']}: {_number(e['validation_loss'])}" for e in epochs)
    most = max((py for line in lines for _, py in line.points), default=1.0)
    step = _step(most / 4)
    ticks = [step * i for i in range(math.ceil(most / step) + 1)]
    losses = Axis("log loss", (0.0, ticks[-1]), ticks=ticks)
    return panel(Frame("Log loss by epoch", f"validation: {told}", _axis(epochs), losses), lines)


def _step(least: float) -> float:
    """The first of 1, 2 and 5 times a power of ten that is no less: short words for an axis."""
    power = float(10 ** math.floor(math.log10(max(least, 1e-9))))
    return next(n * power for n in (1.0, 2.0, 5.0, 10.0) if n * power >= least)


def _accuracies(epochs: Sequence[dict[str, Any]]) -> Html:
    points = [(float(e["epoch"]), e["validation_accuracy"]) for e in epochs]
    bands = [(e["interval_95"][0], e["interval_95"][1]) for e in epochs]
    told = "; ".join(f"epoch {e['epoch']}: {e['validation_accuracy']:.1%}" for e in epochs)
    lowest = min(low for low, _ in bands)
    frame = Frame(
        "Accuracy by epoch, of validation",
        told,
        _axis(epochs),
        Axis("accuracy", (max(0.0, int(lowest * 20) / 20), 1.0), percent=True),
    )
    return panel(frame, [Line("accuracy with its 95 % interval", points, marked=True, band=bands)])


def _axis(epochs: Sequence[dict[str, Any]]) -> Axis:
    every = -(-len(epochs) // 12)
    return Axis("epoch; 0 is the head alone", ticks=[float(e["epoch"]) for e in epochs[::every]])
