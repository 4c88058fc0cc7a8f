"""A workplan file as parts with fields: what reading gives meaning to and editing changes."""

import re
from functools import cached_property
from typing import NamedTuple

from .fields import NOTHING, Fields, Unreadable, read_fields
from .grammar import MAX_BLOCK, MAX_FRONT_MATTER
from .outline import Heading, Part
from .scan import scan
from .sections import Section, sections

_ID = re.compile(rb"^[ \t]*[\"']?id[\"']?[ \t]*:[ \t]*[\"']?([^\s\"'#]{1,100})", re.MULTILINE)


class Block(NamedTuple):
    """Front matter or a task block, and what its fields are or why they cannot be read."""

    part: Part
    fields: Fields | Unreadable

    @property
    def values(self) -> Fields:
        """The fields; none where they cannot be read."""
        return self.fields if isinstance(self.fields, Fields) else NOTHING


class Document:
    """A file's bytes and everything found in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.outline = scan(data)
        front = self.outline.front
        self.front = _open(data, front, MAX_FRONT_MATTER) if front else None
        self.blocks = [_open(data, part, MAX_BLOCK) for part in self.outline.blocks]

    @cached_property
    def headings(self) -> list[Heading]:
        """The headings, found when first asked for."""
        return self.outline.headings()

    @cached_property
    def sections(self) -> list[Section]:
        """The section of each task block, found when first asked for."""
        return sections(self.data, self.outline.blocks, self.headings)

    def seeming_id(self, block: Block) -> str | None:
        """What the id of `block` is or, where it cannot be read, seems to be."""
        if isinstance(block.fields, Fields):
            said = block.fields.values.get("id")
            return said if isinstance(said, str) else None
        found = _ID.search(self.data, block.part.start, block.part.end)
        return found[1].decode(errors="replace") if found else None


def _open(data: bytes, part: Part, limit: int) -> Block:
    if part.problem:
        return Block(part, Unreadable(*part.problem))
    if part.end - part.start > limit:
        why = f"it is larger than {limit // 1024} KiB"
        return Block(part, Unreadable(part.line, why))
    content = data[part.start : part.end]
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = part.line + 1 + content.count(b"\n", 0, error.start)
        return Block(part, Unreadable(line, "it is not UTF-8"))
    if part.indent:
        text = "\n".join(_unindented(line, part.indent) for line in text.split("\n"))
    return Block(part, read_fields(text, part.line + 1))


def _unindented(line: str, columns: int) -> str:
    """The line without up to `columns` of leading space, as an indented fence is read."""
    bare = line.lstrip(" \t")
    depth = len(line[: len(line) - len(bare)].expandtabs(4))
    return " " * max(0, depth - columns) + bare
