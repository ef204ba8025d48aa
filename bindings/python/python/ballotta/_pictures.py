"""Small pictures for reports: bars of HTML, which fit any screen, and a curve of SVG. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from ._words import Html, Words

_WIDTH = 340


class Bar(NamedTuple):
    """A bar: its label, its length, and the text after it."""

    name: Html
    value: int
    text: str
    kind: str = ""
    """The CSS class of the bar, so that a bar that is not an option looks different."""


def bars(rows: Sequence[Bar]) -> Html:
    """Returns horizontal bars, each below its label, because titles are long and often differ only at their ends."""
    largest = max((bar.value for bar in rows), default=0) or 1
    return Html(
        '<ul class="bars">'
        + "".join(
            f'<li class="{kind}"><span class="label">{name}</span><span class="track"><span class="bar"'
            f' style="width:{100 * value / largest:.1f}%"></span></span><span class="value">{escape(text)}</span></li>'
            for name, value, text, kind in rows
        )
        + "</ul>"
    )


def _parted(part: int, parts: int) -> str:
    """Returns a colour from blue (the best) over pale to orange (the worst)."""
    place = 2 * part / (parts - 1) - 1 if parts > 1 else -1.0
    distance = abs(place)
    hue, saturation = (211, 60) if place < 0 else (25, 75)
    return f"hsl({hue} {saturation if distance else 12}% {84 - 46 * distance:.0f}%)"


def stacked(names: Sequence[Html], rows: Sequence[tuple[Html, Sequence[int], Html]]) -> Html:
    """Returns bars of equal length that are divided into parts. A row is a label, values, and the text after the bar."""
    colours = [_parted(number, len(names)) for number in range(len(names))]
    keys = "".join(
        f'<span class="key"><span style="background:{colour}"></span>{name}</span>'
        for colour, name in zip(colours, names, strict=True)
    )
    lines = []
    for name, values, text in rows:
        parts = "".join(
            f'<span style="flex-grow:{value};background:{colour}"></span>'
            for value, colour in zip(values, colours, strict=True)
        )
        lines.append(
            f'<li><span class="label">{name}</span><span class="track parts">{parts}</span>'
            f'<span class="value">{text}</span></li>'
        )
    return Html(f'<p class="keys">{keys}</p><ul class="bars">{"".join(lines)}</ul>')


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def curve(
    title: str,
    axis: str,
    words: Words,
    xs: Sequence[int],
    series: Sequence[tuple[str, Sequence[int]]],
    marks: Sequence[tuple[str, int]],
) -> Html:
    """Draws lines over a common axis that begins at 0, with marks at given positions."""
    left, right, top, bottom = 46, 8, 46, 190
    width, height = _WIDTH - left - right, bottom - top
    last = max(xs[-1] if xs else 0, 1)
    highest = max((value for _, values in series for value in values), default=0) or 1

    def x(value: float) -> float:
        return left + width * value / last

    def y(value: float) -> float:
        return bottom - height * value / highest

    parts = []
    for value in range(0, highest + 1, -(-highest // 4)):
        parts.append(
            f'<line x1="{left}" x2="{_WIDTH - right}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>'
        )
        parts.append(_text(left - 6, y(value) + 4, words.number(value), "end"))
    for number, (name, index) in enumerate(marks):
        parts.append(
            f'<line x1="{x(index):.1f}" x2="{x(index):.1f}" y1="{top}" y2="{bottom}" class="mark"/>'
        )
        # Marks that are close together are labelled at different heights.
        anchor = "start" if index < last / 2 else "end"
        parts.append(_text(x(index), top - 6 - 13 * (number % 3), name, anchor))
    for number, (_, values) in enumerate(series):
        points = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in zip(xs, values, strict=True))
        parts.append(f'<polyline points="{points}" class="line{number}"/>')
    parts.append(_text(left, bottom + 16, "0"))
    parts.append(_text(_WIDTH - right, bottom + 16, axis, "end"))
    picture = (
        f'<svg viewBox="0 0 {_WIDTH} {bottom + 22}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )
    keys = "".join(
        f'<span class="key"><span class="key{number}"></span>{escape(name)}</span>'
        for number, (name, _) in enumerate(series)
    )
    return Html(f'{picture}<p class="keys">{keys}</p>')
