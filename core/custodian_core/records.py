"""What the hub knows, as values. Ids are UUIDs, times aware UTC, keys the plans' own ids."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from .status import Priority, Status

T = TypeVar("T")


class RepoStatus(StrEnum):
    """Whether Custodian cares for a repo."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    OUT_OF_SCOPE = "out_of_scope"


class GoalStatus(StrEnum):
    """Whether a goal is the one its repo works towards."""

    ACTIVE = "active"
    ACHIEVED = "achieved"
    DROPPED = "dropped"


class ClaimKind(StrEnum):
    """Who works under a claim; it decides how long the claim lives unrenewed."""

    RUNNER = "runner"
    INTERACTIVE = "interactive"


class Scope(StrEnum):
    """What a token may do; each may also do what stands before it."""

    READ = "read"
    WORK = "work"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list: the items, how many there are in all, and where to go on."""

    items: tuple[T, ...]
    total: int
    #: give this as `after` for the next page; None on the last
    cursor: str | None = None


#: what the database of a hub is called that is a file of one machine
EMBEDDED = "sqlite"


@dataclass(frozen=True, slots=True)
class Health:
    """That the hub answers, and which one it is."""

    hub_id: str
    schema_version: int
    version: str
    backend: str
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Domain:
    """A field of work."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A theme within a domain."""

    slug: str
    domain: str
    title: str


