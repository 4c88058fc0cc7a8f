"""How well each repo of the fleet is kept in step: what the dashboard, the CLI and agents show."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from custodian_core.findings import Finding, Severity
from custodian_core.records import HostSync, Repo, RepoStatus
from custodian_core.text import printable

from .hub import RepoState
from .sync.report import EXPLAINING, still_open

#: a sync so old is no longer fresh, and so old is stale
FRESH, STALE = timedelta(hours=1), timedelta(hours=24)
#: outcomes of a run that leave nothing for a person to do
QUIET = frozenset({"ok", "findings"})


class Freshness(StrEnum):
    """How old a repo's last sync is."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    NEVER = "never"


def freshness(at: datetime | None, now: datetime) -> Freshness:
    """How old a sync of that time is."""
    if at is None:
        return Freshness.NEVER
    if now - at < FRESH:
        return Freshness.FRESH
    return Freshness.AGEING if now - at <= STALE else Freshness.STALE


def ran(repo: Repo) -> tuple[HostSync, ...]:
    """The repo's hosts on which a sync ever ran."""
    return tuple([host for host in repo.hosts if host.outcome])


def halted(repo: Repo) -> tuple[HostSync, ...]:
    """The repo's hosts whose last run could not do its work."""
    return _halted(ran(repo))


def _halted(run: Sequence[HostSync]) -> tuple[HostSync, ...]:
    return tuple([host for host in run if host.outcome not in QUIET])


def sealed(repo: Repo) -> bool | None:
    """Whether the repo's local is remote on every host; None where nobody knows."""
    return _sealed(ran(repo))


def _sealed(run: Sequence[HostSync]) -> bool | None:
    seals = [host.sealed for host in run]
    if False in seals:
        return False
    return True if seals and None not in seals else None


def findings(repo: Repo) -> tuple[Finding, ...]:
    """What the last run on each host found in the repo, the gravest first."""
    known = {
        finding
        for host in repo.hosts
        if host.findings
        for finding in still_open(filter(None, map(Finding.from_json, host.findings)))
    }
    return tuple(sorted(known, key=_gravity)) if known else ()


@dataclass(frozen=True, slots=True)
class Row:
    """A repo, and how it does."""

    state: RepoState
    freshness: Freshness
    #: the hosts on which a sync ever ran
    run: tuple[HostSync, ...]
    #: the hosts whose last run could not do its work
    halted: tuple[HostSync, ...]
    #: whether local is remote on every host; None where nobody knows
    sealed: bool | None
    #: what the last run on each host found, the gravest first
    findings: tuple[Finding, ...]

    @property
    def repo(self) -> Repo:
        """The repo itself."""
        return self.state.repo

    @property
    def slug(self) -> str:
        """The repo's slug."""
        return self.state.repo.slug

    @property
    def codes(self) -> tuple[tuple[str, int], ...]:
        """How often each code was found, the gravest first."""
        return tuple(Counter(finding.code for finding in self.findings).items())

    @property
    def troubled(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.halted) or self.sealed is False or bool(self.findings)

    @property
    def changed_at(self) -> datetime:
        """When anything of this row was last other than it is now."""
        runs = (host.last_run_at for host in self.repo.hosts if host.last_run_at)
        return max((self.repo.updated_at, *runs))

    @property
    def rank(self) -> tuple[Any, ...]:
        """The worst comes first: what halted, what is not sealed, what is old, what was found."""
        last = self.repo.last_state_synced_at
        return (
            not self.halted,
            self.sealed is not False,
            -_AGE[self.freshness],
            not self.findings,
            last.timestamp() if last else 0,
            self.slug,
        )


def _gravity(finding: Finding) -> tuple[Any, ...]:
    """What fails comes first, then what explains how the run ended."""
    explains = finding.code in EXPLAINING
    return (finding.severity is not Severity.FAIL, not explains, finding.code, finding.where)


_AGE = {each: place for place, each in enumerate(Freshness)}


def row(state: RepoState, now: datetime) -> Row:
    """The repo's row at that time."""
    repo = state.repo
    age = freshness(repo.last_state_synced_at, now)
    run = ran(repo)
    return Row(state, age, run, _halted(run), _sealed(run), findings(repo))


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole fleet in a few numbers."""

    repos: int
    by_age: Mapping[Freshness, int]
    sealed: int
    unsealed: int
    troubled: int
    open_tasks: int
    live_claims: int
    open_questions: int
    #: archived or out of scope, and in no other number
    left_out: int


def summary(rows: Sequence[Row], left_out: int) -> Summary:
    """The fleet in a few numbers."""
    ages = Counter(each.freshness for each in rows)
    return Summary(
        repos=len(rows),
        by_age={freshness: ages[freshness] for freshness in Freshness},
        sealed=sum(each.sealed is True for each in rows),
        unsealed=sum(each.sealed is False for each in rows),
        troubled=sum(each.troubled for each in rows),
        open_tasks=sum(each.state.open_tasks for each in rows),
        live_claims=sum(each.state.live_claims for each in rows),
        open_questions=sum(each.state.open_questions for each in rows),
        left_out=left_out,
    )


def rows_of(states: Iterable[RepoState], now: datetime) -> tuple[Row, ...]:
    """The rows of all repos in Custodian's care."""
    active = (state for state in states if state.repo.status is RepoStatus.ACTIVE)
    return tuple(row(state, now) for state in active)


def _of_age(wanted: Freshness) -> Callable[[Row], bool]:
    return lambda row: row.freshness is wanted


#: what may be asked for by one word, and which rows it means
SHOWN: dict[str, Callable[[Row], bool]] = {
    "all": lambda _row: True,
    "trouble": lambda row: row.troubled,
    "unsealed": lambda row: row.sealed is False,
    "questions": lambda row: row.state.open_questions > 0,
    **{each.value: _of_age(each) for each in Freshness},
}

#: the orders in which rows may stand
ORDERS: dict[str, Callable[[Row], Any]] = {
    "worst": lambda row: row.rank,
    "repo": lambda row: row.slug,
    "oldest": lambda row: (_synced(row), row.slug),
    "newest": lambda row: (-_synced(row), row.slug),
    "open": lambda row: (-row.state.open_tasks, row.slug),
}


def _synced(row: Row) -> float:
    last = row.repo.last_state_synced_at
    return last.timestamp() if last else 0.0


def picked(
    rows: Iterable[Row],
    *,
    show: str = "all",
    order: str = "worst",
    domain: str = "",
    host: str = "",
    search: str = "",
) -> list[Row]:
    """The rows that were asked for, in the order that was asked for."""
    wanted, words = SHOWN[show], search.lower().split()
    found = (
        row
        for row in rows
        if wanted(row)
        and (not domain or row.repo.domain == domain)
        and (not host or host in row.repo.host_paths)
        and all(word in _words(row) for word in words)
    )
    return sorted(found, key=ORDERS[order])


def _words(row: Row) -> str:
    codes = " ".join(code for code, _ in row.codes)
    outcomes = " ".join(host.outcome or "" for host in row.run)
    return printable(f"{row.slug} {row.repo.domain} {codes} {outcomes}".lower(), 2000)
