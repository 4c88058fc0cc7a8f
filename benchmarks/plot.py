"""Costs against sizes as an SVG: both axes by powers of ten, readable by day and by night."""

from html import escape
from math import ceil, floor, log10
from textwrap import wrap

from records import Series

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 214, 60, 58
#: how high a line of text is, and how many letters the name beside a line's end has room for
_LINE, _LETTERS = 18, 27
#: told apart by people who see few colours, too: each has a mark of its own besides
_INKS = (("#0b6bcb", "#6cb6ff"), ("#b4540a", "#f0a868"), ("#1a7f4b", "#63d297"),
         ("#8a3ffc", "#c3a6ff"), ("#697077", "#a2a9b0"))  # fmt: skip
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.paper { fill: #ffffff } .grid { stroke: #d8dee4 } .axis { fill: #57606a }
.title { font-size: 15px; font-weight: 600 }
path { fill: none; stroke-width: 2 }
"""
_NIGHT = """\
text { fill: #e6edf3 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .axis { fill: #9198a1 }
"""


def chart(title: str, over: str, series: list[Series]) -> str:
    """A line for each series, named at its end."""
    frame = _Frame(series)
    described = "; ".join(
        f"{s.work}: {s.points[0][1]:.2g} to {s.points[-1][1]:.3g} ms" for s in series
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(described)}</desc>',
        f"<style>\n{_style(len(series))}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
        f'<text class="title" x="{_LEFT}" y="32">{escape(title)}</text>',
        *_grid(frame, over),
    ]
    for number, (each, name_y) in enumerate(zip(series, _names(frame, series), strict=True)):
        parts += _drawn(frame, number, each, name_y)
    return "\n".join([*parts, "</svg>\n"])


class _Frame:
    """Where a size and a cost stand."""

    def __init__(self, series: list[Series]) -> None:
        points = [point for each in series for point in each.points]
        self.x = _decades([size for size, _ in points])
        self.y = _decades([cost for _, cost in points])

    def at(self, size: float, cost: float) -> tuple[float, float]:
        """The place of a point."""
        across = (log10(size) - self.x[0]) / (self.x[1] - self.x[0])
        up = (log10(cost) - self.y[0]) / (self.y[1] - self.y[0])
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
        )


def _decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten that hold all values."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _style(count: int) -> str:
    day = "".join(_inks(number, 0) for number in range(count))
    night = "".join(_inks(number, 1) for number in range(count))
    return f"{_STYLE}{day}@media (prefers-color-scheme: dark) {{\n{_NIGHT}{night}}}\n"


def _inks(number: int, scheme: int) -> str:
    ink = _INKS[number % len(_INKS)][scheme]
    return f"path.s{number} {{ stroke: {ink} }} .s{number}:not(path) {{ fill: {ink} }}\n"


def _grid(frame: _Frame, over: str) -> list[str]:
    left, bottom = frame.at(10 ** frame.x[0], 10 ** frame.y[0])
    right, top = frame.at(10 ** frame.x[1], 10 ** frame.y[1])
    parts: list[str] = []
    for power in range(frame.y[0], frame.y[1] + 1):
        _, y = frame.at(10 ** frame.x[0], 10**power)
        parts += [
            f'<line class="grid" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="axis" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">'
            f"{_time(power)}</text>",
        ]
    for power in range(frame.x[0], frame.x[1] + 1):
        x, _ = frame.at(10**power, 10 ** frame.y[0])
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>',
            f'<text class="axis" x="{x:.1f}" y="{bottom + 20:.1f}" text-anchor="middle">'
            f"{10**power:,}</text>",
        ]
    middle = (left + right) / 2
    name = f'<text class="axis" x="{middle:.1f}" y="{bottom + 42:.1f}" text-anchor="middle">'
    return [*parts, f"{name}{escape(over)}</text>"]


def _time(power: int) -> str:
    """A power of ten of milliseconds, as people say it."""
    return f"{10 ** (power - 3):,} s" if power >= 3 else f"{10.0**power:g} ms"


def _names(frame: _Frame, series: list[Series]) -> list[float]:
    """How high each series is named: beside its end, and no two over each other."""
    ends = sorted((frame.at(*each.points[-1])[1], number) for number, each in enumerate(series))
    needs = [_LINE * len(_lines(series[number].work)) for _, number in ends]
    heights: dict[int, float] = {}
    above = 0.0
    for place, (end, number) in enumerate(ends):
        room = _HEIGHT - _BOTTOM - sum(needs[place:])
        heights[number] = max(min(end, room), above)
        above = heights[number] + needs[place]
    return [heights[number] for number in range(len(series))]


def _lines(name: str) -> list[str]:
    return wrap(name, _LETTERS) or [""]


def _drawn(frame: _Frame, number: int, series: Series, name_y: float) -> list[str]:
    places = [frame.at(*point) for point in series.points]
    line = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = [_mark(number, x, y) for x, y in places]
    x = places[-1][0] + 14
    names = [
        f'<text class="s{number}" x="{x:.1f}" y="{name_y + _LINE * place + 4:.1f}">'
        f"{escape(part)}</text>"
        for place, part in enumerate(_lines(series.work))
    ]
    return [f'<path class="s{number}" d="{line}"/>', *marks, *names]


def _mark(number: int, x: float, y: float) -> str:
    """A disc, a square, a diamond or a triangle."""
    corners = (
        None,
        ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        ((0, -6), (6, 0), (0, 6), (-6, 0)),
        ((0, -6), (5, 4), (-5, 4)),
    )[number % 4]
    if corners is None:
        return f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon class="s{number}" points="{points}"/>'
