"""The pages people look at: how good the model is, where it errs, what was skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from classify.held_out import Measured
from classify.measure import Measure
from classify.pictures import Pictures
from harvest.ledger.html import (
    Html,
    bars,
    facts,
    heading,
    join,
    matrix,
    paragraph,
    section,
    table,
    thumbnail,
    tile,
    tiles,
    write_page,
)

_MOST_TILES = 120


def write_report(
    part: Path, card: dict[str, Any], pictures: Pictures, measured: Measured, notes: list[str]
) -> None:
    """Write `report.html` and `report.json` into `part`."""
    record = {
        "card": card,
        "notes": notes,
        "l2_curve": [
            {"l2": l2, "log_loss": loss, "accuracy": accuracy}
            for l2, loss, accuracy in measured.tuning.curve
        ],
        "misclassified": [
            {
                "file": pictures.examples[index].file,
                "label": pictures.examples[index].label,
                "predicted": predicted,
                "probability": probability,
            }
            for index, predicted, probability in misclassified(pictures, measured)
        ],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    part.joinpath("report.json").write_text(text, encoding="utf-8")
    best = measured.best
    subtitle = "nothing could be measured" if best is None else f"accuracy {best[1].sentence()}"
    write_page(
        part / "report.html",
        f"Model for {', '.join(pictures.labels[:6])}",
        _body(card, pictures, measured, notes),
        subtitle=subtitle,
    )


def misclassified(pictures: Pictures, measured: Measured) -> list[tuple[int, str, float]]:
    """Picture, wrong label and its probability, the surest errors first."""
    if not len(measured.indices):
        return []
    guess = measured.shown.argmax(axis=1)
    sure = measured.shown.max(axis=1)
    wrong = np.flatnonzero(guess != pictures.sample.y[measured.indices])
    ordered = sorted(wrong, key=lambda row: (-sure[row], measured.indices[row]))
    return [
        (int(measured.indices[row]), pictures.labels[guess[row]], float(sure[row]))
        for row in ordered
    ]


def _body(
    card: dict[str, Any], pictures: Pictures, measured: Measured, notes: list[str]
) -> list[Html]:
    parts = [_summary(card, notes)]
    for title, found in (
        (f"Cross-validation, {measured.fold_count} folds over all pictures", measured.folds),
        ("Test part", measured.test),
        ("Validation part", measured.validation),
    ):
        if found is not None:
            parts.append(_measured(title, found))
    parts.append(_errors(pictures, measured))
    if measured.tuning.curve:
        parts.append(_tuning(measured))
    if card["data"]["skipped"]:
        rows = [(s["file"], s["reason"], s["detail"]) for s in card["data"]["skipped"]]
        note = f"{len(rows)} files were not learnt from"
        parts.append(section("Skipped", table(["file", "reason", "detail"], rows), note=note))
    return parts


def _summary(card: dict[str, Any], notes: list[str]) -> Html:
    shown = facts(
        [
            ("pictures", card["data"]["pictures"]),
            *[(f"label {name}", count) for name, count in card["data"]["labels"].items()],
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
    said = join(paragraph(note) for note in [*notes, card["refit"]["note"], origin])
    return section("Summary", join([shown, said]))


def _measured(title: str, found: Measure) -> Html:
    rows = [(m.label, m.pictures, _percent(m.precision), _percent(m.recall)) for m in found.labels]
    confidence = [
        (f"{confidence:.2f} sure, {count} pictures", accuracy * 100)
        for confidence, accuracy, count in found.calibration
    ]
    return section(
        title,
        join(
            [
                facts(
                    [
                        ("accuracy", found.sentence()),
                        ("balanced accuracy", f"{found.balanced_accuracy:.4f}"),
                        ("log loss", f"{found.log_loss:.4f}"),
                        ("calibration error", f"{found.calibration_error:.4f}"),
                    ]
                ),
                table(["label", "pictures", "precision", "recall"], rows),
                heading("Confusion"),
                matrix([m.label for m in found.labels], found.confusion),
                heading("How often it is right when it is so sure"),
                bars(confidence, unit="% right", full=100),
            ]
        ),
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _errors(pictures: Pictures, measured: Measured) -> Html:
    wrong = misclassified(pictures, measured)
    if not wrong:
        return section("Misclassified", paragraph("None of the pictures measured."))
    items = [
        tile(
            thumbnail(pictures.examples[index].path, alt=pictures.examples[index].file),
            f"{pictures.examples[index].file}: taken for {predicted} ({probability:.3f})",
        )
        for index, predicted, probability in wrong[:_MOST_TILES]
    ]
    note = f"{len(wrong)} of {len(measured.indices)}, the surest errors first"
    if len(wrong) > _MOST_TILES:
        note += f"; the first {_MOST_TILES} are shown, all stand in report.json"
    return section("Misclassified", tiles(items), note=note)


def _tuning(measured: Measured) -> Html:
    rows = [
        (f"{l2:g}", f"{loss:.4f}", f"{accuracy:.4f}")
        for l2, loss, accuracy in measured.tuning.curve
    ]
    chart = bars([(f"L2 {l2:g}", loss) for l2, loss, _ in measured.tuning.curve], unit="log loss")
    note = f"chosen on {measured.tuning.chosen_on}: L2 {measured.tuning.l2:g}"
    return section(
        "Weight decay", join([chart, table(["L2", "log loss", "accuracy"], rows)]), note=note
    )
