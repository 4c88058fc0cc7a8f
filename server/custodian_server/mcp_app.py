"""The MCP server: `custodian_tools` in the hands of agents."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field

from custodian_core import __version__
from custodian_core.errors import CustodianError
from custodian_prompts import load
from custodian_tools import workplans

P = ParamSpec("P")
R = TypeVar("R")

READ = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CREATE = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
SHOWN_FINDINGS = 50

Folder = Annotated[str, Field(description="Repo folder, absolute or below the server's own")]


def lint_workplans(
    path: Annotated[str, Field(description="Repo folder or one workplan file")] = ".",
) -> dict[str, Any]:
    """Check the workplans of a repo: what is amiss, by file and line, and what to do."""
    lint = workplans.lint_workplans([Path(path)])
    findings = [finding.to_json() for finding in lint.findings[:SHOWN_FINDINGS]]
    return {
        **lint.to_json(),
        "findings": findings,
        "findings_total": len(lint.findings),
        "truncated": len(lint.findings) > SHOWN_FINDINGS,
    }


def create_workplan(
    title: Annotated[str, Field(min_length=1, max_length=200)],
    repo: Folder,
    tasks: Annotated[list[str], Field(description="Titles, in order", max_length=100)],
    prefix: Annotated[
        str | None, Field(description="Id prefix; default: the newest plan's")
    ] = None,
) -> dict[str, Any]:
    """Begin a workplan with the next free id; returns its path, ids and text."""
    today = datetime.now(UTC).date()
    plan = workplans.create_workplan(title, tasks, root=Path(repo), today=today, prefix=prefix)
    return plan.to_json()


def plan_workplan() -> str:
    """How to write a workplan that Custodian can read."""
    return workplans.guide(load)


def _told(function: Callable[P, R]) -> Callable[P, R]:
    """What a caller can act on reaches the model as words, not as `Error executing tool`."""

    @wraps(function)
    def tell(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except CustodianError as error:
            raise ToolError(str(error)) from error

    return tell


def _tool(function: Callable[..., Any], title: str, annotations: ToolAnnotations) -> Tool:
    """The function as a tool that refuses arguments it does not know."""
    tool = Tool.from_function(_told(function), title=title, annotations=annotations)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


app = MCPServer(
    "custodian",
    title="Custodian",
    version=__version__,
    instructions="Custodian keeps Markdown workplans and a State Hub in step. Lint after editing.",
    tools=[
        _tool(lint_workplans, "Lint workplans", READ),
        _tool(create_workplan, "Begin a workplan", CREATE),
    ],
)
app.prompt(title="Write a workplan")(plan_workplan)