@dataclass(frozen=True, slots=True)
class HostSync:
    """How the last sync of a repo went on one host."""

    host: str
    path: str
    last_run_at: datetime | None = None
    last_ok_at: datetime | None = None
    #: a word: ok, findings, behind, diverged, offline, ...
    outcome: str | None = None
    sealed: bool | None = None
    ahead: int | None = None
    behind: int | None = None
    findings: tuple[dict[str, Any], ...] = ()
    #: the commit that was read, what names its workplans, and the repo's revision in the hub then
    head: str | None = None
    digest: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One run of the sync of a repo on a host, with its report where it had something to tell."""

    id: str
    repo_slug: str
    host: str
    at: datetime
    outcome: str
    sealed: bool | None
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunHour:
    """How many syncs of a repo ended within an hour, and how many of those did not end well."""

    repo_slug: str
    hour: datetime
    runs: int
    failed: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many syncs were recorded."""

    count: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write in a repo, for one run on one host."""

    repo_slug: str
    host: str
    run_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Repo:
    """A managed repo."""

    id: str
    slug: str
    domain: str
    status: RepoStatus
    created_at: datetime
    updated_at: datetime
    version: int
    topic: str | None = None
    remote_url: str | None = None
    forge_id: int | None = None
    default_branch: str | None = None
    status_reason: str | None = None
    last_state_synced_at: datetime | None = None
    kaizen_schedule_enabled: bool = False
    kaizen_schedule_updated_at: datetime | None = None
    #: moves whenever anything of the repo changes in the hub, but for records of syncs and of
    #: prepared runs
    revision: int = 0
    hosts: tuple[HostSync, ...] = ()

    @property
    def host_paths(self) -> dict[str, str]:
        """Where the repo lies on each host."""
        return {host.host: host.path for host in self.hosts}


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was asked of a forge, whom it took the asker for, and whether it told all."""

    #: the forge's own name for where it is, as its repos' addresses say it
    forge: str
    #: the address at which it was asked
    url: str
    at: datetime
    #: whom the token belongs to; None where the forge did not say
    login: str | None
    is_admin: bool
    #: in words: the organization coulomb, what ada may see
    asked: tuple[str, ...]
    #: there are more repos than were read; the notes say why
    partial: bool
    notes: tuple[str, ...] = ()
    #: how many repos were read
    total: int = 0
    #: repos that were asked for one by one, and that the forge does not show: owner/name, or #id
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The decision that a forge's repo, which is not registered, is not Custodian's to care for."""

    forge: str
    forge_id: int
    full_name: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Goal:
    """What a repo works towards; one at a time is active."""

    id: str
    repo_slug: str
    title: str
    description: str
    status: GoalStatus
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workstream:
    """A workplan as the hub knows it."""

    id: str
    repo_slug: str
    #: the workplan's own id, as CUST-WP-0014
    key: str
    title: str
    workplan_file: str | None
    status: Status
    position: int
    created_at: datetime
    updated_at: datetime
    version: int
    base: "Snapshot | None" = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What file and hub last agreed on, and where that was sealed."""

    status: Status
    epoch: int = 0
    seq: int = 0
    commit: str | None = None
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the hub knows it."""

    id: str
    repo_slug: str
    workstream_id: str
    #: the plan's own id for it, as CUST-WP-0014-T01
    key: str
    title: str
    description: str
    acceptance: tuple[str, ...]
    status: Status
    priority: Priority
    position: int
    depends_on: tuple[str, ...]
    needs_human: bool
    #: how often the task was deliberately reopened
    epoch: int
    #: counts up whenever the right to work on the task changes hands
    fence: int
    created_at: datetime
    updated_at: datetime
    version: int
    base: Snapshot | None = None
    #: the last note or evidence that somebody left
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a task, until it expires, is released, or the task ends."""

    id: str
    task_id: str
    task_key: str
    repo_slug: str
    holder: str
    kind: ClaimKind
    fence: int
    granted_at: datetime
    renewed_at: datetime
    expires_at: datetime
    ttl_s: int
    #: while a human is asked, the claim does not expire
    parked: bool = False
    workdir: str | None = None
    host: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Intervention:
    """A question to a person."""

    id: str
    repo_slug: str
    question: str
    context: str
    options: tuple[str, ...]
    asked_by: str
    since: datetime
    task_id: str | None = None
    task_key: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.answered_at is None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; events are only ever added, in the order of `seq`."""

    seq: int
    at: datetime
    actor: str
    #: as task.status, claim.granted, repo.registered
    type: str
    subject_id: str
    repo_slug: str | None = None
    #: the key or slug people know the subject by
    subject: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run of a scheduled agent that was prepared, as `kaizen.schedule.prepared` tells it."""

    run_id: str
    repo: str
    agent: str
    host: str
    path: str
    commit: str | None
    prepared_at: datetime
    #: the run it is for: the latest that had come
    due_at: datetime | None
    next_run_at: datetime | None
    cron: str
    timezone: str
    budget_minutes: int | None
    #: names what was bundled
    digest: str
    #: the paths that were bundled, and the parts that were not there
    parts: tuple[str, ...]
    missing: tuple[str, ...]
    directive: str | None
    #: where the bundle was written on that host, if it was
    folder: str | None = None
    #: counts up when a field changes its meaning or goes
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the hub's HTTP API; the secret itself is kept nowhere."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, with the secret that is shown this once."""

    token: Token
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReconcileView:
    """All that reconciling one repo needs, read at one moment."""

    hub_id: str
    repo: Repo
    goal: Goal | None
    workstreams: tuple[Workstream, ...]
    tasks: tuple[Task, ...]
    open_interventions: tuple[Intervention, ...]


@dataclass(frozen=True, slots=True)
class RepoCounts:
    """How much there is in a repo: tasks by status, work that goes on, questions that wait."""

    repo_slug: str
    tasks: dict[str, int]
    live_claims: int
    open_questions: int


@dataclass(frozen=True, slots=True)
class PendingTask:
    """A task that is still to be done, in one line."""

    id: str
    key: str
    title: str
    status: Status
    priority: Priority
    needs_human: bool
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActiveWorkstream:
    """A workstream with work left, and the tasks that are to be done."""

    id: str
    key: str
    title: str
    workplan_file: str | None
    #: the first of them, or none where there are very many workstreams
    pending_tasks: tuple[PendingTask, ...]
    pending_total: int


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What a repo's agent should know and do now."""

    hub_id: str
    repo_slug: str
    active_goal: Goal | None
    active_workstreams: tuple[ActiveWorkstream, ...]
    human_interventions: tuple[Intervention, ...]
    last_state_synced_at: datetime | None
    #: work, resume, human_needed or none
    directive: str
    reason: str
    task: Task | None = None
    claim: Claim | None = None
