"""The roster: which agents run in which repo and when next, by what was last seen of schedules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from custodian_core.codec import to_json
from custodian_core.errors import BadValue
from custodian_core.findings import Finding
from custodian_core.records import Repo

from .cadence import late_by, next_run, runs_after, zone
from .model import Entry, Reading, entry_json, first_fault

#: of how many runs of one agent on one day a week's view tells one by one
MOST_A_DAY = 24
DAYS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """One agent of one repo, and when it runs next."""

    repo: str
    domain: str
    agent: str
    cadence: str
    cron: str
    timezone: str
    jitter_minutes: int
    enabled: bool
    #: None where it is switched off, or no such day ever comes
    next_run_at: datetime | None
    last_prepared_at: datetime | None
    host_paths: dict[str, str] = field(default_factory=dict[str, str])
    budget_minutes: int | None = None
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row as `--json` shows it."""
        told: dict[str, Any] = to_json(self)
        return told


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A repo of which nothing is scheduled, and why: a word for programs, and a text."""

    repo: str
    reason: str
    why: str
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The repo as `--json` shows it."""
        findings = [finding.to_json() for finding in self.findings]
        return {"repo": self.repo, "reason": self.reason, "why": self.why, "findings": findings}


@dataclass(frozen=True, slots=True)
class Roster:
    """What runs next, the soonest first; and of which repos nothing does, the broken ones first."""

    due: tuple[Due, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def invalid(self) -> tuple[LeftOut, ...]:
        """The repos whose schedule cannot be used."""
        return tuple(each for each in self.left_out if each.reason == "invalid")

    def within(self, now: datetime, span: timedelta) -> "Roster":
        """The same, of the runs that come within that time."""
        until = now + span
        soon = (each for each in self.due if each.next_run_at and each.next_run_at <= until)
        return replace(self, due=tuple(soon))

    def to_json(self) -> dict[str, Any]:
        """The roster as `--json` shows it."""
        return {
            "due": [each.to_json() for each in self.due],
            "left_out": [each.to_json() for each in self.left_out],
        }


def seen_json(reading: Reading, host: str) -> dict[str, Any]:
    """What the hub is told of a schedule, so that its roster can be shown on any host."""
    schedule = reading.schedule
    return {
        "host": host,
        "enabled": schedule.enabled if schedule else None,
        "timezone": schedule.timezone if schedule else None,
        "entries": [_kept(each) for each in schedule.entries] if schedule else [],
        "findings": [finding.to_json() for finding in reading.findings],
    }


#: what of an entry the hub is told; inputs are for whoever has the checkout
_KEPT = ("agent", "cadence", "cron", "jitter_minutes", "enabled", "budget_minutes", "tags")


def _kept(entry: Entry) -> dict[str, Any]:
    told = entry_json(entry)
    return {key: told[key] for key in _KEPT}


#: when the agent of a repo was last prepared, by slug and name
Prepared = Mapping[tuple[str, str], datetime]


def roster(
    repos: Iterable[Repo], seen: Mapping[str, Mapping[str, Any]], prepared: Prepared, now: datetime
) -> Roster:
    """The roster as the hub knows it; `seen` is what it was told of each schedule, by slug."""
    due: list[Due] = []
    left_out: list[LeftOut] = []
    for repo in repos:
        told = seen.get(repo.slug)
        if told is None or not told.get("schedule"):
            if repo.kaizen_schedule_enabled:
                why = "no sync has read a schedule of it yet; run `custodian fix` where it lies"
                left_out.append(LeftOut(repo.slug, "unseen", why))
            continue
        try:
            found = _of_repo(repo, told["schedule"], prepared, now)
        except (KeyError, TypeError, ValueError, AttributeError, BadValue):
            why = "the hub was told of its schedule by another Custodian; sync it again"
            found = LeftOut(repo.slug, "unseen", why)
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            due += found
    return Roster(ordered(due), tuple(sorted(left_out, key=_gravest)))


def ordered(due: Iterable[Due]) -> tuple[Due, ...]:
    """The soonest first; what does not run comes last."""
    never = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(due, key=lambda each: (each.next_run_at or never, each.repo, each.agent)))


