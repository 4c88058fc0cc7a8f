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


def queue_measures(jobs: Sequence[Job] | None, now: datetime) -> tuple[Measure, ...]:
    """What workers are asked for; where the queue cannot be read, that is told and no number."""
    about = "Whether the queue of syncs can be read."
    if jobs is None:
        return (_one("queue_readable", about, 0),)
    states = Counter(job.state for job in jobs)
    return (
        _one("queue_readable", about, 1),
        _by("queue_jobs", "Syncs in the queue.", "state", {s.value: states[s] for s in JobState}),
        _one("queue_oldest_running_seconds", _RUNNING, _oldest(now, (j.began_at for j in jobs))),
        _one("queue_oldest_due_seconds", _DUE, _oldest(now, (_waited(job) for job in jobs))),
    )


_RUNNING = "How long the sync that runs longest has run; 0 where none does."
_DUE = "How long the sync that waits longest has been due; 0 where none is."


def _waited(job: Job) -> datetime | None:
    """Since when the job is due, where it waits."""
    return job.due_at if job.state is JobState.WAITING else None


def _oldest(now: datetime, times: Iterable[datetime | None]) -> float:
    return max(((now - at).total_seconds() for at in times if at and at < now), default=0)


def measures(hub: Watched, now: datetime) -> tuple[Measure, ...]:
    """What the hub knows at that time, in numbers."""
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
    )


_UNKNOWN = "Repos of which nobody knows whether local is remote."
_HALTED = "Repos that some host's last run could not sync."


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
