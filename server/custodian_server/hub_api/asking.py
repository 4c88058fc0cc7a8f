"""What every route needs: the hub, who asks, and how an answer is told."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar, cast

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from custodian_core.codec import from_json, to_json
from custodian_core.commands import Caller
from custodian_core.errors import BadValue
from custodian_core.ports import LIMIT
from custodian_core.records import Page, ReconcileView, Repo
from custodian_core.settings import Settings
from custodian_core.wire import IDEMPOTENCY_KEY, KEY_LIMIT, REQUEST_ID, RepoHere, here

from .auth import HubStore
from .bodies import check_plain
from .errors import documented
from .guard import CALLED, CALLER

T = TypeVar("T")

#: printable ASCII, as a header can carry
PRINTABLE = r"^[ -~]+$"


async def _hub(request: Request) -> HubStore:
    hub: HubStore = request.app.state.hub
    return hub


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _caller(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=IDEMPOTENCY_KEY,
            max_length=KEY_LIMIT,
            pattern=PRINTABLE,
            description="The same key and request again gets the first answer.",
        ),
    ] = None,
    request_id: Annotated[
        str | None,
        Header(
            alias=REQUEST_ID,
            max_length=100,
            pattern=PRINTABLE,
            description="Shown beside the events that this request makes, and in the log.",
        ),
    ] = None,
) -> Caller:
    """Who asks, under the name that the door gave."""
    return Caller(request.scope[CALLER], idempotency_key, request_id or request.scope.get(CALLED))


def _plain_name(name: str) -> str:
    check_plain(name, "name")
    return name


Plain = AfterValidator(_plain_name)
#: what a path names
Name = Annotated[str, Plain]
HubHere = Annotated[HubStore, Depends(_hub)]
SettingsHere = Annotated[Settings, Depends(_settings)]
By = Annotated[Caller, Depends(_caller)]


class Router(APIRouter):
    """A router whose paths all answer with and without a slash at their end."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **told: Any) -> None:
        """Both spellings lead to the endpoint; the one given is documented."""
        told["operation_id"] = told.get("operation_id") or endpoint.__name__
        told["summary"] = told.get("summary") or _first_words(endpoint)
        super().add_api_route(path, endpoint, **told)
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        told |= {"include_in_schema": False, "responses": None}
        super().add_api_route(other, endpoint, **told)


def _first_words(endpoint: Callable[..., Any]) -> str:
    return (endpoint.__doc__ or "").partition(";")[0].rstrip(".")


class Query(BaseModel):
    """Words of a query; one that is not known is refused by name, as a filter that is misspelt."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _plain(self) -> Self:
        check_plain(self.said(), "query")
        return self

    def said(self) -> dict[str, Any]:
        """Each word and its value."""
        return {name: getattr(self, name) for name in type(self).model_fields}


def time_called(name: str) -> Callable[[Any], datetime]:
    """What reads a time as the rest of the API does: a bare number is none."""

    def read(said: Any) -> datetime:
        try:
            return from_json(datetime, said)
        except BadValue as error:
            raise BadValue(name, error.reason) from error

    return read


#: told here, refused by the hub
BOUNDS: JsonDict = {"minimum": 1, "maximum": 1000}


class Paged(Query):
    """How much of a list, and from where on."""

    after: str | None = Field(None, max_length=300, description="the cursor of the page before")
    limit: int = Field(LIMIT, json_schema_extra=BOUNDS)


def answers(kind: Any, *statuses: int) -> dict[str, Any]:
    """How a reading route documents its answers."""
    common = documented(401, 403, 421, 422, 429, 500, 503, *statuses)
    # The codec writes the answer; the record's type is there for the documentation.
    return {
        "response_model": None,
        "responses": {200: {"model": kind, "description": "ok"}, **common},
    }


def answered(
    value: Any, settings: Settings, status: int = 200, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The record as the codec spells it."""
    return JSONResponse(to_json(_here(value, settings.host)), status, headers)


def _here(value: Any, host: str) -> Any:
    """The record, with a repo told as it is seen from this host."""
    match value:
        case Repo():
            return here(value, host)
        case ReconcileView():
            return replace(value, repo=here(value.repo, host))
        case tuple():
            return tuple(_here(item, host) for item in cast("Iterable[Any]", value))
        case _:
            return value


def whole(items: Iterable[T]) -> Page[T]:
    """A list that is told in one page."""
    every = tuple(items)
    return Page(every, len(every))


def shown_kind(kind: type[Any]) -> type[Any]:
    """What a record looks like from outside."""
    return RepoHere if kind is Repo else kind
