"""Reading a workplan: bytes in, a plan and findings out; it never raises over what a file holds."""

import re
from collections import Counter
from typing import cast

from custodian_core.blob import MAX_FILE
from custodian_core.findings import Finding, Severity, found
from custodian_core.status import WORKPLAN_WORDS, Priority, Status, rank
from custodian_core.yamltree import NULLS

from .document import Block, Document
from .fields import Fields, Unreadable
from .grammar import WORKPLAN_TYPE
from .model import BrokenTask, Reading, Span, Task, Workplan
from .scan import BOM
from .sections import heading_text
from .words import Notes, outside, read_id, read_ids, read_truth, read_word

_STATUSES = {status.value: status for status in Status}
_PRIORITIES = {priority.value: priority for priority in Priority}
_ENDED = rank(Status.DONE)


def read(data: bytes, path: str = "") -> Reading:
    """The workplan in `data`, or why there is none, with a finding for all that is amiss."""
    if len(data) > MAX_FILE:
        return Reading(path, None, (too_large(path),))
    if why := _foreign_text(data):
        return Reading(
            path, None, (found("C-01", {"what": "workplan", "why": why}, path=path, line=1),)
        )
    document = Document(data)
    if reason := _not_a_plan(document):
        return Reading(path, None, not_a_plan=reason)
    notes = Notes(path)
    _note_structure(document, notes)
    tasks, broken = _read_tasks(document, notes)
    plan = _read_plan(document, path, tasks, broken, notes)
    return Reading(path, plan, notes.ordered())


def too_large(path: str) -> Finding:
    """The finding for a file over the size limit."""
    why = f"it is larger than {MAX_FILE // 1024} KiB"
    return found("C-01", {"what": "workplan", "why": why}, path=path)


def _foreign_text(data: bytes) -> str | None:
    """Why nothing can be read of a text that another system has written, if so."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is UTF-16; save it as UTF-8"
    if b"\n" not in data and data.removeprefix(BOM).startswith(b"---\r"):
        return "its lines end with a carriage return alone; end them with a line feed"
    return None


def _not_a_plan(document: Document) -> str | None:
    """Why the file is prose; None where it is a plan, or means to be one and needs mending."""
    front = document.front
    has_tasks = bool(document.blocks) or any(
        note.severity is Severity.FAIL for note in document.outline.notes
    )
    if front is None:
        return None if has_tasks or _front_is_open(document) else "it has no front matter"
    if isinstance(front.fields, Unreadable):
        return None
    kind = front.fields.text("type")
    if kind is None:
        return None if has_tasks else "its front matter has no type"
    near = re.sub(r"[^a-z]", "", kind.lower()).rstrip("s") == WORKPLAN_TYPE
    return None if near else f"its type is '{kind[:40]}'"


def _front_is_open(document: Document) -> bool:
    return any(note.what == "front matter" for note in document.outline.notes)


def _note_structure(document: Document, notes: Notes) -> None:
    data = document.data
    for note in document.outline.notes:
        notes.unreadable(note.line, note.what, note.why, note.severity)
    if b"\x00" in data:
        line = 1 + data.count(b"\n", 0, data.index(b"\x00"))
        notes.unreadable(line, "text of this line", "it holds a NUL byte")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        notes.unreadable(line, "text of this line", "it is not UTF-8")


def _read_plan(
    document: Document,
    path: str,
    tasks: tuple[Task, ...],
    broken: tuple[BrokenTask, ...],
    notes: Notes,
) -> Workplan | None:
    front = document.front
    if front is None:
        if not _front_is_open(document):
            why = "it holds task blocks and no front matter; that starts with `---` on line 1"
            notes.unreadable(1, "workplan", why)
        return None
    fields, line = front.fields, front.part.line
    if isinstance(fields, Unreadable):
        notes.unreadable(fields.line, "front matter", fields.why)
        return None
    kind = fields.text("type")
    if kind != WORKPLAN_TYPE:
        said = f"says `type: {kind[:40]}`" if kind else "has no type"
        why = f"its front matter {said}; write `type: {WORKPLAN_TYPE}`"
        notes.unreadable(fields.line("type", line), "workplan", why)
        return None
    plan_id = read_id(fields, line, "workplan", notes)
    if plan_id is None:
        return None
    status = read_word(fields, "status", line, f"workplan {plan_id}", WORKPLAN_WORDS, notes)
    _expect_text(fields, "state_hub_workstream_id", line, f"workplan {plan_id}", notes)
    hub_id = _hub_id(fields, "state_hub_workstream_id")
    if hub_id is None:
        notes.add("C-02", fields.line("state_hub_workstream_id", line), workplan=plan_id)
    if status and rank(status) == _ENDED:
        _note_open_tasks(tasks, fields, plan_id, notes)
    return Workplan(
        path=path,
        id=plan_id,
        title=fields.text("title") or _first_heading(document) or plan_id,
        status=status,
        state_hub_workstream_id=hub_id,
        tasks=tasks,
        broken=broken,
        document=document,
    )


def _expect_text(fields: Fields, key: str, line: int, what: str, notes: Notes) -> bool:
    """Whether what is under `key` is text or nothing; anything else is told."""
    if not isinstance(fields.values.get(key), (list, dict)):
        return True
    outside(fields, key, line, what, ("one id",), notes)
    return False


def _hub_id(fields: Fields, key: str) -> str | None:
    """The hub's id under `key`, in small letters; a quoted `~` is none either."""
    value = fields.values.get(key)
    return value.strip().lower() if isinstance(value, str) and value.strip() not in NULLS else None


