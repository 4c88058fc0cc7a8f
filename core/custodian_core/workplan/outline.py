"""The parts of a workplan's file by byte and by line, and what a reader must be told of them."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from custodian_core.findings import Severity

_HEADING = re.compile(rb"\n {0,3}(#{1,6})(?![^ \t\r\n])[^\n]*")


class Note(NamedTuple):
    """Something about the file's structure that a reader must be told."""

    line: int
    what: str
    why: str
    severity: Severity = Severity.FAIL


class Part(NamedTuple):
    """A run of lines between an opening and a closing line: front matter, or a fenced block."""

    #: offsets: the opening line, the content, the closing line, what follows
    open: int
    start: int
    end: int
    close: int
    #: lines of the opening and of the closing mark
    line: int
    last: int
    #: columns by which the opening fence, and so its content, is indented
    indent: int = 0
    #: why its content cannot be trusted, and the line that shows it
    problem: tuple[int, str] | None = None


class Heading(NamedTuple):
    """An ATX heading: offsets of its line, and its level."""

    start: int
    end: int
    level: int


@dataclass(slots=True)
class Outline:
    """The parts of one file."""

    #: the file with one line feed in front of its first line
    padded: bytes
    #: where the front matter ends
    body: int = 0
    front: Part | None = None
    blocks: list[Part] = field(default_factory=list[Part])
    notes: list[Note] = field(default_factory=list[Note])
    #: (start, end) of closed fences that are no tasks
    quotes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    #: (start, end) of comments and of fences that are never closed
    hidden: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def covers(self) -> list[tuple[int, int]]:
        """The (start, end) of all that is fence or comment, in order."""
        blocks = ((part.open, part.close) for part in self.blocks)
        return sorted([*self.quotes, *self.hidden, *blocks])

    def headings(self) -> list[Heading]:
        """The headings, which are no lines of a fence or a comment."""
        covers = self.covers()
        headings: list[Heading] = []
        at = 0
        for mark in _HEADING.finditer(self.padded, self.body):
            start = mark.start()
            while at < len(covers) and covers[at][1] <= start:
                at += 1
            if at == len(covers) or start < covers[at][0]:
                headings.append(Heading(start, mark.end(), len(mark[1])))
        return headings
