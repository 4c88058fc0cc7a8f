"""What the benchmarks found is kept, told and drawn as it was; nothing is measured here."""

import ast
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from records import Area

ROOT = Path(__file__).parents[1]
HERE = ROOT / "benchmarks"


@pytest.fixture(autouse=True, scope="module")
def _benchmarks_can_be_imported() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(HERE), *sys.path])
        yield


def area(**told: object) -> "Area":
    from records import Area

    return Area("hooks", "2026-11-21T12:00:00Z", 2.5, (0.5, 1.2), **told)  # type: ignore[arg-type]


def test_the_page_and_its_pictures_are_what_the_results_render_to() -> None:
    from page import PICTURES, page, pictures
    from records import from_json

    run = from_json((HERE / "results.json").read_text())
    drawn = pictures(run)
    again = "make it anew: make bench ARGS=--page"
    assert (ROOT / "docs/benchmarks.md").read_text() == page(run), again
    assert {"growth-by-tasks.svg", "growth-by-repos.svg"} <= set(drawn)
    for name, picture in drawn.items():
        assert (ROOT / "docs" / PICTURES / name).read_text() == picture, again


def test_the_results_name_no_place_of_the_machine_that_they_were_found_on() -> None:
    told = (HERE / "results.json").read_text()

    assert not re.findall(r"/(?:home|root|tmp|usr|var|work)/[^\" ]*", told)


def test_every_area_has_a_benchmark_with_rows_and_every_benchmark_is_an_area() -> None:
    from areas import AREAS

    files = {path.stem.removeprefix("bench_"): path for path in HERE.glob("bench_*.py")}
    assert set(files) == set(AREAS)
    for path in files.values():
        body = ast.parse(path.read_text()).body
        assert "rows" in [each.name for each in body if isinstance(each, ast.FunctionDef)], path


def test_what_was_recorded_is_read_as_it_was() -> None:
    from harness import Row
    from records import Answer, Comparison, Run, Series, from_json, to_json

    found = (
        Row("a commit", 9.5, "a bare one", 7.0, "<= 30 ms more", True, 40, wall_ms=11.0),
        Series("check", "repos", ((10, 1.5), (100, 12.0))),
        Comparison("list", "ms CPU", (Answer("Ours", 5.0, "20 tasks"), Answer("X", None, "no"))),
    )
    run = Run("2 cores", (area(gap="no chromium").with_found(found),))

    assert from_json(to_json(run)) == run


def test_a_newer_run_takes_the_place_of_the_areas_that_it_measured() -> None:
    from records import Run

    old, new = area(gap="old"), area(gap="new")
    other = area()
    kept = Run("then", (old,)).renewed(Run("now", (new,)), ["hooks"])

    assert kept == Run("now", (new,))
    assert Run("then", (other,)).renewed(Run("now", ()), ["hooks"]).areas == (other,)


def test_what_falls_short_and_what_was_not_measured_comes_first_on_the_page() -> None:
    from harness import Row
    from page import page
    from records import Run

    good = Row("a commit", 9.5, "a bare one", 7.0, "<= 30 ms more", True, 40)
    short = Row("a list", 21.0, "the bar alone", None, "<= 15 ms", False, 100)
    told = page(Run("2 cores", (area(gap="no chromium").with_found((good, short)),)))
    head, _, rest = told.partition("## A commit with the hook")

    assert "1 of 2 bars hold." in head
    assert "- a list: 21.0 ms, bar <= 15 ms" in head
    assert "- hooks was not measured in full: no chromium" in head
    assert (
        "| a commit | 9.50 ms | a bare one: 7.00 ms | 0.74x | <= 30 ms more | holds | 40 |" in rest
    )
    assert "**falls short**" in rest


def test_a_program_that_cannot_do_a_work_is_said_to_be_so() -> None:
    from page import page
    from records import Answer, Comparison, Run

    works = (
        Comparison("list", "ms CPU", (Answer("Ours", 5.0, "20 tasks"), Answer("X", 170.0))),
        Comparison("claim", "winners", (Answer("Ours", 1.0), Answer("X", None, "has no claims"))),
    )
    told = page(Run("2 cores", (area().with_found(works),)))

    assert "| list | 5.00 ms CPU; 20 tasks | 170 ms CPU |" in told
    assert "| claim | 1.00 winners | *has no claims* |" in told


def test_what_grows_is_drawn_and_told_by_size() -> None:
    from page import page, pictures
    from records import Run, Series

    check = Series("check", "repos", ((10, 30.0), (1_000, 2_500.0)))
    run = Run("2 cores", (area().with_found([check]),))

    assert "![CPU time, by how many repos there are](pictures/hooks-by-repos.svg)" in page(run)
    assert "| repos | 10 | 1,000 |\n| --- | ---: | ---: |\n| check | 30.0 ms | 2,500 ms |" in page(
        run
    )
    assert list(pictures(run)) == ["hooks-by-repos.svg"]


def test_a_fault_in_one_area_is_told_and_takes_nothing_of_the_others_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from run import measured

    row = "Row('a', 1.0, 'b', None, '<= 2 ms', True, 1)"
    fault = "raise OSError('no disk at /opt/some/where')"
    (tmp_path / "bench_faulty.py").write_text(
        f"from harness import Row\ndef rows():\n    yield {row}\n    {fault}\n"
    )
    (tmp_path / "bench_sound.py").write_text(
        f"from harness import Row\ndef rows():\n    return [{row}]\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    faulty, sound = measured(["faulty", "sound"])
    assert (faulty.gap, len(faulty.rows)) == ("OSError: no disk at ...", 1)
    assert (sound.gap, len(sound.rows)) == (None, 1)
    assert "faulty ..." in capsys.readouterr().err


_POINTS = st.dictionaries(
    st.integers(1, 10**6), st.floats(0.001, 10**6, allow_nan=False), min_size=1, max_size=5
)


@given(st.lists(_POINTS, min_size=1, max_size=5), st.text("abc <>&'é—", max_size=20))
def test_every_point_of_a_plot_lies_within_it_and_no_two_names_over_each_other(
    drawn: list[dict[int, float]], name: str
) -> None:
    from plot import chart
    from records import Series

    series: list[Series] = [
        Series(f"{name} {number}", "tasks", tuple(sorted(points.items())))
        for number, points in enumerate(drawn)
    ]
    picture = ET.fromstring(chart(name, "tasks", series))  # noqa: S314 - we drew it
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    spot = "{http://www.w3.org/2000/svg}"
    paths = [each.attrib["d"][1:].split(" L") for each in picture.iter(f"{spot}path")]
    names = [
        each for each in picture.iter(f"{spot}text") if each.attrib.get("class", "")[:1] == "s"
    ]
    heights = sorted(float(each.attrib["y"]) for each in names)

    assert [len(places) for places in paths] == [len(points) for points in drawn]
    for x, y in (map(float, place.split(",")) for places in paths for place in places):
        assert 0 < x < width
        assert 0 < y < height
    assert all(below - above > 17 for above, below in pairwise(heights))
    assert heights[-1] < height
