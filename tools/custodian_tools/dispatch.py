"""What a repo's agent should do next: claimed where it says who it is, and told as a brief."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from custodian_core.codec import stamp
from custodian_core.commands import Caller, ClaimTask
from custodian_core.errors import NothingToDo
from custodian_core.ports import Hub
from custodian_core.records import Dispatch, Intervention, Task
from custodian_core.text import printable

from .hub import ago

#: how much of each part a brief tells; the rest is a call away
LONGEST_TEXT = 1500
LONGEST_LINE = 400
MOST_QUESTIONS = 5
MOST_WORKSTREAMS = 10


def claim_next(hub: Hub, command: ClaimTask, by: Caller) -> Dispatch:
    """What is to be done in the repo, claimed for the holder; where nothing is, why."""
    assert command.repo is not None  # noqa: S101 - what the caller is here for
    before = hub.dispatch(command.repo)
    try:
        claim = hub.do(command, by)
    except NothingToDo as nothing:
        return _unclaimed(hub.dispatch(command.repo), nothing.reason)
    now, task = hub.dispatch(command.repo), hub.task(claim.task_id)
    directive, reason = "resume", "it is yours already"
    if before.task is not None and before.task.id == task.id:
        directive, reason = before.directive, before.reason
    return replace(now, directive=directive, reason=reason, task=task, claim=claim)


def _unclaimed(now: Dispatch, reason: str) -> Dispatch:
    """What is known, without a task: one that came free a moment later is nobody's yet."""
    if now.task is None:
        return now
    return replace(now, directive="none", reason=reason, task=None)


def brief(dispatch: Dispatch, now: datetime) -> str:
    """The dispatch as an agent or a person reads it; what others wrote stands behind `|`."""
    return "\n".join(_lines(dispatch, now))


def _lines(dispatch: Dispatch, now: datetime) -> Iterator[str]:
    goal = dispatch.active_goal
    yield f"{dispatch.repo_slug}: {dispatch.directive}: {printable(dispatch.reason)}"
    yield f"goal    {printable(goal.title, LONGEST_LINE) if goal else 'none'}"
    yield from quoted(goal.description if goal else "")
    yield f"synced  {ago(dispatch.last_state_synced_at, now)}"
    if dispatch.task:
        yield ""
        yield from _task(dispatch.task)
        yield ""
        yield from _report_back(dispatch, dispatch.task)
    if dispatch.active_workstreams:
        yield ""
        yield "open workplans"
    for stream in dispatch.active_workstreams[:MOST_WORKSTREAMS]:
        title = printable(stream.title, LONGEST_LINE)
        file = f", {printable(stream.workplan_file)}" if stream.workplan_file else ""
        yield f"  {stream.key}  {title} ({stream.pending_total} pending{file})"
    if dispatch.human_interventions:
        yield ""
        yield "open questions; a person answers with custodian human answer ID ANSWER"
    for asked in dispatch.human_interventions[:MOST_QUESTIONS]:
        yield _question(asked, now)


def _task(task: Task) -> Iterator[str]:
    yield f"task    {task.key}  {printable(task.title, LONGEST_LINE)}"
    yield f"status  {task.status}, priority {task.priority}"
    if task.depends_on:
        yield f"after   {printable(', '.join(task.depends_on))}"
    if task.note:
        yield f"note    {printable(task.note, LONGEST_LINE)}"
    yield from quoted(task.description)
    if task.acceptance:
        yield "done when"
    yield from (f"  - {printable(each, LONGEST_LINE)}" for each in task.acceptance)


def _report_back(dispatch: Dispatch, task: Task) -> Iterator[str]:
    claim = dispatch.claim
    if claim is None:
        yield "nobody has claimed it; before you begin"
        yield f"  custodian task claim {task.key} --agent NAME"
        return
    holder = shlex.quote(printable(claim.holder))
    yield f"claimed by {holder} until {stamp(claim.expires_at)}, fence {claim.fence}; report with"
    yield f"  custodian task status {task.key} done --fence {claim.fence}"
    yield f"  custodian task note {task.key} TEXT --fence {claim.fence}"
    yield f"  custodian human ask QUESTION --task {task.key}"
    yield f"  custodian task release {task.key} --agent {holder} --note TEXT"


def _question(asked: Intervention, now: datetime) -> str:
    about = f" on {asked.task_key}" if asked.task_key else ""
    return f"  {asked.id[:8]}  {ago(asked.since, now)}{about}: {printable(asked.question, 200)}"


def quoted(text: str) -> Iterator[str]:
    """What somebody wrote, line by line, marked as such."""
    for line in text[:LONGEST_TEXT].splitlines():
        yield f"  | {printable(line)}".rstrip()
    if len(text) > LONGEST_TEXT:
        yield f"  | … {len(text) - LONGEST_TEXT} more characters"
