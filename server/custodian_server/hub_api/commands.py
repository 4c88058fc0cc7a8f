"""Everything that changes the hub: a route for each command, made from the table of ways."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from fastapi import Body, Path
from fastapi import Query as FromQuery
from fastapi.responses import Response

from custodian_core.commands import ClaimTask, EndGoal, RequestSync
from custodian_core.records import GoalStatus
from custodian_core.wire import WAYS, Way, command_of
from custodian_tools.requesting import sync_requested

from .asking import By, HubHere, Name, Plain, Query, Router, SettingsHere, answered, shown_kind
from .bodies import Spelled, check_plain
from .errors import documented
from .paths import check_paths
from .queue import WorkersHere

NEXT = "/repos/{slug}/dispatch"


class Ending(Query):
    """How a goal ended."""

    status: GoalStatus = GoalStatus.ACHIEVED


@cache
def command_routes() -> Router:
    """The routes of all commands."""
    router = Router()
    for way in WAYS:
        _add(router, way, _endpoint(way))
    return router


def _add(router: Router, way: Way, endpoint: Callable[..., Response]) -> None:
    said = way.command.__doc__ or ""
    summary = "Claim the repo's next task." if way.path == NEXT else said.partition("\n")[0]
    kind = shown_kind(way.answer)
    router.add_api_route(
        way.path,
        endpoint,
        methods=[way.method],
        name=way.command.__name__,
        operation_id=f"{way.command.__name__}_{way.parameter}".rstrip("_"),
        tags=[way.path.split("/")[1]],
        summary=summary.rstrip("."),
        description=said,
        response_model=None,
        status_code=way.status,
        responses={
            way.status: {"model": kind, "description": "done"},
            **documented(400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 503),
        },
    )


def _endpoint(way: Way) -> Callable[..., Response]:
    """What carries out the command that stands in the request."""
    if way.command is EndGoal:
        return _end_goal
    if way.command is RequestSync:
        return _requesting(way)
    if way.path == NEXT:
        return _next(way)
    if way.method == "DELETE":
        return _removing(way)
    if way.subject is None:
        return _adding(way)
    return _changing(way)


def _adding(way: Way) -> Callable[..., Response]:
    def add(
        body: Annotated[dict[str, Any], Body(), Spelled(way)],
        hub: HubHere,
        settings: SettingsHere,
        by: By,
    ) -> Response:
        command = _read(way, None, body, settings)
        return answered(hub.do(command, by), settings, way.status)

    return add


def _changing(way: Way) -> Callable[..., Response]:
    def change(
        name: Annotated[str, Path(alias=way.parameter), Plain],
        body: Annotated[dict[str, Any], Body(), Spelled(way)],
        hub: HubHere,
        settings: SettingsHere,
        by: By,
    ) -> Response:
        command = _read(way, name, body, settings)
        return answered(hub.do(command, by), settings, way.status)

    return change


def _requesting(way: Way) -> Callable[..., Response]:
    def request_sync(
        slug: Name,
        body: Annotated[dict[str, Any], Body(), Spelled(way)],
        hub: HubHere,
        workers: WorkersHere,
        settings: SettingsHere,
        by: By,
    ) -> Response:
        command: RequestSync = _read(way, slug, body, settings)
        repo = sync_requested(hub, command.slug, command.reason, by, workers.hear)
        return answered(repo, settings, way.status)

    return request_sync


def _next(way: Way) -> Callable[..., Response]:
    def claim_next(
        slug: Name,
        body: Annotated[dict[str, Any], Body(), Spelled(way)],
        hub: HubHere,
        settings: SettingsHere,
        by: By,
    ) -> Response:
        command: ClaimTask = _read(way, slug, body, settings)
        return answered(hub.claim_next(command, by), settings)

    return claim_next


def _removing(way: Way) -> Callable[..., Response]:
    def remove(
        name: Annotated[str, Path(alias=way.parameter), Plain],
        hub: HubHere,
        settings: SettingsHere,
        by: By,
    ) -> Response:
        command = _read(way, name, {}, settings)
        return answered(hub.do(command, by), settings, way.status)

    return remove


def _end_goal(
    slug: Name,
    said: Annotated[Ending, FromQuery()],
    hub: HubHere,
    settings: SettingsHere,
    by: By,
) -> Response:
    return answered(hub.do(EndGoal(slug, said.status), by), settings)


def _read(way: Way, name: str | None, body: dict[str, Any], settings: Any) -> Any:
    """The command that was asked, once nothing in it can do harm."""
    check_plain(body)
    command = command_of(way, name, body)
    check_paths(command, settings)
    return command
