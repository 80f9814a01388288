"""The pages of a report: figures that lead to contact sheets, and a list of files by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from curate import report_sections
from curate.report_others import Others
from curate.report_sheets import Sheets, Slice, beside
from curate.report_state import State
from harvest.ledger import html
from harvest.ledger.exports import NAMES_OTHERS
from harvest.ledger.html import Html

_EXAMPLES = 12
_GROUPS = 24
_MEMBERS = 6  # of a group, beside its keeper
_NAMES = 500  # files under one heading
_NAME = 28  # characters of a name in one
_CHAPTERS = (
    *("overview", "pictures", "never", "checks", "duplicates", "conflicts", "leaks", "attrition"),
    *("accounts", "tags", "time", "sizes"),
)


class Pages:
    """The pages of one report."""

    def __init__(self, state: State, sheets: Sheets, page: Path, *, one_file: bool) -> None:
        self._state = state
        self._sheets = sheets
        self._page = page
        self._one_file = one_file
        self._others = Others(state, sheets.stories)
        # A folder's name may be bytes that are no text.
        self._name = state.folder.name.encode("utf-8", "backslashreplace").decode()

    @property
    def _names_path(self) -> Path:
        return self._page.with_name(f"{self._page.stem}-names.html")

    @property
    def _others_path(self) -> Path:
        return self._page.with_name(f"{self._page.stem}-others.html")

    def others(self) -> list[Path]:
        """Files of the report beside its first page."""
        if self._one_file:
            return []
        sheets = map(self._sheets.path, range(1, len(self._sheets.parts) + 1))
        return [*sheets, self._names_path, self._others_path]

    def write_index(self) -> Path:
        """Write the page with all figures, which leads to the others."""
        state = self._state
        sections = [
            report_sections.overview(state),
            self._all_pictures(),
            self._others.overview(self._way_to_others()),
            report_sections.checks(state, self._examples),
            self._duplicates(),
            self._conflicts(),
            report_sections.leaks(state),
            report_sections.attrition(state),
            report_sections.accounts(state),
            report_sections.tags(state),
            report_sections.times(state),
            report_sections.sizes(state),
        ]
        if self._one_file:
            sections += [s for part in self._sheets.parts for s in self._sheets.sections(part)]
            sections += self._others.sections(whole=False)
        links = [html.link(name, f"#{name}") for name in _CHAPTERS]
        title = f"{self._name}: curation"
        subtitle = f"{len(state.standing.images):,} pictures"
        nav = html.contents(links)
        return html.write_page(self._page, title, sections, subtitle=subtitle, nav=nav)

    def write_sheets(self) -> Iterator[Path]:
        """Write the contact sheets and yield their paths."""
        count = len(self._sheets.parts)
        for number, part in enumerate(self._sheets.parts, 1):
            links = [html.link("report", beside(self._page))]
            links += [html.link("by name", beside(self._names_path))]
            for other, word in ((number - 1, "sheet before"), (number + 1, "next sheet")):
                if 1 <= other <= count:
                    links.append(html.link(word, beside(self._sheets.path(other))))
            links += [html.link(piece.shelf.title, f"#{piece.anchor}") for piece in part]
            title = f"{self._name}: contact sheet {number} of {count}"
            tiles = sum(len(piece.pictures) for piece in part)
            yield html.write_page(
                self._sheets.path(number),
                title,
                self._sheets.sections(part),
                subtitle=f"{tiles:,} pictures; open one for its story",
                nav=html.contents(links),
            )

    def _way_to_others(self) -> str:
        if not self._others.count:
            return ""
        return f"#{NAMES_OTHERS}" if self._one_file else beside(self._others_path)

    def write_others(self) -> Path | None:
        """Write the list of what gave no picture; None where there is nothing of the kind."""
        if self._one_file or not self._others.count:
            return None
        title = f"{self._name}: what is no picture of its own"
        return self._others.write(self._others_path, title, beside(self._page))

    def write_names(self) -> Path:
        """Write the list of all files by name, each linked to its story."""
        state = self._state
        names = sorted(
            (place.path.rpartition("/")[2], place.path.rpartition("/")[0], sha256)
            for sha256, places in state.standing.places.items()
            for place in places
        )
        names += [
            (s, "nowhere", s) for s in state.standing.images if s not in state.standing.places
        ]
        count = len(names)
        names += [
            (seen.file.rpartition("/")[2], f"as the file {seen.file}", sha256)
            for sha256 in state.standing.images
            for seen in state.provenance.get(sha256, ())
            if seen.file
        ]
        names.sort()
        body = []
        for low in range(0, len(names), _NAMES):
            some = names[low : low + _NAMES]
            links = [
                self._sheets.stories.linked(sha256, f"{name} ({where})")
                for name, where, sha256 in some
            ]
            title = f"{_short(some[0][0])} to {_short(some[-1][0])}"
            body.append(html.section(title, html.names(links)))
        return html.write_page(
            self._names_path,
            f"{self._name}: files by name",
            body,
            subtitle=f"{count:,} files; each leads to its story",
            nav=html.contents([html.link("report", beside(self._page))]),
        )

    def _all_pictures(self) -> Html:
        pieces: dict[int, list[Slice]] = {}
        for part in self._sheets.parts:
            for piece in part:
                pieces.setdefault(piece.number, []).append(piece)
        rows = [
            (some[0].shelf.title, len(some[0].shelf.pictures), self._links(some))
            for some in pieces.values()
        ]
        body = [html.table(("where", "pictures", "contact sheets"), rows)]
        if not self._one_file:
            words = "All files by name"
            body.append(html.paragraph(html.link(words, beside(self._names_path))))
        note = "Every picture has one tile, the worst first; open it for its story."
        return html.section("All pictures", html.join(body), note=note, anchor="pictures")

    def _links(self, pieces: Sequence[Slice]) -> Html:
        links = []
        for piece in pieces:
            last = piece.first + len(piece.pictures)
            links.append(html.link(f"{piece.first + 1:,} to {last:,}", self._sheets.place(piece)))
        return Html(", ".join(links))

    def _duplicates(self) -> Html:
        groups = sorted(self._state.groups.items(), key=lambda item: (-len(item[1]), item[0]))
        body = []
        for keeper, losers in groups[:_GROUPS]:
            items = [self._sheets.example(sha256) for sha256 in (keeper, *losers[:_MEMBERS])]
            body.append(html.heading(f"{keeper[:8]} stands for {len(losers):,}"))
            body.append(html.sheet(items))
        if not body:
            body.append(html.paragraph("No picture stands for another one."))
        elif len(groups) > _GROUPS:
            rest = f"{len(groups) - _GROUPS:,} smaller groups: winnow curate groups shows them all."
            body.append(html.paragraph(rest))
        note = "The same picture, proved by its pixels; the addresses of all are kept."
        title = f"Near duplicates: {len(groups):,} groups"
        return html.section(title, html.join(body), note=note, anchor="duplicates")

    def _conflicts(self) -> Html:
        conflicts = self._state.selection.conflicts
        if not conflicts:
            body = html.paragraph("Every label is clear.")
        else:
            known = [s for s in conflicts if s in self._state.standing.images]
            rows = [(self._sheets.stories.linked(s), conflicts[s]) for s in known[: 10 * _EXAMPLES]]
            body = html.join((self._examples(known), html.table(("picture", "why"), rows)))
        note = "Left out of the data set until one of their files is moved or removed."
        title = f"Conflicts: {len(conflicts):,}"
        return html.section(title, body, note=note, anchor="conflicts")

    def _examples(self, pictures: Sequence[str]) -> Html:
        if self._one_file:  # they follow in the same page
            words = [self._sheets.stories.linked(s) for s in pictures[:_EXAMPLES]]
            return html.paragraph(Html(", ".join(words)))
        return html.tiles(self._sheets.example(s) for s in pictures[:_EXAMPLES])


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[:_NAME]}…"
