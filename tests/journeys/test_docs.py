"""Commands in the documentation are run, and print what it says they print."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from custodian_core.status import Status, two_way

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STEP = re.compile(r"^\$ (.*?)(?:  # exit (\d))?\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def with_commands() -> list[Path]:
    return [page for page in PAGES if CONSOLE.search(page.read_text())]


@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    """All commands of a page run in one shell, from an empty folder."""
    steps = [step for block in CONSOLE.findall(page.read_text()) for step in STEP.findall(block)]
    ask = "{} 2>&1; code=$?; echo; echo =={}==$code\n"
    script = "".join(ask.format(command, place) for place, (command, _, _) in enumerate(steps))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["sh"],
        input=script,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        check=True,
    )

    answers = re.split(r"\n==\d+==(\d+)\n", shell.stdout)
    assert len(answers) == 2 * len(steps) + 1
    for (command, code, expected), printed, ended in zip(
        steps, answers[::2], answers[1::2], strict=False
    ):
        assert (command, ended) == (command, code or "0")
        wanted = re.escape(expected.rstrip("\n")).replace(re.escape("..."), "(?s:.*)")
        assert re.fullmatch(wanted, printed.rstrip("\n")), f"{command} printed:\n{printed}"


def test_the_table_without_a_base_is_what_the_rule_does() -> None:
    page = (ROOT / "docs/merge.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    hubs, table = rows[0][1:], rows[2:7]
    for file, *cells in table:
        for hub, cell in zip(hubs, cells, strict=True):
            merged = two_way(Status(file), Status(hub))
            outcome = "hub" if merged.write_hub else "file" if merged.write_file else "="
            assert cell == outcome, f"file {file}, hub {hub}"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_every_answer_in_why_stands_below_a_question() -> None:
    lines = (ROOT / "docs/why.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("## ")]

    assert all(heading.endswith("?") for heading in headings)
    assert all(not (a.startswith("## ") and b.startswith("## ")) for a, b in pairwise(lines))
