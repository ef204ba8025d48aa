"""Small pictures for reports: SVG, written by hand. Everything that is shown as text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_WIDTH = 720

#: The number of characters that fit into a line.
LINE = 92


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'
    )


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )


def shortened(text: str, length: int) -> str:
    """Returns a text that is shortened to fit into a line."""
    return text if len(text) <= length else text[: length - 1] + "…"


class Bar(NamedTuple):
    """A bar: its label, its length, and the text after it."""

    name: str
    value: int
    text: str
    kind: str = ""
    """The CSS class of the label, so that a bar that is not an option looks different."""


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Draws horizontal bars, each below its label, because titles are long and often differ only at their ends."""
    row = 50
    largest = max((bar.value for bar in rows), default=0) or 1
    room = _WIDTH - 170
    parts = []
    for number, (name, value, text, kind) in enumerate(rows):
        y = number * row
        length = room * value / largest
        parts.append(f"<g><title>{escape(name)}</title>")
        parts.append(_text(0, y + 16, shortened(name, LINE), kind=kind))
        parts.append(f'<rect x="0" y="{y + 23}" width="{max(length, 1):.1f}" height="18" rx="3" class="bar"/>')
        parts.append(_text(length + 10, y + 37, text, kind="value") + "</g>")
    return _svg(row * len(rows), title, parts)


def _parted(part: int, parts: int) -> tuple[str, bool]:
    """Returns a colour from blue (the best) over pale to orange (the worst), and whether text on it must be dark."""
    place = 2 * part / (parts - 1) - 1 if parts > 1 else -1.0
    distance = abs(place)
    hue, saturation = (211, 60) if place < 0 else (25, 75)
    return f"hsl({hue} {saturation if distance else 12}% {84 - 46 * distance:.0f}%)", distance < 0.6


def stacked(title: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[int], str]]) -> str:
    """Draws bars of equal length that are divided into parts. A row is a label, values, and the text after the bar."""
    row, label, right = 34, 220, 150
    room = _WIDTH - label - right
    parts = []
    x, y = 0.0, 0
    for number, name in enumerate(names):
        text = shortened(name, 24)
        width = 34 + 7.5 * len(text)
        if x > 0 and x + width > _WIDTH:
            x, y = 0.0, y + 22
        parts.append(f'<rect x="{x:.1f}" y="{y + 2}" width="14" height="14" rx="2" fill="{_parted(number, len(names))[0]}"/>')
        parts.append(_text(x + 20, y + 14, text, kind="axis"))
        x += width
    top = y + 34
    for number, (name, values, text) in enumerate(rows):
        whole = sum(values) or 1
        y = top + number * row
        x = float(label)
        parts.append(_text(label - 12, y + 21, shortened(name, 30), "end"))
        for part, value in enumerate(values):
            length = room * value / whole
            colour, dark = _parted(part, len(names))
            parts.append(f'<rect x="{x:.1f}" y="{y + 5}" width="{length:.1f}" height="22" fill="{colour}"/>')
            if length > 9 * len(f"{value:,}"):
                parts.append(_text(x + length / 2, y + 20, f"{value:,}", "middle", "part dark" if dark else "part"))
            x += length
        parts.append(_text(label + room + 10, y + 21, shortened(text, 20), kind="value"))
    middle = label + room / 2
    parts.append(f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{top}" y2="{top + row * len(rows)}" class="middle"/>')
    return _svg(top + row * len(rows), title, parts)


def curve(
    title: str,
    xs: Sequence[int],
    series: Sequence[tuple[str, Sequence[int]]],
    marks: Sequence[tuple[str, int]],
) -> str:
    """Draws lines over a common axis that begins at 0, with marks at given positions."""
    left, right, top, bottom = 70, 20, 48, 250
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
        parts.append(_text(left - 8, y(value) + 4, f"{value:,}", "end", "axis"))
    for number, (name, index) in enumerate(marks):
        parts.append(
            f'<line x1="{x(index):.1f}" x2="{x(index):.1f}" y1="{top}" y2="{bottom}" class="mark"/>'
        )
        # Marks that are close together are labelled at different heights.
        anchor = "start" if index < last / 2 else "end"
        parts.append(_text(x(index), top - 6 - 13 * (number % 3), name, anchor, "axis"))
    for number, (_, values) in enumerate(series):
        points = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in zip(xs, values, strict=True))
        parts.append(f'<polyline points="{points}" class="line{number}"/>')
    parts.append(_text(left, bottom + 18, "0", "start", "axis"))
    parts.append(_text(_WIDTH - right, bottom + 18, f"{last:,} entries of the board", "end", "axis"))
    place = left
    for number, (name, _) in enumerate(series):
        parts.append(
            f'<rect x="{place}" y="{bottom + 32}" width="14" height="4" class="key{number}"/>'
        )
        parts.append(_text(place + 20, bottom + 38, name, kind="axis"))
        place += 200
    return _svg(bottom + 46, title, parts)
