"""Records as JSON and back: one spelling for files, HTTP, tools and `--json`."""

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from .errors import BadValue

T = TypeVar("T")

#: what JSON knows as it is
_PLAIN = frozenset({str, int, float, bool, NoneType})


def now() -> datetime:
    """The time, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(at: datetime) -> str:
    """The time as everybody writes it: YYYY-MM-DDTHH:MM:SSZ."""
    # (strftime would write the year 1 as one digit, which nobody reads back)
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def to_json(value: Any) -> Any:
    """The value as JSON knows it."""
    kind = cast("Any", type(value))
    if kind in _PLAIN:
        return value
    names = _names(kind)
    if names is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, dict):
        return {str(key): to_json(value[key]) for key in cast("Iterable[Any]", value)}
    return value


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """What the fields of that kind of record are called; None where it is no record."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else None


def from_json(kind: type[T], value: Any, *, newer: bool = False) -> T:
    """The record of that kind which `value` spells; unknown keys are refused by name.

    With `newer`, a later version may have spelled it: what that one added is left out.
    """
    result: T = _read(kind, value, "", newer)
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any, where: str, newer: bool) -> Any:
    origin = get_origin(kind) or kind
    if origin in (Union, UnionType):
        return _read_union(kind, value, where, newer)
    if is_dataclass(origin) and isinstance(origin, type):
        return _read_record(kind, origin, value, where, newer)
    if origin is tuple:
        item = get_args(kind)[0]
        _expect(isinstance(value, list), where, "a list")
        return tuple(_read(item, entry, f"{where}[{i}]", newer) for i, entry in enumerate(value))
    if origin is dict:
        _expect(isinstance(value, dict), where, "an object")
        item = get_args(kind)[1]
        return {key: _read(item, entry, f"{where}.{key}", newer) for key, entry in value.items()}
    if isinstance(origin, type) and issubclass(origin, StrEnum):
        words = [word.value for word in origin]
        _expect(value in words, where, f"one of {', '.join(words)}")
        return origin(value)
    if origin is datetime:
        return _read_time(value, where)
    if origin in (str, int, bool):
        _expect(
            type(value) is origin, where, {str: "text", int: "a number", bool: "a truth"}[origin]
        )
    return value


def _read_union(kind: Any, value: Any, where: str, newer: bool) -> Any:
    kinds = [k for k in get_args(kind) if k is not NoneType]
    if value is None and NoneType in get_args(kind):
        return None
    return _read(kinds[0], value, where, newer)


def _read_record(kind: Any, origin: type, value: Any, where: str, newer: bool) -> Any:
    _expect(isinstance(value, dict), where, "an object")
    hints = _hints(origin)
    parameters = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
    known = {f.name for f in fields(origin)}
    if (unknown := set(value) - known) and not newer:
        raise BadValue(where or origin.__name__, f"unknown: {', '.join(sorted(unknown))}")
    read = {
        name: _read(
            _filled(hints[name], parameters), value[name], f"{where}.{name}".lstrip("."), newer
        )
        for name in value
        if name in known
    }
    if missing := [f.name for f in fields(origin) if f.name not in read and _is_needed(f)]:
        names = ", ".join(f"{where}.{name}".lstrip(".") for name in missing)
        raise BadValue(names, "it is missing" if len(missing) == 1 else "they are missing")
    return origin(**read)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _filled(hint: Any, parameters: dict[Any, Any]) -> Any:
    """The hint with a generic record's own parameters put in."""
    if get_origin(hint) is tuple and get_args(hint)[0] in parameters:
        return GenericAlias(tuple, (parameters[get_args(hint)[0]], ...))
    return hint


def _read_time(value: Any, where: str) -> datetime:
    _expect(isinstance(value, str), where, "a time")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadValue(where, f"'{value[:40]}' is not a time") from error
    _expect(at.tzinfo is not None, where, "a time with its zone, as 2026-11-21T09:00:00Z")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise BadValue(where, f"'{value[:40]}' is before or after all time") from error


def _expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise BadValue(where or "value", f"it must be {what}")
