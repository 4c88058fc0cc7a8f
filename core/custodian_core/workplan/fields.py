"""`key: value` lines as strings: a fast scanner for what people write, YAML for the rest.

Every value stays text, so that `0014`, `on` and `12:30:00` mean what they say. Anchors, aliases,
tags, merge keys, duplicate keys and deep nesting are refused.
"""

import re
from typing import NamedTuple, TypeAlias

from custodian_core.status import Priority, Status
from custodian_core.yamltree import NULLS, Node, Unreadable, read_tree

from .grammar import ID

__all__ = ["NOTHING", "Fields", "Unreadable", "Value", "read_fields"]

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
            return Unreadable(line, f"key '{key[:40]}' is written twice, first on line {seen[key]}")
        seen[key] = line
    raise AssertionError(keys)  # the caller has counted


def _read_yaml(text: str, first_line: int) -> Fields | Unreadable:
    tree = read_tree(text, first_line, marked=False)
    if isinstance(tree, Unreadable):
        return tree
    values = {key: _value(node) for key, node in tree.items()}
    return Fields(values, first_line, {key: node.key_line for key, node in tree.items()})


def _value(node: Node) -> Value:
    """What the node says, without its place."""
    if isinstance(node.content, list):
        return [_value(item) for item in node.content]
    if isinstance(node.content, dict):
        return {key: _value(item) for key, item in node.content.items()}
    return node.content
