"""Tools for work: what to do, claim it, report it, ask a person."""

from functools import partial
from typing import Annotated, Any, Literal, cast

from custodian_core.codec import stamp
from custodian_core.commands import (
    AnswerHuman,
    AskHuman,
    ChangeTask,
    ClaimTask,
    NoteTask,
    ReleaseClaim,
    ReopenTask,
    SetGoal,
)
from custodian_core.errors import BadValue, HubUnreachable, NothingToDo, Regression
from custodian_core.payload import lease
from custodian_core.records import Claim, ClaimKind
from custodian_core.status import Priority, Status, regresses
from custodian_tools.advisory import advisory
from custodian_tools.dispatch import payload
from custodian_tools.hub import held, history
from custodian_tools.hub import question as question_named

from .answers import (
    MORE_ROOM,
    line,
    page,
    question,
    task_card,
    task_row,
)
from .desk import PROSE, Desk, Range

RepoName = Annotated[str | None, "Slug or path; default: the repo in this folder"]
TaskName = Annotated[str, "Key, as MRKD-WP-0001-T02"]
Agent = Annotated[str | None, "Your name; one name a session"]
Limit = Annotated[int, Range(1, 100)]
Cursor = Annotated[str | None, "Of an earlier answer"]
Detail = Literal["concise", "detailed"]


def get_repo_dispatch(desk: Desk, repo: RepoName = None) -> dict[str, Any]:
    """Say what to do in a repo now: goal, next task, open questions. Claims nothing."""
    try:
        return payload(desk.hub, desk.settings, desk.slug(repo))
    except HubUnreachable as trouble:
        named = bool(repo) and "/" not in str(repo) and repo not in (".", "..", "~")
        folder = desk.folder if named else desk.path(repo or ".")
        return advisory(folder, repo if named else None, desk.settings, trouble)


def claim_task(
    desk: Desk,
    task: Annotated[str | None, "Key; leave out for the repo's next task"] = None,
    repo: RepoName = None,
    agent: Agent = None,
) -> dict[str, Any]:
    """Claim a task, or a repo's next one, so that nobody else works on it.

    Returns the task and the lease with its fence; claiming again resumes your own claim.
    """
    by = desk.by(agent)
    command = ClaimTask(
        holder=by.name,
        task=task,
        repo=None if task else desk.slug(repo),
        kind=ClaimKind.INTERACTIVE,
        host=desk.settings.host,
    )
    try:
        claim: Claim = desk.hub.do(command, by)
    except NothingToDo as nothing:
        return {"task": None, "lease": None, "why": nothing.reason, "next": "end, or ask_human"}
    found = desk.hub.task(claim.task_id)
    hint = f"report with update_task task={found.key} fence={claim.fence}"
    return {"task": task_card(found), "lease": lease(claim), "next": hint}


def update_task(
    desk: Desk,
    task: TaskName,
    status: Status | None = None,
    note: Annotated[str | None, "What was found out, or where you stopped", PROSE] = None,
    evidence: Annotated[str | None, "What shows that it is done, as a command", PROSE] = None,
    fence: Annotated[int | None, "Of your lease; refused where it is stale"] = None,
    reopen_reason: Annotated[str | None, "Needed to go back, as from done to todo", PROSE] = None,
    agent: Agent = None,
) -> dict[str, Any]:
    """Report on a task: a status, a note, evidence. Commit the workplan's file if you edited it."""
    if status is None and note is None and evidence is None:
        raise BadValue("update_task", "give a status, a note or evidence")
    before = desk.hub.task(task)
    back = status is not None and regresses(before.status, status)
    if status and back and not reopen_reason:
        raise Regression(before.key, before.status, status)
    done: list[str] = []
    for said in (note, f"evidence: {evidence}" if evidence else None):
        if said:
            desk.do(NoteTask(before.id, said, fence), agent)
            done.append("note written")
    if status is not None and status != before.status:
        if back and reopen_reason:
            desk.do(ReopenTask(before.id, reopen_reason, status, fence), agent)
        else:
            desk.do(ChangeTask(before.id, {"status": status.value}, fence=fence), agent)
        done.append(f"{before.status} → {status}")
    after = desk.hub.task(before.id)
    told = {**task_row(after), "repo": after.repo_slug, "done": done or ["nothing to change"]}
    return {**told, "next": f"fix_consistency repos=['{after.repo_slug}'] writes it to the file"}


