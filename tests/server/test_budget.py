"""What tools and their answers cost a model, in tokens: one gate for all of it."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from custodian_core.codec import now
from custodian_core.commands import Caller, RecordSync, RegisterRepo
from custodian_core.hub import open_store
from custodian_core.model_tokens import count
from custodian_core.records import HostSync
from custodian_tools.agent.desk import Desk
from custodian_tools.agent.syncing import list_repos
from tests.gits import as_ada

from .agents import ask, connected
from .serving import settings_of

pytestmark = pytest.mark.anyio

#: for all tools of the default sets together, for one, and for an answer
ALL, ONE, ANSWER = 2500, 250, 1500
#: for a dispatch of a usual repo
DISPATCH = 600


def cost(value: object) -> int:
    """The tokens of it as clients put it before a model: compact JSON."""
    return count(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def seen(tool: Any) -> dict[str, Any]:
    """What a model sees of a tool."""
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


async def test_the_tools_of_the_default_sets_cost_little(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        tools = (await client.list_tools()).tools

    costs = {tool.name: cost(seen(tool)) for tool in tools}
    assert [f"{name}: {told}" for name, told in costs.items() if told > ONE] == []
    assert sum(costs.values()) <= ALL, costs


async def test_a_dispatch_and_a_list_of_tasks_cost_little_in_a_busy_repo(docs: Path) -> None:
    titles = [f"Render the tables of chapter {n} as the style guide has it" for n in range(40)]
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "set_goal", title="Every chapter is rendered by Friday")
        await ask(client, "create_workplan", title="Chapters", tasks=titles)
        as_ada(docs, "add", ".")
        as_ada(docs, "commit", "-q", "-m", "chapters")
        await ask(client, "fix_consistency")
        await ask(client, "ask_human", question="Which fonts may we ship?", task="DOCS-WP-0001-T02")
        dispatch = await ask(client, "get_repo_dispatch")
        tasks = await ask(client, "list_tasks")
        detailed = await ask(client, "list_tasks", response_format="detailed")

    assert dispatch["directive"] == "work"
    assert cost(dispatch) <= DISPATCH
    assert (len(tasks["tasks"]), tasks["total"]) == (20, 42)
    assert cost(tasks) <= ANSWER
    assert cost(detailed) <= 2 * ANSWER


AMISS = {"code": "C-17", "severity": "FAIL", "message": "kept", "path": None, "line": None}


@pytest.mark.parametrize(
    ("outcome", "sealed", "found", "most"),
    [("ok", True, (), ANSWER), ("unpushed", False, (AMISS, AMISS), 2 * ANSWER)],
)
def test_a_list_of_repos_costs_little_and_where_all_is_amiss_not_much(
    outcome: str, sealed: bool, found: tuple[dict[str, object], ...], most: int, tmp_path: Path
) -> None:
    settings, at = settings_of(tmp_path), now()
    with closing(open_store(settings)) as hub:
        for number in range(25):
            slug = f"chapter-{number:02}"
            path = f"/home/ada/src/{slug}"
            ran = HostSync("here", path, at, at, outcome, sealed, 0, 0, found)
            hub.do(RegisterRepo(slug, "documents", host="here", path=path), Caller("ada"))
            hub.do(RecordSync(slug, ran, stamp=True), Caller("ada"))
    with closing(Desk(tmp_path, settings.values)) as desk:
        listed = list_repos(desk)

    assert (len(listed["repos"]), listed["total"]) == (20, 25)
    assert cost(listed) <= most, cost(listed)
