"""What the MCP server tells beside its tools: prompts for people's clients, resources to read."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, cast

from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.context import CallNext, ServerRequestContext
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import Field, ValidationError

from custodian_core.errors import CustodianError, HubTrouble
from custodian_core.findings import CATALOGUE
from custodian_core.text import printable
from custodian_prompts import load
from custodian_tools import dispatch, workplans
from custodian_tools.agent import reading, work
from custodian_tools.agent.answers import advice
from custodian_tools.agent.desk import Desk

T = TypeVar("T")

Slug = Annotated[str, Field(description="The repo's slug")]
JSON = "application/json"


def add_prompts(server: MCPServer[Any], desk: Desk) -> None:
    """The prompts are served; one source feeds them, the CLI and the wheel."""

    def session_start(repo: Slug) -> str:
        """Begin a session in a repo."""
        return load("session_start").format(repo=printable(repo, 100))

    def session_close(repo: Slug) -> str:
        """End a session in a repo."""
        return load("session_close").format(repo=printable(repo, 100))

    def work(repo: Slug) -> str:
        """Work as the repo's agent: what to do now, with all that is needed for it."""
        facts = _asked(lambda: dispatch.facts(desk.hub, desk.settings, desk.slug(repo)))
        if facts.dispatch.task is None:
            told = dispatch.direction(facts)
            return f"Nothing is to be done in {facts.dispatch.repo_slug}: {told.reason}. End here."
        return dispatch.prompt(facts, load)

    server.prompt(name="dispatch", title="Work in a repo")(work)
    server.prompt(title="Begin a session")(session_start)
    server.prompt(title="End a session")(session_close)
    server.prompt(title="Sort what is on the forge")(triage_inventory)
    server.prompt(title="Answer open questions")(answer_questions)
    server.prompt(title="Write a workplan")(plan_workplan)
    server.middleware.append(tell_of_prompts)


async def tell_of_prompts(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> Any:
    """A prompt that is not there, or is not given what it needs, is the client's error."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except ValueError as error:
        if ctx.method != "prompts/get" or error.__cause__ is None or error.__cause__.__cause__:
            raise
        told = printable(str(error).lower(), 300)
        raise MCPError(INVALID_PARAMS, f"{told}; prompts/list tells what there is") from error


def _asked(ask: Callable[[], T]) -> T:
    """What a prompt is made of; what keeps it from being made is told in words."""
    try:
        return ask()
    except CustodianError as error:
        raise MCPError(INVALID_PARAMS, advice(error)) from error


def triage_inventory() -> str:
    """Decide which repos of the forge come into Custodian's care."""
    return load("triage_inventory")


def answer_questions() -> str:
    """Go through the open questions with a person."""
    return load("answer_questions")


def plan_workplan() -> str:
    """How to write a workplan that Custodian can read."""
    return workplans.guide(load)


def add_resources(server: MCPServer[Any], desk: Desk) -> None:
    """What the hub and the checkouts know can be read by address."""

    def read_dispatch(repo: str) -> dict[str, Any]:
        """What a repo's agent should know and do now."""
        return _found(lambda: dispatch.payload(desk.hub, desk.settings, repo))

    def read_brief(repo: str) -> str:
        """A repo on one page: goal, active workplans, next tasks, open questions."""
        from custodian_core.brief import render

        return _found(lambda: render(desk.hub.reconcile_view(repo)).decode())

    def read_workplan(repo: str, path: str) -> dict[str, Any]:
        """A workplan in the repo's checkout on this host; what people wrote stands in `text`."""
        return _found(lambda: reading.workplan(desk, repo, path))

    def read_task(key: str) -> dict[str, Any]:
        """A task: what is to be done, what must hold, who works on it, what happened."""
        return _found(lambda: work.get_task(desk, key, "detailed"))

    def read_sync(repo: str) -> dict[str, Any]:
        """The report of a repo's last sync."""
        runs = _found(lambda: desk.hub.sync_runs(repo, limit=20))
        told = next((run.report for run in runs if run.report), None)
        return told or {"slug": repo, "outcome": runs[0].outcome if runs else "never run"}

    def read_codes() -> str:
        """Every check code, what it means and what to do about it."""
        return json.dumps({code: [each.title, each.todo] for code, each in CATALOGUE.items()})

    server.resource("dispatch://{repo}", title="Dispatch", mime_type=JSON)(read_dispatch)
    server.resource("brief://{repo}", title="Brief", mime_type="text/markdown")(read_brief)
    server.resource("workplan://{repo}/{+path}", title="Workplan", mime_type=JSON)(read_workplan)
    server.resource("task://{key}", title="Task", mime_type=JSON)(read_task)
    server.resource("sync://{repo}", title="Last sync", mime_type=JSON)(read_sync)
    server.resource("codes://all", title="Check codes", mime_type=JSON)(read_codes)


def _found(ask: Callable[[], T]) -> T:
    """What is there, or that it is not."""
    try:
        return ask()
    except HubTrouble as trouble:
        raise ResourceError(advice(trouble)) from trouble
    except CustodianError as error:
        raise ResourceNotFoundError(advice(error)) from error


def add_completion(server: MCPServer[Any], desk: Desk) -> None:
    """The names in prompts and addresses are completed: repos, tasks, workplans."""

    def names(argument: str, begun: str, said: Mapping[str, str]) -> list[str]:
        match argument:
            case "repo":
                return reading.slugs(desk, begun)
            case "key":
                return reading.task_keys(desk, begun)
            case "path" if said.get("repo"):
                return reading.plan_paths(desk, said["repo"], begun)
            case _:
                return []

    async def complete(
        _ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        said = (context.arguments if context else None) or {}
        try:
            found = await run_sync(names, argument.name, argument.value, said)
        except CustodianError as error:
            raise MCPError(INTERNAL_ERROR, advice(error)) from error
        most = reading.MOST_NAMES
        return Completion(values=found[:most], total=len(found), has_more=len(found) > most)

    cast("Any", server).completion()(complete)  # the SDK says nothing of its types
