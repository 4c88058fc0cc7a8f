"""What a workplan says, as values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from custodian_core.findings import Finding
from custodian_core.status import Priority, Status

from .document import Block, Document
from .fields import Value
from .sections import Section


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `first` to `last` of a file, counted from 1, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that must hold before a task is done; `met` is None where there is no checkbox."""

    text: str
    met: bool | None = None


class Task(NamedTuple):
    """One task block and the section around it."""

    id: str
    status: Status
    priority: Priority
    state_hub_task_id: str | None
    needs_human: bool
    depends_on: tuple[str, ...]
    document: Document
    place: int

    @property
    def fields(self) -> dict[str, Value]:
        """Every key of the block as it is written, known or not."""
        return self.document.blocks[self.place].values.values

    @property
    def lines(self) -> dict[str, int]:
        """The line of each key."""
        return self.document.blocks[self.place].values.lines

    @property
    def title(self) -> str:
        """What the block or else the heading calls the task, or its id where neither does."""
        said = self.fields.get("title")
        title = said if isinstance(said, str) else self._section.title(self.id)
        return title if title and title.strip() else self.id

    @property
    def block(self) -> Span:
        """The lines of the block, its fences included."""
        part = self.document.blocks[self.place].part
        return Span(part.line, part.last)

    @property
    def section(self) -> Span:
        """The lines that speak of the task, from its heading on."""
        return Span(self._section.line, self._section.last)

    @property
    def heading(self) -> int | None:
        """The line of the heading that names the task, if one does."""
        return self._section.line if self._section.named else None

    @property
    def prose(self) -> str:
        """The section's text without the block."""
        return self._section.prose

    @property
    def prose_by_line(self) -> tuple[int, str]:
        """The number of the prose's first line, and the prose with the block's lines left empty."""
        return self._section.prose_by_line

    @property
    def _section(self) -> Section:
        return self.document.sections[self.place]

    @property
    def description(self) -> str:
        """The section's prose, without what is acceptance."""
        return "\n".join(text for text, about in split_prose(self.prose) if about is None).strip()

    @property
    def acceptance(self) -> tuple[Criterion, ...]:
        """What the section's `Acceptance:` and `Gate:` paragraphs and checkboxes demand."""
        return tuple(about for _, about in split_prose(self.prose) if about is not None)

    def to_json(self) -> dict[str, Any]:
        """The task as `--json` and tools show it."""
        return {
            "id": self.id,
            "title": self.title,
            "status": self.status.value,
            "priority": self.priority.value,
            "needs_human": self.needs_human,
            "depends_on": list(self.depends_on),
            "state_hub_task_id": self.state_hub_task_id,
            "description": self.description,
            "acceptance": [{"text": c.text, "met": c.met} for c in self.acceptance],
            "lines": {
                "heading": self.heading,
                "section": [self.section.first, self.section.last],
                "block": [self.block.first, self.block.last],
                "fields": self.lines,
            },
        }


@dataclass(frozen=True, slots=True)
class BrokenTask:
    """A task block that is there and cannot be used; a finding says why."""

    #: what its id seems to be
    id: str | None
    block: Span


