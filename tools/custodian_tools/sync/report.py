"""How a run is asked for, and what it tells."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from custodian_core.findings import LASTING, Finding, Mode, Severity
from custodian_core.git.remote import Fetched, Reached
from custodian_core.git.state import Checkout


@dataclass(frozen=True, slots=True)
class Options:
    """In which manner a run is made."""

    mode: Mode = Mode.FIX
    #: ask the remote; without it, what was fetched last counts
    fetch: bool = True
    #: fast-forward a checkout that is behind
    pull: bool = False
    writeback: bool = True
    push: bool = True
    #: an id that the hub does not know counts as none
    relink: bool = False
    #: run the repo's own pre-push hook where people's commits are pushed
    hooks: bool = False
    #: how long nobody may have touched the checkout before it is moved, and how long to wait
    settle_s: float = 5
    patience_s: float = 60
    #: how long to wait for another run on this host
    lock_s: float = 60


@dataclass(frozen=True, slots=True)
class State:
    """Where a checkout stood."""

    branch: str
    head: str
    ahead: int | None
    behind: int | None
    remote: str

    def to_json(self) -> dict[str, Any]:
        """The state as `--json` shows it."""
        return {
            "branch": self.branch,
            "head": self.head,
            "ahead": self.ahead,
            "behind": self.behind,
            "remote": self.remote,
        }


def state_of(checkout: Checkout, fetched: Fetched | None) -> State:
    """Where the checkout stands, and how the remote was reached."""
    reached = fetched.reached if fetched else Reached.NOT_ASKED
    return State(checkout.branch, checkout.head, checkout.ahead, checkout.behind, reached.value)


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did in one repo, or would do."""

    slug: str
    path: str
    mode: Mode
    run_id: str
    #: a word: ok, or what kept it from being so
    outcome: str
    sealed: bool | None = None
    before: State | None = None
    after: State | None = None
    findings: tuple[Finding, ...] = ()
    actions: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    #: nothing had changed since the last run, so nothing was read
    unchanged: bool = False
    #: the hub could not be told how it went
    untold: bool = False
    duration_ms: int = 0

    @property
    def failed(self) -> bool:
        """Whether a finding makes the run fail."""
        return any(finding.severity is Severity.FAIL for finding in self.findings)

    def lasting(self, duration_ms: int) -> "Report":
        """The report with the time it took."""
        return replace(self, duration_ms=duration_ms)

    def to_json(self) -> dict[str, Any]:
        """The report as `--json`, the hub and the tools show it."""
        return {
            "slug": self.slug,
            "path": self.path,
            "mode": self.mode.value,
            "run_id": self.run_id,
            "outcome": self.outcome,
            "sealed": self.sealed,
            "unchanged": self.unchanged,
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "actions": list(self.actions),
            "commits": list(self.commits),
            "findings": [finding.to_json() for finding in self.findings],
            "duration_ms": self.duration_ms,
        }


#: findings that name an outcome, the one that explains most first
EXPLAINING = {"C-18": "diverged", "C-17": "unpushed", "C-16": "behind", "C-19": "offline"}


def lasting(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that the next run finds again, if neither file nor hub changes."""
    grave = (f for f in findings if f.severity in (Severity.WARN, Severity.FAIL))
    return tuple(f for f in grave if f.code in LASTING and not _is_relinked(f))


def _is_relinked(finding: Finding) -> bool:
    """Whether it tells of an id that the run wrote anew."""
    return finding.code in ("C-05", "C-06") and finding.severity is Severity.WARN


def is_settled(findings: Iterable[Finding]) -> bool:
    """Whether a run has left nothing for the next one to do."""
    findings = tuple(findings)
    stays = set(lasting(findings))
    written = {(f.path, f.line) for f in findings if f.code == "T03"}
    return all(
        f in stays
        or f.severity is Severity.FIXED
        or (f.code in ("C-13", "C-20") and (f.path, f.line) in written)
        for f in findings
    )


def outcome_of(findings: tuple[Finding, ...]) -> str:
    """The word for how a run ended."""
    halted = next((f.reason for f in findings if f.code == "C-15" and f.reason), None)
    if halted:
        return halted
    codes = {finding.code for finding in findings}
    named = next((word for code, word in EXPLAINING.items() if code in codes), None)
    if named:
        return named
    if any(finding.severity is Severity.FAIL for finding in findings):
        return "fail"
    return "findings" if any(still_open(findings)) else "ok"


def still_open(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What a person should look at: a status that was written into its file is not amiss now."""
    findings = tuple(findings)
    written = {(f.path, f.line) for f in findings if f.code == "T03"}
    return tuple(
        f
        for f in findings
        if f.severity in (Severity.WARN, Severity.FAIL)
        and not (f.code == "C-13" and (f.path, f.line) in written)
    )
