"""Whatever goes wrong, in one shape: {"error": {"code", "message", "details"}}."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from custodian_core.errors import (
    BadValue,
    CustodianError,
    Denied,
    ForeignHub,
    HubTrouble,
    Refused,
    UnknownThing,
)
from custodian_core.text import printable
from custodian_core.wire import code_of, details_of, error_json

#: how many wrong values are told at once
SHOWN = 20

STATUS: dict[type[CustodianError], int] = {
    UnknownThing: 404,
    BadValue: 422,
    Refused: 409,
    ForeignHub: 409,
    Denied: 403,
    HubTrouble: 503,
    CustodianError: 500,
}

CODES = {
    400: ("bad_request", "the request cannot be read"),
    404: ("no_such_path", "there is nothing at this path; /docs lists what there is"),
    405: ("method_not_allowed", "this path does not take that method; /docs lists what it takes"),
}

SCHEMAS = "#/components/schemas/"
#: where the log finds why a request could not be answered
WHY = "custodian.why"

#: what each status means, for the documentation
MEANING = {
    400: "the request cannot be read",
    401: "a token is needed, or the one given opens nothing",
    403: "the token may not do that, or a foreign web page asks",
    404: "nothing has that name; `details.near` tells names that are like it",
    409: "refused: it would break a promise; `details` say which",
    413: "the body is too large",
    415: "the body is not JSON",
    421: "the Host header names another server",
    422: "a value cannot be used; `details` say which and why",
    429: "this token asks too often; `Retry-After` says in how many seconds to ask again",
    500: "a fault of this server; its log says more",
    503: "the hub's database cannot be used now, or this server is about to stop",
}


class ErrorTold(BaseModel):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorAnswer(BaseModel):
    """The shape of every error."""

    error: ErrorTold


class Rejected(HTTPException):
    """The request is turned away before the hub is asked."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code
        self.details = details or {}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The statuses as OpenAPI tells them; `error_schemas` has what they refer to."""
    content = {"application/json": {"schema": {"$ref": f"{SCHEMAS}ErrorAnswer"}}}
    return {status: {"description": MEANING[status], "content": content} for status in statuses}


def error_schemas() -> dict[str, Any]:
    """The shape of every error, as OpenAPI's components."""
    told = ErrorAnswer.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
    parts: dict[str, Any] = told.pop("$defs")
    return {**parts, "ErrorAnswer": told}


def add_handlers(app: FastAPI) -> None:
    """Every error of the app is told in the one shape."""
    app.add_exception_handler(CustodianError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(
    status: int, code: str, message: str, details: dict[str, Any], headers: Any = None
) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(error_json(code, message, details), status, headers)


def rejection(error: Rejected) -> JSONResponse:
    """The rejection as a response."""
    return answer(error.status_code, error.code, error.detail, error.details, error.headers)


def trouble(error: CustodianError) -> JSONResponse:
    """What the hub refused or could not do, as a response."""
    kind = type(error)
    status = next(STATUS[each] for each in kind.__mro__ if each in STATUS)
    return answer(status, code_of(kind), str(error), details_of(error))


async def _told(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CustodianError)  # noqa: S101 - registered for nothing else
    request.scope[WHY] = str(error)
    return trouble(error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if isinstance(error, Rejected):
        request.scope[WHY] = error.detail
        return rejection(error)
    status = error.status_code
    code, message = CODES.get(status, ("http_error", HTTPStatus(status).phrase))
    headers = {"Allow": ", ".join(_methods(request))} if status == 405 else error.headers
    return answer(status, code, message, {}, headers)


def _methods(request: Request) -> list[str]:
    """What the path takes: the framework would tell only the methods of its first route."""
    routes = request.app.routes
    there = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in there for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Values that the framework could not read, told as the hub tells its own."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    wrong = [_bad_value(each) for each in error.errors()]
    response = trouble(wrong[0])
    if len(wrong) > 1:
        others = [details_of(each) for each in wrong[:SHOWN]]
        details = {**details_of(wrong[0]), "errors": others}
        return answer(response.status_code, code_of(BadValue), str(wrong[0]), details)
    return response


def _bad_value(told: dict[str, Any]) -> BadValue:
    """The framework's finding in our words; what was sent is not said back."""
    place, *names = (str(part) for part in told["loc"])
    what = "body" if told["type"] == "json_invalid" else ".".join(names) or place
    return BadValue(printable(what, 100), _reason(told))


def _reason(told: dict[str, Any]) -> str:
    context = told.get("ctx", {})
    match told["type"]:
        case "enum" | "literal_error":
            words = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return f"it must be one of {words}"
        case "extra_forbidden":
            return "it is not known here; /docs lists what is"
        case "missing":
            return "it is missing"
        case "json_invalid":
            return f"it is not JSON: {context.get('error', 'it cannot be read')}"
        case "dict_type":
            return "it must be an object"
        case "int_parsing" | "int_parsing_size" | "int_type" | "float_parsing":
            return "it must be a number"
        case "bool_parsing" | "bool_type":
            return "it must be true or false"
        case "datetime_parsing" | "datetime_from_date_parsing" | "timezone_aware":
            return "it must be a time with its zone, as 2026-11-21T09:00:00Z"
        case _:
            message: str = told["msg"]
            return message[:1].lower() + message[1:]
