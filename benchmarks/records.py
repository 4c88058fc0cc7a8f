"""What a run of the benchmarks found, area by area, and how it is kept as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness import Row


@dataclass(frozen=True, slots=True)
class Series:
    """What one piece of work costs as that among which it is done grows."""

    work: str
    #: what there is more and more of
    over: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one program did of a work: a figure with what to say of it, or why there is none."""

    program: str
    figure: float | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One work, as each program does it."""

    work: str
    unit: str
    answers: tuple[Answer, ...]


Found = Row | Series | Comparison


@dataclass(frozen=True, slots=True)
class Area:
    """What one benchmark found, when, and how busy the machine was before and after."""

    name: str
    at: str
    seconds: float
    load: tuple[float, float]
    rows: tuple[Row, ...] = ()
    series: tuple[Series, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    #: why there is not more
    gap: str | None = None

    def with_found(self, found: Iterable[Found]) -> "Area":
        """The same area, with what was found in it."""
        all_ = tuple(found)
        return replace(
            self,
            rows=tuple(each for each in all_ if isinstance(each, Row)),
            series=tuple(each for each in all_ if isinstance(each, Series)),
            comparisons=tuple(each for each in all_ if isinstance(each, Comparison)),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """The areas of a run, and what kind of machine it was on."""

    machine: str
    areas: tuple[Area, ...]

    def renewed(self, other: "Run", order: Iterable[str]) -> "Run":
        """The run with a newer one's areas in the place of its own, in `order`."""
        areas = {each.name: each for each in (*self.areas, *other.areas)}
        return Run(other.machine, tuple(areas[name] for name in order if name in areas))


def to_json(run: Run) -> str:
    """The run as an envelope like those of the commands."""
    areas = [{**asdict(area), "rows": [_row(row) for row in area.rows]} for area in run.areas]
    data = {"machine": run.machine, "areas": areas}
    told: dict[str, Any] = {"schema_version": 1, "kind": "benchmarks", "data": data, "findings": []}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    return {**asdict(row), "ratio": row.ratio}


def from_json(text: str) -> Run:
    """The run that `to_json` told."""
    data = json.loads(text)["data"]
    return Run(data["machine"], tuple(_area(area) for area in data["areas"]))


def _area(told: dict[str, Any]) -> Area:
    return Area(
        name=told["name"],
        at=told["at"],
        seconds=told["seconds"],
        load=(told["load"][0], told["load"][1]),
        rows=tuple(Row(**{k: v for k, v in row.items() if k != "ratio"}) for row in told["rows"]),
        series=tuple(
            Series(each["work"], each["over"], tuple((n, cost) for n, cost in each["points"]))
            for each in told["series"]
        ),
        comparisons=tuple(
            Comparison(each["work"], each["unit"], tuple(Answer(**a) for a in each["answers"]))
            for each in told["comparisons"]
        ),
        gap=told["gap"],
    )
