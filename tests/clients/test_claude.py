"""Claude Code as a client: it connects, and works a task through to the pushed commit.

The model is a script; all else is real: the client with its permissions, prompts and tools, the
server, the hub, git and its remote.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from custodian_server import mcp_app

from .conftest import Machine
from .messages_api import Block, MessagesApi, Seen, Turn, messages_api, say, use

pytestmark = pytest.mark.clients

T1 = "DOCS-WP-0001-T01"
STDIO: dict[str, Any] = {"command": "custodian-mcp", "args": [], "alwaysLoad": True}


def custodian(tool: str, **arguments: Any) -> Block:
    """The model calls a tool of Custodian."""
    return use(f"mcp__custodian__{tool}", **arguments)


LEAVE = "--allowedTools mcp__custodian mcp__hub Edit Read Bash"


def claude(api: MessagesApi, machine: Machine, leave: str = LEAVE, **servers: Any) -> str:
    """The command that starts Claude with that model, these servers and leave to work."""
    machine.env |= {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "none"}
    config = machine.home / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"custodian": STDIO, **servers}}))
    return f"claude --print --strict-mcp-config --mcp-config {config} {leave}"


def edits(plan: Path) -> Turn:
    """The model marks the task as done in its workplan."""

    def edit(_seen: Seen) -> Block:
        block = plan.read_text().partition(f"id: {T1}")[2].partition("```")[0]
        done = re.sub("status: .*", "status: done", block)
        return use("Edit", file_path=str(plan), old_string=block, new_string=done)

    return edit


def works(plan: Path) -> tuple[Turn, ...]:
    """A model that does the task of its prompt, commits and reports."""

    def report(seen: Seen) -> Block:
        fence = re.findall(r"under fence (\d+)|\bfence.: (\d+)", seen.prompt + str(seen.heard))[0]
        number = int("".join(fence))
        return custodian("update_task", task=T1, status="done", evidence="all found", fence=number)

    return (
        use("Read", file_path=str(plan)),
        edits(plan),
        use("Bash", command="git commit -q -m 'headings are parsed' workplans/a.md"),
        report,
    )


def agreed(machine: Machine, plan: Path) -> None:
    """File, hub and remote say that the task is done, and nothing is left to do."""
    task = machine.data(f"custodian task show {T1}")
    pushed = machine.say("git -C ../docs.git show main:workplans/a.md")
    here, remote = (machine.say(f"git -C {each} rev-parse main") for each in (".", "../docs.git"))

    assert (task["status"], task["claim"]) == ("done", None)
    assert pushed == plan.read_text()
    assert "status: done" in pushed.partition(T1)[2].partition("```")[0]
    assert here == remote
    assert "headings are parsed" in machine.say("git log --format=%s")
    assert machine.say("git status --porcelain") == ""
    assert machine.run("custodian check docs").returncode == 0


def test_claude_connects_to_the_program_and_to_the_hub(docs: Path, machine: Machine) -> None:
    token = machine.say("custodian token create claude --scope work").strip()
    with machine.serving("custodian serve --port 0") as url:
        machine.say("claude mcp add custodian -- custodian-mcp")
        bearer = f"-H 'Authorization: Bearer {token}'"
        machine.say(f"claude mcp add --transport http hub {url}/mcp {bearer}")
        told = machine.say("claude mcp list")

    assert "custodian: custodian-mcp" in told
    assert told.count("✔ Connected") == 2
    assert token not in told


def test_claude_takes_a_task_from_dispatch_to_the_pushed_commit(
    docs: Path, machine: Machine
) -> None:
    plan = docs / "workplans/a.md"
    script = (
        custodian("get_repo_dispatch"),
        custodian("claim_task", repo="docs"),
        *works(plan),
        custodian("fix_consistency"),
        say("It is done and pushed."),
    )
    with messages_api(*script) as api:
        told = machine.say(claude(api, machine), stdin="Do the next task.")

    dispatched, claimed, *_, updated, fixed = api.seen.heard
    assert (dispatched["directive"], dispatched["task"]["key"]) == ("work", T1)
    assert claimed["task"]["key"] == T1
    assert updated["done"] == ["note written", "in_progress → done"]
    assert fixed["repos"][0]["sealed"] is True
    assert told == "It is done and pushed.\n"
    agreed(machine, plan)


def test_a_dispatch_piped_into_claude_is_a_whole_session(docs: Path, machine: Machine) -> None:
    plan = docs / "workplans/a.md"
    with messages_api(*works(plan), custodian("fix_consistency")) as api:
        dispatch = "custodian dispatch docs --claim --agent ada --format prompt"
        machine.env["CUSTODIAN_AGENT"] = "ada"
        machine.say(f"{dispatch} | {claude(api, machine)}")

    assert "You are the agent of the repo docs. Do one task there" in api.seen.prompt
    agreed(machine, plan)


def test_a_run_with_claude_is_judged_by_what_it_left(docs: Path, machine: Machine) -> None:
    plan = docs / "workplans/a.md"
    with messages_api(*works(plan)) as api:
        agent = shlex.quote(claude(api, machine))
        told = machine.data(f"custodian run docs --agent-command {agent}")

    assert (told["ok"], told["task"], told["status"]) == (True, T1, "done")
    assert told["evidence"] == ["note written", "status done"]
    assert told["sync"]["sealed"] is True
    agreed(machine, plan)


def test_a_run_whose_claude_only_talks_has_failed(docs: Path, machine: Machine) -> None:
    with messages_api(say("I have done everything, and it works!")) as api:
        agent = shlex.quote(claude(api, machine))
        done = machine.run(f"custodian run docs --agent-command {agent} --json")

    told = json.loads(done.stdout)["data"]
    assert (done.returncode, told["ok"], told["exit_code"], told["evidence"]) == (1, False, 0, [])
    assert machine.data(f"custodian task show {T1}")["claim"] is None
    assert Path(told["transcript"]).read_text() == "I have done everything, and it works!\n"


def test_a_run_whose_claude_may_use_no_tool_has_failed(docs: Path, machine: Machine) -> None:
    with messages_api(*works(docs / "workplans/a.md")) as api:
        agent = shlex.quote(claude(api, machine, leave=""))
        done = machine.run(f"custodian run docs --agent-command {agent} --json")

    assert done.returncode == 1
    assert "permission" in api.seen.heard[-1]
    assert json.loads(done.stdout)["data"]["evidence"] == []


def test_a_prompt_of_the_server_is_a_command_of_claude(docs: Path, machine: Machine) -> None:
    with messages_api(say("Understood.")) as api:
        machine.say(claude(api, machine), stdin="/mcp__custodian__dispatch docs")

    assert f"Do one task there, {T1}" in api.seen.prompt
    assert "=== BEGIN DATA ===" in api.seen.prompt


def test_the_model_sees_structured_answers_and_instructions(docs: Path, machine: Machine) -> None:
    script = (
        custodian("list_repos"),
        custodian("get_task", task="NO-WP-0001-T01"),
        custodian("list_tasks", stauts="todo"),
    )
    with messages_api(*script) as api:
        machine.say(claude(api, machine), stdin="Where do we stand?")

    repos, unknown, misspelt = api.seen.heard
    first = api.conversations[0]
    assert [repo["repo"] for repo in repos["repos"]] == ["docs"]
    assert "NO-WP-0001-T01" in unknown
    assert "there is no argument 'stauts'" in misspelt
    assert "mcp__custodian__claim_task" in {tool["name"] for tool in first["tools"]}
    assert mcp_app.INSTRUCTIONS.splitlines()[0] in json.dumps(first)


def test_the_model_sees_no_secret_of_the_settings(docs: Path, machine: Machine) -> None:
    token = machine.say("custodian token create claude --scope work").strip()
    secrets = {"GITEA_TOKEN": "gitea-8f3a1c", "CUSTODIAN_HUB_TOKEN": token}
    machine.env |= secrets | {"GITEA_URL": "https://git.example"}
    asks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("list_repos", {}),
        ("get_repo_dispatch", {"repo": "docs"}),
        ("check_consistency", {"repos": ["docs"]}),
    )
    script = [
        use(f"mcp__{server}__{tool}", **arguments)
        for server in ("custodian", "hub")
        for tool, arguments in asks
    ]
    with messages_api(*script) as api:
        with machine.serving("custodian serve --port 0") as url:
            machine.env["CUSTODIAN_HUB_URL"] = url
            bearer = {"Authorization": f"Bearer {token}"}
            hub = {"type": "http", "url": f"{url}/mcp", "headers": bearer, "alwaysLoad": True}
            machine.say(claude(api, machine, hub=hub), stdin="Where do we stand?")
            answered = api.seen.heard
        machine.say(claude(api, machine), stdin="And now that the hub is gone?")

    by_program, by_hub = answered[:3], answered[3:]
    assert [each.keys() for each in by_program] == [each.keys() for each in by_hub]
    assert "does not answer" in api.seen.heard[0]
    assert not [name for name in secrets if any(secrets[name] in body for body in api.asked)]
