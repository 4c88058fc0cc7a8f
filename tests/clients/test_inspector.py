"""The Inspector's command line, which judges every schema with `--strict`."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import SERVED, Machine

pytestmark = pytest.mark.clients


def inspected(machine: Machine, method: str, *words: str) -> Any:
    """What the Inspector prints of the answer of a server that it started."""
    line = f"mcp-inspector --cli custodian-mcp --method {method} --format json"
    return json.loads(machine.say(" ".join((line, *words))))["result"]


@pytest.mark.parametrize("era", ["legacy", "modern", "auto"])
def test_every_schema_is_strictly_right_in_every_era(era: str, machine: Machine) -> None:
    told = inspected(machine, "tools/list", "--strict", "--quiet", f"--protocol-era {era}")

    assert [tool["name"] for tool in told["tools"]] == SERVED


def test_a_tool_is_called_with_arguments_of_a_command_line(docs: Path, machine: Machine) -> None:
    call = ("--tool-name list_tasks", "--tool-arg status=todo", "--tool-arg limit=1")
    told = inspected(machine, "tools/call", *call)

    assert [task["key"] for task in told["structuredContent"]["tasks"]] == ["DOCS-WP-0001-T01"]
    assert told["structuredContent"]["total"] == 2


def test_a_refusal_ends_with_5(machine: Machine) -> None:
    line = "mcp-inspector --cli custodian-mcp --method tools/call --format json"
    done = machine.run(f"{line} --tool-name get_task --tool-arg task=NO-WP-0001-T01")

    assert done.returncode == 5
    assert "NO-WP-0001-T01" in done.stdout


def test_prompts_and_resources_are_listed(machine: Machine) -> None:
    prompts = inspected(machine, "prompts/list")["prompts"]
    resources = inspected(machine, "resources/list")["resources"]

    assert {"dispatch", "session_start", "session_close"} <= {each["name"] for each in prompts}
    assert "codes://all" in {each["uri"] for each in resources}


def test_every_skill_is_what_its_digest_says(machine: Machine) -> None:
    line = "mcp-inspector --cli custodian-mcp --method skills/list --format json"
    told = machine.say(f"{line} --verify --require-digests --protocol-era modern")
    skills = [json.loads(each) for each in told.splitlines()]

    assert "custodian-work" in {skill["name"] for skill in skills}
    assert {skill["outcome"] for skill in skills} == {"verified"}
