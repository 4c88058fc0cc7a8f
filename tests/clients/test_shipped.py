"""What is shipped beside the wheel, taken by the programs that it is for."""

import json
import shlex
from pathlib import Path

import pytest

from custodian_prompts import load
from custodian_server.shipping import bundle, manifests
from custodian_server.shipping.facts import read
from custodian_server.shipping.files import PLUGIN

from .conftest import Machine
from .messages_api import messages_api, say, use

pytestmark = pytest.mark.clients

ROOT = Path(__file__).parents[2]
QUOTED = shlex.quote(str(ROOT))
FOLDER = shlex.quote(str(ROOT / PLUGIN))
TOOLS = "mcp__plugin_custodian_custodian__"


def test_claude_finds_nothing_amiss_in_the_plugin_and_its_marketplace(machine: Machine) -> None:
    machine.say(f"claude plugin validate --strict --profile directory {FOLDER}")
    machine.say(f"claude plugin validate --strict {QUOTED}")


def test_the_plugin_is_installed_from_a_clone(machine: Machine) -> None:
    machine.say(f"claude plugin marketplace add {QUOTED}")
    machine.say("claude plugin install custodian@custodian")

    assert "custodian@custodian" in machine.say("claude plugin list")
    assert "✔ Connected" in machine.say("claude mcp list")


def test_with_the_plugin_a_model_has_tools_and_skills_and_a_person_commands(
    docs: Path, machine: Machine
) -> None:
    script = (use(f"{TOOLS}list_repos"), say("Done."))
    with messages_api(*script) as api:
        machine.env |= {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "none"}
        words = f"--plugin-dir {FOLDER} --allowedTools {TOOLS.removesuffix('__')}"
        machine.say(f"claude --print '/custodian:session-start docs' {words}")

    (listed,) = api.seen.heard
    assert [repo["repo"] for repo in listed["repos"]] == ["docs"]
    assert "Begin a session in the repo docs." in api.seen.prompt
    assert "custodian:custodian-work" in api.asked[-1]


def test_the_person_is_told_when_claude_stops_and_files_and_hub_differ(
    docs: Path, machine: Machine
) -> None:
    plan = docs / "workplans/a.md"
    plan.write_text(plan.read_text().replace("status: todo", "status: done"))
    machine.say("git commit -q -a -m done")
    with messages_api(say("Done.")) as api:
        machine.env |= {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "none"}
        words = f"--plugin-dir {FOLDER} --output-format stream-json --verbose --include-hook-events"
        told = machine.say(f"claude --print {words} hello", stdin="")

    assert len(api.conversations) == 1, "the hook does not keep Claude at work"
    assert "Custodian: files and hub differ here" in told


def test_the_command_that_is_printed_connects_claude(docs: Path, machine: Machine) -> None:
    machine.say("$(custodian mcp config claude-code --read-only)")

    assert "✔ Connected" in machine.say("claude mcp list")


def test_claude_takes_the_token_from_where_the_command_says(docs: Path, machine: Machine) -> None:
    token = machine.say("custodian token create claude --scope read").strip()
    with machine.serving("custodian serve --host 0.0.0.0 --port 0") as url:
        machine.env["CUSTODIAN_HUB_TOKEN"] = token
        hub = f"http://127.0.0.1:{url.rpartition(':')[2]}"
        machine.say(machine.say(f"custodian mcp config claude-code --url {hub}"))
        told = machine.say("claude mcp list")
        del machine.env["CUSTODIAN_HUB_TOKEN"]
        without = machine.say("claude mcp list")

    assert "✔ Connected" in told
    assert "✔ Connected" not in without
    assert token not in (machine.home / ".claude.json").read_text()


def test_mcpb_takes_the_manifest_and_the_bundle(machine: Machine) -> None:
    facts = read(ROOT, load)
    bundle.pack(facts, machine.home / "custodian.mcpb")
    machine.say(f"mcpb validate {shlex.quote(str(ROOT / '.mcp/manifest.json'))}")
    machine.say("mcpb unpack custodian.mcpb unpacked && mcpb validate unpacked/manifest.json")

    said = json.loads((machine.home / "unpacked/manifest.json").read_text())
    assert said == manifests.bundle_manifest(facts)
