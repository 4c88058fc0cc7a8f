"""Markdown as the grammars of an ops repo need it: lines, headings, and which lines say nothing.

Bytes that are not UTF-8 come through as surrogates, so that a text is always the bytes it was.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from custodian_core.workplan.scan import scan
from custodian_core.workplan.sections import heading_text


class Heading(NamedTuple):
    """An ATX heading outside of fences and comments."""

    line: int
    level: int
    text: str


class Page(NamedTuple):
    """A text by lines, of which the first has the number 1."""

    #: each line with the carriage return that it may end with
    rows: list[str]
    headings: list[Heading]
    #: the lines of fences and comments
    silent: set[int]
    #: those of fences alone
    fenced: set[int]


class Section(NamedTuple):
    """A heading and the lines below it, up to the next of the same or a higher level."""

    line: int
    title: str
    #: each with its number
    rows: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        """What stands below the heading."""
        return "\n".join(row.rstrip() for _, row in self.rows).strip()


def decoded(data: bytes) -> str:
    """The text of the bytes, from which `encoded` makes the same bytes."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes of a text that was decoded here."""
    return text.encode("utf-8", "surrogateescape")


def page(data: bytes) -> Page:
    """The bytes as a page."""
    outline = scan(data)
    headings: list[Heading] = []
    line, at = 1, 0
    for mark in outline.headings():
        line += data.count(b"\n", at, mark.start)
        at = mark.start
        headings.append(Heading(line, mark.level, heading_text(data, mark)))
    rows = decoded(data).split("\n")
    fenced = sorted([*outline.quotes, *((part.open, part.close) for part in outline.blocks)])
    return Page(rows, headings, _lines_of(data, outline.covers()), _lines_of(data, fenced))


def _lines_of(data: bytes, covers: Iterable[tuple[int, int]]) -> set[int]:
    """The numbers of the lines that the ranges, which are in order, lie on."""
    found: set[int] = set()
    line, at = 1, 0
    for start, end in covers:
        inside = max(start, end - 1)  # it may end with a line feed
        line += data.count(b"\n", at, start)
        last = line + data.count(b"\n", start, inside)
        found.update(range(line, last + 1))
        line, at = last, inside
    return found


def sections(told: Page, level: int) -> Iterator[Section]:
    """The sections of that level, with what stands below deeper headings too."""
    bounds = [heading for heading in told.headings if heading.level <= level]
    ends = [heading.line for heading in bounds[1:]] + [len(told.rows) + 1]
    for heading, end in zip(bounds, ends, strict=True) if bounds else ():
        if heading.level == level:
            rows = enumerate(told.rows[heading.line : end - 1], heading.line + 1)
            yield Section(heading.line, heading.text, tuple(rows))
