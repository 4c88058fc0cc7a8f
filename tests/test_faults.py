"""Every fault of the catalogue is met by a test of its number, or is listed with the reason."""

import re
from pathlib import Path

HERE = Path(__file__).parent
NAMED = re.compile(r"def test_f(\d+)_")
LISTED = re.compile(r"^\| F(\d+)(?: to F(\d+))? \|.*?\| (.*) \|$", re.MULTILINE)


def test_no_fault_is_forgotten() -> None:
    named = {
        int(number)
        for path in HERE.rglob("test_*.py")
        for number in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    listed: set[int] = set()
    for first, last, _ in LISTED.findall((HERE / "faults.md").read_text(encoding="utf-8")):
        listed |= set(range(int(first), int(last or first) + 1))

    assert named | listed == set(range(1, 113))
    assert not named & listed


def test_what_the_list_names_is_there() -> None:
    for _, _, where in LISTED.findall((HERE / "faults.md").read_text(encoding="utf-8")):
        for path in re.findall(r"tests/[\w/.]+", where):
            assert (HERE.parent / path).exists(), path
