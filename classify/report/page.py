"""The pages people look at: how good a model is, where it errs and why, what was skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classify.embed import storable
from classify.evaluate import Evaluation
from classify.measures.findings import Findings
from classify.measures.held_out import Measured
from classify.measures.judged import Judged
from classify.model_folder import writing
from classify.report.cases import (
    account_section,
    error_section,
    suspect_section,
    twin_section,
    wanted,
)
from classify.report.figures import curve_section, figures, threshold_section
from classify.report.gallery import Gallery
from classify.report.making import learning_section, making_section, tried_section, tuning_section
from classify.report.record import part_facts, write_record
from classify.report.tuned import tuned_section
from harvest.ledger.errors import UsageError
from harvest.ledger.html import Html, contents, escape, join, link, section, table, write_page

_MOST_SKIPPED = 1000

_NAMES = {
    "figures": "How good it is",
    "tuned": "Fine-tuning",
    "curves": "Curves",
    "thresholds": "Thresholds",
    "errors": "Misclassified",
    "suspects": "Labels to look at",
    "accounts": "By account",
    "twins": "Known before",
    "learning": "Learning curve",
    "making": "How it was made",
    "skipped": "Skipped",
}


def write_report(
    part: Path, card: dict[str, Any], measured: Measured, findings: Findings, notes: Sequence[str]
) -> None:
    """Write `report.html` and `report.json` of a training into `part`."""
    curve = [
        {"l2": l2, "log_loss": loss, "accuracy": accuracy}
        for l2, loss, accuracy in measured.tuning.curve
    ]
    record = {"card": card, "notes": list(notes), "l2_curve": curve}
    parts = {"measured": [part_facts(judged) for judged in measured.parts]}
    write_record(part, record | parts | findings.facts())
    labels = card["output"]["labels"]
    sections = _judged(measured.parts, findings)
    if "fine_tuning" in card:
        tuned = {"tuned": tuned_section(card["fine_tuning"])}
        figures_first = {"figures": sections.pop("figures")} if "figures" in sections else {}
        sections = figures_first | tuned | sections
    if findings.learning:
        sections["learning"] = learning_section(findings.learning)
    making = [making_section(card), tried_section(card.get("tried", {}))]
    if measured.tuning.curve:
        making.append(tuning_section(measured.tuning))
    sections["making"] = join(making)
    skipped = [(s["file"], s["reason"], s["detail"]) for s in card["data"]["skipped"]]
    title = f"Model for {_names(labels)}"
    _write(part / "report.html", title, _Page(measured.parts, sections, skipped, tuple(notes)))


def write_evaluation(folder: Path, found: Evaluation) -> Path:
    """Write `report.html` and `report.json` of an evaluation into `folder`; returns the page.

    Raises UsageError when it cannot be written there.
    """
    rows = [(storable(f.path), f.reason, storable(f.detail)) for f in found.skipped]
    parts = (found.judged,)
    page = _Page(parts, _judged(parts, found.findings), rows, found.findings.notes)
    try:
        with writing(folder) as part:
            write_record(part, found.facts() | {"measured": [part_facts(found.judged)]})
            _write(part / "report.html", f"A model on {found.judged.name}", page)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from error
    return folder / "report.html"


@dataclass(frozen=True, slots=True)
class _Page:
    parts: tuple[Judged, ...]
    sections: dict[str, Html]
    skipped: Sequence[tuple[str, str, str]]
    notes: tuple[str, ...]


def _names(labels: Sequence[str]) -> str:
    if len(labels) > 6:
        return f"{len(labels):,} labels"
    return " and ".join(labels) if len(labels) == 2 else ", ".join(labels)


def _judged(parts: Sequence[Judged], findings: Findings) -> dict[str, Html]:
    gallery = Gallery(wanted(findings))
    if not parts:
        return _known(findings, gallery)
    shown = parts[0]
    sections = {"figures": figures(parts), "curves": curve_section(shown)}
    if findings.thresholds:
        sections["thresholds"] = threshold_section(findings.thresholds)
    sections["errors"] = error_section(findings.errors, shown.measure.pictures, gallery)
    if findings.suspects is not None:
        sections["suspects"] = suspect_section(findings.suspects, gallery)
    if findings.accounts:
        sections["accounts"] = account_section(findings.accounts)
    return sections | _known(findings, gallery)


def _known(findings: Findings, gallery: Gallery) -> dict[str, Html]:
    if findings.leakage is None or not findings.leakage.twins:
        return {}
    return {"twins": twin_section(findings.leakage, gallery)}


def _write(path: Path, title: str, page: _Page) -> Path:
    sections = dict(page.sections)
    if page.skipped:
        note = f"Left out: {len(page.skipped):,}"
        if len(page.skipped) > _MOST_SKIPPED:
            note += f"; the first {_MOST_SKIPPED:,} of them"
        listed = table(["file", "reason", "detail"], page.skipped[:_MOST_SKIPPED])
        sections["skipped"] = section("Skipped", listed, note=note + ".", anchor="skipped")
    subtitle = "nothing could be measured"
    if page.parts:
        best = page.parts[0]
        subtitle = f"accuracy {best.measure.sentence()}, {best.name}"
    opening = [Html(f'<p class="told">{escape(note)}</p>') for note in page.notes]
    nav = contents([link(_NAMES[name], f"#{name}") for name in sections])
    return write_page(path, title, [*opening, *sections.values()], subtitle=subtitle, nav=nav)
