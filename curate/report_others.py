"""What a report tells beside pictures: what never became one, and files with the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.report_state import State
from curate.report_stories import Stories
from harvest.ledger import html
from harvest.ledger.exports import NAMES_OTHERS
from harvest.ledger.html import Html

_ROWS = 500  # under one heading
_MOST = 2_000  # rows where all is in one file
_NEVER = ("file or address", "why", "detail")
_SAME = ("file", "same bytes as")


class Others:
    """Files and addresses that are no pictures of the data set, each with its reason."""

    def __init__(self, state: State, stories: Stories) -> None:
        self._state = state
        self._stories = stories
        self._same = [(file, s) for s, files in state.same_files.items() for file in files]

    @property
    def count(self) -> int:
        """Rows in all."""
        return len(self._state.ended) + len(self._same)

    def overview(self, to: str) -> Html:
        """The section of the first page: counts, and the way to the names (`to`), if any."""
        counts = Counter((one.status, one.reason) for one in self._state.ended)
        rows: list[tuple[str, str, int]] = [
            (status, reason or "none told", count)
            for (status, reason), count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ]
        if self._same:
            rows.append(("same bytes again", "a file that another one equals", len(self._same)))
        if not rows:
            body = html.paragraph("Everything that was shown became a picture.")
        else:
            body = html.table(("how", "reason", "files or addresses"), rows)
        if rows and to:
            body = html.join((body, html.paragraph(html.link("Each of them by name", to))))
        note = "Shown or found and not taken in, and files whose bytes another one has brought."
        return html.section(
            f"Never became pictures: {self.count:,}", body, note=note, anchor="never"
        )

    def sections(self, *, whole: bool) -> Iterator[Html]:
        """Yield tables of all names; without `whole` of the first ones only."""
        never = [(one.name, f"{one.status}: {one.reason}", one.detail) for one in self._state.ended]
        same = sorted(
            ((file, self._stories.linked(s, self._name(s))) for file, s in self._same),
            key=lambda row: row[0],
        )
        tables = [
            *_tables("Never became pictures", _NEVER, never, whole=whole),
            *_tables("Same bytes again", _SAME, same, whole=whole),
        ]
        for number, (title, body) in enumerate(tables):
            yield html.section(title, body, anchor="" if number else NAMES_OTHERS)

    def write(self, path: Path, title: str, back: str) -> Path:
        """Write the page of all names."""
        return html.write_page(
            path,
            title,
            self.sections(whole=True),
            subtitle=f"{self.count:,} files and addresses",
            nav=html.contents([html.link("report", back)]),
        )

    def _name(self, sha256: str) -> str:
        files = (seen.file for seen in self._state.provenance.get(sha256, ()) if seen.file)
        return next(files, sha256[:8])


def _tables(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[object]], *, whole: bool
) -> Iterator[tuple[str, Html]]:
    shown = rows if whole else rows[:_MOST]
    for low in range(0, len(shown), _ROWS):
        some = shown[low : low + _ROWS]
        head = f"{title}: {len(rows):,}"
        if len(rows) > _ROWS:
            head += f", number {low + 1:,} to {low + len(some):,}"
        rest = len(rows) - len(shown) if low + _ROWS >= len(shown) else 0
        more = [html.paragraph(f"… and {rest:,} more")] if rest else []
        yield head, html.join((html.table(heads, some), *more))
