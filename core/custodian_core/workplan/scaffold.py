"""A new workplan, written so that it reads back as what was asked for."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from custodian_core.errors import BadValue
from custodian_core.status import Priority, Status
from custodian_core.yamltree import NULLS

from .grammar import ID, ID_RULE, MAX_BLOCKS, TASK_WORD, WORKPLAN_TYPE
from .sections import task_title

PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
#: how long a title, or another value of a new plan, may be
LONGEST = 300
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./-]*")
_ID_LINE = re.compile(rb"^[ \t]*[\"']?id[\"']?[ \t]*:[ \t]*[\"']?([A-Za-z0-9._-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new plan is made of."""

    id: str
    title: str
    tasks: tuple[str, ...]
    #: the day, as YYYY-MM-DD
    today: str
    domain: str | None = None
    repo: str | None = None
    owner: str | None = None
    topic_slug: str | None = None


def scaffold(draft: Draft) -> bytes:
    """The text of a new plan, with every task to do."""
    if not ID.fullmatch(draft.id):
        raise BadValue(f"id '{draft.id}'", f"it is not {ID_RULE}")
    if len(draft.tasks) > MAX_BLOCKS:
        raise BadValue("tasks", f"a plan holds at most {MAX_BLOCKS}")
    title = _one_line(draft.title, "title")
    named = {
        "id": draft.id,
        "type": WORKPLAN_TYPE,
        "title": title,
        "domain": draft.domain,
        "repo": draft.repo,
        "status": Status.TODO.value,
        "owner": draft.owner,
        "topic_slug": draft.topic_slug,
    }
    said = {key: _one_line(value, key) for key, value in named.items() if value}
    lines = ["---", *(f"{key}: {_scalar(value)}" for key, value in said.items())]
    lines += [f'created: "{draft.today}"', f'updated: "{draft.today}"', "---", ""]
    lines += [f"# {draft.id} — {title}", "", "## Goal", "", "## Tasks", ""]
    for number, task in enumerate(draft.tasks, 1):
        lines += _task(f"{draft.id}-T{number:02d}", f"T{number:02d}", _one_line(task, "task title"))
    return "\n".join(lines).encode()


def _task(task_id: str, short: str, title: str) -> list[str]:
    heading = f"{short} — {title}"
    lines = [f"### {heading}", "", f"```{TASK_WORD}", f"id: {task_id}"]
    # A title that its heading cannot carry is written into the block as well.
    if title.endswith("#") or task_title(heading, task_id) != title:
        lines.append(f"title: {_scalar(title)}")
    return [*lines, f"status: {Status.TODO.value}", f"priority: {Priority.MEDIUM.value}", "```", ""]


def next_id(prefix: str, taken: Iterable[str]) -> str:
    """The id after the highest of `taken` that counts up from `prefix`."""
    if not PREFIX.fullmatch(prefix):
        raise BadValue(f"prefix '{prefix}'", "it is not letters, digits, dots and dashes")
    number = re.compile(rf"{re.escape(prefix)}-(\d{{1,9}})(?!\d)", re.IGNORECASE)
    highest = max((int(found[1]) for name in taken if (found := number.match(name))), default=0)
    return f"{prefix}-{highest + 1:04d}"


def ids_in(data: bytes) -> list[str]:
    """Every id that the file seems to use, readable or not: none of them is given out again."""
    return [found.decode() for found in _ID_LINE.findall(data)]


def slug(text: str, longest: int = 50) -> str:
    """The text as a part of a file name."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > longest:
            break
        name = f"{name}-{word}" if name else word
    return name or (words[0][:longest] if words else "")


def _one_line(text: str, what: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise BadValue(what, "it is empty")
    if len(line) > LONGEST:
        raise BadValue(what, f"it is longer than {LONGEST} characters")
    if not line.isprintable():
        raise BadValue(what, "it holds characters that cannot be shown")
    return line


def _scalar(value: str) -> str:
    """The value as YAML reads it back; JSON's quoting is YAML's."""
    plain = _PLAIN.fullmatch(value) and value == value.strip() and value not in NULLS
    return value if plain else json.dumps(value, ensure_ascii=False)
