"""Reconciling: all that a repo's sync reads, and all that it writes, each at one moment."""

from collections.abc import Mapping
from dataclasses import replace

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    ApplyPlan,
    TaskWrite,
    WorkstreamWrite,
)
from custodian_core.errors import Conflict, ForeignHub, Regression
from custodian_core.records import ReconcileView, Snapshot, Task, Workstream
from custodian_core.status import regresses

from . import rows
from .rows import as_text
from .tasks import add_task, add_workstream, put_task, put_workstream
from .writing import Reading, Writing, check_version


def reconcile_view(tx: Reading, repo: str, hub_id: str) -> ReconcileView:
    """All that reconciling the repo needs."""
    known = tx.repo(repo)
    goal = tx.one("active_goal", repo=repo)
    questions = tx.all(
        "interventions",
        repo=repo,
        is_open=1,
        after=None,
        after_since=None,
        after_id=None,
        limit=1000,
    )
    return ReconcileView(
        hub_id=hub_id,
        repo=known,
        goal=rows.goal(goal) if goal else None,
        workstreams=tuple(rows.workstream(row) for row in tx.all("workstreams_of", repo=repo)),
        tasks=tuple(rows.task(row) for row in tx.all("tasks_of", repo=repo)),
        open_interventions=tuple(rows.intervention(row) for row in questions),
    )


def apply_plan(tx: Writing, command: ApplyPlan) -> ReconcileView:
    """Everything that the plan names is written, or nothing is."""
    if command.hub_id != tx.hub_id:
        reason = f"the plan was made for hub {command.hub_id}, this is hub {tx.hub_id}"
        raise ForeignHub("this address", reason)
    tx.repo_row(command.repo)
    streams = {stream.key: stream for stream in _streams(tx, command.repo)}
    for stream in command.workstreams:
        streams[stream.key] = _write_workstream(tx, command.repo, stream, streams.get(stream.key))
    for task in command.tasks:
        _write_task(tx, command.repo, task, streams)
    _remember_bases(tx, command.repo, command.bases, streams)
    return reconcile_view(tx, command.repo, tx.hub_id)


def _streams(tx: Reading, repo: str) -> list[Workstream]:
    return [rows.workstream(row) for row in tx.all("workstreams_of", repo=repo)]


def _write_workstream(
    tx: Writing, repo: str, write: WorkstreamWrite, old: Workstream | None
) -> Workstream:
    if write.version is None:
        if old:
            raise Conflict(f"workstream {write.key}", "it is in the hub already; read it again")
        add = AddWorkstream(repo, write.key, write.title, write.workplan_file, write.status)
        old = add_workstream(tx, add)
    elif old is None:
        raise Conflict(f"workstream {write.key}", "it is not in the hub any more; read it again")
    else:
        check_version(f"workstream {write.key}", write.version, old.version)
    new = replace(
        old,
        title=write.title,
        workplan_file=write.workplan_file,
        status=write.status,
        position=write.position,
        base=write.base or old.base,
    )
    return put_workstream(tx, old, new) if new != old else old


def _write_task(
    tx: Writing, repo: str, write: TaskWrite, streams: Mapping[str, Workstream]
) -> None:
    stream = streams.get(write.workstream_key)
    if stream is None:
        raise Conflict(f"workstream {write.workstream_key}", "it is not in the hub; read it again")
    old = _task_of_repo(tx, repo, write.key)
    if write.version is None:
        if old:
            raise Conflict(f"task {write.key}", "it is in the hub already; read it again")
        old = add_task(tx, _addition(write, stream.id))
    elif old is None:
        raise Conflict(f"task {write.key}", "it is not in the hub any more; read it again")
    else:
        check_version(f"task {write.key}", write.version, old.version)
    back = regresses(old.status, write.status)
    if back and not write.reopen_reason:
        raise Regression(write.key, old.status, write.status)
    new = replace(
        old,
        workstream_id=stream.id,
        title=write.title,
        description=write.description,
        acceptance=write.acceptance,
        status=write.status,
        priority=write.priority,
        position=write.position,
        depends_on=write.depends_on,
        needs_human=write.needs_human,
        epoch=old.epoch + back,
        fence=old.fence + back,
        base=write.base or old.base,
    )
    if new != old:
        kind = "task.reopened" if back else "task.changed"
        put_task(tx, old, new, kind=kind, reason=write.reopen_reason)
    if write.overruled:
        after = {"overruled": write.overruled.value, "status": write.status.value}
        tx.event("task.overruled", old.id, subject=old.key, repo=repo, after=after)


def _addition(write: TaskWrite, stream: str) -> AddTask:
    return AddTask(
        workstream=stream,
        key=write.key,
        title=write.title,
        description=write.description,
        acceptance=write.acceptance,
        status=write.status,
        priority=write.priority,
        position=write.position,
        depends_on=write.depends_on,
        needs_human=write.needs_human,
    )


def _task_of_repo(tx: Reading, repo: str, key: str) -> Task | None:
    row = tx.one("task_of_repo", repo=repo, key=key)
    return rows.task(row) if row is not None else None


def _remember_bases(
    tx: Writing, repo: str, bases: Mapping[str, Snapshot], streams: Mapping[str, Workstream]
) -> None:
    """What was sealed stands beside each task and workstream, without moving their versions."""
    for key, base in bases.items():
        task = _task_of_repo(tx, repo, key)
        if task:
            tx.run("put_base", id=task.id, base=as_text(base))
            continue
        if key not in streams:
            raise Conflict(f"base {key}", "no task or workstream of the repo has that key")
        tx.run("put_workstream_base", id=streams[key].id, base=as_text(base))
