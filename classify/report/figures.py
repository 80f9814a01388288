"""Figures of a report: accuracy, every label, curves, calibration, confusion."""

from __future__ import annotations

from collections.abc import Sequence

from classify.measures.curves import Curve, curve, thinned
from classify.measures.intervals import wilson
from classify.measures.judged import Judged
from classify.measures.measure import LabelMeasure, Measure
from classify.measures.thresholds import NOTE, Threshold
from harvest.ledger.html import (
    Html,
    details,
    facts,
    heading,
    join,
    matrix,
    paragraph,
    section,
    table,
)
from harvest.ledger.html_chart import Axis, Frame, Line, panel, panels, ranges

_MOST_LINES = 6
_MOST_SQUARE = 60  # labels whose confusion matrix can still be read
_MOST_ROWS = 40
_POINTS = 120

_SHARE = (0.0, 1.0)


def percent(share: float | None) -> str:
    """`98.5%`, or `none`."""
    return "none" if share is None else f"{share:.1%}"


def figures(parts: Sequence[Judged]) -> Html:
    """Return what is said of the part that is quoted, beside the accuracies of all."""
    found = parts[0].measure
    shown = facts(
        [
            ("accuracy", f"{found.accuracy:.2%}"),
            ("right", f"{found.right:,} of {found.pictures:,}"),
            ("balanced accuracy", f"{found.balanced_accuracy:.2%}"),
            ("log loss", f"{found.log_loss:.4f}"),
            ("calibration error", f"{found.calibration_error:.4f}"),
        ]
    )
    body = [_accuracies(parts), shown, heading("Labels"), *_labels(found), *_confusion(found)]
    note = f"Measured on: {parts[0].name}."
    if len(parts) > 1:
        note += " What follows speaks of it alone."
    return section("How good it is", join(body), note=note, anchor="figures")


def _accuracies(parts: Sequence[Judged]) -> Html:
    return ranges(
        [
            (
                f"{part.name}, {part.measure.pictures:,} pictures",
                part.measure.accuracy,
                part.measure.interval,
                f"{part.measure.accuracy:.1%} ({part.measure.interval[0]:.1%} to "
                f"{part.measure.interval[1]:.1%})",
            )
            for part in parts
        ]
    )


def _labels(found: Measure) -> list[Html]:
    order = list(found.labels)
    many = len(order) > _MOST_LINES
    if many:
        order.sort(key=lambda m: (m.f1 is None, m.f1 or 0.0))
    rows = [
        (
            m.label,
            m.pictures,
            percent(m.precision),
            percent(m.recall),
            percent(m.f1),
            percent(m.average_precision),
            percent(m.area_under_roc),
        )
        for m in order
    ]
    head = ["label", "pictures", "precision", "recall", "F1", "average precision", "ROC area"]
    caption = "the lowest F1 first" if many else ""
    parts = [table(head, rows[:_MOST_ROWS], caption=caption)]
    if len(rows) > _MOST_ROWS:
        rest = rows[_MOST_ROWS:]
        parts.append(details(f"{len(rest):,} more labels", table(head, rest)))
    reasons = [f"{m.label}: {m.missing}" for m in order if m.missing]
    if reasons:
        more = f"; and {len(reasons) - 5:,} labels more" if len(reasons) > 5 else ""
        parts.append(paragraph(f"none means: {'; '.join(reasons[:5])}{more}."))
    return parts


def _confusion(found: Measure) -> list[Html]:
    names = [m.label for m in found.labels]
    parts = [heading("Confusion")]
    if len(names) <= _MOST_SQUARE:
        parts.append(matrix(names, found.confusion))
    pairs = found.confusions()
    if len(names) > 2 and pairs:
        shown = pairs[: 12 if len(names) <= _MOST_SQUARE else _MOST_ROWS]
        caption = f"the most frequent of {len(pairs):,} confusions"
        parts.append(table(["is", "taken for", "pictures"], shown, caption=caption))
    elif len(names) > _MOST_SQUARE:
        parts.append(paragraph("No picture was taken for another label."))
    return parts


