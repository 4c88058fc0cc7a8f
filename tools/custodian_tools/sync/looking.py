"""Looking at one repo: where it stands, what a fix would find; what every run begins with."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from custodian_core.findings import CATALOGUE, LASTING, Finding, Mode, found
from custodian_core.gate import Decision, Facts, Relation, decide
from custodian_core.git.ancestry import own_commits
from custodian_core.git.listing import Listing, is_dirty, kept_listing, list_plans
from custodian_core.git.remote import Fetched, Reached, ask, fetch
from custodian_core.git.state import Checkout, Folders, NotHere, probe
from custodian_core.git.uncommitted import uncommitted
from custodian_core.records import Repo, RepoStatus

from .bench import Bench
from .report import Options, Report, lasting, outcome_of, state_of

if TYPE_CHECKING:
    from .reconciling import Reconciled


class Stop(Exception):
    """The run ends here; what it found says why."""


def check(bench: Bench, repo: Repo, top: Path, options: Options) -> Report:
    """What a fix would find; not a byte is written, in the checkout, the hub or the remote."""
    return Looking(bench, repo, top, replace(options, mode=Mode.CHECK)).checked()


class Looking:
    """One run in one repo, as far as it only looks."""

    def __init__(self, bench: Bench, repo: Repo, top: Path, options: Options) -> None:
        self.repo, self.top, self.options = repo, top, options
        self.run_id = str(uuid.uuid4())
        # (what the hub logs of the run, and the events it makes, are found by the run's id)
        self.bench = replace(bench, by=replace(bench.by, request_id=self.run_id))
        self.began = time.monotonic()
        self.findings: list[Finding] = []
        self.actions: list[str] = []
        self.commits: list[str] = []
        self.fetched: Fetched | None = None
        self.before: Checkout | None = None
        self.checkout: Checkout | None = None
        self.reconciled: Reconciled | None = None
        #: the names on people's commits that only are here
        self.people: tuple[str, ...] = ()
        self.unchanged = False

    def checked(self) -> Report:
        try:
            checkout = self._look()
            self.before = checkout
            self._add(self._decide(checkout).findings)
            listing = self._list(checkout, checkout.head)
            if not self._nothing_moved(checkout, listing):
                self._reconcile(checkout, listing, writes=False)
        except Stop:
            pass
        return self._report(self._sealed())

    def _look(self) -> Checkout:
        """The checkout as it is now, with the remote asked where that is wanted."""
        if self.repo.status is not RepoStatus.ACTIVE:
            self._halt(NotHere("archived", f"it is {self.repo.status.value.replace('_', ' ')}"))
        self.bench.tell("looking")
        checkout = probe(self.top, self.repo.default_branch)
        if isinstance(checkout, NotHere):
            self._halt(checkout)
            raise Stop
        if self.options.fetch and self.fetched is None:
            self.bench.tell("asking the remote")
            self.fetched = (ask if self.options.mode is Mode.CHECK else fetch)(checkout)
            checkout = self.fetched.checkout
            self._tell_remote(self.fetched)
        self.checkout = checkout
        return checkout

    def _tell_remote(self, fetched: Fetched) -> None:
        if fetched.reached is Reached.GONE:
            self._halt(NotHere(fetched.reached.value, fetched.why))
        if fetched.reached in (Reached.UNREACHABLE, Reached.AUTH):
            age = _age(fetched.checkout)
            facts = {"slug": self.repo.slug, "why": fetched.why, "age": age}
            self._find("C-19", facts, reason=fetched.reached.value)

    def _decide(self, checkout: Checkout) -> Decision:
        people: list[str] = []
        if checkout.ahead and (checkout.behind or self.options.push):
            _, people = own_commits(checkout, self.bench.author)
        facts = Facts(
            slug=self.repo.slug,
            ahead=checkout.ahead,
            behind=checkout.behind,
            people=tuple(people),
        )
        self.people = facts.people
        if facts.relation is Relation.UNKNOWN:
            # No commit is made that nobody could say is on top of the remote's.
            self.options = replace(self.options, writeback=False)
        options = self.options
        return decide(facts, options.mode, pull=options.pull, push=options.push)

    def _list(self, checkout: Checkout, tip: str) -> Listing:
        return kept_listing(checkout.folders, tip) or list_plans(checkout.git, tip)

    def _nothing_moved(self, checkout: Checkout, listing: Listing) -> bool:
        """Whether all is as the last run left it; what it found then still stands."""
        stands = unchanged(self.repo, self.bench.host, checkout.folders, listing)
        if stands is None or self.options.relink:
            return False
        self.unchanged = True
        self._add(stands)
        return True

    def _reconcile(self, checkout: Checkout, listing: Listing, *, writes: bool) -> "Reconciled":
        from .reconciling import reconcile

        self.bench.tell("reading workplans")
        result = reconcile(
            self.bench, self.repo, checkout, listing, self.options, self.run_id, writes=writes
        )
        self._add(result.findings)
        self.actions += result.actions
        self.reconciled = result
        return result

    def _sealed(self) -> bool | None:
        """Whether local is the remote, as far as this run could tell."""
        checkout = self.checkout
        if checkout is None or checkout.ahead is None or checkout.behind is None:
            return None
        if checkout.ahead or checkout.behind:
            return False
        fresh = self.fetched is not None and self.fetched.reached is Reached.FRESH
        return True if fresh else None

    def _halt(self, why: NotHere) -> None:
        self._note_halt(why)
        raise Stop

    def _note_halt(self, why: NotHere) -> None:
        self._find("C-15", {"slug": self.repo.slug, "why": why.why}, reason=why.reason)

    def _find(
        self,
        code: str,
        facts: Mapping[str, str | int],
        *,
        path: str | None = None,
        line: int | None = None,
        reason: str | None = None,
        severity_of: str | None = None,
    ) -> None:
        mode = self.options.mode
        severity = CATALOGUE[severity_of].severity(mode) if severity_of else None
        self.findings.append(
            found(code, facts, mode, path=path, line=line, reason=reason, severity=severity)
        )

    def _add(self, findings: tuple[Finding, ...]) -> None:
        self.findings += findings

    def _report(self, sealed: bool | None) -> Report:
        findings = tuple(dict.fromkeys(self.findings))
        return Report(
            slug=self.repo.slug,
            path=str(self.top),
            mode=self.options.mode,
            run_id=self.run_id,
            outcome=outcome_of(findings),
            sealed=sealed,
            before=state_of(self.before, self.fetched) if self.before else None,
            after=state_of(self.checkout, self.fetched) if self.checkout else None,
            findings=findings,
            actions=tuple(self.actions),
            commits=tuple(self.commits),
            unchanged=self.unchanged,
            duration_ms=round((time.monotonic() - self.began) * 1000),
        )


def unchanged(
    repo: Repo, host: str, folders: Folders, listing: Listing
) -> tuple[Finding, ...] | None:
    """What still stands found, where file and hub are as this host's last settled run left them.

    None where anything moved: then all has to be read.
    """
    seen = next((each for each in repo.hosts if each.host == host), None)
    if seen is None or seen.digest is None or seen.revision != repo.revision:
        return None
    if listing.digest != seen.digest or any(is_dirty(folders, entry) for entry in listing.plain):
        return None
    if uncommitted(folders, listing):
        return None
    told = (Finding.from_json(each) for each in seen.findings if each.get("code") in LASTING)
    return lasting(finding for finding in told if finding)


def _age(checkout: Checkout) -> str:
    """When the remote was reached last, in words."""
    name = checkout.tracking.removeprefix("refs/")
    for place in (
        checkout.folders.common / "logs/refs" / name,
        checkout.folders.own / "FETCH_HEAD",
    ):
        try:
            minutes = int(time.time() - place.stat().st_mtime) // 60
        except OSError:
            continue
        return f"{minutes // 60}h {minutes % 60}m ago" if minutes >= 0 else "a later time"
    return "an unknown time"
