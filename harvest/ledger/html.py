"""The one template of all reports: self-contained pages, dark and light, without a script.

Everything that comes from outside is escaped here: functions take plain values and give `Html`.
The content security policy lets a page load nothing but its own data: pictures. Thumbnails are
lazy WebP data URIs in sections that the browser skips while they are out of view.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from PIL import Image

from harvest.ledger.html_style import STYLE
from harvest.ledger.picture import PictureError
from harvest.ledger.thumbnails import Thumbnail, make_thumbnail

GENERATOR = '<meta name="generator" content="winnow">'
"""Stands near the beginning of every page that winnow wrote, and of none else."""

_CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
_TILES_A_BLOCK = 36  # full rows of 2, 3, 4 and 6

_SHORT = 24  # letters
_ROOMY = 12  # labels whose confusion matrix has room for names as they are read

_PERCENT = re.compile(r"[0-9.]+%|none")
_NUMBER = '<td class="n">'


class Html(str):
    """Text that is markup already; any other text is escaped when it meets a page."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Any value as text that cannot become markup; `Html` stays as it is."""
    return value if isinstance(value, Html) else Html(html.escape(str(value), quote=True))


def join(parts: Iterable[Html]) -> Html:
    """Pieces of a page, one after the other."""
    return Html("".join(parts))


def heading(text: object) -> Html:
    """A heading inside a section."""
    return Html(f"<h3>{escape(text)}</h3>")


def paragraph(text: object) -> Html:
    """A paragraph."""
    return Html(f"<p>{escape(text)}</p>")


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """A list of names and values."""
    items = "".join(f"<div><dt>{escape(k)}</dt><dd>{_shown(v)}</dd></div>" for k, v in pairs)
    return Html(f'<dl class="facts">{items}</dl>')


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> Html:
    """A table; numbers and percentages stand on the right."""
    values = list(rows)
    every = [[_td(value) for value in row] for row in values]
    # A label is not broken to make room, the table scrolls; the name of a file is.
    short = all(len(str(row[0])) <= _SHORT for row in values)
    kind = ' class="short"' if short else ""
    numeric = [cell.startswith(_NUMBER) for cell in every[0]] if every else [False] * len(headers)
    kinds = [' class="n"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(h)}</th>' for h, kind in zip(headers, kinds, strict=True)
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in every)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return Html(
        f'<div class="wide"><table{kind}>{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _td(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    number = number or (isinstance(value, str) and bool(_PERCENT.fullmatch(value)))
    return f"{_NUMBER}{_shown(value)}</td>" if number else f"<td>{escape(value)}</td>"


def _shown(value: object) -> Html:
    grouped = isinstance(value, int) and not isinstance(value, bool)
    return escape(f"{value:,}" if grouped else value)


def section(title: str, body: Html, *, note: str = "", anchor: str = "") -> Html:
    """A titled part of the page; `anchor` is the name that links to it end with."""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    name = f' id="{escape(anchor)}"' if anchor else ""
    return Html(f"<section{name}><h2>{escape(title)}</h2>{said}{body}</section>")


def link(text: object, to: str) -> Html:
    """A link to a place in this page (`#name`) or in a page beside it (`page.html#name`)."""
    return Html(f'<a href="{escape(to)}">{escape(text)}</a>')


def outside(text: object, url: str) -> Html:
    """A link to an address of a stranger, only where it is http(s); else the text alone."""
    if not url.startswith(("https://", "http://")):
        return escape(text)
    return Html(f'<a href="{escape(url)}" rel="noreferrer noopener">{escape(text)}</a>')


def contents(links: Iterable[Html], *, name: str = "Contents") -> Html:
    """A list of links to get about by, known to screen readers as `name`."""
    items = "".join(f"<li>{one}</li>" for one in links)
    return Html(f'<nav aria-label="{escape(name)}"><ul>{items}</ul></nav>')


def tile(picture: Html, caption: object, *, flag: str = "", href: str = "") -> Html:
    """A picture with a caption; `flag` marks it in words and by a border, not by colour alone.

    `href` becomes a link only when it is an http(s) address.
    """
    mark = f'<b class="flag">{escape(flag)}</b>' if flag else ""
    kind = ' class="flagged"' if flag else ""
    words = outside(caption, href)
    return Html(f"<figure{kind}>{picture}<figcaption>{mark}{words}</figcaption></figure>")


def story_tile(picture: Html, caption: object, story: Html, *, anchor: str, flag: str = "") -> Html:
    """A tile whose caption opens its story: whoever follows a link to `anchor` sees it.

    Searching the page finds what stands in closed stories too, where the browser can.
    """
    name = escape(anchor)
    mark = f'<b class="flag">{escape(flag)}</b>' if flag else ""
    kind = ' class="flagged"' if flag else ""
    return Html(
        f'<figure id="{name}"{kind}>{picture}<figcaption>{mark}<a href="#{name}">{escape(caption)}'
        f'</a><p hidden="until-found">{story}</p></figcaption></figure>'
    )


def tiles(items: Iterable[Html]) -> Html:
    """Tiles in blocks that the browser lays out only when they come into view."""
    every = list(items)
    blocks = [every[i : i + _TILES_A_BLOCK] for i in range(0, len(every), _TILES_A_BLOCK)]
    return join(Html(f'<div class="tiles">{join(block)}</div>') for block in blocks)


def sheet(items: Iterable[Html]) -> Html:
    """Tiles of things that belong together, in one row that wraps."""
    return Html(f'<div class="sheet">{join(items)}</div>')


def names(links: Iterable[Html]) -> Html:
    """Many short links, in columns where there is room."""
    return Html(f'<div class="names">{join(links)}</div>')


def details(summary: str, body: Html, *, opened: bool = False) -> Html:
    """A part that the reader opens; closed, the browser neither decodes nor lays it out."""
    state = " open" if opened else ""
    return Html(f"<details{state}><summary>{escape(summary)}</summary>{body}</details>")


def thumbnail(picture: Path | Image.Image, side: int = 128, alt: str = "") -> Html:
    """A picture at most `side` pixels wide and high; a box of words when it is broken."""
    try:
        return draw(make_thumbnail(picture, side), alt)
    except PictureError as error:
        return no_picture(error.reason)


def draw(small: Thumbnail, alt: str = "") -> Html:
    """A thumbnail, which the browser decodes when it comes into view."""
    return Html(
        f'<img loading="lazy" decoding="async" width="{small.width}" height="{small.height}"'
        f' alt="{escape(alt)}" src="data:image/webp;base64,{small.webp}">'
    )


def no_picture(why: str) -> Html:
    """A box of words in place of a picture."""
    return Html(f'<span class="nopicture">{escape(why)}</span>')


def bars(items: Sequence[tuple[str, float]], *, unit: str = "", full: float | None = None) -> Html:
    """A horizontal bar chart; each bar carries its number.

    A bar as long as its track stands for `full`, or for the largest value when that is None.
    """
    most = full or max((value for _, value in items), default=0) or 1
    rows = []
    for name, value in items:
        shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}"
        length = f'<i style="width:{min(value / most, 1):.2%}"></i>' if value else ""
        rows.append(
            f'<div class="bar"><span>{escape(name)}</span>'
            f"<div>{length}</div>"
            f"<b>{escape(shown)} {escape(unit)}</b></div>"
        )
    return Html(f'<div class="bars">{"".join(rows)}</div>')


