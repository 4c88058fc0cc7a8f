"""Commands in the documentation are run, and print what it says they print."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import click
import pytest

from custodian_core.status import Status, two_way
from custodian_server.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STEP = re.compile(r"^\$ (.*?)(?:  # exit (\d))?\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
#: started beside the page's shell, as in a terminal of its own; it ends with the page
DEMO = """\
mkfifo demo.said; custodian demo >demo.said 2>&1 & demo=$!; trap 'kill $demo; wait $demo' EXIT
exec 9<demo.said; rm demo.said
while IFS= read -r line <&9; do
  printf '%s\\n' "$line"
  case $line in *export*) eval "$line" ;; *"inventory gitea") break ;; esac
done; true"""


def with_commands() -> list[Path]:
    return [page for page in PAGES if CONSOLE.search(page.read_text())]


@pytest.mark.parametrize("page", with_commands(), ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    """All commands of a page run in one shell, from an empty folder."""
    steps = [step for block in CONSOLE.findall(page.read_text()) for step in STEP.findall(block)]
    ask = "{{ {}\n}} 2>&1; code=$?; echo; echo =={}==$code\n"
    typed = [DEMO if command == "custodian demo" else command for command, _, _ in steps]
    script = "".join(ask.format(command, place) for place, command in enumerate(typed))
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
        assert (command, ended) == (command, code or "0"), printed
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


def pages_with_links() -> list[Path]:
    """Every page of the project, but what others have written."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).exists()]


def prose(page: Path) -> str:
    """What a page says outside of its blocks of code."""
    return re.sub(r"^(```+|~~~+).*?^\1", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What can stand behind the # of a link to the page, as forges make it of the headings."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


@pytest.mark.parametrize("page", pages_with_links(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    said = re.sub(r"`[^`\n]*`", "", prose(page))
    links = re.findall(r"\]\(([^)\s]+)\)|\b(?:src|srcset)=\"([^\"]+)\"", said)
    for target in (link or source for link, source in links):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"


def spoken_of(page: Path) -> set[str]:
    """The command lines of `custodian` that a page speaks of, run here or not."""
    text = page.read_text()
    blocks = re.findall(r"^```(?:sh|console|text)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))
    ends = re.compile(r" +(?:[|#;>)]|&&|\\$)")
    said = [ends.split(line)[0] for line in (*lines, *inline)]
    return {line for line in said if re.match(r"custodian [a-z]", line)}


def wrong_in(line: str) -> str | None:
    """The first word that no command takes: a command or an option that is not there."""
    command: click.Command = cli
    context = click.Context(cli)
    options = {"--help", "-h"}
    for word in line.split()[1:]:
        if word.startswith("-"):
            options |= {name for each in command.params for name in each.opts}
            if word.partition("=")[0] not in options:
                return word
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            found = command.get_command(context, word)
            if found is None:
                return word
            command = found
    return None


@pytest.mark.parametrize("page", pages_with_links(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_speaks_of_is_one(page: Path) -> None:
    wrong = {line: wrong_in(line) for line in spoken_of(page)}

    assert {line: word for line, word in wrong.items() if word} == {}


def test_a_command_that_is_not_one_would_be_noticed() -> None:
    assert wrong_in("custodian task clam --next") == "clam"
    assert wrong_in("custodian fix --pull") == "--pull"
    assert wrong_in("custodian task claim KEY --agent NAME") is None


def test_every_page_of_the_documentation_can_be_found_from_its_door() -> None:
    door = ROOT / "docs/README.md"
    linked = {
        (door.parent / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)]+)\)", door.read_text())
    }

    assert set((ROOT / "docs").glob("*.md")) - linked == {door}


def test_every_picture_is_shown_on_some_page() -> None:
    said = "".join(page.read_text() for page in PAGES)

    assert [each.name for each in (ROOT / "docs/pictures").iterdir() if each.name not in said] == []


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_every_answer_in_why_stands_below_a_question() -> None:
    lines = (ROOT / "docs/why.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("## ")]

    assert all(heading.endswith("?") for heading in headings)
    assert all(not (a.startswith("## ") and b.startswith("## ")) for a, b in pairwise(lines))
