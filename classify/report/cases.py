"""Pictures of a report: errors with their reasons, labels to look at, duplicates, accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from classify.data import Example
from classify.measures.accounts import AccountMeasure
from classify.measures.findings import Findings, Misclassified
from classify.measures.intervals import wilson
from classify.measures.leakage import Leakage, Twin
from classify.measures.nearest import Neighbour
from classify.measures.suspects import Suspect, Suspects
from classify.report.gallery import Gallery
from harvest.ledger.html import (
    Html,
    details,
    escape,
    heading,
    join,
    paragraph,
    section,
    table,
    tile,
)
from harvest.ledger.html_chart import ranges

_MOST_ERRORS = 60
_MOST_SUSPECTS = 60
_MOST_TWINS = 24
_MOST_ACCOUNTS = 40


def wanted(findings: Findings) -> Iterator[Example]:
    """Yield the pictures that the sections below show, the most important first."""
    for error in findings.errors[:_MOST_ERRORS]:
        yield error.example
    if findings.suspects is not None:
        yield from (suspect.example for suspect in findings.suspects.listed[:_MOST_SUSPECTS])
    for error in findings.errors[:_MOST_ERRORS]:
        yield from (neighbour.example for neighbour in error.neighbours)
    if findings.leakage is not None:
        for twin in _once(findings.leakage)[:_MOST_TWINS]:
            yield from (twin.held_out, twin.known)


def error_section(errors: Sequence[Misclassified], judged: int, gallery: Gallery) -> Html:
    """Return the misclassified pictures, each with its nearest training pictures."""
    if not errors:
        none = paragraph(f"None of the {judged:,} pictures measured.")
        return section("Misclassified", none, anchor="errors")
    note = f"{len(errors):,} of {judged:,}, the surest errors first"
    if len(errors) > _MOST_ERRORS:
        note += f"; the first {_MOST_ERRORS} are shown, all stand in report.json"
    body = _cases(
        _case(
            error.example,
            f"is {error.example.label}, taken for {error.likeliest[0][0]}",
            error.likeliest,
            _near(error, gallery),
            gallery,
        )
        for error in errors[:_MOST_ERRORS]
    )
    return section("Misclassified", body, note=note + ".", anchor="errors")


def suspect_section(found: Suspects, gallery: Gallery) -> Html:
    """Return the pictures whose label is to be looked at."""
    count = found.likely_wrong
    wrong = f"about {count:,} {'is' if count == 1 else 'are'}" if count else "none is"
    note = (
        f"Of {found.pictures:,} labels {wrong} probably wrong (confident learning). Each was "
        "judged by a head that had not seen its picture; the least probable labels first. Right "
        "ones among them are the hard pictures."
    )
    shown = found.listed[:_MOST_SUSPECTS]
    likely = [s for s in shown if s.likely_wrong]
    others = [s for s in shown if not s.likely_wrong]
    parts = [_cases(_suspect(suspect, gallery) for suspect in likely)] if likely else []
    if others:
        rest = _cases(_suspect(suspect, gallery) for suspect in others)
        said = "less suspicious pictures" if likely else "pictures with the least probable labels"
        parts.append(details(f"{len(others)} {said}", rest))
    if len(found.listed) > len(shown):
        parts.append(paragraph(f"{len(found.listed):,} are listed in report.json."))
    return section("Labels to look at", join(parts), note=note, anchor="suspects")


def _suspect(suspect: Suspect, gallery: Gallery) -> Html:
    odds = [
        (suspect.likelier, suspect.likelier_probability),
        (suspect.example.label, suspect.probability),
    ]
    said = f"labelled {suspect.example.label}, rather {suspect.likelier}"
    if suspect.likelier_probability < suspect.probability:
        said = f"labelled {suspect.example.label}, perhaps {suspect.likelier}"
    return _case(suspect.example, said, odds, Html(""), gallery)


def twin_section(found: Leakage, gallery: Gallery) -> Html:
    """Return held-out pictures beside the training pictures that they may be."""
    low, high = wilson(found.right_without, found.others)
    share = ""
    if found.others:
        share = f" ({found.right_without / found.others:.1%}; {low:.1%} to {high:.1%})"
    note = (
        f"{len(found.twins):,} of {found.judged:,} held-out pictures ({found.part}) stand in the "
        "training too, or all but: what they were taken for proves nothing, and they are in no "
        f"figure. Without them: {found.said()}{share}."
    )
    body = _cases(
        Html(
            '<article class="case pair">'
            f"{tile(gallery.show(twin.held_out), f'judged: {twin.held_out.file}')}"
            f"{tile(gallery.show(twin.known), f'learnt from: {twin.known.file}')}"
            f'<p class="file">alike {twin.similarity:.3f}</p></article>'
        )
        for twin in _once(found)[:_MOST_TWINS]
    )
    return section("Known before", body, note=note, anchor="twins")


def _once(found: Leakage) -> list[Twin]:
    """Twins without those that were judged both ways round, in different folds."""
    pairs = {frozenset((twin.held_out.path, twin.known.path)): twin for twin in found.twins[::-1]}
    return list(pairs.values())[::-1]


def account_section(found: Sequence[AccountMeasure]) -> Html:
    """Return how each account's pictures fare, and how they would had it never been seen."""
    shown = found[:_MOST_ACCOUNTS]
    here = ranges(
        [
            (m.account, m.right / m.pictures, m.interval, f"{m.right:,} of {m.pictures:,} right")
            for m in shown
        ]
    )
    alone = [
        (m.account, m.alone[0] / m.alone[1], wilson(*m.alone), f"{m.alone[0]:,} of {m.alone[1]:,}")
        for m in shown
        if m.alone is not None
    ]
    parts = [here]
    if alone:
        parts += [heading("If it had never seen the account"), ranges(sorted(alone, key=_share))]
    reasons = [(m.account, m.why_not) for m in shown if m.why_not]
    if reasons:
        parts.append(
            details("accounts that could not be left out", table(["account", "why"], reasons))
        )
    note = "Held-out pictures, the least accurate account first."
    if len(found) > len(shown):
        note += f" {len(shown)} of {len(found):,} accounts; all stand in report.json."
    return section("By account", join(parts), note=note, anchor="accounts")


