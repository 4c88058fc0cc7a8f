"""The page of results: `docs/benchmarks.md` as a run's records tell it."""

from typing import Final

from areas import AREAS
from harness import Row
from plot import chart
from records import Answer, Area, Comparison, Run, Series

#: where the page's pictures are, seen from it
PICTURES: Final = "pictures"
_HEAD = """\
# Benchmarks

Made by `make bench ARGS=--record` from [its results](../benchmarks/results.json);
[how it is measured](../benchmarks/README.md), in plain words. Ours and what it is held against ran
in turn, in one run. A figure is CPU time, the least of n rounds, where it does not say otherwise;
*wall* beside it is the least time that passed. Loads are averages of a minute, before and after:
above the number of cores, wall times tell more of what else went on than of this program.

The machine: {machine}.
"""


def page(run: Run) -> str:
    """The whole page."""
    parts = [_HEAD.format(machine=run.machine), _short(run)]
    drawn_first = sorted(run.areas, key=lambda area: not area.series)
    return "\n".join([*parts, *map(_area, drawn_first)])


def pictures(run: Run) -> dict[str, str]:
    """The page's plots, by file name."""
    return {
        _picture(area, over): chart(f"CPU time, by how many {over} there are", over, drawn)
        for area in run.areas
        for over, drawn in _by_size(area).items()
    }


def _picture(area: Area, over: str) -> str:
    return f"{area.name}-by-{over}.svg"


def _by_size(area: Area) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = {}
    for series in area.series:
        found.setdefault(series.over, []).append(series)
    return found


def _short(run: Run) -> str:
    """What does not hold comes before all that does."""
    rows = [(area, row) for area in run.areas for row in area.rows]
    missed = [(area, row) for area, row in rows if not row.holds]
    lines = [
        f"- {row.name}: {_figure(row.ours_ms, row.unit)}, bar {row.bar}"
        f" ([{area.name}](#{_anchor(area)}), load {max(area.load)})"
        for area, row in missed
    ]
    lines += [
        f"- {area.name} was not measured in full: {area.gap}" for area in run.areas if area.gap
    ]
    counted = f"{len(rows) - len(missed)} of {len(rows)} bars hold."
    told = ["## What falls short", "", counted if missed else f"Nothing: {counted}"]
    return "\n".join([*told, *([""] if lines else []), *lines, ""])


def _area(area: Area) -> str:
    before, after = area.load
    when = f"{area.at[:10]}, {area.seconds:.0f} s, load {before} to {after}"
    how = f"`make bench ARGS={area.name}`, {when}."
    lines = [f"## {AREAS[area.name]}", "", how, ""]
    if area.gap:
        lines += [f"**Not measured in full**: {area.gap}", ""]
    lines += _growth(area)
    if area.rows:
        lines += _table(["what", "ours", "against", "ratio", "bar", "", "n"], "lrlrllr")
        lines += [_line(_row(row)) for row in area.rows]
        lines.append("")
    if area.comparisons:
        lines += [*_comparisons(area.comparisons), ""]
    return "\n".join(lines)


def _growth(area: Area) -> list[str]:
    """A plot and its figures for each thing that there is more and more of."""
    lines: list[str] = []
    for over, all_ in _by_size(area).items():
        lines += [
            f"![CPU time, by how many {over} there are]({PICTURES}/{_picture(area, over)})",
            "",
        ]
        sizes = sorted({size for series in all_ for size, _ in series.points})
        lines += _table([over, *(f"{size:,}" for size in sizes)], "l" + "r" * len(sizes))
        for series in all_:
            costs = dict(series.points)
            told = [_figure(costs[size], "ms") if size in costs else "" for size in sizes]
            lines.append(_line([series.work, *told]))
        lines.append("")
    return lines


def _row(row: Row) -> list[str]:
    peer = row.peer
    if row.peer_ms is not None:
        peer = f"{row.peer}: {_with_wall(row.peer_ms, row.peer_wall_ms, row.unit)}"
    ratio = f"{row.ratio:.2f}x" if row.ratio is not None else ""
    said = "holds" if row.holds else "**falls short**"
    ours = _with_wall(row.ours_ms, row.wall_ms, row.unit)
    return [row.name, ours, peer, ratio, row.bar, said, str(row.rounds)]


def _comparisons(comparisons: tuple[Comparison, ...]) -> list[str]:
    """A column for each program; a program that a work does not name was not asked."""
    programs = list(dict.fromkeys(a.program for each in comparisons for a in each.answers))
    lines = _table(["work", *programs], "l" * (len(programs) + 1))
    for each in comparisons:
        by = {answer.program: answer for answer in each.answers}
        told = [_answer(by[name], each.unit) if name in by else "" for name in programs]
        lines.append(_line([each.work, *told]))
    return lines


def _answer(answer: Answer, unit: str) -> str:
    if answer.figure is None:
        return f"*{answer.said}*"
    said = f"; {answer.said}" if answer.said else ""
    return f"{_figure(answer.figure, unit)}{said}"


def _with_wall(figure: float, wall: float | None, unit: str) -> str:
    told = _figure(figure, unit)
    return told if wall is None else f"{told} (wall {_figure(wall, unit)})"


def _figure(value: float, unit: str) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f} {unit}"
    return f"{value:.{1 if value >= 10 else 2 if value >= 1 else 3}f} {unit}"


def _anchor(area: Area) -> str:
    kept = "".join(c for c in AREAS[area.name].lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def _table(heads: list[str], sides: str) -> list[str]:
    rules = ["---:" if side == "r" else "---" for side in sides]
    return [_line(heads), _line(rules)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
