"""Writing workstreams and tasks."""

from dataclasses import replace
from typing import Any

from custodian_core.codec import from_json, to_json
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    ChangeTask,
    ChangeWorkstream,
    NoteTask,
    ReopenTask,
)
from custodian_core.errors import BadValue, Conflict, Regression
from custodian_core.records import Task, Workstream
from custodian_core.status import Priority, Status, rank, regresses
from custodian_core.workplan.grammar import ID, ID_RULE

from . import claims
from .rows import URGENCY, as_text, as_text_or_null
from .writing import Writing, check_version, new_id

_TASK_FIELDS: dict[str, Any] = {
    "title": str,
    "description": str,
    "acceptance": tuple[str, ...],
    "status": Status,
    "priority": Priority,
    "position": int,
    "depends_on": tuple[str, ...],
    "needs_human": bool,
}
_WORKSTREAM_FIELDS: dict[str, Any] = {
    "title": str,
    "workplan_file": str | None,
    "status": Status,
    "position": int,
}


def add_workstream(tx: Writing, command: AddWorkstream) -> Workstream:
    """The workplan is known."""
    row = tx.repo_row(command.repo)
    _check_key("workstream", command.key)
    workstream_id = new_id()
    tx.run(
        "add_workstream",
        id=workstream_id,
        repo_id=row["id"],
        key=command.key,
        title=_titled(command.title),
        workplan_file=command.workplan_file,
        status=command.status.value,
        position=tx.value("next_workstream_position", repo_id=row["id"]),
        base=None,
        at=tx.at,
    )
    tx.event(
        "workstream.added",
        workstream_id,
        subject=command.key,
        repo=command.repo,
        after={"title": command.title, "status": command.status.value},
    )
    return tx.workstream(workstream_id)


def change_workstream(tx: Writing, command: ChangeWorkstream) -> Workstream:
    """The fields say what was asked."""
    old = tx.workstream(command.workstream)
    check_version(f"workstream {old.key}", command.version, old.version)
    new = replace(old, **_read_changes(command.changes, _WORKSTREAM_FIELDS))
    if regresses(old.status, new.status):
        raise Regression(old.key, old.status, new.status)
    return put_workstream(tx, old, new)


def put_workstream(tx: Writing, old: Workstream, new: Workstream) -> Workstream:
    """The workstream is as `new` says, and the log tells what changed."""
    tx.run(
        "put_workstream",
        id=old.id,
        title=_titled(new.title),
        workplan_file=new.workplan_file,
        status=new.status.value,
        position=new.position,
        base=as_text_or_null(new.base),
        at=tx.at,
    )
    before, after = difference(old, new, _WORKSTREAM_FIELDS)
    if after:
        tx.event(
            "workstream.changed",
            old.id,
            subject=old.key,
            repo=old.repo_slug,
            before=before,
            after=after,
        )
    return tx.workstream(old.id)


def add_task(tx: Writing, command: AddTask) -> Task:
    """The task is known."""
    stream = tx.workstream(command.workstream)
    _check_key("task", command.key)
    position = command.position
    if position is None:
        position = tx.value("next_task_position", workstream_id=stream.id)
    task_id = new_id()
    tx.run(
        "add_task",
        id=task_id,
        repo_id=tx.repo_row(stream.repo_slug)["id"],
        workstream_id=stream.id,
        key=command.key,
        title=_titled(command.title),
        description=command.description,
        acceptance=as_text(command.acceptance),
        status=command.status.value,
        urgency=URGENCY[command.priority],
        position=position,
        depends_on=as_text(command.depends_on),
        needs_human=int(command.needs_human),
        base=None,
        at=tx.at,
    )
    _put_deps(tx, task_id, command.depends_on)
    tx.event(
        "task.added",
        task_id,
        subject=command.key,
        repo=stream.repo_slug,
        after={"title": command.title, "status": command.status.value},
    )
    return tx.task(task_id)


def change_task(tx: Writing, command: ChangeTask) -> Task:
    """The fields say what was asked; a lower rank is refused."""
    old = tx.task(command.task)
    claims.check_fence(tx, old, command.fence)
    check_version(f"task {old.key}", command.version, old.version)
    new = replace(old, **_read_changes(command.changes, _TASK_FIELDS))
    if regresses(old.status, new.status):
        raise Regression(old.key, old.status, new.status)
    claims.touch(tx, old, command.fence)
    return put_task(tx, old, new)


