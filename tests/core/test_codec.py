import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodian_core import commands, records
from custodian_core.codec import from_json, now, stamp, to_json
from custodian_core.errors import BadValue
from custodian_core.records import (
    Domain,
    HostSync,
    Intervention,
    Page,
    Repo,
    RepoStatus,
    Task,
    Token,
)
from custodian_core.status import Status

NOON = "2026-11-21T12:00:00Z"

times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Whatever a field of that type may hold."""
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin is UnionType:
        return st.one_of([values(each) for each in inner])
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(), values(inner[1]), max_size=2)
    if is_dataclass(origin) and isinstance(origin, type):
        hints = get_type_hints(origin)
        return st.builds(
            origin, **{f.name: values(hints[f.name]) for f in dataclasses.fields(origin)}
        )
    if isinstance(origin, type) and issubclass(origin, StrEnum):
        return st.sampled_from(list(origin))
    by_type: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        Any: lambda: plain,
        datetime: lambda: times,
        str: st.text,
        int: st.integers,
        bool: st.booleans,
        NoneType: st.none,
    }
    return by_type[hint]()


def kinds(module: Any) -> list[type[Any]]:
    """Every record of the module that stands for itself."""
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if is_dataclass(kind) and kind.__module__ == module.__name__ and kind is not Page
    ]


@pytest.mark.parametrize(
    "kind", [*kinds(records), *kinds(commands)], ids=lambda kind: kind.__name__
)
def test_what_is_told_as_json_is_read_back_as_it_was(kind: type[Any]) -> None:
    @settings(max_examples=50)
    @given(values(kind))
    def told_and_read(record: Any) -> None:
        assert from_json(kind, json.loads(json.dumps(to_json(record)))) == record

    told_and_read()


def test_a_page_knows_what_its_items_are() -> None:
    page = Page((Domain("docs", "Docs"),), 3, "docs")

    assert from_json(Page[Domain], to_json(page)) == page
    with pytest.raises(BadValue, match=r"items\[0\]: unknown: colour"):
        from_json(
            Page[Domain], {"items": [{"slug": "x", "title": "X", "colour": "red"}], "total": 1}
        )


def test_times_are_told_in_utc_to_the_second() -> None:
    berlin = timezone(timedelta(hours=1))

    assert stamp(datetime(2026, 11, 21, 13, 0, 0, 999, tzinfo=berlin)) == NOON
    assert to_json({"at": datetime(2026, 11, 21, 12, tzinfo=UTC)}) == {"at": NOON}
    assert stamp(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"
    assert (now().microsecond, now().tzinfo) == (0, UTC)


def test_a_time_with_another_offset_is_the_same_time() -> None:
    token = {"id": "1", "name": "ci", "scope": "read", "created_at": "2026-11-21T13:00:00+01:00"}

    assert from_json(Token, token).created_at == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_unknown_keys_are_refused_by_name() -> None:
    with pytest.raises(BadValue, match="Domain: unknown: colour, size"):
        from_json(Domain, {"slug": "x", "title": "X", "size": 1, "colour": "red"})


def test_unknown_keys_within_are_refused_with_their_place() -> None:
    repo = {"id": "1", "slug": "x", "hosts": [{"host": "a", "path": "/x", "weather": "fine"}]}
    with pytest.raises(BadValue, match=r"hosts\[0\]: unknown: weather"):
        from_json(Repo, repo)


def test_what_a_later_version_added_is_left_out_where_it_may_have_spoken() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    repo = Repo("1", "x", "d", RepoStatus.ACTIVE, at, at, 1, hosts=(HostSync("a", "/x"),))
    page = Page((repo,), 1, None)
    told = more(to_json(page))

    assert from_json(Page[Repo], told, newer=True) == page
    with pytest.raises(BadValue, match="it must be a number"):
        from_json(Page[Repo], {**told, "total": "1"}, newer=True)


def more(value: Any) -> Any:
    """The value, each object of which says something that nobody knows yet."""
    match value:
        case list():
            return [more(each) for each in cast("Iterable[Any]", value)]
        case dict():
            told = cast("Mapping[str, Any]", value)
            return {**{key: more(told[key]) for key in told}, "colour": {"of": ["it"]}}
        case _:
            return value


def test_a_key_that_is_missing_is_named() -> None:
    with pytest.raises(BadValue, match=r"^title: it is missing$"):
        from_json(Domain, {"slug": "x"})
    with pytest.raises(BadValue, match=r"^slug, title: they are missing$"):
        from_json(Domain, {})
    with pytest.raises(BadValue, match=r"^items\[0\]\.title: it is missing$"):
        from_json(Page[Domain], {"items": [{"slug": "x"}], "total": 1})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "it must be a time"),
        (1763726400, "it must be a time"),
        ("yesterday", "'yesterday' is not a time"),
        ("2026-13-01T00:00:00Z", "is not a time"),
        ("2026-11-21T12:00:00", "a time with its zone"),
        ("0001-01-01T00:00:00+23:59", "is before or after all time"),
        ("9999-12-31T23:59:59-23:59", "is before or after all time"),
    ],
)
def test_what_is_no_time_is_refused(value: Any, why: str) -> None:
    with pytest.raises(BadValue) as caught:
        from_json(Token, {"id": "1", "name": "ci", "scope": "read", "created_at": value})

    assert caught.value.what == "created_at"
    assert why in caught.value.reason


def test_a_word_that_is_none_of_an_enum_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadValue, match="scope: it must be one of read, work, admin"):
        from_json(Token, {"scope": "root"})


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        (Domain, {"slug": 1}, "slug: it must be text"),
        (Domain, [], "value: it must be an object"),
        (HostSync, {"ahead": True}, "ahead: it must be a number"),
        (HostSync, {"ahead": "1"}, "ahead: it must be a number"),
        (HostSync, {"sealed": 1}, "sealed: it must be a truth"),
        (HostSync, {"findings": {}}, "findings: it must be a list"),
        (HostSync, {"findings": [1]}, r"findings\[0\]: it must be an object"),
        (Intervention, {"options": ["a", 2]}, r"options\[1\]: it must be text"),
        (Task, {"status": "Done"}, f"status: it must be one of {', '.join(Status)}"),
        (Task, {"base": {"status": "todo", "epoch": "0"}}, "base.epoch: it must be a number"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(
    kind: type[Any], said: Any, why: str
) -> None:
    with pytest.raises(BadValue, match=why):
        from_json(kind, said)