def curve_section(judged: Judged) -> Html:
    """Return the PR and ROC curves and the reliability diagram."""
    every = [
        (m, curve(judged.probabilities[:, i], judged.truth == i))
        for i, m in enumerate(judged.measure.labels)
        if m.area_under_roc is not None
    ]
    drawn = [(m, found) for m, found in every if found is not None]
    drawn.sort(key=lambda pair: pair[1].average_precision)
    shown = drawn[:_MOST_LINES]
    if len(drawn) <= _MOST_LINES:
        shown.sort(key=lambda pair: pair[0].label)
    note = "Each label against all others"
    if len(drawn) > _MOST_LINES:
        note += f"; the {_MOST_LINES} with the lowest average precision of {len(drawn):,}"
    charts = [_precision_recall(shown), _roc(shown)] if shown else []
    body = panels([*charts, _reliability(judged.measure)])
    if not shown:
        note = "No PR or ROC curve: all pictures carry one label, nothing can be told apart"
    return section("Curves", body, note=f"{note}.", anchor="curves")


def _precision_recall(shown: Sequence[tuple[LabelMeasure, Curve]]) -> Html:
    lines = []
    for m, found in shown:
        kept = thinned(len(found.recall), _POINTS)
        points = [
            (0.0, float(found.precision[0])),
            *((float(found.recall[i]), float(found.precision[i])) for i in kept),
        ]
        lines.append(Line(f"{m.label} {found.average_precision:.3f}", points))
    told = "; ".join(f"{m.label}: average precision {f.average_precision:.3f}" for m, f in shown)
    frame = Frame(
        "Precision and recall",
        told,
        Axis("recall", _SHARE, percent=True),
        Axis("precision", _SHARE, percent=True),
    )
    return panel(frame, lines)


def _roc(shown: Sequence[tuple[LabelMeasure, Curve]]) -> Html:
    lines = []
    for m, found in shown:
        kept = thinned(len(found.recall), _POINTS)
        points = [
            (0.0, 0.0),
            *((float(found.false_alarms[i]), float(found.recall[i])) for i in kept),
        ]
        lines.append(Line(f"{m.label} {found.area_under_roc:.3f}", points))
    told = "; ".join(f"{m.label}: area {f.area_under_roc:.3f}" for m, f in shown)
    frame = Frame(
        "ROC",
        f"{told}; the dotted diagonal is chance",
        Axis("false positive rate", _SHARE, percent=True),
        Axis("true positive rate", _SHARE, percent=True),
        diagonal=True,
    )
    return panel(frame, lines)


def _reliability(found: Measure) -> Html:
    points = [(confidence, accuracy) for confidence, accuracy, _ in found.calibration]
    told = "; ".join(
        f"{confidence:.0%} sure: {accuracy:.0%} right of {count}"
        for confidence, accuracy, count in found.calibration
    )
    frame = Frame(
        "Is it right as often as it is sure?",
        f"{told}; the dotted diagonal is perfect",
        Axis("how sure", _SHARE, percent=True),
        Axis("how often right", _SHARE, percent=True),
        diagonal=True,
    )
    name = f"calibration error {found.calibration_error:.3f}"
    if len(points) == 1:
        name += "; one dot: all answers are in one of the ten bins"
    line = Line(name, points, marked=True, band=[_interval(found, i) for i in range(len(points))])
    return panel(frame, [line])


def _interval(found: Measure, number: int) -> tuple[float, float]:
    _, accuracy, count = found.calibration[number]
    return wilson(round(accuracy * count), count)


def threshold_section(found: Sequence[Threshold]) -> Html:
    """Return from which probability on answers are as precise as wanted."""
    rows = [
        (
            "all answers" if t.label is None else t.label,
            "none" if t.threshold is None else round(t.threshold, 4),
            percent(t.precision),
            f"{t.lower_bound:.1%}" if t.answers else "none",
            f"{t.right:,} of {t.answers:,}",
            percent(t.recall),
            "yes" if t.proven else "no",
        )
        for t in found
    ]
    target = f"{found[0].target:.4g}"
    head = ["answers", "from", "precision", "lower bound", "right", "found", f"{target} proven"]
    body = [table(head, rows[:_MOST_ROWS])]
    if len(rows) > _MOST_ROWS:
        body.append(details("more labels", table(head, rows[_MOST_ROWS:])))
    title = f"Thresholds for a precision of {target}"
    return section(title, join(body), note=NOTE, anchor="thresholds")
