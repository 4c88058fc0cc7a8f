"""A day of a team that takes no day: hosts sweep, agents work, and a clock is told the time.

The hub is real, in a real database, and so is every decision: which repos a host has, what the
plan of a commit is, what is next. git is not there: what a fetch would have found is told as facts,
since 10,000 clones that are fetched every hour would take the day that this is about.
"""

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from plans import plan as plan_text

from custodian_core.commands import (
    ApplyPlan,
    Caller,
    ChangeTask,
    ClaimTask,
    RecordSync,
    RecordSyncs,
    RegisterRepo,
)
from custodian_core.errors import NothingToDo
from custodian_core.findings import Mode
from custodian_core.hub.databases import Database
from custodian_core.hub.store import Store
from custodian_core.merging import Evidence
from custodian_core.plan import Source, Wanted
from custodian_core.planning import make_plan
from custodian_core.records import HostSync, Repo
from custodian_core.settings import Settings
from custodian_core.workplan.read import read
from custodian_tools.sync.sweeping import TOGETHER, fleet

MORNING = datetime(2026, 11, 21, tzinfo=UTC)
_TASKS = 7
_ONE = "host-000"
#: of so many sweeps of a repo one finds a commit that changed a workplan
_SWEEPS_A_COMMIT = 24
#: by whose number a plan names another hub's
_LINK = re.compile(rb"^state_hub_\w+: .*\n", re.MULTILINE)
_WANTED = Wanted(Mode.FIX)


@dataclass(frozen=True, slots=True)
class Team:
    """How many there are, and for how long they work."""

    hosts: int
    #: of each host
    repos: int
    hours: int = 24

    @property
    def all_repos(self) -> int:
        """Of all hosts."""
        return self.hosts * self.repos


@dataclass
class Day:
    """The day, hour by hour; each hour every host sweeps, and an agent of it does a task."""

    database: Database
    team: Team
    now: datetime = MORNING
    synced: int = 0
    changed: int = 0
    worked: int = 0
    #: the repos of each host that have a workplan
    planned: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311

    def __post_init__(self) -> None:
        self.store = Store(self.database, lambda: self.now)

    def begin(self) -> None:
        """Every repo is known, with its checkout."""
        for number in range(self.team.all_repos):
            host = f"host-{number % self.team.hosts:03d}"
            slug = f"repo-{number:06d}"
            command = RegisterRepo(slug, f"area-{number % 20}", host=host, path=f"/src/{slug}")
            self.store.do(command, Caller("bench"))

    def run(self) -> None:
        """The day passes."""
        for _ in range(self.team.hours):
            self.now += timedelta(hours=1)
            for number in range(self.team.hosts):
                self._sweep(f"host-{number:03d}")

    def list_one(self) -> None:
        """One host asks which repos are its own."""
        fleet(self.store, _settings(_ONE))

    def record_one(self) -> None:
        """The same host tells that nothing has moved in any of them."""
        targets = fleet(self.store, _settings(_ONE))
        quiet = [self._record(each.repo, _ONE, each.repo.revision) for each in targets]
        self.store.do(RecordSyncs(tuple(quiet)), Caller(_ONE))

    def _sweep(self, host: str) -> None:
        by, quiet = Caller(f"fix@{host}"), list[RecordSync]()
        targets = fleet(self.store, _settings(host))
        for target in targets:
            if self.rng.randrange(_SWEEPS_A_COMMIT) == 0:
                self._reconcile(target.repo, host, by)
            else:
                quiet.append(self._record(target.repo, host, target.repo.revision))
        for start in range(0, len(quiet), TOGETHER):
            self.store.do(RecordSyncs(tuple(quiet[start : start + TOGETHER])), by)
        self.synced += len(targets)
        if planned := self.planned.get(host):
            self._work(self.rng.choice(planned), host)

    def _reconcile(self, repo: Repo, host: str, by: Caller) -> None:
        """A commit has moved its workplan: what a sync reads, decides and writes."""
        view = self.store.reconcile_view(repo.slug)
        rng = random.Random(f"{repo.slug} {len(view.tasks)}")  # noqa: S311 - the same each day
        text = _LINK.sub(b"", plan_text(1, rng, _TASKS, ("todo", "in_progress", "done")))
        text = text.replace(b"BNCH-WP", f"{repo.slug.upper()}-WP".encode())
        source = Source("workplans/plan.md", str(self.changed), read(text, "workplans/plan.md"))
        plan = make_plan(view, (source,), Evidence(), _WANTED)
        if plan.writes_hub:
            command = ApplyPlan(repo.slug, view.hub_id, plan.workstreams, plan.tasks)
            view = self.store.do(command, by)
        self.store.do(self._record(repo, host, view.repo.revision, str(self.changed)), by)
        self.changed += 1
        self.planned.setdefault(host, []).append(repo.slug)

    def _record(self, repo: Repo, host: str, revision: int, head: str = "0") -> RecordSync:
        path, at = repo.host_paths[host], self.now
        sync = HostSync(host, path, at, at, "ok", True, 0, 0, (), head, "digest", revision)
        return RecordSync(repo.slug, sync, stamp=True)

    def _work(self, slug: str, host: str) -> None:
        by = Caller(f"agent@{host}")
        try:
            given = self.store.claim_next(ClaimTask(by.name, repo=slug, host=host), by)
        except NothingToDo:
            return
        assert given.task
        assert given.claim
        done = ChangeTask(given.task.id, {"status": "done"}, fence=given.claim.fence)
        self.store.do(done, by)
        self.worked += 1


def _settings(host: str) -> Settings:
    return Settings({"CUSTODIAN_HOST": host, "CUSTODIAN_HOME": "/", "CUSTODIAN_ROOTS": "/"}, {})
