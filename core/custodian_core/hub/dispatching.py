"""What a repo's agent should know and do now."""

from custodian_core.records import ActiveWorkstream, Dispatch, PendingTask, Task

from . import claims, rows
from .rows import Row
from .writing import Reading

#: how many pending tasks of a workstream a dispatch shows
SHOWN_PENDING = 20


def dispatch(tx: Reading, repo: str, hub_id: str, now: str) -> Dispatch:
    """What the repo's agent should know and do now."""
    row = tx.repo_row(repo)
    goal = tx.one("active_goal", repo=repo)
    chosen = claims.choose(tx, row["id"], None, now)
    questions = tx.all(
        "interventions", repo=repo, is_open=1, after=None, after_since=None, after_id=None, limit=20
    )
    if chosen is not None:
        left = chosen["status"] == "in_progress"
        directive = "resume" if left else "work"
        reason = "it was left in progress" if left else "it is the most urgent that can be begun"
    elif questions:
        directive, reason = "human_needed", "what is left waits for an answer"
    else:
        directive, reason = "none", claims.why_nothing(tx, repo)
        if row["last_state_synced_at"] is None:
            reason += "; its workplans were never synced, custodian fix does that"
    return Dispatch(
        hub_id=hub_id,
        repo_slug=repo,
        active_goal=rows.goal(goal) if goal else None,
        active_workstreams=tuple(
            _active(tx, stream) for stream in tx.all("active_workstreams", repo=repo)
        ),
        human_interventions=tuple(rows.intervention(question) for question in questions),
        last_state_synced_at=rows.at(row["last_state_synced_at"]),
        directive=directive,
        reason=reason,
        task=rows.task(chosen) if chosen is not None else None,
    )


def _active(tx: Reading, stream: Row) -> ActiveWorkstream:
    pending = tx.all("pending_tasks", workstream_id=stream["id"], limit=SHOWN_PENDING)
    return ActiveWorkstream(
        id=stream["id"],
        key=stream["key"],
        title=stream["title"],
        workplan_file=stream["workplan_file"],
        pending_tasks=tuple(_pending(rows.task(row)) for row in pending),
        pending_total=tx.value("count_pending", workstream_id=stream["id"]),
    )


def _pending(task: Task) -> PendingTask:
    return PendingTask(
        task.id,
        task.key,
        task.title,
        task.status,
        task.priority,
        task.needs_human,
        task.depends_on,
    )
