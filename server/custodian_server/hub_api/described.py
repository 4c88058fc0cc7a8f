"""The routes of the API, out of its description: what a page about them says."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Described:
    """A route: what it does, what it takes, and the scope that a token needs for it."""

    method: str
    path: str
    summary: str
    #: empty where no token is asked for
    scope: str
    query: tuple[str, ...]
    #: the fields of its body, and those that must be there
    fields: tuple[str, ...]
    required: frozenset[str]


def grouped(openapi: dict[str, Any]) -> dict[str, list[Described]]:
    """Every route by its group, in the order in which they are described."""
    groups: dict[str, list[Described]] = {}
    for path, methods in openapi["paths"].items():
        for method, told in methods.items():
            routes = groups.setdefault(told["tags"][0], [])
            routes.append(_described(method.upper(), path, told, openapi))
    return groups


def _described(method: str, path: str, told: dict[str, Any], openapi: dict[str, Any]) -> Described:
    body = _body(told, openapi)
    return Described(
        method=method,
        path=path,
        summary=told["summary"],
        scope=told.get("x-custodian-scope", ""),
        query=tuple(each["name"] for each in told.get("parameters", ()) if each["in"] == "query"),
        fields=tuple(body.get("properties", ())),
        required=frozenset(body.get("required", ())),
    )


def _body(told: dict[str, Any], openapi: dict[str, Any]) -> dict[str, Any]:
    """The schema of the JSON that the route takes; empty where it takes none."""
    content = told.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    if name := schema.get("$ref", "").rpartition("/")[2]:
        schema = openapi["components"]["schemas"][name]
    return schema
