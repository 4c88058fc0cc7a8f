"""Byte-exact edits: one value changes, every other byte stays, or the edit is refused.

An edit is made on the raw bytes of one line. Its result is read again, and what is then different
must be what was asked for and nothing else.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from custodian_core.blob import MAX_FILE
from custodian_core.errors import BadValue, NotEditable
from custodian_core.status import WORKPLAN_WORDS, Status

from .document import Block, Document
from .fields import Unreadable, Value

_HUB_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

# Key, blank, value, and a tail of blanks, comment and carriage return that stays as it is.
_LINE = re.compile(
    rb"""[ \t]*(?P<key>[A-Za-z_][A-Za-z0-9_-]*)[ \t]*:(?P<blank>[ \t]*)
    (?:"(?P<double>[^"\\]*)" | '(?P<single>[^']*)' | (?P<plain>
        [^\s"'\#&*!|>{}\[\]%@`,:](?:[^\s\#:]++|[ \t]++(?=[^\s\#:]))*+))?
    (?P<tail>(?:[ \t]+\#[^\n]*|[ \t]*)\r?)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SetTaskStatus:
    """The task's `status:` says `status`."""

    task: str
    status: Status


@dataclass(frozen=True, slots=True)
class SetTaskHubId:
    """The task's `state_hub_task_id:` says `hub_id`, put in where it is missing."""

    task: str
    hub_id: str


@dataclass(frozen=True, slots=True)
class SetPlanStatus:
    """The front matter's `status:` says `status`, or a word that means it."""

    status: Status


@dataclass(frozen=True, slots=True)
class SetPlanHubId:
    """The front matter's `state_hub_workstream_id:` says `hub_id`, put in where it is missing."""

    hub_id: str


Change: TypeAlias = SetTaskStatus | SetTaskHubId | SetPlanStatus | SetPlanHubId


@dataclass(frozen=True, slots=True)
class _Splice:
    """New bytes for the range from `start` to `end`, and the field that this sets."""

    start: int
    end: int
    new: bytes
    block: Block
    key: str
    value: str


def edit(data: bytes, *changes: Change) -> bytes:
    """The bytes after all `changes`; the same bytes where nothing has to change."""
    if len(data) > MAX_FILE:
        raise NotEditable("workplan", f"it is larger than {MAX_FILE // 1024} KiB")
    document = Document(data)
    splices = [splice for change in changes if (splice := _splice(document, change))]
    if not splices:
        return data
    splices.sort(key=lambda splice: splice.start)
    pieces: list[bytes] = []
    at = 0
    for splice in splices:
        if splice.start < at:
            raise NotEditable(splice.key, "two changes want the same place")
        pieces += [data[at : splice.start], splice.new]
        at = splice.end
    result = b"".join([*pieces, data[at:]])
    _prove(document, splices, Document(result))
    return result


def _splice(document: Document, change: Change) -> _Splice | None:
    match change:
        case SetTaskStatus(task, status):
            block = _task_block(document, task)
            return _set(document, block, "status", status.value, f"status of task {task}")
        case SetTaskHubId(task, hub_id):
            block = _task_block(document, task)
            what = f"state_hub_task_id of task {task}"
            return _set(document, block, "state_hub_task_id", _checked(hub_id), what, put_in=True)
        case SetPlanStatus(status):
            front = _front_matter(document)
            said = front.values.text("status") or ""
            if WORKPLAN_WORDS.get(said) is status:
                return None
            return _set(document, front, "status", status.value, "status of the workplan")
        case SetPlanHubId(hub_id):
            front = _front_matter(document)
            key = "state_hub_workstream_id"
            return _set(document, front, key, _checked(hub_id), key, put_in=True)


def _checked(hub_id: str) -> str:
    if not _HUB_ID.fullmatch(hub_id):
        raise BadValue("hub id", "it must be letters, digits and dashes, 64 at most")
    return hub_id


def _task_block(document: Document, task: str) -> Block:
    what = f"task {task}"
    found = [block for block in document.blocks if document.seeming_id(block) == task]
    if not found:
        raise NotEditable(what, "no task block of this file has that id")
    if len(found) > 1:
        lines = " and ".join(str(block.part.line) for block in found[:5])
        raise NotEditable(what, f"{len(found)} task blocks have that id, on lines {lines}")
    return _readable(found[0], what)


def _front_matter(document: Document) -> Block:
    if document.front is None:
        raise NotEditable("front matter", "this file has none")
    return _readable(document.front, "front matter")


def _readable(block: Block, what: str) -> Block:
    if isinstance(block.fields, Unreadable):
        raise NotEditable(what, f"line {block.fields.line}: {block.fields.why}")
    return block


def _set(
    document: Document, block: Block, key: str, new: str, what: str, *, put_in: bool = False
) -> _Splice | None:
    """The splice after which `key` says `new`; None where it says so already."""
    old = block.values.values.get(key)
    if old == new:
        return None
    if key not in block.values.lines:
        if not put_in:
            raise NotEditable(what, f"the block has no `{key}:` line")
        return _insertion(document, block, key, new)
    start, line = _raw_line(document, block, block.values.lines[key])
    found = _LINE.fullmatch(line)
    if not found or found["key"].decode() != key or not _says(found, old):
        raise NotEditable(what, f"line {block.values.lines[key]} is not a plain `{key}: value`")
    kind = next((kind for kind in ("double", "single", "plain") if found[kind] is not None), None)
    text = new.encode()
    if kind is None:  # nothing written: the value goes right behind the colon
        at = start + found.start("blank")
        return _Splice(at, at, b" " + _quoted(text, put_in), block, key, new)
    if kind == "plain" and old is None:  # a `~` or `null`
        text = _quoted(text, put_in)
    return _Splice(start + found.start(kind), start + found.end(kind), text, block, key, new)


def _quoted(text: bytes, quoted: bool) -> bytes:
    return b'"' + text + b'"' if quoted else text


def _says(found: re.Match[bytes], old: Value) -> bool:
    """Whether the raw line holds the whole of the value that was read."""
    raw = next((found[kind] for kind in ("double", "single") if found[kind] is not None), None)
    if raw is not None:
        return raw.decode(errors="replace") == old
    plain = (found["plain"] or b"").decode(errors="replace")
    return plain == old if old is not None else plain in ("", "~", "null", "Null", "NULL")


def _raw_line(document: Document, block: Block, number: int) -> tuple[int, bytes]:
    """Where the line with that number starts, and its bytes without the line feed."""
    start = block.part.start
    for _ in range(number - block.part.line - 1):
        start = document.data.find(b"\n", start) + 1
    end = document.data.find(b"\n", start)
    return start, document.data[start : end if end >= 0 else None]


def _insertion(document: Document, block: Block, key: str, new: str) -> _Splice:
    """A line of its own before the closing line, indented and ended as its neighbours are."""
    data, at = document.data, block.part.end
    if not block.values.lines:
        raise NotEditable(key, "there is nothing between the marks to put it beside")
    _, first = _raw_line(document, block, min(block.values.lines.values()))
    indent = first[: len(first) - len(first.lstrip(b" \t"))]
    ending = b"\r\n" if data[:at].endswith(b"\r\n") else b"\n"
    line = indent + key.encode() + b": " + _quoted(new.encode(), quoted=True) + ending
    return _Splice(at, at, line, block, key, new)


def _prove(before: Document, splices: list[_Splice], after: Document) -> None:
    """Raise unless `after` says what `before` said, but for the fields that `splices` set."""
    expected = _said(before)
    parts = [before.front, *before.blocks]
    for splice in splices:
        place = next(i for i, block in enumerate(parts) if block is splice.block)
        said = expected[place]
        assert isinstance(said, dict)  # noqa: S101 - only readable blocks are spliced
        expected[place] = {**said, splice.key: splice.value}
    if _said(after) != expected:
        keys = ", ".join(splice.key for splice in splices)
        raise NotEditable(keys, "reading the result shows another difference than the one asked")


def _said(document: Document) -> list[dict[str, Value] | bytes | None]:
    """What front matter and each block say, the unreadable ones as they stand."""
    said: list[dict[str, Value] | bytes | None] = []
    for block in (document.front, *document.blocks):
        if block is None:
            said.append(None)
        elif isinstance(block.fields, Unreadable):
            said.append(document.data[block.part.open : block.part.close])
        else:
            said.append(block.fields.values)
    return said
