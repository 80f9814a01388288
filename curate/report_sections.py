"""What a report says in figures: labels, checks, groups, targets, accounts, tags, time, sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from curate.checks.catalogue import CHECKS
from curate.facts import NEAR_DUPLICATE
from curate.leaks import find_leaks
from curate.report_shelves import badness
from curate.report_state import State
from curate.store.facts import Seen
from harvest.ledger import html, html_chart
from harvest.ledger.html import Html
from harvest.ledger.manifest import SPLITS

_MOST_ROWS = 40  # of a table, before the rest stands behind a heading that the reader opens
_MOST_COLUMNS = 8  # labels beside each other
_MONTHS = 60  # more months than that are told by year
_SIDES = (0, 64, 128, 256, 512, 1024, 2048, 4096)  # pixels
_BYTES = (0, 2_000, 20_000, 100_000, 500_000, 2_000_000, 10_000_000)
_STATUSES = ("saved", "gone", "refused", "failed", "pending")

_NEAR = "the same picture again, proved by its pixels"


def overview(state: State) -> Html:
    """Counts, label balance, the split as built."""
    left_out = state.selection.left_out
    facts: list[tuple[str, object]] = [
        ("pictures", len(state.standing.images)),
        ("in the data set", len(state.selection.pictures)),
        *((reason.replace("_", " "), n) for reason, n in (left_out | _left_over(state)).items()),
    ]
    body = [html.facts(facts)]
    counts = state.selection.counts
    if counts:
        body.append(html.bars([(label, float(n)) for label, n in counts.items()]))
    if state.built:
        found = Counter[tuple[str, str]]((one.label, one.part) for one in state.built.values())
        labels = sorted({one.label for one in state.built.values()})
        rows = [(label, *(found[label, part] for part in SPLITS)) for label in labels]
        body.append(html.table(("label", *SPLITS), rows, caption="the build that stands"))
        if stale := _out_of_date(state):
            body.append(
                html.paragraph(f"Out of date: {stale}. `winnow curate build` writes it anew.")
            )
    return html.section("Overview", html.join(body), anchor="overview")


def _left_over(state: State) -> dict[str, int]:
    """Why the build that stands left pictures of the data set out -> how many."""
    labels = state.labels
    return dict(sorted(Counter(why for s, why in state.left_over.items() if s in labels).items()))


def _out_of_date(state: State) -> str:
    """What has changed since the build; empty for nothing."""
    now = state.labels
    gone = sum(sha256 not in now for sha256 in state.built)
    other = sum(now.get(s, one.label) != one.label for s, one in state.built.items())
    new = sum(sha256 not in state.split for sha256 in now)
    told = (
        (other, "of its pictures have another label now"),
        (gone, "of its pictures are not in the data set any more"),
        (new if other or gone else 0, "of the data set are in no part of it"),
    )
    return ", ".join(f"{count:,} {words}" for count, words in told if count)


def leaks(state: State) -> Html:
    """What the parts of the build have in common."""
    parts = {sha256: one.part for sha256, one in state.split.items()}
    rows = [
        (pair, k.near_duplicate_pairs, k.same_post_pairs, k.accounts, k.accounts_of)
        for pair, k in find_leaks(parts, state.selection.pictures, state.clusters).items()
    ]
    heads = ("parts", "near-duplicate pairs", "pairs of one post", "accounts in both", "of")
    note = ""
    if any(row[-1] for row in rows):
        note = "Split `by: account` to measure on accounts that training never saw."
    body = html.table(heads, rows) if rows else html.paragraph("Nothing is built yet.")
    return html.section("Shared by two parts", body, note=note, anchor="leaks")


def checks(state: State, examples: Callable[[Sequence[str]], Html]) -> Html:
    """What each check has set aside and warned of, with `examples` of both."""
    titles = {check.name: check.title for check in CHECKS} | {NEAR_DUPLICATE: _NEAR}
    flagged: dict[str, list[tuple[float, str]]] = {}
    warned: dict[str, list[tuple[float, str]]] = {}
    stays: Counter[str] = Counter()
    for sha256 in state.standing.images:
        for v in state.remarks(sha256):
            scored = (flagged if v.flagged else warned).setdefault(v.check, [])
            scored.append((-badness(v.check, v.score), sha256))
            stays[v.check] += v.flagged and state.stays(sha256)
    rows, body = [], []
    for name, title in titles.items():
        bad, doubtful = flagged.get(name, []), warned.get(name, [])
        rows.append((name, title, len(bad), stays[name], len(doubtful)))
        for word, some in (("flagged", bad), ("warned of", doubtful)):
            if some:
                body.append(html.heading(f"{name}, {word}: {len(some):,}"))
                body.append(examples([sha256 for _, sha256 in sorted(some)]))
    heads = ("check", "finds", "flagged", "of these kept by hand", "warned of")
    if not state.verdicts:
        body.append(html.paragraph("Nothing was checked yet: run `winnow curate check`."))
    note = "Flagged pictures are set aside; those only warned of stay, first among their label."
    return html.section(
        "Checks", html.join((html.table(heads, rows), *body)), note=note, anchor="checks"
    )


def attrition(state: State) -> Html:
    """What became of all that the targets have shown."""
    by_target = []
    for target, some in groupby(state.tallies, key=lambda tally: tally.target):
        counts: Counter[str] = Counter()
        for tally in some:
            counts[tally.status] += tally.count
        by_target.append((target, counts.total(), *(counts[status] for status in _STATUSES)))
    by_target.sort(key=lambda row: (-row[1], row[0]))
    why: Counter[tuple[str, str]] = Counter()
    for tally in state.tallies:
        why[tally.status, tally.reason] += tally.count
    reasons = [
        (status, reason or "none told", count)
        for (status, reason), count in sorted(why.items(), key=lambda item: (-item[1], item[0]))
        if status != "saved" or reason
    ]
    body = [_long_table(("target", "shown", *_STATUSES), by_target)]
    if reasons:
        body += [html.heading("Why"), _long_table(("status", "reason", "pictures"), reasons)]
    note = "How each picture that a target has shown ended: winnow harvest status names them."
    return html.section("Attrition", html.join(body), note=note, anchor="attrition")


def accounts(state: State) -> Html:
    """Who posted how much, by label; a picture that two show counts for both."""
    return _by_label(
        state,
        "Accounts",
        lambda sha256: {f"{s.source}: {s.author}" for s in _seen(state, sha256) if s.author},
        "account",
    )


def tags(state: State) -> Html:
    """Under which tags, by label."""
    return _by_label(state, "Tags", lambda sha256: state.tags.get(sha256, ()), "tag")


def times(state: State) -> Html:
    """When the pictures were first posted."""
    firsts = [
        min(days)
        for sha256 in state.standing.images
        if (days := [s.posted_at for s in _seen(state, sha256) if s.posted_at])
    ]
    undated = len(state.standing.images) - len(firsts)
    unit = "month" if len(list(_months(firsts))) <= _MONTHS else "year"
    names = list(_months(firsts)) if unit == "month" else list(_years(firsts))
    counts = Counter(day[: len(names[0])] for day in firsts) if firsts else Counter[str]()
    chart = html_chart.columns([(name, counts[name]) for name in names], x=unit, y="pictures")
    note = f"{len(firsts):,} by their first post; of {undated:,} no time is known."
    return html.section("Time", chart, note=note, anchor="time")


def sizes(state: State) -> Html:
    """How large the pictures are, and of what kind."""
    measured = [m for s, m in state.measures.items() if s in state.standing.images]
    sides = Counter(_step(min(m.width, m.height), _SIDES) for m in measured if m.width)
    images = [stored.image for stored in state.standing.images.values()]
    weights = Counter(_step(image.n_bytes, _BYTES) for image in images)
    forms = Counter(image.media_type.removeprefix("image/") for image in images)
    body = [
        html.heading("Shorter side, pixels"),
        html.bars(_steps(sides, _SIDES)),
        html.heading("Bytes"),
        html.bars(_steps(weights, _BYTES)),
        html.heading("Format"),
        html.bars([(form, float(n)) for form, n in forms.most_common()]),
    ]
    return html.section("Sizes", html.join(body), anchor="sizes")


def _seen(state: State, sha256: str) -> Sequence[Seen]:
    return state.provenance.get(sha256, ())


def _by_label(
    state: State, title: str, names_of: Callable[[str], Iterable[str]], word: str
) -> Html:
    """A table of names: pictures, those in the data set, those of each label."""
    labels = list(state.selection.counts)[:_MOST_COLUMNS]
    label_of = state.labels
    every: Counter[str] = Counter()
    inside: Counter[tuple[str, str]] = Counter()
    for sha256 in state.standing.images:
        label = label_of.get(sha256)
        for name in names_of(sha256):
            every[name] += 1
            if label is not None:
                inside[name, ""] += 1
                inside[name, label] += 1
    rows = [
        (name, count, inside[name, ""], *(inside[name, label] for label in labels))
        for name, count in sorted(every.items(), key=lambda item: (-item[1], item[0]))
    ]
    body = html.paragraph("None is known.")
    if rows:
        body = _long_table((word, "pictures", "in the data set", *labels), rows)
    return html.section(f"{title}: {len(rows):,}", body, anchor=title.casefold())


def _long_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Html:
    shown = html.table(headers, rows[:_MOST_ROWS])
    if len(rows) <= _MOST_ROWS:
        return shown
    rest = html.table(headers, rows[_MOST_ROWS:])
    return html.join((shown, html.details(f"{len(rows) - _MOST_ROWS:,} more", rest)))


def _months(days: Sequence[str]) -> Iterator[str]:
    """Every month from the first to the last day, as `2024-01`."""
    if not days:
        return
    year, month = map(int, min(days)[:7].split("-"))
    last = max(days)[:7]
    while (name := f"{year:04d}-{month:02d}") <= last:
        yield name
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _years(days: Sequence[str]) -> Iterator[str]:
    yield from (f"{year:04d}" for year in range(int(min(days)[:4]), int(max(days)[:4]) + 1))


def _step(value: int, steps: Sequence[int]) -> int:
    return max(step for step in steps if step <= value)


def _steps(counts: Mapping[int, int], steps: Sequence[int]) -> list[tuple[str, float]]:
    used = [step for step in steps if counts.get(step)]
    if not used:
        return []
    names = [f"{low:,} to {high - 1:,}" for low, high in pairwise(steps)]
    named = dict(zip(steps, [*names, f"{steps[-1]:,} and more"], strict=True))
    return [(named[s], float(counts.get(s, 0))) for s in steps if used[0] <= s <= used[-1]]