def _first_heading(document: Document) -> str | None:
    for heading in document.headings:
        if heading.level == 1 and (text := heading_text(document.data, heading)):
            return text
    return None


def _note_open_tasks(tasks: tuple[Task, ...], fields: Fields, plan_id: str, notes: Notes) -> None:
    still_open = [task.id for task in tasks if rank(task.status) < _ENDED]
    if still_open:
        some = ", ".join(still_open[:3]) + (", …" if len(still_open) > 3 else "")
        why = f"it is {fields.text('status')} and has {len(still_open)} open tasks: {some}"
        notes.add("C-09", fields.line("status", 1), workplan=plan_id, why=why)


def _read_tasks(
    document: Document, notes: Notes
) -> tuple[tuple[Task, ...], tuple[BrokenTask, ...]]:
    tasks: list[Task] = []
    broken: list[Block] = []
    for place, block in enumerate(document.blocks):
        fields, task = block.fields, None
        if isinstance(fields, Unreadable):
            seeming = document.seeming_id(block)
            what = f"task block {seeming}" if seeming else "task block"
            notes.unreadable(fields.line, what, fields.why)
        else:
            task = _read_task(document, place, fields, notes)
        if task:
            tasks.append(task)
        else:
            broken.append(block)
    if broken or len(
        {task.id for task in tasks} | {task.state_hub_task_id for task in tasks}
    ) < 2 * len(tasks):
        shared = _shared_ids(document, notes)
        broken += [block for task in tasks if (block := document.blocks[task.place]) in shared]
        tasks = [task for task in tasks if document.blocks[task.place] not in shared]
        broken.sort(key=lambda block: block.part.line)
    return tuple(tasks), tuple(
        BrokenTask(document.seeming_id(block), Span(block.part.line, block.part.last))
        for block in broken
    )


def _read_task(document: Document, place: int, fields: Fields, notes: Notes) -> Task | None:
    line, values = fields.first_line - 1, fields.values
    if fields.everyday:
        words = cast("dict[str, str]", values)
        return Task(
            words["id"],
            _STATUSES[words["status"]],
            _PRIORITIES[words["priority"]],
            words["state_hub_task_id"],
            needs_human=False,
            depends_on=(),
            document=document,
            place=place,
        )
    task_id = read_id(fields, line, "task block", notes)
    if task_id is None:
        return None
    what = f"task {task_id}"
    status = read_word(fields, "status", line, what, _STATUSES, notes)
    priority: Priority | None = Priority.MEDIUM
    if values.get("priority") is not None:
        priority = read_word(fields, "priority", line, what, _PRIORITIES, notes)
    needs_human: bool | None = False
    if "needs_human" in values:
        needs_human = read_truth(fields, "needs_human", line, what, notes)
    depends_on: tuple[str, ...] | None = ()
    if "depends_on" in values:
        depends_on = read_ids(fields, "depends_on", line, what, notes)
    if not _expect_text(fields, "state_hub_task_id", line, what, notes):
        return None
    if status is None or priority is None or needs_human is None or depends_on is None:
        return None
    hub_id = _hub_id(fields, "state_hub_task_id")
    if hub_id is None:
        notes.add("C-03", fields.line("state_hub_task_id", line), task=task_id)
    return Task(task_id, status, priority, hub_id, needs_human, depends_on, document, place)


def _shared_ids(document: Document, notes: Notes) -> list[Block]:
    """The blocks that use an id another block uses too; each id is told once."""
    blocks = document.blocks
    shared: list[Block] = []
    for field, ids in (
        ("task id", [document.seeming_id(block) for block in blocks]),
        ("state_hub_task_id", [_hub_id(block.values, "state_hub_task_id") for block in blocks]),
    ):
        if len(set(ids)) == len(ids):
            continue
        for value, times in Counter(filter(None, ids)).items():
            if times > 1:
                users = [block for block, other in zip(blocks, ids, strict=True) if other == value]
                told = ", ".join(f"line {block.part.line}" for block in users[:10])
                told += ", …" if times > 10 else ""
                line = users[1].part.line
                notes.add("C-04", line, field=field, value=value, times=times, places=told)
                shared += users
    return shared
