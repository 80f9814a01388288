"""The one template of all reports: self-contained pages, dark and light, without a script.

Everything that comes from outside is escaped here: functions take plain values and give `Html`.
The content security policy lets a page load nothing but its own data: pictures. Thumbnails are
lazy WebP data URIs in sections that the browser skips while they are out of view.
"""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from harvest.ledger.html_style import STYLE
from harvest.ledger.picture import PictureError, open_picture

_CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
_TILES_A_BLOCK = 60


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
    """A table; numbers stand on the right."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in headers)
    body = "".join(f"<tr>{''.join(_td(value) for value in row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return Html(
        f'<div class="wide"><table>{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _td(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'<td class="n">{_shown(value)}</td>' if number else f"<td>{escape(value)}</td>"


def _shown(value: object) -> Html:
    grouped = isinstance(value, int) and not isinstance(value, bool)
    return escape(f"{value:,}" if grouped else value)


def section(title: str, body: Html, *, note: str = "") -> Html:
    """A titled part of the page."""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return Html(f"<section><h2>{escape(title)}</h2>{said}{body}</section>")


def tile(thumbnail: Html, caption: str, *, flag: str = "", href: str = "") -> Html:
    """A picture with a caption; `flag` marks it in words and by a border, not by colour alone.

    `href` becomes a link only when it is an http(s) address.
    """
    words = escape(caption)
    if href.startswith(("https://", "http://")):
        words = Html(f'<a href="{escape(href)}" rel="noreferrer noopener">{words}</a>')
    mark = f'<b class="flag">{escape(flag)}</b>' if flag else ""
    kind = ' class="flagged"' if flag else ""
    return Html(f"<figure{kind}>{thumbnail}<figcaption>{mark}{words}</figcaption></figure>")


def tiles(items: Iterable[Html]) -> Html:
    """Tiles in blocks that the browser lays out only when they come into view."""
    every = list(items)
    blocks = [every[i : i + _TILES_A_BLOCK] for i in range(0, len(every), _TILES_A_BLOCK)]
    return join(Html(f'<div class="tiles">{join(block)}</div>') for block in blocks)


def sheet(items: Iterable[Html]) -> Html:
    """Tiles of things that belong together, in one row that wraps."""
    return Html(f'<div class="sheet">{join(items)}</div>')


def details(summary: str, body: Html, *, opened: bool = False) -> Html:
    """A part that the reader opens; closed, the browser neither decodes nor lays it out."""
    state = " open" if opened else ""
    return Html(f"<details{state}><summary>{escape(summary)}</summary>{body}</details>")


def thumbnail(picture: Path | Image.Image, side: int = 128, alt: str = "") -> Html:
    """A picture at most `side` pixels wide and high; a box of words when it is broken."""
    try:
        image = picture
        if isinstance(image, Path):
            image = open_picture(image, at_least=side).rgb
    except PictureError as error:
        return Html(f'<span class="nopicture">{escape(error.reason)}</span>')
    small = image.copy() if isinstance(picture, Image.Image) else image
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.convert("RGB").save(out, "WEBP", quality=60, method=4)
    data = base64.b64encode(out.getvalue()).decode("ascii")
    return Html(
        f'<img loading="lazy" decoding="async" width="{small.width}" height="{small.height}"'
        f' alt="{escape(alt)}" src="data:image/webp;base64,{data}">'
    )


def bars(items: Sequence[tuple[str, float]], *, unit: str = "", full: float | None = None) -> Html:
    """A horizontal bar chart; each bar carries its number.

    A bar as long as its track stands for `full`, or for the largest value when that is None.
    """
    most = full or max((value for _, value in items), default=0) or 1
    rows = []
    for name, value in items:
        shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}"
        rows.append(
            f'<div class="bar"><span>{escape(name)}</span>'
            f'<div><i style="width:{min(value / most, 1):.2%}"></i></div>'
            f"<b>{escape(shown)} {escape(unit)}</b></div>"
        )
    return Html(f'<div class="bars">{"".join(rows)}</div>')


def matrix(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    """A confusion matrix: rows are the truth, columns what was predicted."""
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    rows = []
    for i, (label, row) in enumerate(zip(labels, counts, strict=True)):
        total = sum(row) or 1
        cells = []
        for j, count in enumerate(row):
            kind = "hit" if i == j else ("miss" if count else "zero")
            share = f"--share:{count / total:.3f}"
            cells.append(f'<td class="n {kind}" style="{share}">{count:,}</td>')
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>')
    return Html(
        '<div class="wide"><table class="matrix"><caption>rows: truth, columns: predicted</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def write_page(path: Path, title: str, body: Iterable[Html], *, subtitle: str = "") -> Path:
    """Write a page through a part file and return its path. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
        out.write(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="referrer" content="no-referrer">'
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
            f"<header><h1>{escape(title)}</h1><p>{escape(subtitle)}</p></header><main>"
        )
        for piece in body:
            out.write(piece)
        out.write("</main></body></html>\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return path
