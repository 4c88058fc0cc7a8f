"""How work flows, out of the hub's own events: how long tasks take, are blocked, and come back."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import NamedTuple

from custodian_core.status import Status

#: the events that tell of the flow
TYPES = ("task.added", "task.status", "task.reopened", "repo.synced")
_STATUS: dict[str | None, Status] = {status.value: status for status in Status}
_ENDED = frozenset({Status.DONE, Status.CANCELLED})
_SEALS = {"True": "sealed", "False": "unsealed"}


class Step(NamedTuple):
    """An event as far as it tells of the flow, out of `TYPES`."""

    at: datetime
    type: str
    subject_id: str
    #: the status that the task has since, or whether the sync was sealed
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood when the first of the steps was made, by the tasks' ids."""

    added: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    blocked: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class Spread:
    """How long things took, in seconds."""

    count: int
    median_s: int
    p90_s: int
    longest_s: int


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on a day of UTC, as YYYY-MM-DD."""

    day: str
    added: int
    done: int
    reopened: int
    seal_failures: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What the events of a window come to; None where there is nothing to measure."""

    since: datetime
    until: datetime
    added: int
    done: int
    cancelled: int
    reopened: int
    #: from being known to being done, of the tasks that are done
    lead: Spread | None
    #: how many of those began nobody knows when
    lead_unknown: int
    #: how long tasks were blocked within the window
    blocked: Spread | None
    blocked_now: int
    #: how many syncs told something new, how many of them ended without a seal, and with none known
    syncs: int
    seal_failures: int
    seals_unknown: int
    days: tuple[Day, ...]


@dataclass(slots=True)
class _Heard:
    """What was heard so far of each task, by its id."""

    since: datetime
    added: dict[str, datetime] = field(default_factory=dict[str, datetime])
    ended: dict[str, tuple[Status, datetime]] = field(
        default_factory=dict[str, tuple[Status, datetime]]
    )
    blocked_from: dict[str, datetime] = field(default_factory=dict[str, datetime])
    blocked_s: Counter[str] = field(default_factory=Counter[str])
    #: how often each thing happened on each day of the window
    counts: Counter[tuple[str, date]] = field(default_factory=Counter[tuple[str, date]])

    def hear(self, step: Step) -> None:
        match step.type:
            case "task.status":
                self._moved(step)
            case "task.added":
                self.added[step.subject_id] = step.at
                self._count("added", step)
                self._is(step, _STATUS.get(step.said))
            case "task.reopened":
                self._count("reopened", step)
                self._moved(step)
            case "repo.synced":
                self._count(_SEALS.get(step.said or "", "unknown"), step)
            case _:
                pass

    def _moved(self, step: Step) -> None:
        status = _STATUS.get(step.said)
        if status is None:
            return
        if status in _ENDED:
            self.ended[step.subject_id] = (status, step.at)
        else:
            self.ended.pop(step.subject_id, None)
        self._is(step, status)

    def _is(self, step: Step, status: Status | None) -> None:
        """The task stands so from now on."""
        if status is None:
            return
        if began := self.blocked_from.pop(step.subject_id, None):
            self.blocked(step.subject_id, began, step.at)
        if status is Status.BLOCKED:
            self.blocked_from[step.subject_id] = step.at

    def blocked(self, task: str, began: datetime, ended: datetime) -> None:
        within = (ended - max(began, self.since)).total_seconds()
        if within > 0:
            self.blocked_s[task] += int(within)

    def _count(self, what: str, step: Step) -> None:
        if step.at >= self.since:
            self.counts[what, step.at.date()] += 1

    def total(self, what: str) -> int:
        return sum(count for (name, _), count in self.counts.items() if name == what)


def flow(steps: Iterable[Step], since: datetime, until: datetime, before: Before) -> Flow:
    """What happened between the two times; the steps are in order, from `before` on."""
    heard = _Heard(since, added=dict(before.added), blocked_from=dict(before.blocked))
    for step in steps:
        if step.at < until:
            heard.hear(step)
    for task, began in heard.blocked_from.items():
        heard.blocked(task, began, until)
    lately = {task: told for task, told in heard.ended.items() if told[1] >= since}
    done = {task: at for task, (status, at) in lately.items() if status is Status.DONE}
    # (a clock that went back makes a beginning unknown, and no time negative)
    starts = ((heard.added.get(task), at) for task, at in done.items())
    leads = [at - start for start, at in starts if start and start <= at]
    return Flow(
        since,
        until,
        added=heard.total("added"),
        done=len(done),
        cancelled=len(lately) - len(done),
        reopened=heard.total("reopened"),
        lead=_spread([int(each.total_seconds()) for each in leads]),
        lead_unknown=len(done) - len(leads),
        blocked=_spread(list(heard.blocked_s.values())),
        blocked_now=len(heard.blocked_from),
        syncs=sum(heard.total(each) for each in ("sealed", "unsealed", "unknown")),
        seal_failures=heard.total("unsealed"),
        seals_unknown=heard.total("unknown"),
        days=_days(heard, done.values(), since, until),
    )


def _days(
    heard: _Heard, done: Iterable[datetime], since: datetime, until: datetime
) -> tuple[Day, ...]:
    ended = Counter(at.date() for at in done)
    first, count = since.date(), (until - timedelta(microseconds=1)).date() - since.date()
    return tuple(
        Day(
            day.isoformat(),
            heard.counts["added", day],
            ended[day],
            heard.counts["reopened", day],
            heard.counts["unsealed", day],
        )
        for day in (first + timedelta(days=each) for each in range(count.days + 1))
    )


def _spread(seconds: Sequence[int]) -> Spread | None:
    """The nearest ranks."""
    if not seconds:
        return None
    rows = sorted(seconds)
    median, p90 = (rows[ceil(len(rows) * part) - 1] for part in (0.5, 0.9))
    return Spread(len(rows), median, p90, rows[-1])
