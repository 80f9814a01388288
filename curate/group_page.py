"""`curate groups`: contact sheets of all groups, each with the proof beside it, in one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from curate.conflicts import Standing
from curate.cutouts import SIDE, cutouts
from curate.facts import Measure, Spot
from curate.kinds import COLOURS, PART
from curate.labels import Clock, read_hands, utc_now
from curate.rawfiles import raw_file
from curate.same import Prover
from curate.sheets import Sheet, Sheets, read_sheets
from curate.store.opinions import Pair, read_measures
from curate.store.schema import open_store, scratch_store
from curate.tiles import fitted, prepared
from harvest.ledger import html
from harvest.ledger.errors import DataError, naming
from harvest.ledger.exports import refuse_foreign, refuse_place
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import PictureError
from harvest.ledger.progress import number_of

FILE_NAME = "groups.html"

_SIDE = 208  # pixels of a thumbnail
_A_FOLD = 25  # groups behind one heading that the reader opens
_MOST_MEMBERS = 24  # of one group that are shown
_MOST_OF_A_KIND = 200  # pairs
_MOST_CUT = 400  # groups of which the place that differs most is shown enlarged
_DRAWN = (PART, COLOURS)  # kinds whose difference lies in a place
_NOISE, _FULL_RED = 10.0, 50.0  # levels that are not drawn, and further ones that are all red


def group_page(
    folder: DatasetFolder, out: Path | None = None, *, clock: Clock = utc_now
) -> tuple[Path, Sheets]:
    """Write the page of a data set; returns its path and what it shows. The caller holds the lock.

    `out`: by default `reports/groups.html` of the data set; elsewhere, a data set that cannot be
    written is only read. Raises DataError before the first check, UsageError for a place in the
    data set that is not below `reports/` and for a file that is not winnow's, and as `labels.sync`
    does.
    """
    path = out or folder.reports / FILE_NAME
    refuse_place(folder, path)
    refuse_foreign(path, html.GENERATOR)
    only_read = out is not None and not folder.is_writable
    with scratch_store(folder) if only_read else open_store(folder) as catalog:
        standing, _ = read_hands(catalog, folder, clock, dry_run=only_read)
        measures = read_measures(catalog, HASH_VERSION)
        sheets = read_sheets(catalog)
    if standing.images and not measures:
        raise DataError(
            f"{folder.root}: not checked yet, so no groups are known; run"
            f" `winnow curate check {folder.root}` first"
        )
    page = _Page(folder, standing, measures)
    # A folder's name may be bytes that are no text.
    title = f"{folder.name}: groups".encode("utf-8", "backslashreplace").decode()
    subtitle = number_of(len(standing.images), "picture")
    with naming(path):
        return html.write_page(path, title, page.sections(sheets), subtitle=subtitle), sheets


class _Page:
    """The sections of the page."""

    def __init__(
        self, folder: DatasetFolder, standing: Standing, measures: Mapping[str, Measure]
    ) -> None:
        self._folder = folder
        self._standing = standing
        self._measures = measures
        self._prover = Prover(self._path)

    def sections(self, sheets: Sheets) -> Iterator[html.Html]:
        """Yield all sections, from what was merged to what was told apart."""
        yield self._overview(sheets)
        note = (
            "The same picture, each file proved by its pixels against the one that is kept, the"
            " least alike first. Not so? winnow curate differ DATASET A B"
        )
        cut, plain = sheets.groups[:_MOST_CUT], sheets.groups[_MOST_CUT:]
        shown = [self._group(sheet, self._cut(sheet.proofs[0])) for sheet in cut]
        body = _folds([*shown, *(self._group(sheet, []) for sheet in plain)], "groups")
        title = f"Same picture: {number_of(len(sheets.groups), 'group')}"
        yield html.section(title, body, note=note)
        note = "They may be the same picture. Both are kept, in one part of the split."
        yield self._pairs("Unsure", sheets.unsure, note)
        for how, some in groupby(sheets.variants, key=lambda pair: pair.how):
            note = "Both are kept, in one part of the split."
            yield self._pairs(f"Variants, {how}", list(some), note)
        note = "Never one picture again, whatever the pixels say."
        yield self._pairs("Told apart by hand", sheets.told_apart, note)

    def _overview(self, sheets: Sheets) -> html.Html:
        kinds = Counter(pair.how for sheet in sheets.groups for pair in sheet.proofs)
        kinds.update(f"variant: {pair.how}" for pair in sheets.variants)
        worst = max((sheet.tile for sheet in sheets.groups), default=0.0)
        facts: list[tuple[str, object]] = [
            ("groups", len(sheets.groups)),
            ("files that another one stands for", sum(len(s.proofs) for s in sheets.groups)),
            ("unsure pairs", len(sheets.unsure)),
            ("pairs of variants", len(sheets.variants)),
            ("widest group, bits of 256", max((s.diameter for s in sheets.groups), default=0)),
            ("worst tile in a group, levels", f"{worst:.1f}"),
        ]
        body = [html.facts(facts)]
        if kinds:
            body.append(html.bars([(kind, float(n)) for kind, n in sorted(kinds.items())]))
        return html.section("Overview", html.join(body))

    def _group(self, sheet: Sheet, cut: Sequence[html.Html]) -> html.Html:
        shown = list(zip(sheet.members, sheet.proofs, strict=True))[:_MOST_MEMBERS]
        items = [self._tile(sheet.keeper, "", flag="kept")]
        items += [self._tile(sha256, _words(pair)) for sha256, pair in shown]
        items += cut
        hidden = len(sheet.proofs) - len(shown)
        rest = f"; {hidden:,} more are not shown" if hidden else ""
        title = (
            f"{sheet.keeper[:8]} stands for {len(sheet.proofs):,}: worst tile {sheet.tile:.1f}"
            f" levels, diameter {sheet.diameter} of 256 bits{rest}"
        )
        return html.join((html.heading(title), html.sheet(items)))

    def _pairs(self, title: str, pairs: Sequence[Pair], note: str) -> html.Html:
        if not pairs:
            return html.Html("")
        shown = [self._pair(pair) for pair in pairs[:_MOST_OF_A_KIND]]
        if len(pairs) > len(shown):
            note = f"{note} The first {len(shown)} are shown; --json lists all."
        title = f"{title}: {number_of(len(pairs), 'pair')}"
        return html.section(title, _folds(shown, "pairs"), note=note)

    def _pair(self, pair: Pair) -> html.Html:
        items = [self._tile(pair.a, ""), self._tile(pair.b, "")]
        drawn = self._difference(pair) if pair.kind == "unsure" or pair.how in _DRAWN else None
        if drawn is not None:
            picture = html.thumbnail(drawn, _SIDE, alt="where the two differ")
            items.append(html.tile(picture, "red: where they differ; the frame: the worst tile"))
        items += self._cut(pair)
        title = f"{pair.a[:8]} and {pair.b[:8]}: {_words(pair)}"
        return html.join((html.heading(title), html.sheet(items)))

    def _cut(self, pair: Pair) -> list[html.Html]:
        """Tiles with the place of the largest difference in both, enlarged."""
        try:
            drawn = cutouts(self._path(pair.a), self._path(pair.b), pair.spot, pair.how)
        except (PictureError, KeyError):  # broken, or forgotten, since the check
            return []
        tiles = []
        for sha256, picture in zip((pair.a, pair.b), drawn, strict=False):
            words = f"{sha256[:8]}: the worst tile, enlarged"
            tiles.append(html.tile(html.thumbnail(picture, SIDE, alt=words), words))
        return tiles

    def _difference(self, pair: Pair) -> Image.Image | None:
        try:
            return difference_picture(*self._prover.greys(pair.a, pair.b), pair.spot)
        except PictureError:
            return None

    def _tile(self, sha256: str, words: str, *, flag: str = "") -> html.Html:
        stored = self._standing.images.get(sha256)
        if stored is None:
            return html.tile(html.Html(""), f"{sha256[:8]}: forgotten")
        facts = self._measures.get(sha256)
        size = f"{facts.width} x {facts.height}, " if facts is not None else ""
        form = stored.image.media_type.removeprefix("image/")
        names = sorted(place.path for place in self._standing.places.get(sha256, ()))
        where = ", ".join(names).encode("utf-8", "backslashreplace").decode()
        where = where or "not below images/"
        about = f"{sha256[:8]}, {size}{form}, {stored.image.n_bytes / 1000:,.0f} kB, {where}"
        picture = html.thumbnail(self._path(sha256), _SIDE, alt=about)
        return html.tile(picture, f"{about}: {words}" if words else about, flag=flag)

    def _path(self, sha256: str) -> Path:
        return raw_file(self._folder, self._standing.images[sha256])


def difference_picture(first: Image.Image, second: Image.Image, spot: Spot) -> Image.Image:
    """The first of two greys, pale, with red where the second differs and a frame round `spot`."""
    side = 2 * _SIDE
    a, b = prepared(first, side), prepared(second.resize(first.size), side)
    apart = np.clip((np.abs(a - fitted(b, a)) - _NOISE) / _FULL_RED, 0, 1)
    pale = 160 + a * 95 / 255
    red = np.stack((pale + (215 - pale) * apart, pale * (1 - apart), pale * (1 - apart)), axis=-1)
    picture = Image.fromarray(red.astype(np.uint8))
    left, top, wide, high = (
        round(part * side / 1000) for part, side in zip(spot, picture.size * 2, strict=True)
    )
    ImageDraw.Draw(picture).rectangle(
        (left - 4, top - 4, left + wide + 4, top + high + 4), outline=(20, 60, 200), width=4
    )
    return picture


def _words(pair: Pair) -> str:
    left, top, wide, high = pair.spot
    place = f"{(left + wide // 2) // 10} % from the left, {(top + high // 2) // 10} % from the top"
    return (
        f"{pair.how}; worst tile {pair.tile:.1f} levels ({place});"
        f" {pair.distance64} of 64 and {pair.distance256} of 256 bits"
    )


def _folds(items: Sequence[html.Html], what: str) -> html.Html:
    """Behind headings that the reader opens, the first one open: a thousand stay readable."""
    if not items:
        return html.paragraph("None.")
    folds = []
    for low in range(0, len(items), _A_FOLD):
        some = items[low : low + _A_FOLD]
        name = f"{what} {low + 1:,} to {low + len(some):,}"
        folds.append(html.details(name, html.join(some), opened=low == 0))
    return html.join(folds)
