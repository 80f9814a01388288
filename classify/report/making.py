"""How a model was made: its data, its backbone, its head, and what more pictures would bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classify.measures.intervals import wilson
from classify.measures.learning import LearningPoint
from classify.tuning import Tuning
from harvest.ledger.html import Html, details, facts, heading, join, paragraph, section, table
from harvest.ledger.html_chart import Axis, Frame, Line, panel, panels

_MOST_LABELS = 12


def making_section(card: dict[str, Any]) -> Html:
    """Return what the card says of a training."""
    counts = list(card["data"]["labels"].items())
    labels = [(f"label {name}", count) for name, count in counts] if _few(counts) else []
    shown = facts(
        [
            ("pictures", card["data"]["pictures"]),
            *labels,
            ("split by", card["split"]["by"]),
            *[(name, count) for name, count in card["split"]["pictures"].items()],
            ("skipped", len(card["data"]["skipped"])),
            ("input", f"{card['input']['shape']} {card['input']['formula']}"),
            ("fit", card["input"]["fit"]),
            ("backbone", card["backbone"]["name"]),
            ("features", card["backbone"]["features"]),
            ("L2", f"{card['head']['l2']:g} (chosen on {card['head']['chosen_on']})"),
            ("temperature", f"{card['head']['temperature']:.3f}"),
            ("model", f"{card['model']['bytes'] / 1e6:.1f} MB, {card['model']['format']}"),
        ]
    )
    origin = f"Backbone: {card['backbone']['source']}. {card['backbone']['licence']}"
    parts = [paragraph(card["refit"]["note"]), shown, paragraph(origin)]
    if not labels:
        parts.append(details(f"{len(counts):,} labels", table(["label", "pictures"], counts)))
    return section("How it was made", join(parts), anchor="making")


def _few(counts: Sequence[tuple[str, int]]) -> bool:
    return len(counts) <= _MOST_LABELS


_RULE = (
    "The first, and so the simplest, within one standard error of the best is taken: behind is how "
    "much greater its log loss is than the best one's, noise the standard error of that."
)


def tried_section(tried: dict[str, list[dict[str, Any]]]) -> Html:
    """Return what competed: features, image sizes, each by what folds said of it."""
    parts = []
    for name, contenders in tried.items():
        if contenders:
            head = list(contenders[0])
            taken = next(i for i, c in enumerate(contenders) if c["behind"] <= c["noise"])
            rows = [
                [*(_short(contender[key]) for key in head), "taken" if i == taken else ""]
                for i, contender in enumerate(contenders)
            ]
            words = [*(key.replace("_", " ") for key in head), ""]
            listed = table(words, rows)
            parts += [heading(f"Tried: {name.replace('_', ' ')}"), paragraph(_RULE), listed]
    return join(parts)


def _short(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def tuning_section(tuning: Tuning) -> Html:
    """Return how L2 was chosen."""
    rows = [(f"{l2:g}", f"{loss:.4f}", f"{accuracy:.4f}") for l2, loss, accuracy in tuning.curve]
    said = paragraph(f"Chosen on {tuning.chosen_on}: L2 {tuning.l2:g}.")
    listed = table(["L2", "log loss", "accuracy"], rows)
    return join([heading("Weight decay"), said, details("every candidate", listed)])


def learning_section(points: Sequence[LearningPoint]) -> Html:
    """Return accuracy over the number of training pictures."""
    drawn = [(float(p.trained_on), p.right / p.judged) for p in points]
    bands = [wilson(p.right, p.judged) for p in points]
    told = "; ".join(f"{p.trained_on:,} pictures: {p.right / p.judged:.1%}" for p in points)
    lowest = min(low for low, _ in bands)
    frame = Frame(
        "Accuracy by training pictures",
        told,
        Axis("training pictures", ticks=[p.trained_on for p in points]),
        Axis("accuracy", (max(0.0, int(lowest * 20) / 20), 1.0), percent=True),
    )
    chart = panel(frame, [Line("accuracy with its 95 % interval", drawn, marked=True, band=bands)])
    note = "Folds over all pictures, learnt from parts of them. Where it rises, more would help."
    return section("Learning curve", panels([chart]), note=note, anchor="learning")
