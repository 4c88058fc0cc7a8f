"""Every way to change what the hub knows, as values: each is carried out whole or not at all."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .forge.repo import ForgeRepo
from .records import (
    ClaimKind,
    GoalStatus,
    HostSync,
    Inventory,
    PreparedRun,
    Scope,
    Snapshot,
)
from .status import Priority, Status

Changes: TypeAlias = dict[str, Any]

#: how long a name may be: of whoever works, and of a host
HOLDER_LIMIT = 100
HOST_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how the hub knows a repeated question for what it is."""

    name: str
    #: the same key and command again is answered with the first answer
    idempotency_key: str | None = None
    #: shown beside events, to find them again
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class AddDomain:
    """A domain is known; `title` defaults to the slug."""

    slug: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class AddTopic:
    """A topic of a domain is known."""

    slug: str
    domain: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterRepo:
    """A repo is managed; registering it again adds the host and changes what is said anew."""

    slug: str
    domain: str
    host: str | None = None
    path: str | None = None
    remote_url: str | None = None
    forge_id: int | None = None
    default_branch: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRepo:
    """Fields of a repo are changed.

    They are domain, topic, remote_url, forge_id, default_branch, status, status_reason,
    last_state_synced_at, kaizen_schedule_enabled, kaizen_schedule_updated_at and host_paths.
    """

    slug: str
    changes: Changes
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RecordSync:
    """How a sync went on one host; a sealed one stamps `last_state_synced_at`."""

    slug: str
    sync: HostSync
    stamp: bool
    run_id: str | None = None
    report: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class RecordSyncs:
    """How the syncs of many repos went, told at once."""

    syncs: tuple[RecordSync, ...]


@dataclass(frozen=True, slots=True)
class RequestSync:
    """The repo is to be synced soon, and why; what is asked for already is not asked again."""

    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class NoteSchedule:
    """What a repo's schedule says is on the roster, or no longer is.

    A file that was told of already, by its blob, changes nothing unless it is told deliberately.
    """

    slug: str
    #: the file's blob; None where the file is gone
    blob: str | None = None
    enabled: bool = False
    schedule: dict[str, Any] | None = None
    deliberate: bool = False


@dataclass(frozen=True, slots=True)
class RecordPrepared:
    """The hub's log tells that a run was prepared."""

    repo: str
    run: PreparedRun


@dataclass(frozen=True, slots=True)
class RecordAsked:
    """The hub's log tells once that an action was asked for, and how far it can do harm."""

    repo: str
    #: the action's id
    action: str
    formula: str
    #: low, medium or high
    tier: str
    #: why, for whoever reads it later
    context: str = ""


@dataclass(frozen=True, slots=True)
class TakeLease:
    """The run has the right to write in the repo; another run's lease is `RepoBusy`."""

    slug: str
    host: str
    run_id: str
    ttl_s: int = 120


@dataclass(frozen=True, slots=True)
class ReturnLease:
    """The run's lease, if it still has one, has ended."""

    slug: str
    host: str
    run_id: str


@dataclass(frozen=True, slots=True)
class UnregisterRepo:
    """The repo is no longer managed; its events stay."""

    slug: str


@dataclass(frozen=True, slots=True)
class ForgeLink:
    """What an inventory found out of a repo; `was` is the remote that the hub told then."""

    slug: str
    forge_id: int
    was: str | None = None
    #: where it is now, where that is elsewhere
    remote_url: str | None = None


@dataclass(frozen=True, slots=True)
class RecordInventory:
    """What a forge told is known; it may come in parts, and counts from the last one on."""

    inventory: Inventory
    repos: tuple[ForgeRepo, ...]
    links: tuple[ForgeLink, ...] = ()
    #: the same for every part
    run_id: str = ""
    last: bool = True


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """A repo of a forge is not Custodian's to care for, and why; nobody is asked again."""

    forge: str
    forge_id: int
    full_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetGoal:
    """The repo has this active goal; the one before it is dropped."""

    repo: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class EndGoal:
    """The repo's active goal is achieved or dropped."""

    repo: str
    status: GoalStatus = GoalStatus.ACHIEVED


