"""What a repo's agent should know and do now."""

from dataclasses import replace

from custodian_core.records import ActiveWorkstream, Dispatch, PendingTask

from . import claims, rows
from .rows import Row
from .writing import Reading

#: how many pending tasks of a workstream a dispatch shows
SHOWN_PENDING = 20
#: of how many workstreams it shows them where there is a task to begin with; nobody is told of more
SHOWN_STREAMS = 20


def dispatch(tx: Reading, repo: str, hub_id: str, now: str) -> Dispatch:
    """What the repo's agent should know and do now."""
    row = tx.repo_row(repo)
    chosen = claims.choose(tx, row, None, now)
    if chosen is not None:
        directive, reason = claims.offer(chosen["status"])
        known = _known(tx, row, hub_id, SHOWN_STREAMS)
        return replace(known, directive=directive, reason=reason, task=rows.task(chosen))
    # (why there is nothing to do may stand in any of them)
    known = _known(tx, row, hub_id, None)
    if known.human_interventions:
        directive, reason = "human_needed", "what is left waits for an answer"
    else:
        directive, reason = "none", claims.why_nothing(tx, repo)
        if known.last_state_synced_at is None:
            reason += "; its workplans were never synced, custodian fix does that"
    return replace(known, directive=directive, reason=reason)


def claimed(tx: Reading, granted: claims.Granted, hub_id: str) -> Dispatch:
    """What the holder of a claim that was just granted should know and do now."""
    return replace(
        _known(tx, tx.repo_row(granted.claim.repo_slug), hub_id, SHOWN_STREAMS),
        directive=granted.directive,
        reason=granted.reason,
        task=granted.task,
        claim=granted.claim,
    )


def _known(tx: Reading, row: Row, hub_id: str, shown: int | None) -> Dispatch:
    """What is known about the repo; the tasks of its first `shown` workstreams, or of all."""
    repo = row["slug"]
    goal = tx.one("active_goal", repo=repo)
    questions = tx.all(
        "interventions", repo=repo, is_open=1, after=None, after_since=None, after_id=None, limit=20
    )
    return Dispatch(
        hub_id=hub_id,
        repo_slug=repo,
        active_goal=rows.goal(goal) if goal else None,
        active_workstreams=tuple(
            _active(stream, _pending(tx, stream) if shown is None or place < shown else ())
            for place, stream in enumerate(tx.all("active_workstreams", repo_id=row["id"]))
        ),
        human_interventions=tuple(rows.intervention(question) for question in questions),
        last_state_synced_at=rows.at(row["last_state_synced_at"]),
        directive="",
        reason="",
    )


def _pending(tx: Reading, stream: Row) -> tuple[PendingTask, ...]:
    pending = tx.all("pending_tasks", workstream_id=stream["id"], limit=SHOWN_PENDING)
    return tuple(rows.record(PendingTask, row) for row in pending)


def _active(stream: Row, pending: tuple[PendingTask, ...]) -> ActiveWorkstream:
    return ActiveWorkstream(
        id=stream["id"],
        key=stream["key"],
        title=stream["title"],
        workplan_file=stream["workplan_file"],
        pending_tasks=pending,
        pending_total=stream["pending_total"],
    )
