"""A run as a table for a terminal."""

from records import Area, Comparison, Run, Series


def table(run: Run) -> str:
    """Every row with its bar, then what there is of series and comparisons."""
    lines = [run.machine, f"{'work':<52}{'ours':>12}{'peer':>12}{'ratio':>8}  bar"]
    for area in run.areas:
        lines += _rows(area)
        lines += [line for series in area.series for line in _series(series)]
        lines += [line for each in area.comparisons for line in _comparison(each)]
        lines += [f"{area.name}: {area.gap}"] if area.gap else []
    return "\n".join(lines)


def _rows(area: Area) -> list[str]:
    before, after = area.load
    lines = [f"\n{area.name}, load {before} before and {after} after, {area.seconds:.0f} s"]
    for row in area.rows:
        peer = f"{row.peer_ms:12.3f}" if row.peer_ms is not None else " " * 12
        ratio = f"{row.ratio:8.2f}" if row.ratio is not None else " " * 8
        said = "holds" if row.holds else "FALLS SHORT"
        lines.append(f"{row.name:<52}{row.ours_ms:12.3f}{peer}{ratio}  {row.bar}: {said}")
        wall = f", wall {row.wall_ms:.1f} ms" if row.wall_ms is not None else ""
        beside = f" ({row.peer_wall_ms:.1f})" if row.peer_wall_ms is not None else ""
        lines.append(f"{'':<52}{row.unit}, against {row.peer}, n {row.rounds}{wall}{beside}")
    return lines


def _series(series: Series) -> list[str]:
    told = ", ".join(f"{size}: {cost:.2f} ms" for size, cost in series.points)
    return [f"{series.work} by {series.over}: {told}"]


def _comparison(comparison: Comparison) -> list[str]:
    lines = [f"{comparison.work} ({comparison.unit})"]
    for answer in comparison.answers:
        figure = f"{answer.figure:12.1f}" if answer.figure is not None else f"{'none':>12}"
        lines.append(f"  {answer.program:<30}{figure}  {answer.said}")
    return lines