def _gravest(left_out: LeftOut) -> tuple[bool, str]:
    return left_out.reason != "invalid", left_out.repo


def _of_repo(
    repo: Repo, told: Mapping[str, Any], prepared: Prepared, now: datetime
) -> list[Due] | LeftOut:
    if told["enabled"] is None:
        findings = (Finding.from_json(each) for each in told["findings"])
        broken = tuple(each for each in findings if each)
        return LeftOut(repo.slug, "invalid", first_fault(broken), broken)
    if not told["enabled"]:
        return LeftOut(repo.slug, "disabled", "its schedule is switched off: `enabled: false`")
    if not repo.kaizen_schedule_enabled:
        why = "it is off the roster; `custodian schedule register` puts it back"
        return LeftOut(repo.slug, "not-registered", why)
    paths = repo.host_paths
    entries = told["entries"]
    return [_due(repo, each, told["timezone"], paths, prepared, now) for each in entries]


def _due(
    repo: Repo,
    entry: Mapping[str, Any],
    timezone: str,
    paths: dict[str, str],
    prepared: Prepared,
    now: datetime,
) -> Due:
    slug, agent, jitter = repo.slug, entry["agent"], entry["jitter_minutes"]
    runs = entry["enabled"]
    return Due(
        repo=slug,
        domain=repo.domain,
        agent=agent,
        cadence=entry["cadence"],
        cron=entry["cron"],
        timezone=timezone,
        jitter_minutes=jitter,
        enabled=runs,
        next_run_at=next_of(slug, agent, entry["cron"], timezone, jitter, now) if runs else None,
        last_prepared_at=prepared.get((slug, agent)),
        host_paths=paths,
        budget_minutes=entry["budget_minutes"],
        tags=tuple(entry["tags"]),
    )


def next_of(
    repo: str, agent: str, cron: str, timezone: str, jitter_minutes: int, now: datetime
) -> datetime | None:
    """The next run of that agent in that repo, with the delay that is its own."""
    late = late_by(repo, agent, jitter_minutes)
    at = next_run(cron, timezone, now - late)
    return at + late if at else None


def due_of(repo: Repo, entries: Iterable[Entry], timezone: str, now: datetime) -> list[Due]:
    """The rows of entries that were read from the repo itself."""
    paths = repo.host_paths
    return [_due(repo, entry_json(each), timezone, paths, {}, now) for each in entries]


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one agent in one repo on one day."""

    repo: str
    agent: str
    cadence: str
    #: the first MOST_A_DAY
    at: tuple[datetime, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week's view, with its runs in their order."""

    date: date
    runs: tuple[Runs, ...]


def week(due: Iterable[Due], first: date, timezone: str = "UTC") -> tuple[Day, ...]:
    """Seven days from `first` on, as the zone has them, with what runs on each."""
    rows = [each for each in due if each.enabled]
    return tuple(_day(rows, first + timedelta(days=number), timezone) for number in range(DAYS))


def _day(rows: Iterable[Due], day: date, timezone: str) -> Day:
    here = zone(timezone)
    begin = datetime.combine(day, time(), here).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), here).astimezone(UTC)
    found = [runs for each in rows if (runs := _runs(each, begin, end)).at]
    return Day(day, tuple(sorted(found, key=lambda runs: (runs.at[0], runs.repo, runs.agent))))


def _runs(row: Due, begin: datetime, end: datetime) -> Runs:
    at = tuple(islice(_between(row, begin, end), MOST_A_DAY + 1))
    more = len(at) > MOST_A_DAY
    return Runs(row.repo, row.agent, row.cadence, at[:MOST_A_DAY], more)


def _between(row: Due, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The runs from `begin` on and before `end`."""
    late = late_by(row.repo, row.agent, row.jitter_minutes)
    after = begin - late - timedelta(seconds=1)
    first = next_run(row.cron, row.timezone, after)
    if first is None or first + late >= end:
        return
    yield first + late
    for at in runs_after(row.cron, row.timezone, first):
        if at + late >= end:
            return
        yield at + late
