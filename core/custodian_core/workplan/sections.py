"""Which heading and which prose belong to a task block."""

import re
from bisect import bisect_left
from typing import NamedTuple

from .outline import Heading, Part

_DASH = r"[ \t]*[:.)\u2010-\u2015\u2212-]+[ \t]+"
#: `Task`, a number or an id, what parts it from the title, and the title
_NUMBERED = re.compile(
    rf"""(?P<word>Task\b[ \t]*)?
    (?:(?P<open>[`\[(])?(?P<number>[A-Za-z0-9][A-Za-z0-9._-]*?)(?(open)[`\])]))??
    (?:(?P<dash>{_DASH})|(?<=\S)[ \t]+)
    (?P<title>\S.*)""",
    re.IGNORECASE | re.VERBOSE,
)
_ANY_NUMBER = re.compile(r"T?\d+", re.IGNORECASE)


class Section(NamedTuple):
    """The part of a plan that speaks of one task; what it says is worked out when asked."""

    data: bytes
    part: Part
    heading: Heading | None
    #: whether the heading stands above this block alone, and so names its task
    named: bool
    #: offsets
    start: int
    end: int

    @property
    def line(self) -> int:
        """The first line."""
        return self.part.line - self.data.count(b"\n", self.start, self.part.open)

    @property
    def prose(self) -> str:
        """The text below the heading, without the block."""
        before = self.data[self._begin : self.part.open]
        after = self.data[self.part.close : self.end]
        return _text(before + after)

    @property
    def prose_by_line(self) -> tuple[int, str]:
        """The number of the prose's first line, and the prose with the block's lines left empty."""
        block = self.data.count(b"\n", self.part.open, self.part.close) * b"\n"
        before = self.data[self._begin : self.part.open]
        after = self.data[self.part.close : self.end]
        first = self.part.line - before.count(b"\n")
        return first, _text(before + block + after)

    @property
    def _begin(self) -> int:
        own = self.heading is not None and self.start < self.part.open
        return self.heading.end if own and self.heading else self.start

    @property
    def last(self) -> int:
        """The last line."""
        more = self.data.count(b"\n", self.part.close, self.end)
        cut = self.end > self.part.close and self.data[self.end - 1] != 0x0A
        return self.part.last + more + cut

    def title(self, task_id: str) -> str | None:
        """What the heading calls the task."""
        if self.heading is None or not self.named:
            return None
        return task_title(heading_text(self.data, self.heading), task_id)


def sections(data: bytes, parts: list[Part], headings: list[Heading]) -> list[Section]:
    """The section of each task block.

    It begins at the heading above the block, or at the block where that heading already serves an
    earlier one. It ends at the next heading of the same or a higher level, or where the next task
    begins.
    """
    starts = [heading.start for heading in headings]
    owners = [bisect_left(starts, part.open) - 1 for part in parts] + [len(starts)]
    found: list[Section] = []
    before = -1
    for place, part in enumerate(parts):
        owner, after = owners[place], owners[place + 1]
        end = parts[place + 1].open if after == owner else len(data)
        heading = headings[owner] if owner >= 0 else None
        level = heading.level if heading else 6
        for later in range(owner + 1, len(headings)):
            if later == after or headings[later].level <= level or starts[later] >= end:
                end = min(end, starts[later])
                break
        own = heading is not None and owner != before
        start = heading.start if heading and own else part.open
        found.append(Section(data, part, heading, own and after != owner, start, end))
        before = owner
    return found


def _text(data: bytes) -> str:
    """What the bytes say; what no text can hold, or no database keeps, is marked as lost."""
    return data.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def heading_text(data: bytes, heading: Heading) -> str:
    """What the heading says, without the hashes before and after it."""
    text = _text(data[heading.start : heading.end]).strip().lstrip("#").strip()
    bare = text.rstrip("#")
    return bare.strip() if not bare or bare[-1] in " \t" else text


def task_title(heading: str, task_id: str) -> str:
    """The heading without its `Task:` or the task's number in front: `T01 - Title` is `Title`."""
    # A number stands at the front: a bound on where it is sought bounds the time it takes.
    found = _NUMBERED.match(heading[:200])
    if not found:
        return heading
    word, number, dash = found["word"], found["number"], found["dash"]
    title = heading[found.start("title") :]
    if number is None:
        return title if word and dash else heading
    own = number.lower() in (task_id.lower(), task_id.rpartition("-")[2].lower())
    if own or (dash and _ANY_NUMBER.fullmatch(number)):
        return title
    return heading
