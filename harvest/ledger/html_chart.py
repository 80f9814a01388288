"""Line and column charts of the reports, as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvest.ledger.html import Html, escape

_WIDTH, _HEIGHT = 640.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 10.0, 40.0
_TICKS = 4
_NAMES = 12  # under a column chart, before they would run into each other

Points = Sequence[tuple[float, float]]


def lines(series: Mapping[str, Points], *, x: str, y: str) -> Html:
    """A line chart of named series of (x, y) points, with axes, ticks and a legend."""
    drawn = {name: points for name, points in series.items() if points}
    if not drawn:
        return Html('<p class="note">no points to draw</p>')
    span_x = _span([p[0] for points in drawn.values() for p in points])
    span_y = _span([p[1] for points in drawn.values() for p in points])
    parts = [_axes(span_x, span_y, x, y)]
    legend = []
    for number, (name, points) in enumerate(drawn.items()):
        colour = f"var(--c{number % 6 + 1})"
        path = " ".join(f"{_sx(px, span_x):.1f},{_sy(py, span_y):.1f}" for px, py in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        legend.append(f'<span><i style="background:{colour}"></i>{escape(name)}</span>')
    return Html(
        f'<svg class="chart" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img"'
        f' aria-label="{escape(y)} by {escape(x)}">{"".join(parts)}</svg>'
        f'<div class="legend">{"".join(legend)}</div>'
    )


def columns(items: Sequence[tuple[str, int]], *, x: str, y: str) -> Html:
    """A chart of counts as columns from left to right, some of them named, each told on hover."""
    if not items:
        return Html('<p class="note">no points to draw</p>')
    most = max(count for _, count in items) or 1
    width = (_WIDTH - _LEFT - _RIGHT) / len(items)
    every = -(-len(items) // _NAMES)
    parts = []
    for number, (name, count) in enumerate(items):
        left, top = _LEFT + number * width, _sy(count, (0, most))
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


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _sx(value: float, span: tuple[float, float]) -> float:
    return _LEFT + (value - span[0]) / (span[1] - span[0]) * (_WIDTH - _LEFT - _RIGHT)


def _sy(value: float, span: tuple[float, float]) -> float:
    return _HEIGHT - _BOTTOM - (value - span[0]) / (span[1] - span[0]) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(span_x: tuple[float, float], span_y: tuple[float, float], x: str, y: str) -> str:
    parts = []
    for i in range(_TICKS + 1):
        value_x = span_x[0] + (span_x[1] - span_x[0]) * i / _TICKS
        value_y = span_y[0] + (span_y[1] - span_y[0]) * i / _TICKS
        left, level = _sx(value_x, span_x), _sy(value_y, span_y)
        parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}"'
            f' y1="{level:.1f}" y2="{level:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{level + 4:.1f}" text-anchor="end">{value_y:.3g}</text>'
            f'<text x="{left:.1f}" y="{_HEIGHT - _BOTTOM + 16:.1f}"'
            f' text-anchor="middle">{value_x:.3g}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{_HEIGHT - 6:.0f}" text-anchor="middle">{escape(x)}</text>'
        f'<text x="12" y="{_HEIGHT / 2:.0f}" text-anchor="middle"'
        f' transform="rotate(-90 12 {_HEIGHT / 2:.0f})">{escape(y)}</text>'
    )
    return "".join(parts)
