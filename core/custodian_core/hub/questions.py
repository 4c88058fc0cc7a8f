"""The questions that a hub in a database answers, each from one moment."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from custodian_core.codec import stamp
from custodian_core.errors import BadValue, HubTrouble
from custodian_core.forge.repo import ForgeRepo
from custodian_core.paging import halves, one_more, page_of
from custodian_core.ports import LIMIT, Clock
from custodian_core.records import (
    Claim,
    Dispatch,
    Domain,
    Event,
    Goal,
    Intervention,
    Inventory,
    LeftOut,
    Page,
    ReconcileView,
    Repo,
    RepoCounts,
    RunHour,
    SyncRun,
    Task,
    Token,
    Topic,
    Workstream,
)
from custodian_core.status import Priority

from . import humans, inventories, plans, rows, tokens
from .databases import Database
from .dispatching import dispatch
from .rows import URGENCY
from .writing import Glance, Reading, Snapshot

if TYPE_CHECKING:
    from custodian_core.ops.flow import Flow

T = TypeVar("T")

#: every number of so many digits is one that each database can hold
LONGEST_NUMBER = 18


class Questions:
    """What may be asked of a database that holds a hub."""

    database: Database
    clock: Clock
    hub_id: str
    queries: Any

    @contextmanager
    def _reading(self) -> Generator[Snapshot]:
        """Statements that see one moment."""
        try:
            tx = Snapshot(self.queries, self.database, self.database.connection())
            try:
                yield tx
            finally:
                tx.end()
        except self.database.trouble as error:
            raise HubTrouble(self.database.name, str(error)) from error

    @contextmanager
    def _glancing(self) -> Generator[Reading]:
        """One statement, which sees one moment by itself.

        It must name its columns: PostgreSQL refuses a `select *` prepared before an upgrade.
        """
        try:
            yield Glance(self.queries, self.database, self.database.connection())
        except self.database.trouble as error:
            raise HubTrouble(self.database.name, str(error)) from error

    def repo(self, slug: str) -> Repo:
        """One repo."""
        with self._reading() as tx:
            return tx.repo(slug)

    def repos(
        self,
        *,
        slug: str | None = None,
        domain: str | None = None,
        status: str | None = None,
        kaizen_schedule_enabled: bool | None = None,
        host: str | None = None,
        synced_before: datetime | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Repo]:
        """Repos by slug."""
        wanted = {
            "slug": slug,
            "domain": domain,
            "status": status,
            "kaizen": None if kaizen_schedule_enabled is None else int(kaizen_schedule_enabled),
            "host": host,
            "synced_before": stamp(synced_before) if synced_before else None,
        }
        with self._reading() as tx:
            found = tx.all("repos", **wanted, after=after, limit=one_more(limit))
            hosts = tx.all("hosts_of_repos", **wanted, after=after, limit=limit)
            # (where a host's repos are all told, nobody counts those of the whole fleet)
            all_told = after is None and len(found) <= limit
            total = len(found) if all_told else tx.value("count_repos", **wanted)
        return page_of(rows.repos(found, hosts), total, limit, lambda repo: repo.slug)

    def counts(self) -> tuple[RepoCounts, ...]:
        """How much there is in each repo."""
        now = stamp(self.clock())
        tasks: dict[str, dict[str, int]] = {}
        with self._reading() as tx:
            found = tx.all("work_by_repo", now=now)
            for row in tx.all("tasks_by_status"):
                tasks.setdefault(row["slug"], {})[row["status"]] = row["number"]
        return tuple(
            RepoCounts(row["slug"], tasks.get(row["slug"], {}), row["claims"], row["questions"])
            for row in found
        )

    def domains(self) -> tuple[Domain, ...]:
        """Every domain."""
        with self._reading() as tx:
            return tuple(rows.domain(row) for row in tx.all("domains"))

    def topics(self, domain: str | None = None) -> tuple[Topic, ...]:
        """Every topic, or those of one domain."""
        with self._reading() as tx:
            return tuple(rows.topic(row) for row in tx.all("topics", domain=domain))

    def goals(self, repo: str) -> tuple[Goal, ...]:
        """The repo's goals, the active one first."""
        with self._reading() as tx:
            tx.repo_row(repo)
            return tuple(rows.goal(row) for row in tx.all("goals", repo=repo))

    def workstream(self, name: str) -> Workstream:
        """One workstream."""
        with self._reading() as tx:
            return tx.workstream(name)

    def workstreams(
        self,
        *,
        repo: str | None = None,
        status: str | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Workstream]:
        """Workstreams."""
        wanted = {"repo": repo, "status": status}
        with self._reading() as tx:
            if repo is not None:
                tx.repo_row(repo)
            found = tx.all("workstreams", **wanted, after=after, limit=one_more(limit))
            total = tx.value("count_workstreams", **wanted)
        return page_of([rows.workstream(row) for row in found], total, limit, lambda w: w.id)

    def task(self, name: str) -> Task:
        """One task."""
        with self._reading() as tx:
            return tx.task(name)

    def tasks(
        self,
        *,
        repo: str | None = None,
        workstream: str | None = None,
        status: str | None = None,
        priority: str | None = None,
        needs_human: bool | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Task]:
        """Tasks by key."""
        key, task_id = halves(after)
        with self._reading() as tx:
            if repo is not None:
                tx.repo_row(repo)
            wanted = {
                "repo": repo,
                "workstream": None if workstream is None else tx.workstream(workstream).id,
                "status": status,
                "urgency": _urgency(priority),
                "needs_human": None if needs_human is None else int(needs_human),
            }
            where = {"after": after, "after_key": key, "after_id": task_id}
            found = tx.all("tasks", **wanted, **where, limit=one_more(limit))
            total = tx.value("count_tasks", **wanted)
        return page_of([rows.task(row) for row in found], total, limit, lambda t: f"{t.key}~{t.id}")

    def claims(
        self, *, repo: str | None = None, holder: str | None = None, live: bool = True
    ) -> tuple[Claim, ...]:
        """Claims, the newest first."""
        now = stamp(self.clock())
        with self._reading() as tx:
            if repo is not None:
                tx.repo_row(repo)
            found = tx.all("claims", repo=repo, holder=holder, live=int(live), now=now)
        return tuple(rows.claim(row) for row in found)

    def interventions(
        self,
        *,
        repo: str | None = None,
        is_open: bool | None = True,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Intervention]:
        """Questions, the oldest first."""
        since, question_id = halves(after)
        wanted = {"repo": repo, "is_open": None if is_open is None else int(is_open)}
        where = {"after": after, "after_since": since, "after_id": question_id}
        with self._reading() as tx:
            if repo is not None:
                tx.repo_row(repo)
            found = tx.all("interventions", **wanted, **where, limit=one_more(limit))
            total = tx.value("count_interventions", **wanted)
        asked = [rows.intervention(row) for row in found]
        return page_of(asked, total, limit, lambda i: f"{stamp(i.since)}~{i.id}")

    def intervention(self, intervention_id: str) -> Intervention:
        """One question."""
        with self._reading() as tx:
            return humans.the_intervention(tx, intervention_id)

    def events(
        self,
        *,
        after: int = 0,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        subject: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Event]:
        """Events from a cursor on."""
        wanted = {"repo": repo, "type": type, "subject": subject}
        with self._reading() as tx:
            found = tx.all("events", after=after, **wanted, limit=one_more(limit))
            total = tx.value("count_events", **wanted)
        return page_of([rows.event(row) for row in found], total, limit, lambda e: str(e.seq))

    def flow(self, since: datetime, until: datetime, *, repo: str | None = None) -> "Flow":
        """How work flowed between the two times, in one repo or in all."""
        from .flows import flow_between  # (which few programs need)

        with self._reading() as tx:
            return flow_between(tx, since, until, repo)

    def last_events(self, type: str) -> tuple[Event, ...]:  # noqa: A002 - the word of the API
        """The last event of that type of each subject."""
        with self._reading() as tx:
            return tuple(rows.event(row) for row in tx.all("last_events", type=type))

    def tokens(self) -> tuple[Token, ...]:
        """Every token, without its secret."""
        with self._reading() as tx:
            return tuple(rows.token(row) for row in tx.all("tokens"))

    def token_of(self, secret: str) -> Token | None:
        """The token whose secret this is, if it still opens anything."""
        with self._glancing() as tx:
            return tokens.token_of(tx, secret)

    def sealed(self, token_id: str, text: str) -> tuple[Token, str] | None:
        """The token, if it still opens anything, and a seal that only it gives the text."""
        with self._reading() as tx:
            return tokens.sealed(tx, token_id, text)

    def has_tokens(self) -> bool:
        """Whether any token opens the API."""
        return any(token.revoked_at is None for token in self.tokens())

    def sync_runs(
        self, repo: str, *, host: str | None = None, limit: int = LIMIT
    ) -> tuple[SyncRun, ...]:
        """How the last runs went, the newest first."""
        with self._reading() as tx:
            tx.repo_row(repo)
            found = tx.all("sync_runs", repo=repo, host=host, limit=one_more(limit) - 1)
        return tuple(rows.sync_run(row) for row in found)

    def repos_like(self, forge_id: int, name: str) -> tuple[Repo, ...]:
        """Repos of that number, and those whose remote has that name in it, in any case."""
        wanted = {"forge_id": forge_id, "part": f"%/{name.lower()}%"}
        with self._reading() as tx:
            return tuple(tx.repo(row["slug"]) for row in tx.all("repos_like", **wanted))

    # --- what pages for people ask beside that

    def runs_since(self, since: datetime) -> dict[str, int]:
        """How many syncs ended since then, by how they ended."""
        with self._reading() as tx:
            return {row["outcome"]: row["runs"] for row in tx.all("runs_since", since=stamp(since))}

    def run_hours(self, repos: tuple[str, ...], since: datetime) -> tuple[RunHour, ...]:
        """How many syncs of those repos ended in each hour since then."""
        width = max(map(len, repos), default=0)
        wanted = {"slugs": "".join(slug.ljust(width) for slug in repos), "width": width}
        with self._reading() as tx:
            found = tx.all("run_hours", **wanted, number=len(repos), since=stamp(since))
        return tuple(map(rows.run_hour, found))

    def latest_events(
        self,
        *,
        before: int | None = None,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        actor: str | None = None,
        limit: int = LIMIT,
    ) -> tuple[Event, ...]:
        """Events, the newest first, from before a cursor on."""
        wanted = {"before": before, "repo": repo, "type": type, "actor": actor}
        with self._reading() as tx:
            return tuple(rows.event(row) for row in tx.all("latest_events", **wanted, limit=limit))

    def event_types(self) -> tuple[str, ...]:
        """What kinds of events there are."""
        with self._reading() as tx:
            return tuple(row["type"] for row in tx.all("event_types"))

    def held_up(self) -> dict[str, int]:
        """How many tasks each task with an open question holds up, itself among them."""
        with self._reading() as tx:
            return {row["task_id"]: row["tasks"] for row in tx.all("held_up")}

    def inventories(self) -> tuple[Inventory, ...]:
        """The last inventory of each forge."""
        with self._reading() as tx:
            return inventories.inventories(tx)

    def forge_repos(
        self, forge: str, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[ForgeRepo]:
        """What the forge had when it was last asked."""
        name, number = halves(after)
        if number is not None and not (number.isdecimal() and len(number) <= LONGEST_NUMBER):
            raise BadValue("after", "it is not a cursor of this list")
        where = {"after_name": name, "after_id": int(number) if number else None}
        with self._reading() as tx:
            found = tx.all("forge_repos", forge=forge, **where, limit=one_more(limit))
            total = tx.value("count_forge_repos", forge=forge)
        told = [rows.forge_repo(row) for row in found]
        return page_of(told, total, limit, lambda repo: f"{repo.full_name}~{repo.id}")

    def left_out(self) -> tuple[LeftOut, ...]:
        """Every decision about a repo that is not registered."""
        with self._reading() as tx:
            return tuple(rows.left_out(row) for row in tx.all("every_left_out"))

    def reconcile_view(self, repo: str) -> ReconcileView:
        """All that reconciling the repo needs."""
        with self._reading() as tx:
            return plans.reconcile_view(tx, repo, self.hub_id)

    def dispatch(self, repo: str) -> Dispatch:
        """What the repo's agent should know and do now."""
        now = stamp(self.clock())
        with self._reading() as tx:
            return dispatch(tx, repo, self.hub_id, now)


def _urgency(priority: str | None) -> int | None:
    if priority is None:
        return None
    if priority not in tuple(Priority):
        raise BadValue("priority", f"it must be one of {', '.join(Priority)}")
    return URGENCY[Priority(priority)]
