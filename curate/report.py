"""`curate report`: one HTML page on what was found, set aside, and waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from curate.checks.catalogue import CHECKS
from curate.conflicts import Standing
from curate.facts import Verdict
from curate.groups import by_group
from curate.labels import Clock, read_hands, utc_now
from curate.leaks import Leak, find_leaks
from curate.rawfiles import raw_file
from curate.scan import is_rejected
from curate.selection import Selection, select
from curate.settings import NEAR_DUPLICATE
from curate.store.facts import Seen, read_provenance
from curate.store.opinions import read_clusters, read_split, read_verdicts
from curate.store.schema import open_store
from harvest.ledger import html
from harvest.ledger.folder import DatasetFolder

FILE_NAME = "curate.html"

_MOST_TILES = 500  # a section, so that one page stays readable; the count says how many there are
_SIDE = 128


def report(folder: DatasetFolder, *, clock: Clock = utc_now) -> Path:
    """Write the report of a data set and return its path. The caller holds the lock.

    Raises as `labels.sync` does.
    """
    with open_store(folder) as catalog:
        standing, _ = read_hands(catalog, folder, clock)
        selection = select(catalog, standing)
        provenance = read_provenance(catalog)
        verdicts = read_verdicts(catalog)
        clusters = read_clusters(catalog)
        groups = by_group(clusters)
        parts = {sha256: one.part for sha256, one in read_split(catalog).items()}
    page = _Page(folder, standing, provenance)
    sections = [
        page.overview(selection, parts),
        *([page.leaks(find_leaks(parts, selection.pictures, clusters))] if parts else []),
        *page.set_aside(verdicts),
        page.duplicates(groups, verdicts),
        page.conflicts(selection.conflicts),
    ]
    path = folder.reports / FILE_NAME
    subtitle = f"{len(standing.images):,} pictures"
    # A folder's name may be bytes that are no text.
    title = f"{folder.name}: curation".encode("utf-8", "backslashreplace").decode()
    return html.write_page(path, title, sections, subtitle=subtitle)


class _Page:
    """The sections of the page, over one state of the data set."""

    def __init__(
        self, folder: DatasetFolder, standing: Standing, provenance: Mapping[str, list[Seen]]
    ) -> None:
        self._folder = folder
        self._standing = standing
        self._provenance = provenance

    def overview(self, selection: Selection, parts: Mapping[str, str]) -> html.Html:
        """Counts, label balance, the split as built."""
        facts: list[tuple[str, object]] = [("pictures", len(self._standing.images))]
        facts += [("in the data set", len(selection.pictures))]
        facts += [(reason.replace("_", " "), n) for reason, n in selection.left_out.items()]
        body = [html.facts(facts)]
        if selection.counts:
            body.append(html.bars([(label, float(n)) for label, n in selection.counts.items()]))
        rows = []
        for label in selection.counts:
            here = [parts.get(p.sha256, "") for p in selection.pictures if p.label == label]
            rows.append((label, *(here.count(part) for part in ("train", "validation", "test"))))
        if parts:
            body.append(html.table(("label", "train", "validation", "test"), rows))
        return html.section("Overview", html.join(body))

    def leaks(self, leaks: Mapping[str, Leak]) -> html.Html:
        """What the parts of the build have in common."""
        rows = [
            (parts, k.near_duplicate_pairs, k.same_post_pairs, k.accounts, k.accounts_of)
            for parts, k in leaks.items()
        ]
        heads = ("parts", "near-duplicate pairs", "pairs of one post", "accounts in both", "of")
        note = "Split `by: account` to measure on accounts that training never saw."
        return html.section("Shared by two parts", html.table(heads, rows), note=note)

    def set_aside(self, verdicts: Mapping[str, list[Verdict]]) -> Iterator[html.Html]:
        """One section for each check that flagged something."""
        for check in CHECKS:
            flagged = [
                (v.score, sha256, v.reason)
                for sha256, some in verdicts.items()
                for v in some
                if v.check == check.name and v.flagged
            ]
            if flagged:
                items = [self._tile(s, reason) for _, s, reason in sorted(flagged)[:_MOST_TILES]]
                title = f"{check.name}: {len(flagged):,}"
                yield html.section(title, html.tiles(items), note=check.title)

    def duplicates(
        self, groups: Mapping[str, list[str]], verdicts: Mapping[str, list[Verdict]]
    ) -> html.Html:
        """Each duplicate group side by side, its keeper first."""
        body = []
        for keeper, losers in list(groups.items())[:_MOST_TILES]:
            items = [self._tile(keeper, "kept", flag="kept")]
            items += [self._tile(s, _reason(verdicts.get(s, ()))) for s in losers]
            body.append(html.tiles(items))
        if not body:
            body.append(html.paragraph("No picture stands for another one."))
        note = "The same picture, proved by its pixels; the addresses of all are kept."
        return html.section(f"Near duplicates: {len(groups):,} groups", html.join(body), note=note)

    def conflicts(self, conflicts: Mapping[str, str]) -> html.Html:
        """Pictures whose label is not clear."""
        items = [self._tile(s, why) for s, why in list(conflicts.items())[:_MOST_TILES]]
        body = html.tiles(items) if items else html.paragraph("Every label is clear.")
        note = "Left out of the data set until one of their files is moved or removed."
        return html.section(f"Conflicts: {len(conflicts):,}", body, note=note)

    def _tile(self, sha256: str, words: str, *, flag: str = "") -> html.Html:
        stored = self._standing.images.get(sha256)
        if stored is None:
            return html.tile(html.Html(""), f"{sha256[:8]}: forgotten")
        seen = self._provenance.get(sha256, [])
        href = next((s.post_url or s.url for s in seen if s.post_url or s.url), "")
        stays = sha256 in self._standing.hands and not all(
            is_rejected(f) for f in self._standing.folders(sha256)
        )
        picture = html.thumbnail(raw_file(self._folder, stored), _SIDE, alt=words)
        mark = flag or ("stays: placed by hand" if stays else "")
        form = stored.image.media_type.removeprefix("image/")
        facts = f"{sha256[:8]}, {form}, {stored.image.n_bytes / 1000:,.0f} kB: {words}"
        return html.tile(picture, facts, flag=mark, href=href)


def _reason(verdicts: Iterable[Verdict]) -> str:
    return next((v.reason for v in verdicts if v.check == NEAR_DUPLICATE), "")
