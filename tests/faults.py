"""docs/faults.md out of faults.toml and the names of the tests: `python -m tests.faults`."""

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/faults.md"
FIRST, LAST = 1, 112
_TEST = re.compile(r"^(?:async )?def (test_f(\d+)(?:_to_f(\d+))?_\w+)", re.MULTILINE)

_HEAD = """\
# The faults that Custodian is tested against

Each has a number, which the tests that meet it carry in their names: `pytest -k f36` runs those of
F36. This page is made of those names by `make faults`; a test fails where they differ. Wherever a
fault strikes, nothing may be lost, no status may go back, and local and remote are equal or a
finding says why not.

{tests} tests meet {faults} faults."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What can go wrong, and what has to come of it."""

    area: str
    number: int
    what: str
    met: str
    #: the last one, where the tests of several are the same
    last: int = 0
    #: why no test carries its number
    why: str = ""

    @property
    def numbers(self) -> range:
        """All that it stands for."""
        return range(self.number, max(self.number, self.last) + 1)

    @property
    def name(self) -> str:
        """As people call it."""
        several = f" to F{self.last:02}" if self.last else ""
        return f"F{self.number:02}{several}"


@dataclass(frozen=True, slots=True)
class Test:
    """A test that carries a number, in its file below tests/."""

    path: str
    name: str
    numbers: range


def faults() -> list[Fault]:
    """The catalogue."""
    told = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    return [Fault(**each) for each in told["fault"]]


def tests() -> list[Test]:
    """Every test that carries a number."""
    found: list[Test] = []
    for path in sorted(HERE.rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for name, first, last in _TEST.findall(path.read_text(encoding="utf-8")):
            numbers = range(int(first), int(last or first) + 1)
            found.append(Test(path.relative_to(HERE).as_posix(), name, numbers))
    return found


def page() -> str:
    """The page of all faults, with the tests of each."""
    by_number: defaultdict[int, list[Test]] = defaultdict(list)
    for test in (every := tests()):
        for number in test.numbers:
            by_number[number].append(test)
    catalogue = faults()
    count = sum(len(each.numbers) for each in catalogue if by_number[each.number])
    lines = [_HEAD.format(tests=len(every), faults=count)]
    area = ""
    for fault in catalogue:
        if fault.area != area:
            area = fault.area
            lines.append(f"\n## {area}\n\n| fault | what | what comes of it | tests |\n{_RULE}")
        shown = " ".join(map(_link, _by_path(by_number[fault.number]))) or fault.why
        lines.append(f"| {fault.name} | {fault.what} | {fault.met} | {shown} |")
    return "\n".join(lines) + "\n"


_RULE = "| --- | --- | --- | --- |"


def _by_path(found: list[Test]) -> list[tuple[str, int]]:
    paths = [test.path for test in found]
    return [(path, paths.count(path)) for path in dict.fromkeys(paths)]


def _link(counted: tuple[str, int]) -> str:
    path, count = counted
    name = path.removesuffix(".py").replace("test_", "")
    return f"[{name}](../tests/{path}){f' ({count})' if count > 1 else ''}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
