"""The right to work on a task: granted to one, renewed by what its holder does, never for ever.

Lease and status are apart: a claim that expires frees the task and leaves its status as it is, so
that the work is offered again as a thing to resume and no sync has to undo a step back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from custodian_core.codec import stamp
from custodian_core.commands import HOLDER_LIMIT, HOST_LIMIT, ClaimTask, ReleaseClaim, RenewClaim
from custodian_core.errors import BadValue, Claimed, Conflict, NothingToDo, StaleFence, UnknownThing
from custodian_core.records import Claim, ClaimKind, Task
from custodian_core.status import Status, rank

from . import rows
from .rows import Row
from .writing import Asked, Reading, Writing, check_name, new_id

#: how long a claim lives after its holder's last call
TTL_S = {ClaimKind.RUNNER: 15 * 60, ClaimKind.INTERACTIVE: 4 * 60 * 60}
#: from its last renewal a claim keeps others off for this many lives: one, and one of grace
LIVES = 2
MAX_TTL_S = 7 * 24 * 60 * 60


#: what to do with a task, and why: one that is the holder's, that was begun, that was not
YOURS = ("resume", "it is yours already")
LEFT = ("resume", "it was left in progress")
READY = ("work", "it is the most urgent that can be begun")


@dataclass(frozen=True, slots=True)
class Granted:
    """A claim, its task as it is now, and what its holder is to do with it."""

    claim: Claim
    task: Task
    directive: str
    reason: str


def claim_task(tx: Writing, command: ClaimTask) -> Claim:
    """The holder has the right to the task; asked again, it is the same claim, renewed."""
    return granted(tx, command).claim


def granted(tx: Writing, command: ClaimTask) -> Granted:
    """The same, with what is to be done."""
    if not command.holder.strip():
        raise BadValue("holder", "say who works, as --agent NAME")
    check_name("holder", command.holder, HOLDER_LIMIT)
    if command.host is not None:
        check_name("host", command.host, HOST_LIMIT)
    if (command.task is None) == (command.repo is None):
        raise BadValue("claim", "name a task, or a repo for its next one")
    task, may_be_held = (tx.task(command.task), True) if command.task else next_task(tx, command)
    if rank(task.status) == rank(Status.DONE):
        raise Conflict(f"task {task.key}", f"it is {task.status}; there is nothing left to claim")
    held = tx.one("open_claim", task_id=task.id) if may_be_held else None
    if held is not None:
        if held["holder"] == command.holder:
            return Granted(renewed(tx, held), task, *YOURS)
        if held["parked"] or held["free_at"] > tx.at:
            raise Claimed(task.key, held["holder"], held["free_at"])
        end(tx, task, held, "expired")
        task = tx.task(task.id)
    _refuse_shared_workdir(tx, command)
    return _grant(tx, command, task)


def offer(status: str) -> tuple[str, str]:
    """What is to be done with a task that nobody works on, and why."""
    return LEFT if status == Status.IN_PROGRESS.value else READY


def _grant(tx: Writing, command: ClaimTask, task: Task) -> Granted:
    ttl_s = TTL_S[command.kind] if command.ttl_s is None else command.ttl_s
    if not 1 <= ttl_s <= MAX_TTL_S:
        raise BadValue("ttl_s", f"it must be between 1 and {MAX_TTL_S} seconds")
    claim = Claim(
        id=new_id(),
        task_id=task.id,
        task_key=task.key,
        repo_slug=task.repo_slug,
        holder=command.holder,
        kind=command.kind,
        fence=task.fence + 1,
        granted_at=tx.now,
        renewed_at=tx.now,
        expires_at=_expires_at(tx, ttl_s),
        ttl_s=ttl_s,
        workdir=command.workdir,
        host=command.host,
    )
    _add_claim(tx, claim)
    after = {"holder": claim.holder, "fence": claim.fence, "ttl_s": ttl_s}
    tx.event("claim.granted", task.id, subject=task.key, repo=task.repo_slug, after=after)
    begun = replace(task, fence=claim.fence)
    if task.status is Status.TODO:
        from .tasks import put_task

        begun = put_task(tx, task, replace(begun, status=Status.IN_PROGRESS))
    else:
        tx.run("put_fence", id=task.id, fence=claim.fence)
    return Granted(claim, begun, *offer(task.status))


def _add_claim(tx: Writing, claim: Claim) -> None:
    tx.run(
        "add_claim",
        id=claim.id,
        task_id=claim.task_id,
        holder=claim.holder,
        kind=claim.kind.value,
        fence=claim.fence,
        at=tx.at,
        ttl_s=claim.ttl_s,
        workdir=claim.workdir,
        host=claim.host,
        **_times(tx, claim.ttl_s),
    )


def _expires_at(tx: Writing, ttl_s: int) -> datetime:
    return tx.now + timedelta(seconds=ttl_s)


def _times(tx: Writing, ttl_s: int) -> dict[str, str]:
    return {
        "expires_at": stamp(_expires_at(tx, ttl_s)),
        "free_at": stamp(tx.now + timedelta(seconds=LIVES * ttl_s)),
    }


def _refuse_shared_workdir(tx: Writing, command: ClaimTask) -> None:
    """Two writers in one checkout sweep up each other's files."""
    if not command.workdir:
        return
    other = tx.one("claim_in_workdir", host=command.host, workdir=command.workdir, now=tx.at)
    if other is not None:
        who = f"{other['holder']} works there on {other['task_key']}"
        raise Conflict(f"workdir {command.workdir}", f"{who}; use a worktree of your own")


