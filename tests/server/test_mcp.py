import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextContent

from custodian_server.mcp_app import app
from tests.conftest import Snapshot

pytestmark = pytest.mark.anyio
Mode = Literal["auto", "legacy"]
modes = pytest.mark.parametrize("mode", ["auto", "legacy"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def connected(mode: Mode) -> AsyncGenerator[Client]:
    async with Client(app, mode=mode) as client:
        yield client


async def test_every_tools_schema_is_known(snapshot: Snapshot) -> None:
    async with connected("auto") as client:
        tools = (await client.list_tools()).tools

    for tool in tools:
        text = json.dumps(tool.model_dump(mode="json", exclude_none=True), indent=2)
        snapshot(f"tools/{tool.name}.json", text + "\n")
    assert all(tool.title and tool.annotations and len(tool.name) <= 30 for tool in tools)


@modes
async def test_an_agent_can_begin_a_plan_and_lint_it(mode: Mode, tmp_path: Path) -> None:
    arguments = {"title": "Begin", "repo": str(tmp_path), "tasks": ["One"], "prefix": "X-WP"}
    async with connected(mode) as client:
        made = await client.call_tool("create_workplan", arguments)
        linted = await client.call_tool("lint_workplans", {"path": str(tmp_path)})

    assert made.structured_content
    assert made.structured_content["tasks"] == ["X-WP-0001-T01"]
    assert linted.structured_content
    assert linted.structured_content["tasks"] == 1
    assert linted.structured_content["findings_total"] == 2


def text_of(result: Any) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@modes
async def test_what_the_model_can_act_on_reaches_it_as_words(mode: Mode) -> None:
    async with connected(mode) as client:
        result = await client.call_tool("lint_workplans", {"path": "/nonexistent"})

    assert result.is_error
    assert "/nonexistent: there is no such file or folder" in text_of(result)


@modes
async def test_an_argument_that_no_tool_knows_is_refused(mode: Mode) -> None:
    async with connected(mode) as client:
        result = await client.call_tool("lint_workplans", {"paht": "."})

    assert result.is_error
    assert "paht" in text_of(result)


async def test_the_format_is_a_prompt() -> None:
    async with connected("auto") as client:
        prompt = await client.get_prompt("plan_workplan")

    content = prompt.messages[0].content
    assert isinstance(content, TextContent)
    assert "`in_progress`" in content.text


async def test_the_console_script_serves_over_stdio(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("custodian-mcp")
    server = StdioServerParameters(command=str(program), cwd=str(tmp_path))
    async with Client(server) as client:
        linted = await client.call_tool("lint_workplans", {})

    assert linted.structured_content
    assert linted.structured_content["workplans"] == 0
