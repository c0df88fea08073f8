"""Charts: lines over time as SVG, drawn here.

No style in attributes and no script, so the content security policy stays closed; colours come from
the style sheet, which knows dark and light. Scope: geometry and text of one chart; not here: which
rows it shows (``query_layer.pages.page``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

_WIDTH, _HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 16, 18, 28
_TICKS = 4
_MOST_MARKS = 60  # points that are marked; of a longer line only its course is drawn
_LABELS = 5


@dataclass(frozen=True)
class Line:
    """One line: its name, and a value per label; null leaves a gap."""

    name: str
    values: Sequence[float | None]


def line_chart(
    title: str,
    labels: Sequence[str],
    lines: Sequence[Line],
    text_of: Callable[[float], str],
    base: int = 10,
) -> str:
    """Return an SVG of lines over the same labels.

    Args:
        title: What is shown; read out by screen readers, with the first and last values.
        labels: Of the horizontal axis, oldest first.
        lines: At least one.
        text_of: Writes a value of the vertical axis.
        base: Steps are 1, 2 or 5 times tens of a power of this: 10, or 1024 for bytes.
    """
    known = [v for line in lines for v in line.values if v is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(known)
    step = _step(high - low, base)
    low = math.floor(low / step) * step
    high = max(math.ceil(high / step) * step, low + step)

    def x(number: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * number / max(len(labels) - 1, 1)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low)

    drawn = [_grid(low, high, step, y, text_of), _axis(labels, x)]
    drawn += [_line(line, number, labels, x, y, text_of) for number, line in enumerate(lines)]
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(_spoken(title, labels, lines, text_of))}">{"".join(drawn)}</svg>'
        + _legend(lines)
    )


def _step(span: float, base: int) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, of the unit, that cuts a span into a few."""
    if span <= 0:
        return 1.0
    if base != 10 and span >= base:
        unit = float(base) ** math.floor(math.log(span, base))
        return unit * _step(span / unit, 10)
    power = 10.0 ** math.floor(math.log10(span / _TICKS))
    return next(power * m for m in (1, 2, 5, 10) if power * m * _TICKS >= span)


def _grid(
    low: float, high: float, step: float, y: Callable[[float], float], text: Callable[[float], str]
) -> str:
    drawn: list[str] = []
    for number in count():
        value = low + number * step
        if value > high + step / 2:
            return "".join(drawn)
        at = y(value)
        drawn.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="label" x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">'
            f"{escape(text(value))}</text>"
        )
    return ""


def _axis(labels: Sequence[str], x: Callable[[int], float]) -> str:
    last = len(labels) - 1
    chosen = sorted({round(last * part / (_LABELS - 1)) for part in range(_LABELS)})
    return "".join(
        f'<text class="label{_minor(number, last)}" x="{x(number):.1f}" y="{_HEIGHT - 8}" '
        f'text-anchor="{_anchor(number, last)}">{escape(labels[number])}</text>'
        for number in chosen
    )


def _minor(number: int, last: int) -> str:
    """Return the class of labels for which a phone has no room."""
    return "" if number in (0, last) else " minor"


def _anchor(number: int, last: int) -> str:
    if last == 0 or 0 < number < last:
        return "middle"
    return "end" if number else "start"


def _line(
    line: Line,
    number: int,
    labels: Sequence[str],
    x: Callable[[int], float],
    y: Callable[[float], float],
    text_of: Callable[[float], str],
) -> str:
    course, pen = [], "M"
    marks = []
    for at, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        course.append(f"{pen}{x(at):.1f} {y(value):.1f}")
        pen = "L"
        said = escape(f"{labels[at]}: {text_of(value)}")
        marks.append(
            f'<circle class="mark" cx="{x(at):.1f}" cy="{y(value):.1f}" r="3">'
            f"<title>{said}</title></circle>"
        )
    shown = "".join(marks) if len(marks) <= _MOST_MARKS else ""
    return f'<g class="line s{number}"><path d="{"".join(course)}"/>{shown}</g>'


def _legend(lines: Sequence[Line]) -> str:
    if len(lines) < 2:
        return ""
    items = "".join(
        f'<li><span class="swatch s{number}"></span>{escape(line.name)}</li>'
        for number, line in enumerate(lines)
    )
    return f'<ul class="legend">{items}</ul>'


def _spoken(
    title: str, labels: Sequence[str], lines: Sequence[Line], text_of: Callable[[float], str]
) -> str:
    said = []
    for line in lines:
        known = [(at, v) for at, v in zip(labels, line.values, strict=True) if v is not None]
        if known:
            (first, start), (last, end) = known[0], known[-1]
            said.append(f"{line.name} {text_of(start)} on {first}, {text_of(end)} on {last}")
    return f"{title}: {'; '.join(said)}"
