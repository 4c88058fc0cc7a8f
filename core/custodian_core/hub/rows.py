"""Rows of the database as records, and what a record's fields are in a row."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache, partial
from itertools import zip_longest
from operator import itemgetter
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from custodian_core.codec import from_json, to_json
from custodian_core.forge.repo import ForgeRepo
from custodian_core.records import (
    Claim,
    Domain,
    Event,
    Goal,
    HostSync,
    Intervention,
    Inventory,
    LeftOut,
    Repo,
    RunHour,
    Snapshot,
    SyncRun,
    Task,
    Token,
    Topic,
    Workstream,
)
from custodian_core.status import Priority

Row = Mapping[str, Any]
T = TypeVar("T")

#: a priority is kept as a number, so that an index gives the most urgent first
URGENCY = {priority: place for place, priority in enumerate(Priority)}
_PRIORITIES = tuple(Priority)


def as_text(value: Any) -> str:
    """The value as a JSON column holds it."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def as_text_or_null(value: Any) -> str | None:
    """The same, with nothing as null."""
    return None if value is None else as_text(value)


def at(text: str | None) -> datetime | None:
    """The time that a column holds."""
    return datetime.fromisoformat(text) if text else None


def record(kind: Callable[..., T], row: Row, **more: Any) -> T:
    """The record of that kind in the row; `more` is what stands elsewhere."""
    said = {
        name: read(row[column]) if read and row[column] is not None else row[column]
        for name, column, read in _columns(kind)
        if name not in more
    }
    return kind(**said, **more)


@cache
def _columns(kind: Any) -> list[tuple[str, str, Callable[[Any], Any] | None]]:
    """The record's fields: the column of each, and how its value is read."""
    hints = get_type_hints(kind)
    return [
        ("priority", "urgency", _PRIORITIES.__getitem__)
        if field.name == "priority"
        else (field.name, field.name, _reader(hints[field.name]))
        for field in fields(kind)
    ]


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    plain = kinds[0] if NoneType in get_args(hint) else hint
    if get_origin(plain) is tuple:
        # (most lists of most rows are empty)
        return lambda text: () if text == "[]" else tuple(json.loads(text))
    if get_origin(plain) is dict:
        return json.loads
    if plain is Snapshot:
        return _snapshot
    if plain is datetime:
        return datetime.fromisoformat
    if plain is bool or (isinstance(plain, type) and issubclass(plain, StrEnum)):
        found: Callable[[Any], Any] = plain
        return found
    return None


@lru_cache(4096)
def _snapshot(text: str) -> Snapshot:
    """The base that a column holds; the tasks of one sealed run have few different ones."""
    return from_json(Snapshot, json.loads(text), newer=True)


domain = partial(record, Domain)
inventory = partial(record, Inventory)
forge_repo = partial(record, ForgeRepo)
topic = partial(record, Topic)
goal = partial(record, Goal)
workstream = partial(record, Workstream)
task = partial(record, Task)
claim = partial(record, Claim)
intervention = partial(record, Intervention)
event = partial(record, Event)
token = partial(record, Token)
sync_run = partial(record, SyncRun)


def run_hour(row: Row) -> RunHour:
    """The runs of a repo in an hour; a page tells thousands."""
    return RunHour(row["repo_slug"], _hour(row["hour"]), row["runs"], row["failed"])


@lru_cache(256)
def _hour(text: str) -> datetime:
    """The hour that a column holds; a day has few different ones."""
    return datetime.fromisoformat(text)


def left_out(row: Row) -> LeftOut:
    """A decision, with who made it."""
    return record(LeftOut, row, by=row["decided_by"])


def repo(row: Row, hosts: Sequence[Row]) -> Repo:
    """A repo with its hosts."""
    return repos((row,), hosts)[0]


def repos(found: Sequence[Row], hosts: Sequence[Row]) -> list[Repo]:
    """Repos with their hosts, each of which names its repo."""
    ours, theirs = _taking(Repo, found), _taking(HostSync, hosts)
    by_repo: dict[str, tuple[tuple[Any, ...], ...]] = {}
    for host in hosts:
        repo_id = host["repo_id"]
        by_repo[repo_id] = (*by_repo.get(repo_id, ()), theirs(host))
    return [_repo(ours(row), by_repo.get(row["id"], ())) for row in found]


# Pages and sweeps read the whole fleet again and again, of which little has changed since.
@lru_cache(4096)
def _repo(values: tuple[Any, ...], hosts: tuple[tuple[Any, ...], ...]) -> Repo:
    """The repo of those columns, read once for as long as they stay as they are."""
    read = (record(HostSync, _named(HostSync, each)) for each in hosts)
    return record(Repo, _named(Repo, values), hosts=tuple(read))


def _taking(kind: Any, found: Sequence[Row]) -> Callable[[Row], tuple[Any, ...]]:
    """What takes from each of those rows the columns that a record of that kind is read from."""
    wanted: Iterable[Any] = _named(kind, ())
    if found and isinstance(found[0], sqlite3.Row):
        # (for a name, SQLite's rows look through their columns, one by one)
        wanted = map(list(found[0].keys()).index, wanted)
    return itemgetter(*wanted)


def _named(kind: Any, values: tuple[Any, ...]) -> dict[str, Any]:
    """Those columns by name."""
    columns = [column for name, column, _ in _columns(kind) if name != "hosts"]
    return dict(zip_longest(columns, values))