@dataclass(frozen=True, slots=True)
class AddWorkstream:
    """A workplan is known; adding its key again is a conflict."""

    repo: str
    key: str
    title: str
    workplan_file: str | None = None
    status: Status = Status.TODO


@dataclass(frozen=True, slots=True)
class ChangeWorkstream:
    """Fields of a workstream are changed: title, workplan_file, status, position."""

    workstream: str
    changes: Changes
    version: int | None = None


@dataclass(frozen=True, slots=True)
class AddTask:
    """A task of a workstream is known; adding its key again is a conflict."""

    workstream: str
    key: str
    title: str
    description: str = ""
    acceptance: tuple[str, ...] = ()
    status: Status = Status.TODO
    priority: Priority = Priority.MEDIUM
    position: int | None = None
    depends_on: tuple[str, ...] = ()
    needs_human: bool = False


@dataclass(frozen=True, slots=True)
class ChangeTask:
    """Fields of a task are changed; a status never goes to a lower rank this way.

    They are title, description, acceptance, status, priority, position, depends_on, needs_human.
    """

    task: str
    changes: Changes
    version: int | None = None
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class ReopenTask:
    """The task goes back on purpose: a new epoch begins and its claim ends."""

    task: str
    reason: str
    status: Status = Status.TODO
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class NoteTask:
    """A note or evidence stands in the task's history."""

    task: str
    text: str
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimTask:
    """The holder has the right to work on the task, or on the repo's next one."""

    holder: str
    task: str | None = None
    #: where `task` is not given: the repo whose next task is wanted
    repo: str | None = None
    kind: ClaimKind = ClaimKind.INTERACTIVE
    ttl_s: int | None = None
    workdir: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class RenewClaim:
    """The claim lives its full time again."""

    claim: str
    fence: int


@dataclass(frozen=True, slots=True)
class ReleaseClaim:
    """The claim has ended; the task's status stays as it is."""

    claim: str
    fence: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AskHuman:
    """A question waits for a person; a claim on its task is parked meanwhile."""

    question: str
    repo: str | None = None
    task: str | None = None
    context: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerHuman:
    """The question is answered; a claim it parked goes on."""

    intervention: str
    answer: str


@dataclass(frozen=True, slots=True)
class MakeToken:
    """A new key to the HTTP API."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """The token of that name opens nothing any more."""

    name: str


@dataclass(frozen=True, slots=True)
class WorkstreamWrite:
    """A workstream as a plan wants it; `version` is what was read, None for a new one."""

    key: str
    title: str
    workplan_file: str
    status: Status
    position: int
    version: int | None = None
    base: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class TaskWrite:
    """A task as a plan wants it; `version` is what was read, None for a new one."""

    key: str
    workstream_key: str
    title: str
    description: str
    acceptance: tuple[str, ...]
    status: Status
    priority: Priority
    position: int
    depends_on: tuple[str, ...]
    needs_human: bool
    version: int | None = None
    base: Snapshot | None = None
    #: why the status goes back, where it does so on purpose
    reopen_reason: str | None = None
    #: what lost a merge, for the task's history
    overruled: Status | None = None


@dataclass(frozen=True, slots=True)
class ApplyPlan:
    """All that one reconcile changes in the hub, at once; one version that moved refuses all."""

    repo: str
    hub_id: str
    workstreams: tuple[WorkstreamWrite, ...] = ()
    tasks: tuple[TaskWrite, ...] = ()
    #: base snapshots to remember once a run is sealed, by task and by workstream key
    bases: dict[str, Snapshot] = field(default_factory=dict[str, Snapshot])


Command: TypeAlias = (
    AddDomain
    | AddTopic
    | RegisterRepo
    | ChangeRepo
    | RecordSync
    | RecordSyncs
    | RequestSync
    | NoteSchedule
    | RecordPrepared
    | RecordAsked
    | TakeLease
    | ReturnLease
    | UnregisterRepo
    | RecordInventory
    | LeaveOut
    | SetGoal
    | EndGoal
    | AddWorkstream
    | ChangeWorkstream
    | AddTask
    | ChangeTask
    | ReopenTask
    | NoteTask
    | ClaimTask
    | RenewClaim
    | ReleaseClaim
    | AskHuman
    | AnswerHuman
    | MakeToken
    | RevokeToken
    | ApplyPlan
)
