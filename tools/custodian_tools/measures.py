"""The fleet in numbers, for a program that watches them: what the dashboard shows, as measures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from custodian_core.findings import CATALOGUE
from custodian_core.jobs import Job, JobState
from custodian_core.ports import Hub, Lookout
from custodian_core.records import RepoStatus
from custodian_core.status import Status

from .health import Row, rows_of, summary
from .hub import fleet
from .requesting import requested, waits

#: which runs count as of late
LATELY = timedelta(hours=1)

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured, and its values."""

    name: str
    about: str
    samples: tuple[Sample, ...]
    kind: str = "gauge"


class Watched(Hub, Lookout, Protocol):
    """The hub of the process that is watched."""


def measures(hub: Watched, jobs: Sequence[Job] | None, now: datetime) -> tuple[Measure, ...]:
    """What the hub and its queue know at that time, in numbers; None for a queue that is not."""
    states = fleet(hub)
    rows = rows_of(states, now)
    told = summary(rows, len(states) - len(rows))
    statuses = Counter(state.repo.status for state in states)
    tasks = Counter[Status]()
    for row in rows:
        tasks.update(row.state.tasks)
    codes = Counter(finding.code for row in rows for finding in row.findings)
    return (
        _by("repos", "Repos by status.", "status", {s.value: statuses[s] for s in RepoStatus}),
        _one("repos_unsealed", "Repos whose local is not remote on some host.", told.unsealed),
        _one("repos_seal_unknown", _UNKNOWN, len(rows) - told.sealed - told.unsealed),
        _one("repos_halted", _HALTED, sum(bool(row.halted) for row in rows)),
        _by(
            "repos_by_age",
            "Repos by the age of their last sync.",
            "age",
            {age.value: n for age, n in told.by_age.items()},
        ),
        _by("findings", "Findings of the last runs.", "code", {c: codes[c] for c in CATALOGUE}),
        _by("tasks", "Tasks by status.", "status", {s.value: tasks[s] for s in Status}),
        _one("claims_live", "Claims under which somebody works.", told.live_claims),
        _one("questions_open", "Questions that wait for a person.", told.open_questions),
        _by("runs_last_hour", "Runs of the last hour.", "outcome", hub.runs_since(now - LATELY)),
        _by("host_last_run_timestamp_seconds", "When each host last ran.", "host", _hosts(rows)),
        _one("sync_requests_waiting", "Repos whose sync was asked for.", _waiting(hub, rows)),
        *_queue_measures(jobs, rows, now),
    )


_UNKNOWN = "Repos of which nobody knows whether local is remote."
_HALTED = "Repos that some host's last run could not sync."


def _queue_measures(
    jobs: Sequence[Job] | None, rows: Sequence[Row], now: datetime
) -> tuple[Measure, ...]:
    """What workers are asked for; where the queue cannot be read, that is told and no number."""
    about = "Whether the queue of syncs can be read."
    if jobs is None:
        return (_one("queue_readable", about, 0),)
    states = Counter(job.state for job in jobs)
    running = [job.began_at for job in jobs]
    return (
        _one("queue_readable", about, 1),
        _by("queue_jobs", "Syncs in the queue.", "state", {s.value: states[s] for s in JobState}),
        _one("queue_oldest_running_seconds", _RUNNING, _oldest(now, running)),
        _by("queue_oldest_due_seconds", _DUE, "host", _due(jobs, rows, now)),
    )


_RUNNING = "How long the sync that runs longest has run; 0 where none does."
_DUE = "How long the sync of each host that waits longest has been due; 0 where none is."


def _due(jobs: Sequence[Job], rows: Sequence[Row], now: datetime) -> dict[str, float]:
    """How long each host has left a repo alone whose sync is due.

    What a timer or a hook has synced meanwhile is not late, though no worker came to it.
    """
    ran = {(row.repo.slug, each.host): each.last_run_at for row in rows for each in row.repo.hosts}
    due: dict[str, list[datetime]] = {host: [] for _, host in ran}
    for job in jobs:
        last = ran.get((job.repo, job.host))
        if job.state is JobState.WAITING and (last is None or last <= job.asked_at):
            due.setdefault(job.host, []).append(job.due_at)
    return {host: _oldest(now, times) for host, times in sorted(due.items())}


def _oldest(now: datetime, times: Iterable[datetime | None]) -> float:
    return max(((now - at).total_seconds() for at in times if at and at < now), default=0)


def _hosts(rows: Sequence[Row]) -> dict[str, float]:
    """When each host last ran any sync, in seconds since 1970."""
    last: dict[str, float] = {}
    for host in (host for row in rows for host in row.repo.hosts):
        if host.last_run_at:
            last[host.host] = max(last.get(host.host, 0.0), host.last_run_at.timestamp())
    return last


def _waiting(hub: Hub, rows: Sequence[Row]) -> int:
    """How many repos no host of theirs has looked at since that was asked for."""
    asked = requested(hub)
    return sum(any(waits(row.repo, host.host, asked) for host in row.repo.hosts) for row in rows)


def _one(name: str, about: str, value: float) -> Measure:
    return Measure(f"custodian_{name}", about, (({}, value),))


def _by(name: str, about: str, label: str, values: Mapping[str, float]) -> Measure:
    samples = tuple(({label: key}, value) for key, value in values.items())
    return Measure(f"custodian_{name}", about, samples)
