"""Bodies of requests: pydantic publishes what each may hold, the codec reads it.

The codec refuses in the words that the hub itself uses, so that a caller is told the same whether
the hub is here or elsewhere.
"""

import math
import types
from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Told
from pydantic.annotated_handlers import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from custodian_core.commands import HOLDER_LIMIT, HOST_LIMIT
from custodian_core.errors import BadValue
from custodian_core.wire import CHANGEABLE, Way

#: whole numbers that every database can hold, and those that it keeps larger
LARGEST = 2**31 - 1
LARGEST_OF = {"forge_id": 2**53 - 1, "after": 2**53 - 1}
#: how deep an object may lie in others
DEEPEST = 20

SLUG = r"^[a-z0-9][a-z0-9._-]{0,99}$"
NOT_BLANK = r"\S"
#: what the hub takes for a text of that name, told beforehand
PATTERNS = {
    "slug": SLUG,
    "domain": SLUG,
    "key": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    "name": r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$",
    **dict.fromkeys(("answer", "holder", "host", "question", "reason", "text", "title"), NOT_BLANK),
}
#: and how long it may be
LONGEST = {"holder": HOLDER_LIMIT, "host": HOST_LIMIT}


@dataclass(frozen=True, slots=True)
class Spelled:
    """Marks a body: any object as far as pydantic goes, with the shape of a command told."""

    way: Way

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Any object; the codec reads it."""
        return handler(dict[str, Any])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The shape of the command."""
        return handler(shape(self.way).__pydantic_core_schema__)


def check_plain(value: Any, where: str = "body", depth: int = 0) -> None:
    """Raise `BadValue` for what JSON can spell and a database cannot hold."""
    if depth > DEEPEST:
        raise BadValue(where[:100], "it is nested too deeply")
    match value:
        case str() if "\0" in value or not _encodes(value):
            raise BadValue(where, "it holds a character that no text can have")
        case bool():
            pass
        case int() if abs(value) > (largest := LARGEST_OF.get(where, LARGEST)):
            raise BadValue(where, f"it must be between -{largest} and {largest}")
        case float() if not math.isfinite(value):
            raise BadValue(where, "it must be a number")
        case dict():
            for key, item in cast("dict[str, Any]", value).items():
                check_plain(key, where, depth + 1)
                check_plain(item, key, depth + 1)
        case list():
            for entry in cast("Iterable[Any]", value):
                check_plain(entry, where, depth + 1)
        case _:
            pass


def _encodes(text: str) -> bool:
    """Whether the text is whole: JSON can spell half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def shape(way: Way) -> type[BaseModel]:
    """What the body of a way may hold."""
    asked = {each.name: each for each in fields(way.command)}
    asked.pop(way.subject or "", None)
    if way.path == "/repos/{slug}/dispatch":  # which task it is, is what is asked
        asked.pop("task")
    elif way.path == "/tasks/{name}/claim":
        asked.pop("repo")
    hints = get_type_hints(way.command)
    told = {name: _field(hints[name], each) for name, each in asked.items() if name != "changes"}
    if way.command in CHANGEABLE:
        record, names = CHANGEABLE[way.command]
        of_record = get_type_hints(record)
        told |= {name: (_told(of_record[name], name), _optional()) for name in names}
    return _model(f"{way.command.__name__}{_suffix(way)}", told)


def _suffix(way: Way) -> str:
    return "Next" if way.path == "/repos/{slug}/dispatch" else ""


def _model(name: str, told: dict[str, Any]) -> type[BaseModel]:
    # Fields may be called as a method of BaseModel is; nobody calls those here.
    model: type[BaseModel] = create_model(
        name, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **told
    )
    return model


@cache
def _nested(kind: type[Any]) -> type[BaseModel]:
    """A record within a body."""
    hints = get_type_hints(kind)
    told = {each.name: _field(hints[each.name], each, within=True) for each in fields(kind)}
    return _model(f"{kind.__name__}Told", told)


def _field(hint: Any, each: Field[Any], *, within: bool = False) -> Any:
    # (what a record is called is somebody else's word: a forge has names that no token has)
    kind = _told(hint, "" if within and each.name == "name" else each.name)
    needed = each.default is MISSING and each.default_factory is MISSING
    return kind, ... if needed else _optional()


def _optional() -> Any:
    """A field that may be left out, which is not the same as null."""
    return Told(default=None, json_schema_extra=_without_default)


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


def _told(hint: Any, name: str = "") -> Any:
    """The type with its bounds."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(_told(each, name) for each in get_args(hint))]  # noqa: UP007 - made, not written
    if origin is tuple:
        return list[_told(get_args(hint)[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[str, _told(get_args(hint)[1])]  # type: ignore[misc]
    if hint is str and name in PATTERNS | LONGEST:
        return Annotated[str, Told(pattern=PATTERNS.get(name), max_length=LONGEST.get(name))]
    if hint is int:
        largest = LARGEST_OF.get(name, LARGEST)
        return Annotated[int, Told(ge=-largest, le=largest)]
    return _nested(hint) if _is_record(hint) else hint


def _is_record(hint: Any) -> bool:
    return is_dataclass(hint)