def release_task(
    desk: Desk,
    task: TaskName,
    note: Annotated[str | None, "Where you stopped, for whoever goes on", PROSE] = None,
    agent: Agent = None,
) -> dict[str, Any]:
    """Give up your claim on a task; its status stays as it is."""
    by = desk.by(agent)
    found = desk.hub.task(task)
    claim = held(desk.hub, found, by.name)
    desk.hub.do(ReleaseClaim(claim.id, claim.fence, note), by)
    return {**task_row(found), "repo": found.repo_slug, "released": True}


def list_tasks(
    desk: Desk,
    repo: Annotated[str | None, "Slug or path; default: every repo"] = None,
    status: Status | None = None,
    priority: Priority | None = None,
    needs_human: bool | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    response_format: Detail = "concise",
) -> dict[str, Any]:
    """List tasks, by key."""
    wanted = {"status": status, "priority": priority, "needs_human": needs_human}
    ask = partial(
        desk.hub.tasks, repo=desk.slug(repo) if repo else None, after=cursor, **cast("Any", wanted)
    )
    concise = response_format == "concise"
    return page(
        lambda most: ask(limit=most),
        task_row if concise else task_card,
        "tasks",
        "list_tasks",
        limit,
        room=None if concise else MORE_ROOM,
    )


def get_task(
    desk: Desk,
    task: TaskName,
    response_format: Detail = "concise",
) -> dict[str, Any]:
    """Read one task: what is to be done, what must hold, who works on it; detailed adds history."""
    found = desk.hub.task(task)
    claims = [claim for claim in desk.hub.claims(repo=found.repo_slug) if claim.task_id == found.id]
    told = {**task_card(found), "lease": lease(claims[0]) if claims else None}
    stream = desk.hub.workstream(found.workstream_id)
    told["workplan_file"] = stream.workplan_file
    if response_format == "detailed":
        happened = list(history(desk.hub, found))
        told["history_total"] = len(happened)
        told["history"] = [
            {"at": stamp(event.at), "by": line(event.actor, 100), "what": event.type}
            | ({"reason": line(event.reason)} if event.reason else {})
            for event in happened[-20:]
        ]
    else:
        told["hint"] = told.get("hint") or "response_format detailed tells the history"
        if found.status is Status.TODO and not claims:
            told["next"] = f"claim_task task={found.key}"
    return told


def ask_human(
    desk: Desk,
    question: Annotated[str, "One question that a person can answer in a line", PROSE],
    task: Annotated[str | None, "Key of the task that waits; your claim on it is parked"] = None,
    repo: RepoName = None,
    context: Annotated[str, "What a person must know to answer", PROSE] = "",
    options: Annotated[list[str] | None, "Answers to choose from"] = None,
    agent: Agent = None,
) -> dict[str, Any]:
    """Ask a person; the task is theirs until they answer."""
    command = AskHuman(
        question=question,
        repo=None if task else desk.slug(repo),
        task=task,
        context=context,
        options=tuple(options or ()),
    )
    asked = desk.do(command, agent)
    return {"id": asked.id, "repo": asked.repo_slug, "next": "go on with another task, or end"}


def list_interventions(
    desk: Desk,
    repo: Annotated[str | None, "Slug or path; default: every repo"] = None,
    answered: Annotated[bool, "Answered ones too"] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List questions that wait for a person, the oldest first."""
    ask = partial(
        desk.hub.interventions,
        repo=desk.slug(repo) if repo else None,
        is_open=None if answered else True,
        after=cursor,
    )
    return page(lambda most: ask(limit=most), question, "questions", "list_interventions", limit)


def answer_intervention(
    desk: Desk,
    question: Annotated[str, "Its id, or the first six of it"],
    answer: Annotated[str, PROSE],
    agent: Annotated[str | None, "Who answers"] = None,
) -> dict[str, Any]:
    """Pass on a person's answer to a question; the task that waited goes on."""
    asked = question_named(desk.hub, question)
    answered = desk.do(AnswerHuman(asked.id, answer), agent)
    return {"id": answered.id, "repo": answered.repo_slug, "unblocked": answered.task_key}


def set_goal(
    desk: Desk,
    title: str,
    repo: RepoName = None,
    description: Annotated[str, PROSE] = "",
    agent: Agent = None,
) -> dict[str, Any]:
    """Say what a repo works towards; the goal before it is dropped."""
    goal = desk.do(SetGoal(desk.slug(repo), title, description), agent)
    return {"repo": goal.repo_slug, "goal": line(goal.title), "id": goal.id}