Kind = Literal["good", "fair", "bad"]
_SIGNS: dict[Kind, str] = {"good": "✓", "fair": "○", "bad": "✗"}


def shares(items: Sequence[tuple[str, int, Kind]], *, full: int) -> Html:
    """A bar chart of counts and their shares of `full`; a sign and a texture say their kind."""
    rows = [
        f'<div class="bar {kind}"><span><b>{_SIGNS[kind]}</b> {escape(name)}</span>'
        f'<div><i style="width:{count / (full or 1):.2%}"></i></div>'
        f"<b>{count:,} · {count / (full or 1):.1%}</b></div>"
        for name, count, kind in items
    ]
    return Html(f'<div class="bars">{"".join(rows)}</div>')


def sheets(items: Iterable[Html]) -> Html:
    """Sheets side by side, as many in a row as there is room for."""
    return Html(f'<div class="sheets">{join(items)}</div>')


def matrix(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    """A confusion matrix: rows are the truth, columns what was predicted.

    From 13 labels on its cells are small, the columns' names stand upright, and zeros are blank.
    """
    dense = len(labels) > _ROOMY
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    rows = []
    for i, (label, row) in enumerate(zip(labels, counts, strict=True)):
        total = sum(row) or 1
        cells = []
        for j, count in enumerate(row):
            kind = "hit" if i == j else ("miss" if count else "zero")
            shown = "" if dense and not count else f"{count:,}"
            share = f"--share:{count / total:.3f}"
            cells.append(f'<td class="n {kind}" style="{share}">{shown}</td>')
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>')
    kind = "matrix dense" if dense else "matrix"
    return Html(
        f'<div class="wide"><table class="{kind}">'
        "<caption>rows: truth, columns: predicted</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def write_page(
    path: Path, title: str, body: Iterable[Html], *, subtitle: str = "", nav: Html | None = None
) -> Path:
    """Write a page through a part file and return its path. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
        out.write(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">{GENERATOR}'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="referrer" content="no-referrer">'
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
            '<a class="skip" href="#main">Skip to the content</a>'
            f"<header><h1>{escape(title)}</h1><p>{escape(subtitle)}</p>{nav or ''}</header>"
            '<main id="main" tabindex="-1">'
        )
        for piece in body:
            out.write(piece)
        out.write("</main></body></html>\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return path
