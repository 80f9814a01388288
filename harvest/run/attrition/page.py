"""The page of a report: what became of a list, as counts and as pictures side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.html import (
    Html,
    Kind,
    details,
    facts,
    join,
    no_picture,
    paragraph,
    section,
    shares,
    sheet,
    sheets,
    table,
    thumbnail,
    tile,
    write_page,
)
from harvest.ledger.picture import EXTENSIONS
from harvest.run.attrition.basis import Basis
from harvest.run.attrition.categories import PICTURES, REPORT, Category
from harvest.run.attrition.lines import Line
from harvest.run.attrition.meaning import words_of
from harvest.run.attrition.sample import Sample
from harvest.run.attrition.tally import BYS, UNKNOWN_YEAR, By, Tally
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
_OPEN = (Category.BLOCKED, Category.FAILED, Category.MISSING)
"""Nobody knows whether the picture is still there."""
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
    path: Path, tally: Tally, sample: Sample, holders: Sequence[Holder], rests: Basis
) -> Path:
    """Write the page; `holders` are asked in turn, the data set itself first. Raises OSError."""
    parts = [_overview(tally, rests), *_pictures(tally, sample, holders)]
    title = f"{holders[0].folder.name}: what a published list gives today"
    return write_page(path, title, parts, subtitle=rests.line)


def _overview(tally: Tally, rests: Basis) -> Html:
    several = [by for by in BYS if len(tally.groups[by]) > 1]
    told = facts(
        [
            ("lines", tally.counts.total()),
            ("gave their picture", f"{tally.share:.1%}"),
            ("held against", rests.held_against),
            *(fact for by in BYS if by not in several and (fact := _only(tally, by))),
        ]
    )
    tables = [table(*tally.table(by, shares=True), caption=f"by {by}") for by in several]
    why = [
        [category.value, reason, words_of(reason), count]
        for category, reasons in sorted(tally.reasons.items())
        for reason, count in sorted(reasons.items())
    ]
    heads = ("category", "reason", "in words", "lines")
    reasons = table(heads, why, caption="reasons") if why else Html("")
    counted = [(c.value, tally.counts[c], _kind(c)) for c in tally.shown]
    chart = shares(counted, full=tally.counts.total())
    return section("Every line", join([told, chart, *tables, reasons]))


def _only(tally: Tally, by: By) -> tuple[str, str] | None:
    """What all lines have in common, in place of a table of one row; None: nobody knows."""
    names = [name for name in tally.groups[by] if name != UNKNOWN_YEAR]
    return (by, names[0]) if names else None


def _kind(category: Category) -> Kind:
    if category in PICTURES:
        return "good"
    return "fair" if category in _OPEN else "bad"


def _pictures(tally: Tally, sample: Sample, holders: Sequence[Holder]) -> Iterator[Html]:
    before = _Before(holders, (line for one in _ORDER for line in sample.lines(one)))
    for category in _ORDER:
        count = tally.counts[category]
        if not count:
            continue
        lines = sample.lines(category)
        every = [_shown(line, sample, before) for line in lines]
        words = [join(map(paragraph, one.words)) for one in every if one.words and not one.tiles]
        drawn = [join([*map(paragraph, one.words), sheet(one.tiles)]) for one in every if one.tiles]
        body = [paragraph(_MEANING[category]), *words, *([sheets(drawn)] if drawn else [])]
        hidden = count - sum(_stands_for(line, sample) for line in lines)
        if hidden:
            body.append(paragraph(f"{hidden:,} more are not shown; {REPORT}.csv names them."))
        some = "1 line" if count == 1 else f"{count:,} lines"
        yield details(f"{category}: {some}", join(body), opened=category is Category.REPLACED)


def _stands_for(line: Line, sample: Sample) -> int:
    if line.category is Category.PLACEHOLDER and line.image is not None:
        return sample.placeholders[line.image.sha256]
    return 1


class _Shown(NamedTuple):
    """One line on the page."""

    words: list[str]
    """What is told above its pictures, or in place of them."""
    tiles: list[Html]
    """Its picture of today, and that of before."""


def _shown(line: Line, sample: Sample, before: _Before) -> _Shown:
    """One line: its picture of today, that of before where it is still there, else words."""
    times = _stands_for(line, sample)
    then: list[str] = []
    old = None
    if line.locked is not None and line.category is not Category.SAME and times == 1:
        old = before.find(line)
        then = [f"lock file {line.locked.sha256[:8]}", f"{line.locked.bytes:,} bytes"]
        then.append(f"{line.locked.width} x {line.locked.height}")
    tiles = []
    if line.image is not None:
        got = before.holders[0].find(line.image.sha256)
        words = [f"today {line.image.sha256[:8]}", f"{line.image.n_bytes:,} bytes"]
        words += [f"{line.look.width} x {line.look.height}"] if line.look else []
        words += [f"{line.apart} of 256 bits apart"] if line.apart is not None else []
        words += [line.reason.replace("_", " ")] if line.reason else []
        words += [f"at {times:,} addresses, the first:"] if times > 1 else []
        words += [] if before.any_held else then
        tiles.append(_tile(got, [*words, line.url], line.url))
    if then and (old is not None or (tiles and before.any_held)):
        tiles.append(_tile(old, then, ""))
    if tiles:
        return _Shown([] if line.image is not None else [line.url], tiles)
    return _Shown([" · ".join(filter(None, (line.url, line.label, line.reason)))], [])


class _Before:
    """The pictures of before, as far as anybody holds them."""

    def __init__(self, holders: Sequence[Holder], lines: Iterable[Line]) -> None:
        """`lines`: all that the page shows."""
        self.holders = holders
        self.any_held = any(self.find(line) for line in lines)

    def find(self, line: Line) -> Path | None:
        """The file of what the lock file knows at an address that gives something else."""
        if line.locked is None or line.category is Category.SAME:
            return None
        sha256 = line.locked.sha256
        return next(filter(None, (each.find(sha256) for each in self.holders)), None)


def _tile(picture: Path | None, words: Sequence[str], href: str) -> Html:
    small = thumbnail(picture) if picture else no_picture("not held")
    return tile(small, " · ".join(words), href=href)
