"""An agent's side of the MCP server: a repo to work in, and calls that are answered."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client import Client
from mcp.types import TextContent

from custodian_server.choosing import Chosen
from custodian_server.mcp_app import build
from custodian_tools.agent.desk import Desk

Mode = Literal["auto", "legacy"]
modes = pytest.mark.parametrize("mode", ["auto", "legacy"])

PLAN = """\
---
id: DOCS-WP-0001
type: workplan
title: "Level 1"
domain: docs
repo: docs
status: active
---
# Level 1

### T01 — Parse
```task
id: DOCS-WP-0001-T01
status: todo
priority: high
```
Read it.

### T02 — Render
```task
id: DOCS-WP-0001-T02
status: todo
```
"""


@asynccontextmanager
async def connected(
    folder: Path, mode: Mode = "auto", choice: Chosen | None = None, **options: Any
) -> AsyncGenerator[Client]:
    desk = Desk(folder)
    async with Client(build(desk, choice or Chosen(), listen=True), mode=mode, **options) as client:
        yield client
    desk.close()


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured answer of a tool that does what is asked."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    answer: dict[str, Any] = result.structured_content or {}
    return answer


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says that does not do it."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.structured_content
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text