@dataclass(frozen=True, slots=True)
class Workplan:
    """One plan: its front matter and its tasks, in the order of the file."""

    path: str
    id: str
    title: str
    #: None where the file says something outside the vocabulary
    status: Status | None
    state_hub_workstream_id: str | None
    tasks: tuple[Task, ...]
    broken: tuple[BrokenTask, ...]
    document: Document

    @property
    def fields(self) -> dict[str, Value]:
        """Every key of the front matter as it is written, known or not."""
        return self._front.values.values

    @property
    def lines(self) -> dict[str, int]:
        """The line of each key."""
        return self._front.values.lines

    @property
    def front_matter(self) -> Span:
        """The lines of the front matter, its rules included."""
        return Span(self._front.part.line, self._front.part.last)

    @property
    def _front(self) -> Block:
        front = self.document.front
        assert front is not None  # noqa: S101 - a plan is made of one
        return front

    def text(self, key: str) -> str | None:
        """What the front matter says under `key`, where it is text."""
        value = self.fields.get(key)
        return value if isinstance(value, str) and value.strip() else None

    def task(self, task_id: str) -> Task | None:
        """The task with that id."""
        return next((task for task in self.tasks if task.id == task_id), None)

    def to_json(self) -> dict[str, Any]:
        """The workplan as `--json` and tools show it."""
        return {
            "path": self.path,
            "id": self.id,
            "title": self.title,
            "status": self.status.value if self.status else None,
            "status_word": self.fields.get("status"),
            **{key: self.text(key) for key in _SAID},
            "state_hub_workstream_id": self.state_hub_workstream_id,
            "lines": {
                "front_matter": [self.front_matter.first, self.front_matter.last],
                "fields": self.lines,
            },
            "tasks": [task.to_json() for task in self.tasks],
            "broken": [
                {"id": task.id, "block": [task.block.first, task.block.last]}
                for task in self.broken
            ],
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one file."""

    path: str
    workplan: Workplan | None
    findings: tuple[Finding, ...] = ()
    #: why the file is taken for prose and not for a workplan
    not_a_plan: str | None = None


_SAID = ("domain", "repo", "owner", "topic_slug", "created", "updated")

_BULLET = r"(?:[-*+]|\d{1,9}[.)])[ \t]+"
_CHECKBOX = re.compile(rf"[ \t]*{_BULLET}\[([ xX])\][ \t]+(\S.*)")
_LIST_ITEM = re.compile(rf"([ \t]*){_BULLET}(\S.*)")
_LABEL = re.compile(
    r"""[ \t]{0,3}(?:\*\*|__)?(?:Acceptance(?:[ ]criteria)?|Gate)(?:\*\*|__)?:(?:\*\*|__)?[ \t]*(.*)
      | [ ]{0,3}\#{1,6}[ \t]+(?:Acceptance(?:[ ]criteria)?|Gate):?[ \t]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_RULE = re.compile(r" {0,3}-{3,}[ \t]*")
_BREAK = re.compile(
    r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|#{1,6}(?:[ \t].*)?)$"
)


def split_prose(prose: str) -> Iterator[tuple[str, Criterion | None]]:
    """The prose in pieces: (line, None) as it stands, or (text, criterion) for what must hold.

    A label's paragraph ends at an empty line, a list, a fence, a heading or a rule. The list that
    follows a label is read as one criterion an item; an empty line may stand between the two only
    where the label says nothing itself. Fences are prose, whatever they hold.
    """
    lines = [line.removesuffix("\r") for line in prose.split("\n")]
    # in a label's list; whether empty lines may stand in it; below a heading that is a label
    place, listing, bare, headed = 0, False, False, False
    while place < len(lines):
        line = lines[place]
        last = _quoted_until(lines, place)
        if last is not None:
            yield "\n".join(lines[place : last + 1]), None
            place, listing = last + 1, listing and line[:1].isspace()
            continue
        box, label, item = _CHECKBOX.match(line), _LABEL.match(line), _LIST_ITEM.match(line)
        if headed and line.strip() and not (box or label or item):
            after = _paragraph_end(lines, place + 1)
            text = " ".join(" ".join(lines[place:after]).split())
            yield text, Criterion(text)
            place, headed = after, False
            continue
        if not (box or label or (listing and item)):
            # what is empty or indented still belongs to the item above
            listing = listing and bare and (not line.strip() or line[:1].isspace())
            if not _RULE.fullmatch(line):
                yield line, None
            place += 1
            continue
        headed = label is not None and line.lstrip().startswith("#")
        first = box[2] if box else label[1] or "" if label else item[2] if item else ""
        after = _paragraph_end(lines, place + 1)
        if label:
            listing, bare = True, not first.strip() and after == place + 1
        elif listing:
            bare = True
        text = " ".join(" ".join([first, *lines[place + 1 : after]]).split())
        if text:
            yield text, Criterion(text, box[1] != " " if box else None)
        place = after


def _paragraph_end(lines: list[str], place: int) -> int:
    """The line after the paragraph that goes on at `place`."""
    while place < len(lines):
        line = lines[place]
        if not line.strip() or any(
            pattern.match(line) for pattern in (_LIST_ITEM, _FENCE, _LABEL, _BREAK)
        ):
            return place
        place += 1
    return place


def _quoted_until(lines: list[str], place: int) -> int | None:
    """The last line of the fence or comment that begins at `place`, if one does."""
    fence = _FENCE.match(lines[place])
    if fence:
        return _fence_end(lines, place, fence[1])
    if not lines[place].lstrip().startswith("<!--"):
        return None
    closed = (later for later in range(place, len(lines)) if "-->" in lines[later])
    return next(closed, len(lines) - 1)


def _fence_end(lines: list[str], place: int, run: str) -> int:
    """The line that closes the fence opened at `place`, or the last line."""
    closing = re.compile(rf"[ \t]*{re.escape(run)}{re.escape(run[0])}*[ \t]*")
    for later in range(place + 1, len(lines)):
        if closing.fullmatch(lines[later]):
            return later
    return len(lines) - 1
