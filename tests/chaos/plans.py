"""Workplans as people write, bend and break them, and what they say by a reading of our own."""

import re
from collections.abc import Callable

_TASK = re.compile(rb"^```task[ \t]*\r?$(.*?)^```[ \t]*\r?$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(
    rb"^(id|status):[ \t]*[\"']?([^\"'#\r\n]*?)[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE
)
_OWN = re.compile(rb"^(?:status:[^\r\n]*|state_hub_\w+:[^\r\n]*\r?\n)", re.MULTILINE)


def says(data: bytes) -> dict[str, str]:
    """The status of each task whose block can be told apart; nothing of Custodian's reads it."""
    found: dict[str, str] = {}
    for block in _TASK.findall(data):
        fields = {name.decode(): value.decode() for name, value in _FIELD.findall(block)}
        if fields.keys() == {"id", "status"}:
            found[fields["id"]] = fields["status"]
    return found


def masked(data: bytes) -> bytes:
    """The text without what a run may write in it."""
    return _OWN.sub(b"", data)


def with_status(data: bytes, key: str, status: str) -> bytes:
    """The same, but for the status of that task."""
    block = re.compile(
        rb"(^id: %b\r?\n(?:(?!```)[^\n]*\n)*?status:[ \t]*[\"']?)\w+" % key.encode(), re.MULTILINE
    )
    return block.sub(rb"\g<1>" + status.encode(), data, count=1)


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _one_more_task(data: bytes) -> bytes:
    known = sorted(says(data))
    if not known:
        return data
    stem, _, number = known[-1].rpartition("T")
    key = f"{stem}T{int(number) + 1:02}"
    block = f"\n### {key} — One more\n```task\nid: {key}\nstatus: todo\npriority: low\n```\n"
    return data + block.encode()


#: what may look strange in a workplan, and yet says what it says
ODD: tuple[Callable[[bytes], bytes], ...] = (
    _crlf,
    lambda data: data.replace(b"\r\n", b"\n"),
    lambda data: re.sub(rb"(?m)^(status: \w+)(\r?)$", rb"\1  # since Monday\2", data, count=1),
    lambda data: re.sub(rb"(?m)^status: (todo|done)(\r?)$", rb'status: "\1"\2', data, count=1),
    lambda data: data if data.startswith(b"\xef\xbb\xbf") else b"\xef\xbb\xbf" + data,
    lambda data: data.rstrip(b"\n"),
    lambda data: data + "\nProse — with a dash, and `status: done` in it.\n".encode(),
    _one_more_task,
)
#: what nobody can make sense of, or only in part
BROKEN: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data.replace(b"\n---", b"\n--", 1),
    lambda data: data + (_TASK.search(data) or re.match(b"", data))[0],  # type: ignore[index]
    lambda data: re.sub(rb"(?m)^status: \w+", b"status: Done-ish", data, count=2),
    lambda data: data + b"\n```task\nid: X\n",
    lambda data: b"<<<<<<< HEAD\n" + data + b"=======\n>>>>>>> theirs\n",
    lambda data: data + b"\xff\xfe\x00",
    lambda data: data.replace(b"status: ", b"status: &a ", 1),
    lambda data: b"",
)
