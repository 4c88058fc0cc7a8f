"""Reading the work: workstreams, tasks and their history, claims."""

from typing import Annotated, Any

from fastapi import Query as FromQuery
from fastapi.responses import Response
from pydantic import AwareDatetime, BeforeValidator, Field

from custodian_core.ops.flow import Flow
from custodian_core.ports import LIMIT
from custodian_core.records import Claim, Event, Page, Task, Workstream
from custodian_core.status import Priority, Status

from .asking import (
    BOUNDS,
    HubHere,
    Name,
    Paged,
    Query,
    Router,
    SettingsHere,
    answered,
    answers,
    time_called,
    whole,
)
from .bodies import LARGEST_OF

router = Router()


class Workstreams(Paged):
    """Which workstreams are wanted."""

    repo: str | None = None
    status: Status | None = None


class Tasks(Paged):
    """Which tasks are wanted."""

    repo: str | None = None
    workstream: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    needs_human: bool | None = None


class History(Query):
    """How much of a task's history, and from where on."""

    after: int = Field(
        0, ge=0, le=LARGEST_OF["after"], description="the `seq` of the last event seen"
    )
    limit: int = Field(LIMIT, json_schema_extra=BOUNDS)


class Events(History):
    """Which events are wanted."""

    repo: str | None = None
    type: str | None = None
    subject: str | None = Field(None, description="an id, or the key or slug people know it by")


class Claims(Query):
    """Which claims are wanted."""

    repo: str | None = None
    holder: str | None = None
    live: bool = Field(default=True, description="those that have not ended")


@router.get("/workstreams/", tags=["workstreams"], **answers(Page[Workstream], 404))
def list_workstreams(
    wanted: Annotated[Workstreams, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Workstreams, in pages."""
    return answered(hub.workstreams(**wanted.said()), settings)


@router.get("/workstreams/{name}", tags=["workstreams"], **answers(Workstream, 404, 409))
def show_workstream(name: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """One workstream, by its key or id."""
    return answered(hub.workstream(name), settings)


@router.get("/tasks/", tags=["tasks"], **answers(Page[Task], 404, 409))
def list_tasks(
    wanted: Annotated[Tasks, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Tasks by key, in pages."""
    return answered(hub.tasks(**wanted.said()), settings)


@router.get("/tasks/{name}", tags=["tasks"], **answers(Task, 404, 409))
def show_task(name: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """One task, by its key or id."""
    return answered(hub.task(name), settings)


@router.get("/tasks/{name}/history", tags=["tasks"], **answers(Page[Event], 404, 409))
def show_history(
    name: Name, wanted: Annotated[History, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """What happened to the task, in that order."""
    said: dict[str, Any] = wanted.said()
    return answered(hub.events(subject=hub.task(name).id, **said), settings)


@router.get("/claims/", tags=["claims"], **answers(Page[Claim], 404))
def list_claims(
    wanted: Annotated[Claims, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Claims, the newest first."""
    return answered(whole(hub.claims(**wanted.said())), settings)


class Window(Query):
    """Of which time the flow is wanted."""

    since: Annotated[AwareDatetime, BeforeValidator(time_called("since"))]
    until: Annotated[AwareDatetime, BeforeValidator(time_called("until"))]
    repo: str | None = None


@router.get("/state/flow", tags=["state"], **answers(Flow, 404))
def show_flow(
    wanted: Annotated[Window, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """How work flowed: what was done, how long it took, was blocked, came back, was not sealed."""
    return answered(hub.flow(wanted.since, wanted.until, repo=wanted.repo), settings)


class LastEvents(Query):
    """Of which type the events are wanted."""

    type: str


@router.get("/events/last", tags=["events"], **answers(Page[Event]))
def list_last_events(
    wanted: Annotated[LastEvents, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """The last event of a type of each subject."""
    return answered(whole(hub.last_events(wanted.type)), settings)


@router.get("/events/", tags=["events"], **answers(Page[Event]))
def list_events(
    wanted: Annotated[Events, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """What happened, in that order; from the last `seq` seen on, none is missed or repeated."""
    return answered(hub.events(**wanted.said()), settings)
