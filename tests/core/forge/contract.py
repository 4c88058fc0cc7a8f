"""What is asked of a forge and what it answers, held against its own OpenAPI description."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DATA = Path(__file__).parent / "data"
#: where the description tells of a file only, a folder's list is answered, too
FOLDER = "/repos/{owner}/{repo}/contents/{filepath}"
#: what any request may be answered with, whether it is described or not
ANY_TIME = {301, 401, 403, 404, 423, 429, 500, 503}
#: what each kind of JSON is in Python; a truth is no number
KINDS = {
    "object": "dict",
    "array": "list",
    "string": "str",
    "boolean": "bool",
    "integer": "int",
}


@cache
def description(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((DATA / f"{name}.json").read_text()))


class Contract:
    """One forge's description; what does not fit it is a line of text."""

    def __init__(self, name: str) -> None:
        self.whole = description(name)

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The template of the path, and what is described there."""
        below = path.removeprefix(self.whole["basePath"])
        for template, verbs in self.whole["paths"].items():
            pattern = re.sub(r"\{(filepath|branch)\}", ".+", template)
            pattern = re.sub(r"\{\w+\}", "[^/]+", pattern)
            if re.fullmatch(pattern, below) and method.lower() in verbs:
                return template, verbs[method.lower()]
        raise LookupError

    def of_request(self, scope: Scope, body: bytes) -> Iterator[str]:
        """What is wrong with a request."""
        method, path = scope["method"], scope["path"]
        try:
            _, described = self.operation(method, path)
        except LookupError:
            yield f"{method} {path} is not described"
            return
        parameters = {p["name"]: p for p in described.get("parameters", [])}
        for name, value in parse_qsl(scope["query_string"].decode(), keep_blank_values=True):
            parameter = parameters.get(name, {})
            if parameter.get("in") != "query":
                yield f"{method} {path}: ?{name} is not described"
            elif parameter["type"] == "integer" and not value.isdecimal():
                yield f"{method} {path}: ?{name}={value} is no number"
            elif value not in parameter.get("enum", [value]):
                yield f"{method} {path}: ?{name}={value} is none of {parameter['enum']}"
        if wanted := parameters.get("body"):
            yield from self.of_value(wanted["schema"], json.loads(body), f"{method} {path}", None)
        elif body:
            yield f"{method} {path}: a body where none is described"

    def of_response(self, scope: Scope, status: int, body: bytes) -> Iterator[str]:
        """What is wrong with a response; null is as absent there, as Go has it."""
        method, path = scope["method"], scope["path"]
        try:
            template, described = self.operation(method, path)
        except LookupError:
            return
        response = described["responses"].get(str(status), {})
        if "$ref" in response:
            response = self.whole["responses"][response["$ref"].rpartition("/")[2]]
        if status >= 300:
            if not response and status not in ANY_TIME:
                yield f"{method} {path}: {status} is not described"
            return
        value = json.loads(body) if body else None
        schema = response.get("schema")
        if schema is None:
            if value is not None:
                yield f"{method} {path}: a body where none is described"
            return
        if template == FOLDER and isinstance(value, list):
            schema = {"type": "array", "items": schema}
        yield from self.of_value(schema, value, f"{method} {path}", [None])

    def of_value(
        self, schema: dict[str, Any], value: Any, where: str, absent: list[None] | None
    ) -> Iterator[str]:
        """What is wrong with a value."""
        while "$ref" in schema:
            _, group, name = schema["$ref"].split("/")
            schema = self.whole[group][name]
        if absent and value in absent:
            return
        kind = schema.get("type", "object")
        if type(value).__name__ != KINDS[kind]:
            yield f"{where} is no {kind}: {value!r:.80}"
        elif kind == "array":
            for number, item in enumerate(value):
                yield from self.of_value(schema["items"], item, f"{where}[{number}]", absent)
        elif kind == "object":
            yield from self._of_object(schema, value, where, absent)
        elif value not in schema.get("enum", [value]):
            yield f"{where} is none of {schema['enum']}: {value!r:.80}"
        elif schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-.+T.+Z", value):
            yield f"{where} is no time: {value!r:.80}"

    def _of_object(
        self, schema: dict[str, Any], value: dict[str, Any], where: str, absent: list[None] | None
    ) -> Iterator[str]:
        known = schema.get("properties", {})
        for name in set(schema.get("required", ())) - set(value):
            yield f"{where}.{name} is missing"
        for name, item in value.items():
            inner = known.get(name, schema.get("additionalProperties"))
            if isinstance(inner, dict):
                described = cast("dict[str, Any]", inner)
                yield from self.of_value(described, item, f"{where}.{name}", absent)
            elif inner is None:
                yield f"{where}.{name} is not described"


class Validating:
    """An application of which every request and every answer is held against the contract."""

    def __init__(self, app: ASGIApp, contract: Contract, wrong: list[str]) -> None:
        self.app, self.contract, self.wrong = app, contract, wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, told, status = bytearray(), bytearray(), 0

        async def heard() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def said(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            told.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, heard, said)
        self.wrong += self.contract.of_request(scope, bytes(asked))
        self.wrong += self.contract.of_response(scope, status, bytes(told))
