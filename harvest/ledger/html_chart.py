"""Line and column charts of the reports, as inline SVG, and shares with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harvest.ledger.html import Html, escape, join

_WIDTH, _HEIGHT = 640.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 10.0, 40.0
_TICKS = 4
_NAMES = 12  # under a column chart, before they would run into each other

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a chart."""

    name: str
    """Said beside it."""
    span: tuple[float, float] | None = None
    """Least and greatest value; None: what the points need."""
    percent: bool = False
    """Whether ticks show fractions as percentages."""
    ticks: Sequence[float] = ()
    """Values that get a tick; none: five, evenly spread."""

    def over(self, values: Sequence[float]) -> Axis:
        """Return it with a span, that of the values unless it has one."""
        low, high = self.span or (min(values), max(values))
        return replace(self, span=(low, high) if high > low else (low - 0.5, high + 0.5))

    def share(self, value: float) -> float:
        """Where a value stands, 0 to 1, once there is a span; outside it: at the near end."""
        assert self.span is not None
        low, high = self.span
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def marks(self) -> list[tuple[float, str]]:
        """Where each tick stands, 0 to 1, and what it says."""
        assert self.span is not None
        low, high = self.span
        even = [low + (high - low) * i / _TICKS for i in range(_TICKS + 1)]
        return [
            (self.share(value), f"{value * 100:.4g}%" if self.percent else f"{value:,.5g}")
            for value in self.ticks or even
        ]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the lines of a chart."""

    title: str
    """Shown above it, and its name for screen readers."""
    told: str
    """What it shows, in a sentence, for those who do not see it."""
    x: Axis
    """From left to right."""
    y: Axis
    """From bottom to top."""
    diagonal: bool = False
    """Whether a dotted line joins the corners: what chance, or honesty, would give."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    name: str
    """In the legend."""
    points: Points
    """(x, y), in the order they are joined."""
    marked: bool = False
    """Whether each point is marked and told on hover: for few points."""
    band: Sequence[tuple[float, float]] = ()
    """Lowest and highest y at each point, drawn behind it: how far it can be trusted."""


_PANEL = 360.0, 330.0
_INSIDE = 66.0, 10.0, 12.0, 44.0  # left, with room for a name and `98.75%`; right, top, bottom
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2")


