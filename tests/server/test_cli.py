import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from custodian_core import __version__
from custodian_server.cli import COMMANDS, cli
from tests.conftest import Snapshot

PLAN = """\
---
id: CUST-WP-0003
type: workplan
title: "A plan"
domain: custodian
repo: the-repo
status: active
state_hub_workstream_id: "27ea80bd-76bf-44a7-b0ed-e09748d5390b"
---
### T01 — First \x1b[31mred
```task
id: T01
status: todo
priority: high
needs_human: yes
state_hub_task_id: "f35c86a9-d927-4543-9e74-ff32cadcc766"
```
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo with one good plan, and the current folder."""
    (tmp_path / "workplans").mkdir()
    (tmp_path / "workplans/a.md").write_text(PLAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, **kwargs: Any) -> Result:
    return CliRunner().invoke(cli, list(arguments), **kwargs)


def run_program(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("custodian")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **env}
    )


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command, by its path."""
    context = click.Context(group)
    found: list[tuple[str, ...]] = [path]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


@pytest.mark.parametrize("path", commands(cli), ids=" ".join)
def test_the_help_of_every_command_is_known(path: tuple[str, ...], snapshot: Snapshot) -> None:
    result = run(*path, "--help", prog_name="custodian", terminal_width=100)

    assert result.exit_code == 0
    snapshot(f"help/{'-'.join(('custodian', *path))}.txt", result.output)


def test_the_line_of_help_in_the_list_is_the_commands_own() -> None:
    context = click.Context(cli)
    for name, (_, line) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command
        assert command.short_help == line


def test_the_cli_loads_none_of_the_slow_libraries() -> None:
    slow = {"mcp", "pydantic", "httpx", "git", "fastapi", "yaml", "rich", "asyncio"}
    code = "import sys, custodian_server.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "click" in loaded
    assert slow.isdisjoint(loaded)


def test_linting_everyday_plans_loads_none_of_the_slow_libraries(repo: Path) -> None:
    code = (
        "import sys\nfrom custodian_server.cli import cli\n"
        "cli(['workplan', 'lint'], standalone_mode=False)\n"
    )
    guarded = f"import atexit, sys; atexit.register(lambda: print(*sys.modules))\n{code}"
    loaded = subprocess.run(
        [sys.executable, "-c", guarded], capture_output=True, text=True, cwd=repo
    ).stdout.split()

    assert "custodian_core.workplan.read" in loaded
    assert {"mcp", "pydantic", "httpx", "git", "yaml"}.isdisjoint(loaded)


def test_the_version_is_the_packages() -> None:
    assert run_program("--version").stdout == f"custodian {__version__}\n"


def test_bare_custodian_says_what_it_is_and_how_to_connect() -> None:
    told = run_program().stdout

    assert told.startswith(f"Custodian {__version__} keeps")
    program = Path(sys.executable).with_name("custodian-mcp")
    assert f"claude mcp add custodian -- {program}" in told


def test_a_clean_repo_ends_with_0(repo: Path) -> None:
    result = run("workplan", "lint")

    assert (result.exit_code, result.output) == (
        0,
        "1 workplan, 1 task: 0 FAIL, 0 WARN, 0 INFO\n",
    )


def test_a_failure_ends_with_1_and_says_where_and_what_to_do(repo: Path) -> None:
    (repo / "workplans/a.md").write_text(PLAN.replace("status: todo", "status: Done"))
    result = run("workplan", "lint")

    assert result.exit_code == 1
    assert result.output == (
        "workplans/a.md:13: FAIL C-12 status of task T01 is 'Done'; it can be todo, in_progress, "
        "blocked, done, cancelled\n\n"
        "C-12: Write one of the allowed words; the block is left out until then.\n\n"
        "1 workplan, no tasks: 1 FAIL, 0 WARN, 0 INFO\n"
    )


def test_a_path_that_is_not_there_ends_with_2() -> None:
    result = run_program("workplan", "lint", "/nonexistent")

    assert result.returncode == 2
    assert result.stderr == "custodian: /nonexistent: there is no such file or folder\n"


def test_an_empty_repo_is_said_aloud(tmp_path: Path) -> None:
    result = run("workplan", "lint", str(tmp_path))

    assert (result.exit_code, result.output) == (
        0,
        "no workplans, no tasks: 0 FAIL, 0 WARN, 0 INFO\n",
    )


def envelope(result: Result, kind: str) -> Any:
    answer = json.loads(result.stdout)
    assert (answer["schema_version"], answer["kind"]) == (1, kind)
    assert set(answer) == {"schema_version", "kind", "data", "findings"}
    return answer


def test_lint_as_json_holds_counts_and_findings(repo: Path) -> None:
    (repo / "workplans/a.md").write_text(PLAN.replace("status: todo", "status: Done"))
    (repo / "workplans/README.md").write_text("prose")
    result = run("workplan", "lint", "--json")
    answer = envelope(result, "workplan_lint")

    assert result.exit_code == 1
    assert answer["data"] == {
        "workplans": 1,
        "tasks": 0,
        "severities": {"FAIL": 1, "WARN": 0, "INFO": 0},
        "skipped": [{"path": "workplans/README.md", "reason": "it has no front matter"}],
    }
    (finding,) = answer["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("C-12", "workplans/a.md", 13)


def test_show_tells_the_plan_and_cannot_be_made_to_steer_the_terminal(repo: Path) -> None:
    result = run("workplan", "show", "workplans/a.md")

    assert result.exit_code == 0
    assert result.output == (
        "CUST-WP-0003  A plan\n"
        "in_progress, the-repo, custodian, 1 task\n\n"
        "  T01  todo         high      First \N{REPLACEMENT CHARACTER}[31mred  (needs a human)\n"
    )


def test_show_as_json_holds_every_part_with_its_lines(repo: Path) -> None:
    plan = envelope(run("workplan", "show", "workplans/a.md", "--json"), "workplan")["data"]

    assert (plan["id"], plan["status"], plan["status_word"]) == (
        "CUST-WP-0003",
        "in_progress",
        "active",
    )
    assert plan["lines"]["front_matter"] == [1, 9]
    (task,) = plan["tasks"]
    assert (task["needs_human"], task["lines"]["fields"]["status"]) == (True, 13)


def test_show_of_prose_ends_with_1(repo: Path) -> None:
    (repo / "x.md").write_text("prose")
    result = run("workplan", "show", "x.md", "--json")

    assert result.exit_code == 1
    assert envelope(result, "workplan")["data"] is None


def test_an_error_as_json_is_an_envelope_too(repo: Path) -> None:
    result = run_program("workplan", "show", "/nonexistent.md", "--json")

    assert result.returncode == 2
    answer = json.loads(result.stdout)
    assert answer["kind"] == "error"
    assert answer["data"] == {
        "error": "FileTrouble",
        "message": "/nonexistent.md: there is no such file",
        "path": "/nonexistent.md",
        "reason": "there is no such file",
    }
    assert result.stderr == "custodian: /nonexistent.md: there is no such file\n"


def test_a_new_plan_is_valid_at_once(repo: Path) -> None:
    made = run("workplan", "new", "Next: all of it", "-t", "One", "-t", "Two #2")
    linted = run("workplan", "lint")

    assert made.output == "workplans/CUST-WP-0004-next-all-of-it.md: CUST-WP-0004 with 2 tasks\n"
    assert linted.exit_code == 0
    assert "2 workplans, 3 tasks: 0 FAIL, 0 WARN, 3 INFO" in linted.output


def test_a_dry_run_prints_the_plan_and_writes_nothing(repo: Path) -> None:
    result = run("workplan", "new", "Next", "--dry-run")

    assert result.output.startswith("---\nid: CUST-WP-0004\ntype: workplan\n")
    assert [path.name for path in (repo / "workplans").iterdir()] == ["a.md"]


def test_set_status_changes_one_value(repo: Path) -> None:
    path = repo / "workplans/a.md"
    dry = run("workplan", "set-status", str(path), "done", "--task", "T01", "--dry-run")
    wet = run("workplan", "set-status", str(path), "done", "--task", "T01")
    again = run("workplan", "set-status", str(path), "done", "--task", "T01", "--json")

    assert dry.output == "workplans/a.md: T01 would change: todo → done\n"
    assert wet.output == "workplans/a.md: T01 changed: todo → done\n"
    assert path.read_text() == PLAN.replace("status: todo", "status: done")
    assert envelope(again, "workplan_status")["data"]["changed"] is False


def test_a_refused_edit_ends_with_1_and_the_reason(repo: Path) -> None:
    plan = str(repo / "workplans/a.md")
    result = run_program("workplan", "set-status", plan, "done", "--task", "T9")

    assert (result.returncode, result.stderr) == (
        1,
        "custodian: task T9 cannot be edited exactly: no task block of this file has that id\n",
    )
    assert run_program("workplan", "set-status", "/nonexistent.md", "done").returncode == 2


def test_codes_can_be_asked_for_by_alias() -> None:
    codes = envelope(run("codes", "c-14", "--json"), "codes")["data"]

    assert [code["code"] for code in codes] == ["C-14", "C-16"]
    assert run_program("codes", "C-99").returncode == 2


def test_the_page_of_codes_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs/codes.md"

    assert page.read_text() == run("codes", "--markdown").output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str) -> None:
    assert "_CUSTODIAN_COMPLETE" in run("completion", shell).output


def test_the_shell_is_told_the_commands() -> None:
    told = run_program(
        _CUSTODIAN_COMPLETE="bash_complete", COMP_WORDS="custodian workp", COMP_CWORD="1"
    )

    assert told.stdout == "plain,workplan\n"


def test_colours_are_for_terminals_that_want_them(repo: Path) -> None:
    (repo / "workplans/a.md").write_text(PLAN.replace("status: todo", "status: Done"))

    assert "\x1b[31m" in run("workplan", "lint", color=True).output
    assert "\x1b" not in run("workplan", "lint").output
    assert "\x1b" not in run("workplan", "lint", color=True, env={"NO_COLOR": "1"}).output


def test_a_reader_that_goes_away_is_no_crash(repo: Path) -> None:
    program = Path(sys.executable).with_name("custodian")
    with subprocess.Popen([program, "codes"], stdout=-1, stderr=-1) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_an_interpreter_that_speaks_another_language_prints_all_the_same(repo: Path) -> None:
    (repo / "workplans/a.md").write_text(PLAN.replace("A plan", "A plan — ünïcode ☃"))
    for locale in ({"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}):
        shown = run_program("workplan", "show", str(repo / "workplans/a.md"), **locale)
        assert (shown.returncode, "Traceback" in shown.stderr) == (0, False)
