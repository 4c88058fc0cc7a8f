"""Reading the questions to people, the tokens, and whether the hub is well."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Query as FromQuery
from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from custodian_core import __version__
from custodian_core.hub.store import NEXT, SCHEMA
from custodian_core.records import Health, Intervention, Page, RepoCounts, Token

from .asking import HubHere, Name, Paged, Router, SettingsHere, answered, answers, whole
from .errors import Rejected

router = Router()

OPENNESS = {"true": True, "false": False, "any": None}


class Interventions(Paged):
    """Which questions are wanted."""

    repo: str | None = None
    is_open: Literal["true", "false", "any"] = Field(
        "true", description="those that wait, those that were answered, or both"
    )


@dataclass(frozen=True, slots=True)
class Alive:
    """That this process answers, whatever its database does."""

    version: str = __version__
    status: str = "ok"


@router.get("/state/live", tags=["state"], **answers(Alive))
async def show_alive(settings: SettingsHere) -> Response:
    """That this process answers; its database is not asked, since no new start would mend that."""
    return answered(Alive(), settings)


@router.get("/state/health", tags=["state"], **answers(Health))
def show_health(hub: HubHere, settings: SettingsHere) -> Response:
    """That the hub answers, and which one it is; this needs no token."""
    return answered(hub.health(), settings)


@router.get("/state/ready", tags=["state"], **answers(Health))
def show_ready(request: Request, hub: HubHere, settings: SettingsHere) -> Response:
    """That this process should be asked: its database answers in a schema that it can work with."""
    if request.app.state.traffic.draining:
        raise Rejected(503, "draining", "this server is about to stop; ask another one")
    found = hub.health()
    if not SCHEMA <= found.schema_version <= NEXT:
        reason = f"the hub's schema is {found.schema_version}, this program knows {SCHEMA}"
        raise Rejected(503, "wrong_schema", f"{reason}; update it", {"schema": SCHEMA})
    return answered(found, settings)


@router.get("/state/counts", tags=["state"], **answers(Page[RepoCounts]))
def show_counts(hub: HubHere, settings: SettingsHere) -> Response:
    """How much there is in each repo: tasks by status, live claims, open questions."""
    return answered(whole(hub.counts()), settings)


@router.get("/interventions/", tags=["interventions"], **answers(Page[Intervention], 404))
def list_interventions(
    wanted: Annotated[Interventions, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """Questions to people, the oldest first, in pages."""
    said: dict[str, Any] = wanted.said() | {"is_open": OPENNESS[wanted.is_open]}
    return answered(hub.interventions(**said), settings)


@router.get("/interventions/{id}", tags=["interventions"], **answers(Intervention, 404))
def show_intervention(
    id: Name,  # noqa: A002 - the word of the path
    hub: HubHere,
    settings: SettingsHere,
) -> Response:
    """One question."""
    return answered(hub.intervention(id), settings)


@router.get("/tokens/", tags=["tokens"], **answers(Page[Token]))
def list_tokens(hub: HubHere, settings: SettingsHere) -> Response:
    """Every token, without its secret."""
    return answered(whole(hub.tokens()), settings)
