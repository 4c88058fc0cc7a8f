"""What an agent is to do in a repo now, and why: decided of the hub's dispatch and the checkout."""

from dataclasses import dataclass
from datetime import datetime

from .records import Claim, Dispatch
from .status import Status


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the repo's checkout on this host stands, against what was fetched last."""

    path: str
    branch: str
    head: str
    upstream: str
    ahead: int | None
    behind: int | None
    #: whether files that git knows were changed and not committed; None where it is not known
    dirty: bool | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a dispatch is made of."""

    dispatch: Dispatch
    at: datetime
    host: str
    checkout: Checkout | None = None
    #: why there is nothing to say of a checkout
    no_checkout: str = ""
    #: why nothing was claimed
    no_lease: str = "nothing was claimed: it was only asked"
    #: the status of each task that the chosen one depends on; None where nobody knows it
    needs: tuple[tuple[str, Status | None], ...] = ()
    #: the live claims in the repo, but for the one that was just granted
    others: tuple[Claim, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Direction:
    """What to do, why in a word for programs, and why in a sentence."""

    directive: str
    code: str
    reason: str


def direct(dispatch: Dispatch, checkout: Checkout | None, others: tuple[Claim, ...]) -> Direction:
    """What to do in the repo; a checkout that is behind comes before everything else."""
    if checkout and checkout.behind:
        if checkout.ahead:
            told = f"{checkout.ahead} ahead of and {checkout.behind} behind {checkout.upstream}"
            return Direction("sync_first", "diverged", f"the checkout is {told}")
        told = f"{checkout.behind} behind {checkout.upstream}"
        return Direction("sync_first", "behind", f"the checkout is {told}")
    if dispatch.task is not None:
        code = {"work": "ready", "resume": "yours" if dispatch.claim else "left"}
        return Direction(dispatch.directive, code[dispatch.directive], dispatch.reason)
    if dispatch.directive == "human_needed":
        return Direction("human_needed", "asked", dispatch.reason)
    pending = [task for stream in dispatch.active_workstreams for task in stream.pending_tasks]
    if not pending:
        return Direction("none", "no-tasks", dispatch.reason)
    if others:
        return Direction("none", "taken", dispatch.reason)
    if any(task.needs_human for task in pending):
        return Direction("human_needed", "for-a-person", dispatch.reason)
    return Direction("blocked", "blocked", dispatch.reason)
