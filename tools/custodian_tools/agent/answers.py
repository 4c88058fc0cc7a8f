"""Answers to agents: short rows, what was left out, and what to do next."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar, cast

from custodian_core.codec import stamp
from custodian_core.errors import (
    BadValue,
    Claimed,
    CustodianError,
    ForeignHub,
    HubUnreachable,
    NoCheckout,
    NothingToDo,
    NotRegistered,
    Regression,
    RepoBusy,
    StaleFence,
    UnknownThing,
)
from custodian_core.records import Intervention, Page, Repo, Task
from custodian_core.text import printable
from custodian_tools import health

T = TypeVar("T")

#: how much of a text an answer tells
LONGEST_TEXT, LONGEST_LINE = 4000, 400
#: how many items a list gives where nobody says
USUAL = 20
#: how many characters the rows of an answer may have: usually, and where more is asked for
ROOM, MORE_ROOM = 9_000, 40_000


def page(
    ask: Callable[[int], Page[T]],
    row: Callable[[T], dict[str, Any]],
    name: str,
    again: str,
    limit: int = USUAL,
    *,
    room: int | None = None,
) -> dict[str, Any]:
    """Some of a list, as many as there is room for, how many there are, and how to go on."""
    room = room or (ROOM if limit <= USUAL else MORE_ROOM)
    found = ask(limit)
    rows, more = fitting(map(row, found.items), room)
    if more:  # the cursor must stand where this answer ends
        found = ask(len(rows))
        rows = [row(item) for item in found.items]
    told: dict[str, Any] = {name: rows, "total": found.total}
    if found.cursor:
        told["cursor"] = found.cursor
        told["hint"] = f"call {again} with cursor to go on, or narrow it"
    elif not found.items:
        told["hint"] = f"there are none; {again} without filters shows all"
    return told


def fitting(rows: Iterable[T], room: int) -> tuple[list[T], int]:
    """The rows that there is room for, one at least, and how many were left out."""
    all_ = list(rows)
    used = 0
    for number, each in enumerate(all_):
        used += size(each) + 2
        if used > room and number:
            return all_[:number], len(all_) - number
    return all_, 0


def size(value: Any) -> int:
    """How many characters the value needs as JSON."""
    return len(json.dumps(value, ensure_ascii=False, default=str))


def safe(value: Any) -> Any:
    """The same answer, of which no text steers a terminal or a reader's eye.

    Control and bidi characters are replaced; where text has lines, it keeps them.
    """
    if isinstance(value, str):
        return value if value.isprintable() else "\n".join(map(printable, value.split("\n")))
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        return {safe(name): safe(each) for name, each in told.items()}
    if isinstance(value, list | tuple):
        return [safe(each) for each in cast("Sequence[Any]", value)]
    return value


def bounded(answer: dict[str, Any], most: int) -> dict[str, Any]:
    """The answer, its longest lists cut until it needs no more than that many characters."""
    told = dict(answer)
    while size(told) > most:
        lists = [name for name, each in told.items() if isinstance(each, list) and each[1:]]
        if not lists:
            over = f"it has {size(told)} characters, and {most} can be told"
            raise BadValue("answer", f"{over}; ask for one thing, or for less of it")
        longest = max(lists, key=lambda name: size(told[name]))
        kept, _ = fitting(told[longest], max(1, size(told[longest]) - (size(told) - most) - 300))
        told[longest] = kept if len(kept) < len(told[longest]) else kept[:-1]
        told["truncated"] = True
        told["hint"] = f"{longest} is cut: ask with a smaller limit, for one repo, or concise"
    return told


def text(said: str, longest: int = LONGEST_TEXT) -> str:
    """What somebody wrote, line by line, made safe and cut."""
    lines = (printable(line) for line in said[: longest + 1].splitlines())
    safe = "\n".join(lines)
    return safe if len(said) <= longest else f"{safe[: longest - 1]}…"


def line(said: str, longest: int = LONGEST_LINE) -> str:
    """What somebody wrote, on one line."""
    return printable(said, longest)


def task_row(task: Task) -> dict[str, Any]:
    """A task in a list."""
    row: dict[str, Any] = {
        "key": task.key,
        "title": line(task.title, 120),
        "status": task.status.value,
        "priority": task.priority.value,
    }
    if task.needs_human:
        row["needs_human"] = True
    return row


def task_card(task: Task) -> dict[str, Any]:
    """A task with all that is known of it."""
    acceptance, more = fitting((line(each) for each in task.acceptance), 2_000)
    told = {
        **task_row(task),
        "id": task.id,
        "repo": task.repo_slug,
        "description": text(task.description),
        "acceptance": acceptance,
        "depends_on": [line(each, 100) for each in task.depends_on[:10]],
        "note": line(task.note) if task.note else None,
        "fence": task.fence,
        "epoch": task.epoch,
        "version": task.version,
        "updated_at": stamp(task.updated_at),
    }
    if more or len(task.description) > LONGEST_TEXT:
        told |= {"truncated": True, "hint": "the rest stands in the workplan's file"}
    return told


def question(asked: Intervention) -> dict[str, Any]:
    """A question to a person."""
    row: dict[str, Any] = {
        "id": asked.id,
        "repo": asked.repo_slug,
        "question": line(asked.question),
        "since": stamp(asked.since),
        "asked_by": line(asked.asked_by, 100),
    }
    if asked.task_key:
        row["blocks"] = asked.task_key
    if asked.context:
        row["context"] = text(asked.context, 1000)
    if asked.options:
        row["options"] = [line(each, 200) for each in asked.options[:20]]
    if asked.answer is not None:
        row |= {"answer": text(asked.answer, 1000), "answered_by": line(asked.answered_by or "")}
    return row


def repo_row(repo: Repo, host: str) -> dict[str, Any]:
    """A repo, and how its syncs go here."""
    here = next((each for each in repo.hosts if each.host == host), None)
    row: dict[str, Any] = {
        "repo": repo.slug,
        "domain": repo.domain,
        "last_state_synced_at": _at(repo.last_state_synced_at),
    }
    if repo.status != "active":
        row |= {"status": repo.status.value, "reason": line(repo.status_reason or "")}
    if here:
        row["here"] = {
            "path": line(here.path),
            "outcome": here.outcome or "never run",
            "sealed": here.sealed,
        }
        if (here.ahead, here.behind) != (0, 0):
            row["here"] |= {"ahead": here.ahead, "behind": here.behind}
    return row


def health_row(repo: Repo, host: str, now: datetime) -> dict[str, Any]:
    """A repo, and how its syncs go everywhere."""
    row = repo_row(repo, host)
    row["freshness"] = health.freshness(repo.last_state_synced_at, now).value
    row["sealed"] = health.sealed(repo)
    if stopped := health.halted(repo):
        row["halted"] = {line(each.host, 60): each.outcome for each in stopped[:5]}
    if codes := Counter(finding.code for finding in health.findings(repo)):
        row["codes"] = dict(islice(codes.items(), 8))
    return row


def _at(at: datetime | None) -> str | None:
    return stamp(at) if at else None


#: the tool that tells which things of a kind there are
_LISTS = {
    "repo": "list_repos",
    "task": "list_tasks",
    "question": "list_interventions",
    "intervention": "list_interventions",
    "prerequisite": "read_prerequisites",
    "objective": "read_prerequisites",
    "vault item": "list_vault",
    "sprint": "list_sprints",
    "domain": "list_evidence",
    "evidence of domain": "list_evidence",
    "file": "check_ops_repo",
}
#: the next call, for each kind of refusal that one can answer
_NEXT: tuple[tuple[type[CustodianError], str], ...] = (
    (StaleFence, "stop this work; call get_task to see who holds it, or claim_task to claim anew"),
    (Claimed, "call claim_task with repo instead of task for another one"),
    (Regression, "call update_task with reopen_reason if going back is meant"),
    (NothingToDo, "call list_interventions, or end here: there is no work"),
    (NotRegistered, "call register_repo with that path, or name a repo of list_repos"),
    (NoCheckout, "call register_repo with path where it lies here, or work on its own host"),
    (RepoBusy, "call fix_consistency again in a minute"),
    (ForeignHub, "a person decides: `custodian db accept`, or mend CUSTODIAN_HUB_URL"),
    (HubUnreachable, "start the hub (`custodian serve`) or mend CUSTODIAN_HUB_URL; then retry"),
)


def advice(error: CustodianError) -> str:
    """What happened, and the next call."""
    told = printable(str(error), 2000)
    if isinstance(error, UnknownThing):
        tool = _LISTS.get(error.kind)
        return f"{told}; call {tool} to see what there is" if tool else told
    after = next((said for kind, said in _NEXT if isinstance(error, kind)), None)
    return f"{told}; {after}" if after else told


def some(rows: Iterable[T], most: int) -> tuple[list[T], int]:
    """The first rows, and how many were left out."""
    all_ = list(rows)
    return all_[:most], max(0, len(all_) - most)
