"""The words of a post, for the catalog: without markup, cut to a length that a row can bear."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from harvest.ledger.labelnames import JOINERS
from harvest.sources.answer import text

MAX_TEXT = 2000
"""Characters of a post's words that are kept."""

_MOST_MARKUP = 50_000  # characters that are looked at, many times what is kept
_BLOCKS = {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "hr",
           "figure", "tr", "table"}  # fmt: skip
_UNSAID = {"script", "style"}


def plain(*values: object) -> str | None:
    """Join texts of an answer, each on a line of its own; None when there are no words.

    Control characters and empty lines go, runs of blanks become one; what is too long is cut, and
    ends in `…`.
    """
    lines: list[str] = []
    for value in values:
        for part in (text(value) or "")[:_MOST_MARKUP].splitlines():
            words = " ".join("".join(c if _is_said(c) else " " for c in part).split())
            words = words.strip(JOINERS)
            if words:
                lines.append(words)
    said = "\n".join(lines)
    return (said if len(said) <= MAX_TEXT else said[: MAX_TEXT - 1] + "…") or None


def _is_said(character: str) -> bool:
    return character.isprintable() or character in JOINERS


def unescaped(value: object) -> str | None:
    """Read a text whose API writes `&amp;` for `&`, without other markup."""
    return plain(html.unescape(text(value) or ""))


def unmarked(*values: object) -> str | None:
    """Read texts that are HTML: the words alone, a line for each paragraph."""
    return plain(*(_words(text(value) or "") for value in values))


def _words(markup: str) -> str:
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Words()
    # Line ends mean nothing in HTML; its own tags make the lines.
    reader.feed(re.sub(r"\s+", " ", markup[:_MOST_MARKUP]))
    reader.close()
    return "".join(reader.found)


class _Words(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _BLOCKS:
            self.found.append("\n")
        self._unsaid += tag in _UNSAID

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.found.append("\n")
        self._unsaid = max(0, self._unsaid - (tag in _UNSAID))

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.found.append(data)
