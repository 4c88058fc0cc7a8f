"""What stands around where agents work: locks, worktrees, half-done rebases, processes, builds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .host import Alarm, Probe
from .host_limits import Limits

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Lock:
    """A file by which git keeps others out, and whether a git works there that may own it."""

    path: str
    age_s: int
    #: None where processes cannot be looked at
    owned: bool | None


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree beside the checkout; `idle_s` is None where nobody can tell."""

    path: str
    idle_s: int | None
    #: its folder is gone, and git still counts it
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout of this host; what its git did not answer is in `why`."""

    repo: str
    path: str
    status: Probe
    why: str | None = None
    locks: tuple[Lock, ...] = ()
    worktrees: tuple[Worktree, ...] = ()
    #: what was left half done, as rebase or merge, and for how long
    half_done: str | None = None
    half_done_s: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The checkouts of this host, where it could be learned which these are."""

    status: Probe
    why: str | None = None
    places: tuple[Place, ...] = ()
    #: how many more there are than were looked at
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """A process of an agent's; nothing of what it was called with is told."""

    pid: int
    name: str
    age_s: int


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes whose names are those of agents."""

    status: Probe
    why: str | None = None
    processes: tuple[Process, ...] = ()


class BuildState(StrEnum):
    """What a build does that has not ended."""

    RUNNING = "running"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Build:
    """A build that has not ended: of which repo, what it is called, since when it does what."""

    repo: str
    name: str
    state: BuildState
    since: datetime


@dataclass(frozen=True, slots=True)
class Builds:
    """What the forge tells of builds; a repo that it said nothing of is named."""

    status: Probe
    why: str | None = None
    builds: tuple[Build, ...] = ()
    not_told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """All of it."""

    places: Places
    processes: Processes
    builds: Builds


def judge_work(work: Work, limits: Limits, now: datetime) -> Iterator[Alarm]:
    """What of it is worrying; of what was not learned, nothing is said to be well."""
    yield from _of_builds(work.builds.builds, limits, now)
    for place in work.places.places:
        yield from _of_place(place, limits)
    for each in work.processes.processes:
        if each.age_s > limits.process_hours * HOUR:
            told = f"{_hours(each.age_s)} h > {limits.process_hours} h"
            todo = "See whether it still works; `custodian run --limit` ends an agent in time."
            yield Alarm("P4", "process_long", f"{each.name} ({each.pid})", told, todo)


def _of_builds(builds: Sequence[Build], limits: Limits, now: datetime) -> Iterator[Alarm]:
    for each in builds:
        pending = each.state is BuildState.PENDING
        most = limits.pending_minutes if pending else limits.build_minutes
        age = int((now - each.since).total_seconds()) // MINUTE
        if age > most:
            code, todo = "build_stuck", "Look at the build; run it again or cancel it."
            if pending:
                code, todo = "build_pending", "See whether a runner is there for it."
            yield Alarm("P2", code, f"{each.repo}: {each.name}", f"{age} min > {most} min", todo)


def _of_place(place: Place, limits: Limits) -> Iterator[Alarm]:
    if place.status in (Probe.TIMEOUT, Probe.FAILED):
        why = place.why or place.status
        yield Alarm("P2", "checkout_silent", place.repo, why, f"Look at {place.path}.")
    for lock in place.locks:
        if lock.owned is False and lock.age_s > limits.lock_minutes * MINUTE:
            told = f"{lock.age_s // MINUTE} min > {limits.lock_minutes} min, and no git works there"
            todo = "Nothing can be committed there: remove the file once you are sure."
            yield Alarm("P2", "lock_dead", lock.path, told, todo)
    if place.half_done and (place.half_done_s or 0) > limits.rebase_minutes * MINUTE:
        told = f"{(place.half_done_s or 0) // MINUTE} min > {limits.rebase_minutes} min"
        todo = f"Finish the {place.half_done} in {place.path}, or abort it."
        yield Alarm("P2", f"{place.half_done}_half_done", place.repo, told, todo)
    for tree in place.worktrees:
        if tree.gone:
            todo = f"`git -C {place.path} worktree prune` forgets it."
            yield Alarm("P4", "worktree_gone", tree.path, "its folder is not there", todo)
        elif tree.idle_s is not None and tree.idle_s > limits.worktree_hours * HOUR:
            told = f"{_hours(tree.idle_s)} h > {limits.worktree_hours} h"
            todo = "Push what is in it, then `git worktree remove` it."
            yield Alarm("P4", "worktree_old", tree.path, told, todo)


def _hours(seconds: int) -> int:
    return seconds // HOUR