def next_task(tx: Writing, command: ClaimTask) -> tuple[Task, bool]:
    """The task that the holder should work on, and whether a claim was left; or `NothingToDo`."""
    assert command.repo is not None  # noqa: S101 - checked by the caller
    row, *found = tx.answers(
        ("repo_row", {"slug": command.repo}), *candidates(command.repo, command.holder, tx.at)
    )
    tx.known_repo(command.repo, row)
    chosen = choose(*found)
    if chosen is None:
        raise NothingToDo(command.repo, why_nothing(tx, command.repo))
    return rows.task(chosen), chosen["open_claims"] > 0


def candidates(repo: str, holder: str | None, now: str) -> tuple[Asked, Asked]:
    """What to ask for the tasks of the repo that were begun, and those that can be."""
    where = {"repo": repo, "now": now}
    return ("begun", {"holder": holder, **where}), ("ready", where)


def choose(begun: Sequence[Row], ready: Sequence[Row]) -> Row | None:
    """The next task: the holder's own, then one that was left in progress, then a ready one.

    Among ready tasks the most urgent, then the one that unblocks most, then the plan's own order.
    """
    return min(begun, key=itemgetter("turn")) if begun else next(iter(ready), None)


def why_nothing(tx: Reading, repo: str) -> str:
    """Why no task of the repo can be begun."""
    counts = {
        status: tx.value(
            "count_tasks",
            repo=repo,
            workstream=None,
            status=status.value,
            urgency=None,
            needs_human=None,
        )
        for status in (Status.TODO, Status.IN_PROGRESS, Status.BLOCKED)
    }
    if not any(counts.values()):
        return "it has no open tasks"
    told = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    return f"of its open tasks ({told}) none is free, without open questions and dependencies"


def renewed(tx: Writing, held: Row) -> Claim:
    """The claim lives its full time again."""
    _renew(tx, held, parked=held["parked"])
    return the_claim(tx, held["id"])


def _renew(tx: Writing, held: Row, *, parked: bool) -> None:
    times = _times(tx, held["ttl_s"])
    tx.run("renew_claim", id=held["id"], at=tx.at, parked=int(parked), **times)


def touch(tx: Writing, task: Task, fence: int | None) -> None:
    """What is written under a claim's fence renews it, whatever token its holder writes with."""
    held = tx.one("open_claim", task_id=task.id)
    if held is not None and held["fence"] == fence:
        _renew(tx, held, parked=held["parked"])


def touch_all(tx: Writing, held: Sequence[Row]) -> None:
    """Whatever a holder does renews the claims that they held under the same name before it."""
    for each in held:
        tx.run("touch_claim", id=each["id"], at=tx.at, **_times(tx, each["ttl_s"]))


def renew_claim(tx: Writing, command: RenewClaim) -> Claim:
    """The claim lives its full time again, if it is still its holder's."""
    return renewed(tx, _held(tx, command.claim, command.fence))


def release_claim(tx: Writing, command: ReleaseClaim) -> Claim:
    """The claim has ended; the task is free at once and its status stays."""
    held = _held(tx, command.claim, command.fence)
    task = tx.task(held["task_id"])
    if command.note:
        from .tasks import leave_note

        task = leave_note(tx, task, command.note)
    end(tx, task, held, "released")
    return the_claim(tx, held["id"])


def _held(tx: Writing, claim_id: str, fence: int) -> Row:
    held = tx.one("claim", id=claim_id)
    if held is None:
        raise UnknownThing("claim", claim_id)
    if held["ended_at"] is not None or held["fence"] != fence:
        check_fence(tx, tx.task(held["task_id"]), fence)
        raise Conflict(f"claim {claim_id}", f"it has ended: {held['end_reason']}")
    return held


def check_fence(tx: Reading, task: Task, fence: int | None) -> None:
    """Raise `StaleFence` where the right to the task has changed hands since."""
    if fence is None or fence == task.fence:
        return
    held = tx.one("open_claim", task_id=task.id)
    holder = f"{held['holder']} holds it now" if held else "nobody holds it now"
    raise StaleFence(task.key, fence, task.fence, holder)


def end(tx: Writing, task: Task, held: Row, reason: str) -> None:
    """The claim is over, and whoever still writes under it is told so."""
    tx.run("end_claim", id=held["id"], at=tx.at, reason=reason)
    tx.run("put_fence", id=task.id, fence=task.fence + 1)
    before = {"holder": held["holder"], "fence": held["fence"]}
    tx.event(f"claim.{reason}", task.id, subject=task.key, repo=task.repo_slug, before=before)


def end_if_held(tx: Writing, task: Task, reason: str) -> None:
    """Whatever claim the task has is over."""
    held = tx.one("open_claim", task_id=task.id)
    if held is not None:
        end(tx, task, held, reason)


def park(tx: Writing, task: Task, *, parked: bool) -> None:
    """The task's claim waits for a person without expiring, or goes on."""
    held = tx.one("open_claim", task_id=task.id)
    if held is not None:
        _renew(tx, held, parked=parked)


def the_claim(tx: Reading, claim_id: str) -> Claim:
    """The claim of that id."""
    row = tx.one("claim", id=claim_id)
    if row is None:
        raise UnknownThing("claim", claim_id)
    return rows.claim(row)