def reopen_task(tx: Writing, command: ReopenTask) -> Task:
    """The task has gone back on purpose; nobody works on it until it is claimed anew."""
    old = tx.task(command.task)
    if not command.reason.strip():
        raise BadValue("reason", "a task is reopened with a reason")
    claims.check_fence(tx, old, command.fence)
    if rank(command.status) >= rank(old.status):
        raise Conflict(
            f"task {old.key}", f"it is {old.status}; to be {command.status} is no reopening"
        )
    claims.end_if_held(tx, old, "reopened")
    fence = tx.task(old.id).fence + 1
    new = replace(old, status=command.status, epoch=old.epoch + 1, fence=fence)
    return put_task(tx, old, new, kind="task.reopened", reason=command.reason)


def note_task(tx: Writing, command: NoteTask) -> Task:
    """The note stands in the task's history, and as its last word."""
    task = tx.task(command.task)
    claims.check_fence(tx, task, command.fence)
    if not command.text.strip():
        raise BadValue("text", "it is empty")
    claims.touch(tx, task, command.fence)
    return leave_note(tx, task, command.text)


def leave_note(tx: Writing, task: Task, text: str) -> Task:
    """The note is the task's last word."""
    _write_task(tx, replace(task, note=text))
    tx.event("task.note", task.id, subject=task.key, repo=task.repo_slug, after={"note": text})
    return tx.task(task.id)


def put_task(
    tx: Writing,
    old: Task,
    new: Task,
    *,
    kind: str = "task.changed",
    reason: str | None = None,
) -> Task:
    """The task is as `new` says, the log tells what changed, and a task that ended is let go."""
    _write_task(tx, new)
    if new.depends_on != old.depends_on:
        _put_deps(tx, old.id, new.depends_on)
    before, after = difference(old, new, _TASK_FIELDS)
    if kind == "task.changed" and "status" in after:
        kind = "task.status"
    if after:
        tx.event(
            kind,
            old.id,
            subject=old.key,
            repo=old.repo_slug,
            before=before,
            after=after,
            reason=reason,
        )
    if rank(new.status) == rank(Status.DONE):
        claims.end_if_held(tx, tx.task(old.id), "done")
        return tx.task(old.id)
    return replace(new, version=old.version + 1, updated_at=tx.now)


def _write_task(tx: Writing, task: Task) -> None:
    tx.run(
        "put_task",
        id=task.id,
        workstream_id=task.workstream_id,
        title=_titled(task.title),
        description=task.description,
        acceptance=as_text(task.acceptance),
        status=task.status.value,
        urgency=URGENCY[task.priority],
        position=task.position,
        depends_on=as_text(task.depends_on),
        needs_human=int(task.needs_human),
        epoch=task.epoch,
        fence=task.fence,
        base=as_text_or_null(task.base),
        note=task.note,
        at=tx.at,
    )


def _put_deps(tx: Writing, task_id: str, depends_on: tuple[str, ...]) -> None:
    tx.run("drop_deps", task_id=task_id)
    for key in depends_on:
        tx.run("add_dep", task_id=task_id, depends_on=key)


def difference(
    old: object, new: object, fields: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, as they were and as they are."""
    before = {key: to_json(getattr(old, key)) for key in fields}
    after = {key: to_json(getattr(new, key)) for key in fields}
    changed = [key for key in fields if before[key] != after[key]]
    return {key: before[key] for key in changed}, {key: after[key] for key in changed}


def _read_changes(changes: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(changes) - set(fields)):
        allowed = ", ".join(fields)
        raise BadValue(f"field {', '.join(unknown)}", f"it cannot be changed; these can: {allowed}")
    read: dict[str, Any] = {}
    for key, value in changes.items():
        try:
            read[key] = from_json(fields[key], to_json(value))
        except BadValue as error:
            raise BadValue(key, error.reason) from error
    return read


def _check_key(kind: str, key: str) -> None:
    if not ID.fullmatch(key):
        raise BadValue(f"{kind} key '{key[:100]}'", f"it is not {ID_RULE}")


def _titled(title: str) -> str:
    if not title.strip():
        raise BadValue("title", "it is empty")
    return title
