"""What a workplan says, as values."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from custodian_core.findings import Finding
from custodian_core.status import Priority, Status

from .criteria import Criterion, split_prose
from .document import Block, Document
from .fields import Value
from .sections import Section


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `first` to `last` of a file, counted from 1, both included."""

    first: int
    last: int


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