def _share(item: tuple[str, float, tuple[float, float], str]) -> tuple[float, str]:
    return item[1], item[0]


def _cases(cases: Iterable[Html]) -> Html:
    return Html(f'<div class="cases">{join(cases)}</div>')


def _case(
    example: Example,
    said: str,
    odds: Iterable[tuple[str, float]],
    near: Html,
    gallery: Gallery,
) -> Html:
    chances = "".join(
        f'<span style="--share:{probability:.1%}">{escape(label)}</span><b>{probability:.3f}</b>'
        for label, probability in odds
    )
    return Html(
        f'<article class="case"><figure>{gallery.show(example)}</figure><div class="words">'
        f'<p><b>{escape(said)}</b></p><div class="odds">{chances}</div>'
        f'<p class="file">{escape(example.file)}</p></div>{near}</article>'
    )


def _near(error: Misclassified, gallery: Gallery) -> Html:
    if not error.neighbours:
        return Html("")
    answer = error.likeliest[0][0]
    tiles = join(_neighbour(neighbour, gallery) for neighbour in error.neighbours)
    said = f"the training pictures most like it; {_count(error.neighbours, answer)} {answer}"
    return Html(f'<div class="near"><p>{escape(said)}</p>{tiles}</div>')


def _neighbour(neighbour: Neighbour, gallery: Gallery) -> Html:
    label, name = escape(neighbour.example.label), escape(neighbour.example.path.name)
    words = Html(f"<b>{label}</b>{neighbour.similarity:.2f} {name}")
    return tile(gallery.show(neighbour.example), words)


def _count(neighbours: Sequence[Neighbour], answer: str) -> str:
    count = sum(neighbour.example.label == answer for neighbour in neighbours)
    return {0: "none is", 1: "one is"}.get(count, f"{count} are")
