"""Values without the secrets in their texts: what we write down, whatever shape it has."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

from .secrets import HIDDEN, redact, scan

T = TypeVar("T")

#: no text that is shorter holds a secret
SHORTEST = 6


def screened(value: T) -> T:
    """The value with every secret in its texts hidden; one that has none is itself."""
    # (nearly all have none, which is seen at once; no rule but that of keys goes over a line's end)
    if not scan("\n".join(_texts(value))):
        return value
    hidden: T = _hidden(value)
    return hidden


def _texts(value: Any) -> Iterator[str]:
    """Every text in the value that could hold a secret."""
    if isinstance(value, str):
        if len(value) >= SHORTEST and not isinstance(value, Enum):
            yield value
    elif isinstance(value, (list, tuple)):
        for each in cast("Iterable[Any]", value):
            yield from _texts(each)
    elif isinstance(value, dict):
        for key in cast("Iterable[Any]", value):
            item = cast("Any", value[key])
            yield from _texts(key)
            yield from _texts(item)
            if isinstance(item, str):
                yield _pair(key, item)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _names(type(value)):
            yield from _texts(getattr(value, name))


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else redact(value)
    if isinstance(value, list):
        return [_hidden(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, tuple):
        return tuple(_hidden(item) for item in cast("Iterable[Any]", value))
    if isinstance(value, dict):
        keys = cast("Iterable[Any]", value)
        return {_hidden(key): _hidden_as(key, value[key]) for key in keys}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{name: _hidden(getattr(value, name)) for name in _names(type(value))}
        )
    return value


def _hidden_as(key: Any, value: Any) -> Any:
    """The value, which its key may show to be a secret."""
    hidden = _hidden(value)
    return HIDDEN if isinstance(hidden, str) and scan(_pair(key, hidden)) else hidden


def _pair(key: Any, value: str) -> str:
    """The two as JSON would have them."""
    return json.dumps({str(key): value}, ensure_ascii=False)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
