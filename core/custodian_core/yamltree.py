"""YAML as a tree of text with the line of every node; what makes YAML dangerous is refused.

Every value stays text, so that `0014`, `on` and `12:30:00` mean what they say. Anchors, aliases,
tags, merge keys, duplicate keys and deep nesting are refused.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from yaml.events import Event

Content: TypeAlias = "str | list[Node] | dict[str, Node] | None"

#: plain words that YAML 1.1 reads as nothing
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
DEEPEST = 20

_BREAK = re.compile("[\x85\u2028\u2029]|\r(?!\n)")


class Node(NamedTuple):
    """A value: where it stands, and where the key that names it does."""

    content: Content
    line: int
    key_line: int
    #: written in quotes or as a block, so that it is text whatever it looks like
    quoted: bool = False


class Unreadable(NamedTuple):
    """Why the text could not be read, and the line that shows it."""

    line: int
    why: str


class _Refused(Exception):
    """What YAML allows and this reader does not."""

    def __init__(self, event: "Event", why: str) -> None:
        super().__init__(why)
        self.mark = event.start_mark


def read_tree(
    text: str, first_line: int = 1, *, marked: bool = True
) -> dict[str, Node] | Unreadable:
    """The mapping that the text is, whose first line has that number; an empty one for nothing.

    A text that is only part of a file may not be `marked` as a document of its own.
    """
    import yaml

    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        return Unreadable(line, "it holds a NUL byte")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # (the C parser would not look at it)
        line = first_line + text.count("\n", 0, error.start)
        return Unreadable(line, "it is not UTF-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(text, first_line, marked=marked)
    try:
        # (the parser is a generator: what it finds wrong comes up while the events are read)
        events: Iterator[Event] = yaml.parse(text, Loader=loader)
        return reader.top_level(events)
    except _Refused as refused:
        return Unreadable(reader.line(refused.mark), str(refused))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Unreadable(reader.line(mark), f"bad YAML: {error.problem}")
    except yaml.YAMLError as error:
        return Unreadable(first_line, f"bad YAML: {str(error).splitlines()[0]}")


class _Reader:
    """Events made into nodes."""

    def __init__(self, text: str, first_line: int, *, marked: bool) -> None:
        import yaml

        self.yaml: Any = yaml
        self.text = text
        self.first_line = first_line
        self.marked = marked
        # YAML ends a line at more characters than a file does, and so counts otherwise.
        self.alike = not _BREAK.search(text)

    def line(self, mark: Any) -> int:
        """The line of the file where `mark` stands."""
        if mark is None:
            return self.first_line
        before: int = mark.line if self.alike else self.text.count("\n", 0, mark.index)
        return self.first_line + before

    def top_level(self, events: "Iterator[Event]") -> dict[str, Node]:
        yaml = self.yaml
        next(events)  # the stream's start
        begin: Any = next(events)
        if isinstance(begin, yaml.StreamEndEvent):
            return {}
        if not self.marked and isinstance(begin, yaml.DocumentStartEvent) and begin.explicit:
            raise _Refused(begin, "it has YAML document markers")
        first: Any = next(events)
        if not isinstance(first, yaml.MappingStartEvent):
            if isinstance(first, yaml.ScalarEvent) and not first.value:
                return {}
            kind = "a list" if isinstance(first, yaml.SequenceStartEvent) else "text"
            raise _Refused(first, f"it is {kind} and not `key: value` lines")
        tree = self._mapping(first, events, 1)
        next(events)  # the document's end
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Refused(after, "it holds more than one YAML document")
        return tree

    def _mapping(self, start: "Event", events: "Iterator[Event]", depth: int) -> dict[str, Node]:
        yaml = self.yaml
        self._check(start, depth)
        found: dict[str, Node] = {}
        event: Any
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(event, "a key is not plain text")
            self._check(event, depth)
            key: str = event.value
            if key in found:
                first = found[key].key_line
                raise _Refused(event, f"key '{key[:40]}' is written twice, first on line {first}")
            if key == "<<":
                raise _Refused(event, "merge keys are not allowed")
            line = self.line(event.start_mark)
            found[key] = self._node(next(events), events, depth + 1, line)
        return found

    def _node(self, event: Any, events: "Iterator[Event]", depth: int, key_line: int = 0) -> Node:
        yaml = self.yaml
        line = self.line(event.start_mark)
        key_line = key_line or line
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._mapping(event, events, depth), line, key_line)
        self._check(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._node(item, events, depth + 1))
            return Node(items, line, key_line)
        quoted = event.style in ("'", '"', "|", ">")
        text: str = event.value
        content = None if not quoted and text in NULLS else text
        return Node(content, key_line if content is None else line, key_line, quoted)

    def _check(self, event: "Event", depth: int) -> None:
        if isinstance(event, self.yaml.AliasEvent):
            raise _Refused(event, "aliases are not allowed")
        if getattr(event, "anchor", None) is not None:
            raise _Refused(event, "anchors are not allowed")
        if getattr(event, "tag", None) is not None:
            raise _Refused(event, "tags are not allowed")
        if depth > DEEPEST:
            raise _Refused(event, f"it is nested more than {DEEPEST} deep")
