"""`key: value` lines as strings: a fast scanner for what people write, YAML for the rest.

Every value stays text, so that `0014`, `on` and `12:30:00` mean what they say. Anchors, aliases,
tags, merge keys, duplicate keys and deep nesting are refused.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from custodian_core.status import Priority, Status

from .grammar import ID, MAX_DEPTH, NULLS

if TYPE_CHECKING:
    from yaml.events import Event

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"

# What YAML does not print; line and paragraph separators, which YAML 1.1 takes for line ends.
_ODD = "\\x00-\\x08\\x0a-\\x1f\\x7f\\x80-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff\\ud800-\\udfff"
# What most task blocks are, to the letter: read in one match.
_EVERYDAY = re.compile(
    rf"""id:[ ]((?!(?:null|Null|NULL)\n){ID.pattern})\n
    status:[ ]({"|".join(Status)})\n
    priority:[ ]({"|".join(Priority)})\n
    state_hub_task_id:[ ](["']?)([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})\4\n""",
    re.VERBOSE,
)
_EVERYDAY_KEYS = ("id", "status", "priority", "state_hub_task_id")
# One match a line, so that as many matches as lines prove that every line is of this kind. What is
# taken is never given back, so that no line, however odd, is looked at twice.
_LINE = r"""^(?:
        ([A-Za-z_][A-Za-z0-9_-]*+)[ \t]*+:
        (?:[ \t]++(
            [^\s\-?:,\[\]{}\#&*!|>'"%@`ODD][^:\#ODD]*+
          | "[^"\\ODD]*"
          | '[^'ODD]*'
          | \[[ ]*ITEM(?:[ ]*,[ ]*ITEM)*[ ]*\]
        )?)?
        [ \t]*+(?:(?<=[ \t])\#[^ODD]*+)?
      | [ \t]*+(?:\#[^ODD]*+)?
    )$""".replace("ITEM", "[A-Za-z0-9_.][A-Za-z0-9_.-]*")
_ANY_LINE = re.compile(_LINE.replace("ODD", _ODD), re.VERBOSE | re.MULTILINE)
# the same for text that holds nothing odd beyond ASCII, which is faster
_PLAIN_LINE = re.compile(
    _LINE.replace("ODD", _ODD.partition("\\x80")[0]), re.VERBOSE | re.MULTILINE | re.ASCII
)
_YAML_BREAK = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_QUOTES = ("", '"', "'")


class Fields(NamedTuple):
    """The keys of a block and their values."""

    values: dict[str, Value]
    first_line: int
    #: the key that begins on each line, "" for none; or the line of each key where lines share keys
    keys: tuple[str, ...] | dict[str, int]

    @property
    def lines(self) -> dict[str, int]:
        """The line of each key."""
        if isinstance(self.keys, dict):
            return self.keys
        return {key: line for line, key in enumerate(self.keys, self.first_line) if key}

    @property
    def everyday(self) -> bool:
        """Whether the block is of the kind whose every word its pattern has proven good."""
        return self.keys is _EVERYDAY_KEYS

    def line(self, key: str, otherwise: int) -> int:
        """The line of `key`, or `otherwise` where it is not written."""
        return self.lines.get(key, otherwise)

    def text(self, key: str) -> str | None:
        """The value of `key` where it is text; nothing, `~` and empty quotes are all None."""
        value = self.values.get(key)
        return value if isinstance(value, str) and value.strip() else None


NOTHING = Fields({}, 0, ())


class Unreadable(NamedTuple):
    """Why a block could not be read, and the line that shows it."""

    line: int
    why: str


def read_fields(text: str, first_line: int) -> Fields | Unreadable:
    """The fields in `text`, whose first line has the number `first_line`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if everyday := _EVERYDAY.fullmatch(text):
        task, status, priority, _, hub_id = everyday.groups()
        said: dict[str, Value] = {
            "id": task,
            "status": status,
            "priority": priority,
            "state_hub_task_id": hub_id,
        }
        return Fields(said, first_line, _EVERYDAY_KEYS)
    plain = text.isascii() or text.replace("\n", "").isprintable()
    found: list[tuple[str, str]] = (_PLAIN_LINE if plain else _ANY_LINE).findall(text)
    if len(found) != text.count("\n") + 1:
        return _read_yaml(text, first_line)
    values: dict[str, Value] = {}
    blank = 0
    for key, raw in found:
        mark = raw[:1]
        if not key:
            blank += 1
        elif mark in _QUOTES:
            values[key] = raw[1:-1] if raw else None
        elif mark == "[":
            items = [item.strip(" ") for item in raw[1:-1].split(",")]
            values[key] = [None if item in NULLS else item for item in items]
        else:
            bare = raw.rstrip(" \t")
            values[key] = None if bare in NULLS else bare
    keys, _ = zip(*found, strict=True)
    if len(values) + blank != len(found):
        return _first_twice(keys, first_line)
    return Fields(values, first_line, keys)


def _first_twice(keys: tuple[str, ...], first_line: int) -> Unreadable:
    seen: dict[str, int] = {}
    for line, key in enumerate(keys, first_line):
        if key and key in seen:
            return _twice(key, line, seen[key])
        seen[key] = line
    raise AssertionError(keys)  # the caller has counted


def _twice(key: str, line: int, first: int) -> Unreadable:
    return Unreadable(line, f"key '{key[:40]}' is written twice, first on line {first}")


class _Refused(Exception):
    """What YAML allows and a workplan does not."""

    def __init__(self, event: "Event", why: str) -> None:
        super().__init__(why)
        self.mark = event.start_mark


def _read_yaml(text: str, first_line: int) -> Fields | Unreadable:
    import yaml

    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        return Unreadable(line, "it holds a NUL byte")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # (the parser is a generator: what it finds wrong comes up while the events are read)
        events: Iterator[Event] = yaml.parse(text, Loader=loader)
        return _top_level(events, _Lines(text, first_line))
    except _Refused as refused:
        return Unreadable(_Lines(text, first_line).of(refused.mark), str(refused))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Unreadable(_Lines(text, first_line).of(mark), f"bad YAML: {error.problem}")
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        return Unreadable(first_line, f"bad YAML: {reason}")


class _Lines:
    """The lines of the file for the places that YAML names.

    YAML ends a line at more characters than a file does, and so counts otherwise.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.first_line = first_line
        self.alike = not _YAML_BREAK.search(text)

    def of(self, mark: Any) -> int:
        """The line of the file where `mark` stands."""
        if mark is None:
            return self.first_line
        line: int = mark.line if self.alike else self.text.count("\n", 0, mark.index)
        return self.first_line + line


def _top_level(events: "Iterator[Event]", file_lines: _Lines) -> Fields | Unreadable:
    import yaml

    next(events)  # the stream's start
    begin = next(events)
    if isinstance(begin, yaml.StreamEndEvent):
        return NOTHING
    if isinstance(begin, yaml.DocumentStartEvent) and begin.explicit:
        raise _Refused(begin, "it has YAML document markers")
    first = next(events)
    if not isinstance(first, yaml.MappingStartEvent):
        if isinstance(first, yaml.ScalarEvent) and not first.value:
            return NOTHING
        kind = "a list" if isinstance(first, yaml.SequenceStartEvent) else "text"
        raise _Refused(first, f"it is {kind} and not `key: value` lines")
    marks: dict[str, Any] = {}
    values = _mapping(first, events, 1, marks)
    next(events)  # the document's end
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        raise _Refused(after, "it holds more than one YAML document")
    places = {key: file_lines.of(mark) for key, mark in marks.items()}
    return Fields(values, file_lines.first_line, places)


def _mapping(
    start: "Event", events: "Iterator[Event]", depth: int, marks: dict[str, Any]
) -> dict[str, Value]:
    import yaml

    _plain_node(start, depth)
    values: dict[str, Value] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused(event, "a key is not plain text")
        _plain_node(event, depth)
        key = event.value
        if key in values:
            raise _Refused(event, f"key '{key[:40]}' is written twice")
        if key == "<<":
            raise _Refused(event, "merge keys are not allowed")
        marks[key] = event.start_mark
        values[key] = _value(next(events), events, depth + 1)
    return values


def _value(event: "Event", events: "Iterator[Event]", depth: int) -> Value:
    import yaml

    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(event, events, depth, {})
    _plain_node(event, depth)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Value] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_value(item, events, depth + 1))
        return items
    assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 - nothing else opens a node
    quoted = event.style in ("'", '"', "|", ">")
    text: str = event.value
    return None if not quoted and text in NULLS else text


def _plain_node(event: "Event", depth: int) -> None:
    import yaml

    if isinstance(event, yaml.AliasEvent):
        raise _Refused(event, "aliases are not allowed")
    if getattr(event, "anchor", None) is not None:
        raise _Refused(event, "anchors are not allowed")
    if getattr(event, "tag", None) is not None:
        raise _Refused(event, "tags are not allowed")
    if depth > MAX_DEPTH:
        raise _Refused(event, f"it is nested more than {MAX_DEPTH} deep")
