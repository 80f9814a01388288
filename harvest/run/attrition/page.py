"""The page of a report: what became of a list, as counts and as pictures side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.html import (
    Html,
    bars,
    details,
    facts,
    join,
    no_picture,
    paragraph,
    section,
    sheet,
    table,
    thumbnail,
    tile,
    write_page,
)
from harvest.ledger.picture import EXTENSIONS
from harvest.run.attrition.categories import REPORT, Category
from harvest.run.attrition.lines import Line
from harvest.run.attrition.meaning import words_of
from harvest.run.attrition.sample import Sample
from harvest.run.attrition.tally import BYS, Tally
from harvest.store.relisting import find_type

_ORDER = (
    Category.REPLACED,
    Category.REENCODED,
    Category.PLACEHOLDER,
    Category.GONE,
    Category.BLOCKED,
    Category.FAILED,
    Category.REFUSED,
    Category.MISSING,
    Category.GOT,
    Category.SAME,
)
_MEANING = {
    Category.SAME: "The very bytes of the lock file.",
    Category.REENCODED: "Other bytes, the same picture; those that differ most come first.",
    Category.GOT: "A picture; no lock file speaks of the address.",
    Category.REPLACED: "Another picture than the lock file's; the most alike come first.",
    Category.PLACEHOLDER: "Shown in the place of many pictures, or listed as such.",
    Category.GONE: "404, 410, 451: the server has it no more.",
    Category.BLOCKED: "401, 402, 403, an opt-out header, or a place that is not public.",
    Category.FAILED: "Worth a retry: the same command asks again.",
    Category.REFUSED: "No picture, too large, no address, or taken out on somebody's wish.",
    Category.MISSING: "In the lock file, and in none of the lists.",
}


@dataclass(frozen=True, slots=True)
class Holder:
    """A data set that may hold pictures of before."""

    folder: DatasetFolder
    """Its folder."""
    catalog: Catalog
    """Its catalog, open."""

    def find(self, sha256: str) -> Path | None:
        """The file of a picture; None: it is not there."""
        media_type = find_type(self.catalog, sha256)
        if media_type not in EXTENSIONS:
            return None
        path = self.folder.raw_path(sha256, EXTENSIONS[media_type])
        return path if path.is_file() else None


def write_attrition(
    path: Path, tally: Tally, sample: Sample, holders: Sequence[Holder], *, lock: str
) -> Path:
    """Write the page; `holders` are asked in turn, the data set itself first. Raises OSError."""
    parts = [_overview(tally, lock), *_pictures(tally, sample, holders)]
    name = holders[0].folder.name
    return write_page(path, f"{name}: what a published list gives today", parts)


def _overview(tally: Tally, lock: str) -> Html:
    told = facts(
        [
            ("lines", tally.counts.total()),
            ("gave their picture", f"{tally.share:.1%}"),
            ("held against", lock or "no lock file"),
        ]
    )
    counted = [(c.value, float(tally.counts[c])) for c in tally.shown]
    tables = [table(*tally.table(by), caption=f"by {by}") for by in BYS]
    why = [
        [category.value, reason, words_of(reason), count]
        for category, reasons in sorted(tally.reasons.items())
        for reason, count in sorted(reasons.items())
    ]
    heads = ("category", "reason", "in words", "lines")
    reasons = table(heads, why, caption="reasons") if why else Html("")
    chart = bars(counted, unit="lines", full=tally.counts.total())
    return section("Every line", join([told, chart, *tables, reasons]))


def _pictures(tally: Tally, sample: Sample, holders: Sequence[Holder]) -> Iterator[Html]:
    for category in _ORDER:
        count = tally.counts[category]
        if not count:
            continue
        lines = sample.lines(category)
        shown = [_shown(line, sample, holders) for line in lines]
        body = [paragraph(_MEANING[category]), *shown]
        hidden = count - sum(_stands_for(line, sample) for line in lines)
        if hidden:
            body.append(paragraph(f"{hidden:,} more are not shown; {REPORT}.csv names them."))
        some = "1 line" if count == 1 else f"{count:,} lines"
        yield details(f"{category}: {some}", join(body), opened=category is Category.REPLACED)


def _stands_for(line: Line, sample: Sample) -> int:
    if line.category is Category.PLACEHOLDER and line.image is not None:
        return sample.placeholders[line.image.sha256]
    return 1


def _shown(line: Line, sample: Sample, holders: Sequence[Holder]) -> Html:
    """One line: its picture of today, that of before where it is still there, else words."""
    tiles = []
    times = _stands_for(line, sample)
    if line.image is not None:
        got = holders[0].find(line.image.sha256)
        words = [f"today {line.image.sha256[:8]}", f"{line.image.n_bytes:,} bytes"]
        words += [f"{line.look.width} x {line.look.height}"] if line.look else []
        words += [f"{line.apart} of 256 bits apart"] if line.apart is not None else []
        words += [line.reason.replace("_", " ")] if line.reason else []
        words += [f"at {times:,} addresses, the first:"] if times > 1 else []
        tiles.append(_tile(got, [*words, line.url], line.url))
    if line.locked is not None and line.category is not Category.SAME and times == 1:
        old = next(filter(None, (each.find(line.locked.sha256) for each in holders)), None)
        words = [f"lock file {line.locked.sha256[:8]}", f"{line.locked.bytes:,} bytes"]
        words.append(f"{line.locked.width} x {line.locked.height}")
        if old is not None or tiles:
            tiles.append(_tile(old, words, ""))
    if tiles:
        known = [] if line.image is not None else [line.url]
        return join([*map(paragraph, known), sheet(tiles)])
    return paragraph(" · ".join(filter(None, (line.url, line.label, line.reason))))


def _tile(picture: Path | None, words: Sequence[str], href: str) -> Html:
    small = thumbnail(picture) if picture else no_picture("not held")
    return tile(small, " · ".join(words), href=href)
