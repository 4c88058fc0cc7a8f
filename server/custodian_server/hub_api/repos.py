"""Reading repos, and what belongs to one: its dispatch, its goals, what reconciling needs."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query as FromQuery
from fastapi.responses import Response
from pydantic import AwareDatetime, BeforeValidator, Field

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_core.ports import LIMIT
from custodian_core.records import (
    Dispatch,
    Domain,
    Goal,
    Page,
    ReconcileView,
    RepoStatus,
    SyncRun,
    Topic,
)
from custodian_core.wire import CURSOR, TOTAL, RepoHere

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

router = Router()

#: a thousand years of hours
LONGEST = 24 * 366 * 1000


Synced = Annotated[AwareDatetime, BeforeValidator(time_called("synced_before"))]


class Repos(Paged):
    """Which repos are wanted."""

    slug: str | None = None
    domain: str | None = None
    status: RepoStatus | None = None
    kaizen_schedule_enabled: bool | None = None
    host: str | None = Field(None, description="checked out on this host")
    stale: float | None = Field(
        None, ge=0, le=LONGEST, description="not synced for that many hours, or never"
    )
    synced_before: Synced | None = Field(None, description="last synced then, or never")
    #: whoever iterates the array without asking for pages gets all but the largest rosters
    limit: int = Field(1000, json_schema_extra=BOUNDS)


class Runs(Query):
    """Which runs of the sync are wanted."""

    host: str | None = None
    limit: int = Field(LIMIT, json_schema_extra=BOUNDS)


class Topics(Query):
    """Which topics are wanted."""

    domain: str | None = None


LISTED = answers(list[RepoHere])
LISTED["responses"][200]["headers"] = {
    TOTAL: {"description": "how many there are in all", "schema": {"type": "integer"}},
    CURSOR: {
        "description": "give it as `after` for the next page; absent on the last",
        "schema": {"type": "string"},
    },
}


@router.get("/repos/", tags=["repos"], **LISTED)
def list_repos(
    wanted: Annotated[Repos, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Repos by slug, as an array."""
    said = wanted.said()
    stale: float | None = said.pop("stale")
    said["synced_before"] = _before(wanted.synced_before, stale)
    page = hub.repos(**said)
    headers = {TOTAL: str(page.total)} | ({CURSOR: page.cursor} if page.cursor else {})
    return answered(page.items, settings, headers=headers)


def _before(synced_before: datetime | None, stale: float | None) -> datetime | None:
    if stale is None:
        return synced_before
    if synced_before is not None:
        raise BadValue("stale", "give it or synced_before, not both")
    return now() - timedelta(hours=stale)


@router.get("/repos/{slug}/", tags=["repos"], **answers(RepoHere, 404))
def show_repo(slug: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """One repo."""
    return answered(hub.repo(slug), settings)


@router.get("/repos/{slug}/dispatch", tags=["repos"], **answers(Dispatch, 404))
def show_dispatch(slug: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """What the repo's agent should know and do now; nothing is claimed."""
    return answered(hub.dispatch(slug), settings)


@router.get("/repos/{slug}/reconcile", tags=["repos"], **answers(ReconcileView, 404))
def show_reconcile(slug: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """All that reconciling the repo needs, read at one moment."""
    return answered(hub.reconcile_view(slug), settings)


@router.get("/repos/{slug}/goals", tags=["repos"], **answers(Page[Goal], 404))
def list_goals(slug: Name, hub: HubHere, settings: SettingsHere) -> Response:
    """The repo's goals, the active one first, then the newest."""
    return answered(whole(hub.goals(slug)), settings)


@router.get("/repos/{slug}/sync", tags=["repos"], **answers(Page[SyncRun], 404))
def list_sync_runs(
    slug: Name, wanted: Annotated[Runs, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """How the repo's last syncs went, the newest first."""
    return answered(whole(hub.sync_runs(slug, host=wanted.host, limit=wanted.limit)), settings)


@router.get("/domains/", tags=["domains"], **answers(Page[Domain]))
def list_domains(hub: HubHere, settings: SettingsHere) -> Response:
    """Every domain."""
    return answered(whole(hub.domains()), settings)


@router.get("/topics/", tags=["topics"], **answers(Page[Topic]))
def list_topics(
    wanted: Annotated[Topics, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Every topic, or those of one domain."""
    return answered(whole(hub.topics(wanted.domain)), settings)
