"""Status and priority: the vocabulary, the rank that never falls, and the two merge rules."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a task or a workplan stands, in the order in which ties are broken."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How urgent a task is, most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


STATUS_ORDER = {
    Status.TODO: 0,
    Status.IN_PROGRESS: 1,
    Status.BLOCKED: 1,
    Status.DONE: 2,
    Status.CANCELLED: 2,
}

_POSITION = {status: place for place, status in enumerate(Status)}

#: Words that a workplan, but not a task, may use, and the status that each one means.
WORKPLAN_WORDS = {
    **{status.value: status for status in Status},
    "draft": Status.TODO,
    "active": Status.IN_PROGRESS,
    "paused": Status.BLOCKED,
    "archived": Status.DONE,
}


def rank(status: Status) -> int:
    """How far along `status` is: 0 not begun, 1 begun, 2 ended."""
    return STATUS_ORDER[status]


def regresses(old: Status, new: Status) -> bool:
    """Whether going from `old` to `new` would lose progress."""
    return rank(new) < rank(old)


def winner(file: Status, hub: Status) -> Status:
    """The status both sides should hold when no base is known: the hub's, unless the file is ahead.

    A tie goes to the hub, so that one arbiter decides and every file converges on it.
    """
    return hub if rank(hub) >= rank(file) else file


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A place in the history of one task; keys are totally ordered and merging takes the higher.

    A deliberate reopen begins a new epoch; a move within a rank counts `seq` up; `position` decides
    what is left, so that a merge never depends on who merges.
    """

    epoch: int
    rank: int
    seq: int
    position: int


@dataclass(frozen=True, slots=True)
class Base:
    """What file and hub last agreed on, at the last sealed sync."""

    status: Status
    epoch: int = 0
    seq: int = 0

    @property
    def key(self) -> Key:
        """The base's own place in the task's history."""
        return Key(self.epoch, rank(self.status), self.seq, _POSITION[self.status])


@dataclass(frozen=True, slots=True)
class Side:
    """One side's status now, and the epoch its evidence of deliberate reopens has reached.

    `epoch` is None where the side holds no such evidence: a plain file, a restored backup.
    """

    status: Status
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """What both sides should hold, and who has to be written for it."""

    status: Status
    write_hub: bool
    write_file: bool
    #: what to remember once the run is sealed
    base: Base
    #: the status went back on purpose
    reopened: bool = False
    #: the file went back without evidence and is put right
    unmarked_file: bool = False
    #: one side says done and the other cancelled, both since the base: a person should look
    ended_twice: bool = False
    #: what one side said since the base, where the other side's word stands
    overruled: Status | None = None


def two_way(file: Status, hub: Status) -> Merge:
    """The seed's rule, for when no base is known: the hub never falls, ties are the hub's."""
    status = winner(file, hub)
    return Merge(status, write_hub=status != hub, write_file=status != file, base=Base(status))


def three_way(base: Base, file: Side, hub: Side) -> Merge:
    """The rule with a base: every forward, same-rank and deliberate backward edit is kept.

    A status that lies behind the base without evidence is no edit (a stale clone, a restored
    backup): that side counts as unchanged and is brought up to the other.
    """
    file_key, hub_key = _infer(base, file), _infer(base, hub)
    # An unmarked step back holds the base's key, and so the base's status.
    file_says = base.status if file_key == base.key else file.status
    hub_says = base.status if hub_key == base.key else hub.status
    key, status = max((file_key, file_says), (hub_key, hub_says), key=lambda pair: pair[0])
    both_moved = base.key not in (file_key, hub_key)
    lost = next((side for side in (file_says, hub_says) if side != status), None)
    return Merge(
        status=status,
        write_hub=status != hub.status,
        write_file=status != file.status,
        base=Base(status, key.epoch, key.seq),
        reopened=key.epoch > base.epoch,
        unmarked_file=file_key == base.key and file.status not in (base.status, status),
        ended_twice={file.status, hub.status} == {Status.DONE, Status.CANCELLED} and both_moved,
        overruled=lost if both_moved else None,
    )


def _infer(base: Base, side: Side) -> Key:
    """The place of `side` in the task's history, as far as the base and its evidence tell."""
    epoch = base.epoch if side.epoch is None else side.epoch
    if epoch > base.epoch:
        return Base(side.status, epoch).key
    if epoch < base.epoch:  # restored from before the last reopen: it knows nothing newer
        return base.key
    step = rank(side.status) - rank(base.status)
    if side.status == base.status or step < 0:
        return base.key
    return Base(side.status, base.epoch, base.seq + 1 if step == 0 else 0).key