def panel(frame: Frame, lines: Sequence[Line]) -> Html:
    """A small line chart with title, axes and legend, to stand in `panels`.

    Lines differ in colour and in dashes; six at most can be told apart.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        return Html(
            f'<div class="panel"><h4>{escape(frame.title)}</h4><p>no points to draw</p></div>'
        )
    x = frame.x.over([px for px, _ in points])
    y = frame.y.over([py for _, py in points])
    drawn = "".join(_drawn(line, number, x, y) for number, line in enumerate(lines))
    legend = "".join(
        f'<span><svg class="key" viewBox="0 0 24 6" aria-hidden="true">{_stroke(number)} '
        f'd="M0 3H24"/></svg>{escape(line.name)}</span>'
        for number, line in enumerate(lines)
    )
    width, height = _PANEL
    cross = ""
    if frame.diagonal:
        cross = f'<line class="chance" x1="{_px(0)}" y1="{_py(0)}" x2="{_px(1)}" y2="{_py(1)}"/>'
    return Html(
        f'<div class="panel"><h4>{escape(frame.title)}</h4>'
        f'<svg class="chart" viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
        f"<title>{escape(frame.title)}</title><desc>{escape(frame.told)}</desc>"
        f'{_scales(x, y)}{cross}{drawn}</svg><div class="legend">{legend}</div></div>'
    )


def panels(items: Iterable[Html]) -> Html:
    """Charts side by side where there is room."""
    return Html(f'<div class="panels">{join(items)}</div>')


def _drawn(line: Line, number: int, x: Axis, y: Axis) -> str:
    if not line.points:
        return ""
    places = [(_px(x.share(px)), _py(y.share(py))) for px, py in line.points]
    parts = []
    if line.band:
        upper = [
            f"{px:.1f} {_py(y.share(b[1])):.1f}"
            for (px, _), b in zip(places, line.band, strict=True)
        ]
        lower = [
            f"{px:.1f} {_py(y.share(b[0])):.1f}"
            for (px, _), b in zip(places, line.band, strict=True)
        ]
        shape = "L".join(upper + lower[::-1])
        parts.append(f'<path class="band" fill="var(--c{number % 6 + 1})" d="M{shape}Z"/>')
    path = "L".join(f"{px:.1f} {py:.1f}" for px, py in places)
    parts.append(f'{_stroke(number)} d="M{path}"/>')
    if line.marked:
        for (px, py), (vx, vy) in zip(places, line.points, strict=True):
            told = f"{x.name} {vx:,.4g}, {y.name} {vy:,.4g}"
            parts.append(
                f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="var(--c{number % 6 + 1})">'
                f"<title>{escape(told)}</title></circle>"
            )
    return "".join(parts)


def _stroke(number: int) -> str:
    dash = _DASHES[number % 6]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path fill="none" stroke="var(--c{number % 6 + 1})" stroke-width="2"{dashes}'


def _px(share: float) -> float:
    return _INSIDE[0] + share * (_PANEL[0] - _INSIDE[0] - _INSIDE[1])


def _py(share: float) -> float:
    return _PANEL[1] - _INSIDE[3] - share * (_PANEL[1] - _INSIDE[2] - _INSIDE[3])


def _scales(x: Axis, y: Axis) -> str:
    parts = []
    for share, said in y.marks():
        parts.append(
            f'<line class="axis" x1="{_px(0)}" x2="{_px(1)}" y1="{_py(share):.1f}"'
            f' y2="{_py(share):.1f}"/>'
            f'<text x="{_px(0) - 6}" y="{_py(share) + 4:.1f}" text-anchor="end">'
            f"{escape(said)}</text>"
        )
    for share, said in x.marks():
        parts.append(
            f'<text x="{_px(share):.1f}" y="{_py(0) + 17:.1f}"'
            f' text-anchor="{"end" if share == 1 else "middle"}">{escape(said)}</text>'
        )
    parts.append(
        f'<text x="{_px(0.5):.0f}" y="{_PANEL[1] - 8:.0f}" text-anchor="middle">'
        f"{escape(x.name)}</text>"
        f'<text x="11" y="{_py(0.5):.0f}" text-anchor="middle"'
        f' transform="rotate(-90 11 {_py(0.5):.0f})">{escape(y.name)}</text>'
    )
    return "".join(parts)


def ranges(items: Sequence[tuple[str, float, tuple[float, float], str]]) -> Html:
    """Shares with their intervals, one a line: name, share, interval, and its words.

    A dot on a track from 0 to 1; the interval is the band around it.
    """
    rows = []
    for name, share, (low, high), words in items:
        rows.append(
            f'<div class="bar"><span>{escape(name)}</span><div class="track">'
            f'<i class="band" style="left:{low:.2%};width:{max(high - low, 0):.2%}"></i>'
            f'<i class="dot" style="left:{share:.2%}"></i></div><b>{escape(words)}</b></div>'
        )
    return Html(f'<div class="bars ranges">{"".join(rows)}</div>')


def columns(items: Sequence[tuple[str, int]], *, x: str, y: str) -> Html:
    """A chart of counts as columns from left to right, some of them named, each told on hover."""
    if not items:
        return Html('<p class="note">no points to draw</p>')
    most = max(count for _, count in items) or 1
    width = (_WIDTH - _LEFT - _RIGHT) / len(items)
    every = -(-len(items) // _NAMES)
    parts = []
    for number, (name, count) in enumerate(items):
        left, top = _LEFT + number * width, _sy(count, most)
        parts.append(
            f'<rect class="column" x="{left + width * 0.1:.1f}" y="{top:.1f}"'
            f' width="{width * 0.8:.1f}" height="{_HEIGHT - _BOTTOM - top:.1f}">'
            f"<title>{escape(name)}: {count:,}</title></rect>"
        )
        if number % every == 0:
            parts.append(
                f'<text x="{left + width / 2:.1f}" y="{_HEIGHT - _BOTTOM + 16:.1f}"'
                f' text-anchor="middle">{escape(name)}</text>'
            )
    return Html(
        f'<svg class="chart" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img"'
        f' aria-label="{escape(y)} by {escape(x)}, at most {most:,}">'
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_HEIGHT - _BOTTOM}"'
        f' y2="{_HEIGHT - _BOTTOM}"/><text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">'
        f'{most:,}</text>{"".join(parts)}<text x="{(_LEFT + _WIDTH) / 2:.0f}"'
        f' y="{_HEIGHT - 6:.0f}" text-anchor="middle">{escape(x)}</text></svg>'
    )


def _sy(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - value / most * (_HEIGHT - _TOP - _BOTTOM)
