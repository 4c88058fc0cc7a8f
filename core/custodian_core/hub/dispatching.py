"""What a repo's agent should know and do now."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from custodian_core.records import ActiveWorkstream, Dispatch, PendingTask

from . import claims, rows
from .rows import Row
from .writing import Asked, Reading, Snapshot

#: of how many workstreams it shows them where there is a task to begin with; nobody is told of more
SHOWN_STREAMS = 20
#: how many open questions it shows
SHOWN_QUESTIONS = 20


def dispatch(tx: Snapshot, repo: str, hub_id: str, now: str) -> Dispatch:
    """What the repo's agent should know and do now."""
    *found, begun, ready = tx.answers(*_asked(repo), *claims.candidates(repo, None, now))
    chosen = claims.choose(begun, ready)
    if chosen is not None:
        directive, reason = claims.offer(chosen["status"])
        known = _known(tx, repo, hub_id, found, tx.last, SHOWN_STREAMS)
        return replace(known, directive=directive, reason=reason, task=rows.task(chosen))
    # (why there is nothing to do may stand in any of them)
    known = _known(tx, repo, hub_id, found, tx.answers)
    if known.human_interventions:
        directive, reason = "human_needed", "what is left waits for an answer"
    else:
        directive, reason = "none", claims.why_nothing(tx, repo)
        if known.last_state_synced_at is None:
            reason += "; its workplans were never synced, custodian fix does that"
    return replace(known, directive=directive, reason=reason)


def claimed(tx: Snapshot, granted: claims.Granted, hub_id: str) -> Dispatch:
    """What the holder of a claim that was just granted should know and do now."""
    repo = granted.claim.repo_slug
    return replace(
        _known(tx, repo, hub_id, tx.answers(*_asked(repo)), tx.last, SHOWN_STREAMS),
        directive=granted.directive,
        reason=granted.reason,
        task=granted.task,
        claim=granted.claim,
    )


def _asked(repo: str) -> tuple[Asked, ...]:
    """What `_known` tells of."""
    first = {"after": None, "after_since": None, "after_id": None, "limit": SHOWN_QUESTIONS}
    return (
        ("repo_row", {"slug": repo}),
        ("active_goal", {"repo": repo}),
        ("interventions", {"repo": repo, "is_open": 1, **first}),
        ("active_workstreams", {"repo": repo}),
    )


def _known(
    tx: Reading,
    repo: str,
    hub_id: str,
    found: Sequence[Any],
    ask: Callable[..., list[Any]],
    shown: int | None = None,
) -> Dispatch:
    """What is known about the repo; the tasks of its first `shown` workstreams, or of all."""
    row, goal, questions, streams = found
    row = tx.known_repo(repo, row)
    pending = ask(
        *(("pending_tasks", {"workstream_id": stream["id"]}) for stream in streams[:shown])
    )
    return Dispatch(
        hub_id=hub_id,
        repo_slug=repo,
        active_goal=rows.goal(goal) if goal else None,
        active_workstreams=tuple(
            _active(stream, tasks or []) for stream, tasks in zip_longest(streams, pending)
        ),
        human_interventions=tuple(rows.intervention(question) for question in questions),
        last_state_synced_at=rows.at(row["last_state_synced_at"]),
        directive="",
        reason="",
    )


def _active(stream: Row, pending: Sequence[Row]) -> ActiveWorkstream:
    return ActiveWorkstream(
        id=stream["id"],
        key=stream["key"],
        title=stream["title"],
        workplan_file=stream["workplan_file"],
        pending_tasks=tuple(rows.record(PendingTask, row) for row in pending),
        pending_total=stream["pending_total"],
    )
