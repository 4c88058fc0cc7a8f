"""What waits around a host: work that no agent begins, idle pull requests, old dependencies."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from custodian_core.forge.records import CommitCheck, PullRequest
from custodian_core.records import Claim, Task
from custodian_core.status import Status, rank

from .host import Alarm, Probe
from .host_limits import Limits
from .workplace import Processes

MINUTE = 60
#: what a build says that has nothing against a commit
GREEN = frozenset({"success", "skipped"})
#: how many repos an alarm names
_NAMED = 3
#: how the hub ends the claim of a holder of whom nothing was heard
_EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Offered:
    """A task that an agent could begin or take up, and since when nothing changed in that."""

    repo: str
    task: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the hub would give an agent in the repos of this host, the first task of each."""

    status: Probe
    why: str | None = None
    offered: tuple[Offered, ...] = ()
    #: when the hub last heard of somebody who held a task of these repos; None for never
    agent_at: datetime | None = None
    not_told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdlePull:
    """An open pull request whose builds are green, and since when nothing has happened in it."""

    repo: str
    number: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Pulls:
    """What the forge tells of idle pull requests; a repo that it said nothing of is named."""

    status: Probe
    why: str | None = None
    idle: tuple[IdlePull, ...] = ()
    not_told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenDependency:
    """A task that has not ended, since when it is open, and how many tasks wait for it."""

    repo: str
    task: str
    since: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What tasks in the repos of this host wait for, the oldest first."""

    status: Probe
    why: str | None = None
    open: tuple[OpenDependency, ...] = ()
    not_told: tuple[str, ...] = ()
    #: how many more there are than are told
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """All of it."""

    backlog: Backlog
    pulls: Pulls
    dependencies: Dependencies


# --- what was learned, read


def last_heard(claims: Iterable[Claim]) -> datetime | None:
    """When somebody last did anything under one of the claims; None where there is none."""
    heard = (
        each.ended_at if each.ended_at and each.end_reason != _EXPIRED else each.renewed_at
        for each in claims
    )
    return max(heard, default=None)


def touched_at(pull: PullRequest) -> datetime | None:
    """When something last happened in the pull request, its builds aside; None is not known."""
    times = [at for at in (pull.created_at, pull.updated_at) if at]
    return max(times, default=None)


def idle_since(pull: PullRequest, checks: Sequence[CommitCheck]) -> datetime | None:
    """Since when the pull request is green and nothing has happened in it; None where it is not.

    Without a build nothing is green, and neither is what nobody can say the time of.
    """
    touched = touched_at(pull)
    ended = [each.updated_at for each in checks if each.state in GREEN and each.updated_at]
    if touched is None or not checks or len(ended) < len(checks):
        return None
    return max(touched, *ended)


def waited_for(tasks: Sequence[Task]) -> dict[str, int]:
    """By key what the open ones among the tasks wait for, and how many do.

    What none of the tasks is may have ended elsewhere.
    """
    ended = {each.key for each in tasks if is_over(each)}
    waits = Counter(
        key
        for each in tasks
        if not is_over(each)
        for key in set(each.depends_on) - {each.key}
        if key not in ended
    )
    return dict(waits)


def is_over(task: Task) -> bool:
    """Whether nothing is left to be done of the task."""
    return rank(task.status) == rank(Status.DONE)


# --- what of it is worrying


def judge_waiting(
    waiting: Waiting, agents: Processes, limits: Limits, now: datetime
) -> Iterator[Alarm]:
    """What of it is worrying; of what was not learned, nothing is said to be well."""
    yield from _of_backlog(waiting.backlog, agents, limits, now)
    most = limits.pull_minutes * (1 + limits.pull_looks)
    for pull in waiting.pulls.idle:
        idle = _minutes(now - pull.since)
        if idle > most:
            told = f"idle for {idle} min > {most} min, and green"
            todo = "Merge it, answer it or close it."
            yield Alarm("P3", "pull_idle", f"{pull.repo}: #{pull.number}", told, todo)
    for each in waiting.dependencies.open:
        age = (now - each.since).days
        if age > limits.dependency_days:
            tasks = "1 task waits" if each.waiting == 1 else f"{each.waiting} tasks wait"
            told = f"{age} days > {limits.dependency_days} days, and {tasks}"
            todo = "Finish it, split it, or let what waits for it do without."
            yield Alarm("P3", "dependency_old", f"{each.repo}: {each.task}", told, todo)


def _of_backlog(
    backlog: Backlog, agents: Processes, limits: Limits, now: datetime
) -> Iterator[Alarm]:
    """That nobody is about, where both was seen: who runs here, and what every repo's hub heard."""
    looked = agents.status is Probe.OK and backlog.status is Probe.OK and not backlog.not_told
    if not looked or agents.processes or not backlog.offered:
        return
    first = min(each.since for each in backlog.offered)
    alone = _minutes(now - max(first, backlog.agent_at or first))
    if alone > limits.agent_minutes:
        tasks = [f"{each.repo} ({each.task})" for each in backlog.offered]
        more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
        told = f"no agent for {alone} min > {limits.agent_minutes} min, and work in "
        told += f"{', '.join(tasks[:_NAMED])}{more}"
        todo = "Start one, as `custodian run`, or see why whatever starts them does not."
        yield Alarm("P2", "agents_idle", "agents", told, todo)


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds()) // MINUTE
