"""The MCP server as clients of both eras meet it, in memory and over stdio."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextContent

from custodian_core.errors import BadValue
from custodian_server.choosing import DEFAULT, Chosen, Toolset, chosen
from custodian_server.mcp_app import DECLARED, TOOL_NAMES
from tests.conftest import Snapshot
from tests.gits import as_ada

from .agents import Mode, ask, connected, modes, refused

pytestmark = pytest.mark.anyio

PROGRAM = Path(sys.executable).with_name("custodian-mcp")


async def test_every_tools_schema_is_known(snapshot: Snapshot, tmp_path: Path) -> None:
    async with connected(tmp_path, choice=Chosen(frozenset(Toolset))) as client:
        tools = (await client.list_tools()).tools

    for tool in tools:
        text = json.dumps(tool.model_dump(mode="json", exclude_none=True), indent=2)
        snapshot(f"tools/{tool.name}.json", text + "\n")
    names = [name for declared in DECLARED for name in (declared.name, *declared.aliases)]
    assert [tool.name for tool in tools] == names
    assert all(tool.title and tool.annotations for tool in tools)
    assert all(len(declared.name) <= 30 for declared in DECLARED)
    assert sum(declared.toolset in DEFAULT for declared in DECLARED) <= 20


async def test_no_tool_both_reads_and_writes_and_each_argument_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        tools = (await client.list_tools()).tools

    for tool in tools:
        declared = next(each for each in DECLARED if each.name == tool.name)
        assert tool.annotations
        assert tool.annotations.read_only_hint is not declared.writes
        assert tool.input_schema["additionalProperties"] is False


@modes
async def test_an_agent_takes_a_task_from_dispatch_to_done(mode: Mode, docs: Path) -> None:
    async with connected(docs, mode) as client:
        registered = await ask(client, "register_repo", path=".")
        fixed = await ask(client, "fix_consistency")
        dispatch = await ask(client, "get_repo_dispatch")
        claimed = await ask(client, "claim_task", repo="docs", agent="ada")
        fence = claimed["lease"]["fence"]
        key = claimed["task"]["key"]
        await ask(client, "update_task", task=key, status="in_progress", fence=fence, agent="ada")
        done = await ask(
            client,
            "update_task",
            task=key,
            status="done",
            evidence="make test passes",
            fence=fence,
            agent="ada",
        )
        written = await ask(client, "fix_consistency")
        checked = await ask(client, "check_consistency")

    assert registered["repo"] == "docs"
    assert (fixed["sealed"], fixed["not_done"]) == (1, [])
    assert fixed["next"] == "get_repo_dispatch says what to do next"
    assert dispatch["task"]["key"] == key == "DOCS-WP-0001-T01"
    assert done["done"] == ["note written", "in_progress → done"]
    assert written["repos"][0]["sealed"] is True
    assert "status: done" in (docs / "workplans/a.md").read_text()
    assert as_ada(docs, "rev-parse", "HEAD") == as_ada(docs, "rev-parse", "origin/main")
    assert checked["repos"][0]["outcome"] == "ok"


async def test_a_person_is_asked_and_the_answer_passed_on(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "fix_consistency")
        asked = await ask(
            client, "ask_human", question="Which font?", task="DOCS-WP-0001-T01", options=["a", "b"]
        )
        waiting = await ask(client, "list_interventions")
        answered = await ask(
            client, "answer_intervention", question=asked["id"][:8], answer="a", agent="ada"
        )
        after = await ask(client, "list_interventions")

    assert waiting["questions"][0]["blocks"] == "DOCS-WP-0001-T01"
    assert answered["unblocked"] == "DOCS-WP-0001-T01"
    assert after["total"] == 0
    assert "hint" in after


async def test_going_back_needs_a_reason(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "fix_consistency")
        await ask(client, "update_task", task="DOCS-WP-0001-T01", status="done")
        told = await refused(client, "update_task", task="DOCS-WP-0001-T01", status="todo")
        again = await ask(
            client,
            "update_task",
            task="DOCS-WP-0001-T01",
            status="todo",
            reopen_reason="it broke",
        )

    assert "is done and does not go back to todo" in told
    assert "update_task with reopen_reason" in told
    assert again["status"] == "todo"


async def test_two_agents_never_get_the_same_task(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "fix_consistency")
        calls = [ask(client, "claim_task", repo="docs", agent=f"agent-{n}") for n in range(4)]
        claims = await asyncio.gather(*calls)
        stale = await refused(
            client,
            "update_task",
            task="DOCS-WP-0001-T01",
            status="done",
            fence=99,
            agent="agent-9",
        )

    taken = [claim["task"]["key"] for claim in claims if claim["task"]]
    assert sorted(taken) == ["DOCS-WP-0001-T01", "DOCS-WP-0001-T02"]
    assert all(claim["why"] for claim in claims if not claim["task"])
    assert "stale" in stale
    assert "claim_task to claim anew" in stale


async def test_a_dry_run_returns_a_plan_that_a_later_call_may_name(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        planned = await ask(client, "fix_consistency", dry_run=True)
        head = as_ada(docs, "rev-parse", "HEAD")
        other = await refused(client, "fix_consistency", plan="0" * 16)
        untouched = as_ada(docs, "rev-parse", "HEAD") == head
        fixed = await ask(client, "fix_consistency", plan=planned["plan"])

    assert untouched
    assert "it is" in other
    assert fixed["sealed"] == 1


async def test_a_sweep_tells_how_far_it_is(docs: Path) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connected(docs) as client:
        await ask(client, "register_repo")
        await client.call_tool("fix_consistency", {"all": True}, progress_callback=hear)

    assert told == [(1, 1, "docs: ok")]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("list_tasks", {"stauts": "todo"}, "there is no argument 'stauts'"),
        ("list_tasks", {"limit": 1000}, "'limit': input should be less than or equal to 100"),
        ("list_tasks", {"status": "Done"}, "'status': input should be 'todo', 'in_progress'"),
        ("get_task", {}, "'task' is missing"),
        ("get_task", {"task": "X-1"}, "there is no task 'X-1'; call list_tasks"),
        ("claim_task", {"repo": "nowhere"}, "there is no repo 'nowhere'; call list_repos"),
        ("fix_consistency", {"repos": ["x"], "all": True}, "name repos or say all, not both"),
        ("get_repo_dispatch", {}, "no repo is registered there on this host"),
        ("lint_workplans", {"path": "nonexistent"}, "there is no such file or folder"),
        ("lint_workplans", {"path": "/etc"}, "set CUSTODIAN_ROOTS to where your checkouts live"),
        ("create_workplan", {"title": "x", "tasks": [], "path": "/etc"}, "set CUSTODIAN_ROOTS"),
        ("lint_workplans", {"path": "a\0b"}, "no path can have"),
    ],
)
@modes
async def test_what_a_model_can_act_on_reaches_it_as_words(
    mode: Mode, tool: str, arguments: dict[str, Any], said: str, tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "here").mkdir()
    as_ada(tmp_path / "here", "init", "-q")
    async with connected(tmp_path / "here", mode) as client:
        told = await refused(client, tool, **arguments)

    assert said in told
    assert "Traceback" not in told
    assert "pydantic" not in told


async def test_a_hub_that_is_down_stops_the_call_and_not_the_start(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://127.0.0.1:9")
    async with connected(tmp_path) as client:
        tools = (await client.list_tools()).tools
        told = await refused(client, "list_repos")

    assert tools
    assert "does not answer" in told
    assert "start the hub (`custodian serve`)" in told


async def test_hooks_are_installed_and_a_repo_can_be_put_out_of_scope(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        installed = await ask(client, "install_hooks")
        await ask(client, "set_goal", title="Level 1 by Friday")
        out = await ask(client, "set_out_of_scope", repo="docs", reason="a fork")
        left = await ask(client, "list_repos")

    assert installed["repos"][0]["hooks"]
    assert (docs / ".git/hooks/post-commit").exists()
    assert (out["status"], out["reason"]) == ("out_of_scope", "a fork")
    assert left["total"] == 0


async def test_lists_are_short_by_default_and_say_how_to_go_on(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "create_workplan", title="Many", tasks=[f"Do {n}" for n in range(40)])
        as_ada(docs, "add", ".")
        as_ada(docs, "commit", "-q", "-m", "many")
        await ask(client, "fix_consistency")
        first = await ask(client, "list_tasks")
        second = await ask(client, "list_tasks", cursor=first["cursor"])

    assert (len(first["tasks"]), first["total"]) == (20, 42)
    assert first["tasks"][-1]["key"] < second["tasks"][0]["key"]
    assert len(json.dumps(first)) < 10_000


def test_flags_choose_tools_and_read_only_beats_all() -> None:
    by_name = {declared.name: declared for declared in DECLARED}

    def has(choice: Chosen, name: str) -> bool:
        declared = by_name[name]
        return choice.has(name, declared.toolset, writes=declared.writes)

    only_work = chosen({}, TOOL_NAMES, toolsets="work")
    reading = chosen({"CUSTODIAN_READ_ONLY": "1"}, TOOL_NAMES, tools="fix_consistency")
    without = chosen(
        {"CUSTODIAN_EXCLUDE_TOOLS": "list_tasks"}, TOOL_NAMES, tools="list_tasks,get_task"
    )

    assert has(only_work, "claim_task")
    assert not has(only_work, "fix_consistency")
    assert not has(reading, "fix_consistency")
    assert has(without, "get_task")
    assert not has(without, "list_tasks")
    with pytest.raises(BadValue, match="there are inventory, ops, schedule, sync, work"):
        chosen({}, TOOL_NAMES, toolsets="wrok")


async def test_the_format_is_a_prompt(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        prompt = await client.get_prompt("plan_workplan")

    content = prompt.messages[0].content
    assert isinstance(content, TextContent)
    assert "`in_progress`" in content.text


async def test_prompts_speak_of_the_repo_that_is_named(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "fix_consistency")
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        begun = await client.get_prompt("session_start", {"repo": "docs"})
        working = await client.get_prompt("dispatch", {"repo": "docs"})

    assert names == [
        "dispatch",
        "session_start",
        "session_close",
        "triage_inventory",
        "answer_questions",
        "plan_workplan",
    ]
    for prompt, said in ((begun, "custodian fix docs"), (working, "DOCS-WP-0001-T01")):
        content = prompt.messages[0].content
        assert isinstance(content, TextContent)
        assert said in content.text


async def test_the_console_script_serves_over_stdio(docs: Path, env: dict[str, str]) -> None:
    server = StdioServerParameters(
        command=str(PROGRAM), args=["--read-only"], cwd=str(docs), env=env
    )
    async with Client(server) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        linted = await ask(client, "lint_workplans")

    assert "fix_consistency" not in names
    assert linted["workplans"] == 1
