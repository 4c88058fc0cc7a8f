"""The State Hub in a database: the one door for writing, and the questions it answers."""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from custodian_core import __version__, codec
from custodian_core.codec import from_json, stamp, to_json
from custodian_core.commands import (
    AddDomain,
    AddTask,
    AddTopic,
    AddWorkstream,
    AnswerHuman,
    ApplyPlan,
    AskHuman,
    Caller,
    ChangeRepo,
    ChangeTask,
    ChangeWorkstream,
    ClaimTask,
    Command,
    EndGoal,
    LeaveOut,
    MakeToken,
    NoteSchedule,
    NoteTask,
    RecordInventory,
    RecordPrepared,
    RecordSync,
    RecordSyncs,
    RegisterRepo,
    ReleaseClaim,
    RenewClaim,
    ReopenTask,
    RequestSync,
    ReturnLease,
    RevokeToken,
    SetGoal,
    TakeLease,
    UnregisterRepo,
)
from custodian_core.errors import BadValue, Conflict, HubTrouble, NewerSchema
from custodian_core.forge.repo import ForgeRepo
from custodian_core.notices import DueNotice
from custodian_core.ports import LIMIT, Clock
from custodian_core.records import (
    Claim,
    Dispatch,
    Domain,
    Event,
    Goal,
    Health,
    Intervention,
    Inventory,
    Lease,
    LeftOut,
    NewToken,
    Page,
    ReconcileView,
    Recorded,
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

from . import (
    claims,
    humans,
    inventories,
    notices,
    plans,
    repos,
    rows,
    schedules,
    syncs,
    tasks,
    tokens,
)
from .databases import Database
from .dispatching import dispatch
from .migrating import upgrade
from .rows import URGENCY, Row
from .sql import Statements
from .writing import Handler, Reading, Writing

#: the schema that this program reads and writes
SCHEMA = 6
#: and the newest that it goes on with, once begun: a migration takes nothing away from the last one
NEXT = SCHEMA + 1
MAX_LIMIT = 1000
#: for how long a repeated command is known for what it is
REMEMBERED = timedelta(days=7)
#: and up to what length it is kept word for word
LONGEST_TOLD = 20_000

T = TypeVar("T")

#: each command: what carries it out, and the record it answers with
HANDLERS: dict[type[Any], tuple[Handler, type[Any]]] = {
    AddDomain: (repos.add_domain, Domain),
    AddTopic: (repos.add_topic, Topic),
    RegisterRepo: (repos.register_repo, Repo),
    ChangeRepo: (repos.change_repo, Repo),
    RecordSync: (syncs.record_sync, Repo),
    RecordSyncs: (syncs.record_syncs, Recorded),
    RequestSync: (syncs.request_sync, Repo),
    NoteSchedule: (schedules.note_schedule, Repo),
    RecordPrepared: (schedules.record_prepared, Event),
    TakeLease: (syncs.take_lease, Lease),
    ReturnLease: (syncs.return_lease, Repo),
    UnregisterRepo: (repos.unregister_repo, Repo),
    RecordInventory: (inventories.record_inventory, Inventory),
    LeaveOut: (inventories.leave_out, LeftOut),
    SetGoal: (repos.set_goal, Goal),
    EndGoal: (repos.end_goal, Goal),
    AddWorkstream: (tasks.add_workstream, Workstream),
    ChangeWorkstream: (tasks.change_workstream, Workstream),
    AddTask: (tasks.add_task, Task),
    ChangeTask: (tasks.change_task, Task),
    ReopenTask: (tasks.reopen_task, Task),
    NoteTask: (tasks.note_task, Task),
    ClaimTask: (claims.claim_task, Claim),
    RenewClaim: (claims.renew_claim, Claim),
    ReleaseClaim: (claims.release_claim, Claim),
    AskHuman: (humans.ask_human, Intervention),
    AnswerHuman: (humans.answer_human, Intervention),
    MakeToken: (tokens.make_token, NewToken),
    RevokeToken: (tokens.revoke_token, Token),
    ApplyPlan: (plans.apply_plan, ReconcileView),
}


@lru_cache
def _queries(driver: str) -> Any:
    return Statements(Path(__file__).parent / "queries.sql", driver)


class Store:
    """The hub in one database."""

    def __init__(self, database: Database, clock: Clock = codec.now) -> None:
        self.database = database
        self.clock = clock
        self.queries = _queries(database.driver)
        try:
            self.hub_id = self._known_hub()
        except BaseException:
            database.close()
            raise

    def _known_hub(self) -> str:
        """The hub's id, once its schema is known to be today's."""
        found = self._schema()
        if found is None or found["schema_version"] < SCHEMA:
            if self.database.driver == "psycopg":
                raise HubTrouble(
                    self.database.name, "its schema is not today's; run `custodian db upgrade`"
                )
            prepare(self.database, self.clock())
            found = self._schema()
        if found is None:
            raise HubTrouble(self.database.name, "its schema could not be made")
        if found["schema_version"] > SCHEMA:
            reason = (
                f"its schema is {found['schema_version']}, this program knows {SCHEMA}; update it"
            )
            raise NewerSchema(self.database.name, reason)
        hub_id: str = found["hub_id"]
        return hub_id

    def _schema(self) -> Row | None:
        connection = self.database.connection()
        try:
            return self.queries.hub(connection) if self.database.has_hub(connection) else None
        except self.database.trouble as error:
            raise HubTrouble(self.database.name, str(error)) from error

    def close(self) -> None:
        """No connection is open any more."""
        self.database.close()

    # --- writing

    def do(self, command: Command, by: Caller) -> Any:
        """Carry out the command, once for each idempotency key."""
        handler, kind = HANDLERS[type(command)]
        with self._writing(by) as tx:
            if by.idempotency_key is None:
                return handler(tx, command)
            told = _told(command)
            key = {"caller": by.name, "idempotency_key": by.idempotency_key}
            kept = tx.one("kept_answer", **key)
            if kept is not None:
                if kept["command"] != told:
                    reason = "it was used for another command; take a new key"
                    raise Conflict(f"idempotency key {by.idempotency_key}", reason)
                return from_json(kind, json.loads(kept["answer"]))
            answer = handler(tx, command)
            # A secret is told once: the token of a repeated command stays, its secret does not.
            safe = NewToken(answer.token, "") if isinstance(answer, NewToken) else answer
            tx.run("keep_answer", command=told, answer=rows.as_text(safe), at=tx.at, **key)
            tx.run("forget_answers", before=stamp(tx.now - REMEMBERED))
            return answer

    @contextmanager
    def _writing(self, by: Caller) -> Generator[Writing]:
        connection = self.database.connection()
        try:
            with self.database.alone:
                connection = self.database.begin(connection)
                try:
                    self.queries.take_turn(connection)
                    tx = Writing(self.queries, connection, by, self.clock(), self.hub_id)
                    yield tx
                    claims.touch_all(tx)
                    connection.execute("commit")
                except BaseException:
                    connection.execute("rollback")
                    raise
        except self.database.integrity as error:
            raise Conflict("the write", f"it breaks a rule of the hub: {error}") from error
        except self.database.trouble as error:
            raise HubTrouble(self.database.name, str(error)) from error

    # --- reading

    @contextmanager
    def _reading(self) -> Generator[Reading]:
        """Statements that see one moment."""
        connection = self.database.connection()
        try:
            connection = self.database.begin_reading(connection)
            try:
                yield Reading(self.queries, connection)
            finally:
                connection.execute("rollback")
        except self.database.trouble as error:
            raise HubTrouble(self.database.name, str(error)) from error

    def health(self) -> Health:
        """That the hub answers, and which one it is."""
        found = self._schema()
        if found is None:
            raise HubTrouble(self.database.name, "its schema is gone")
        backend = "sqlite" if self.database.driver == "sqlite3" else "postgresql"
        return Health(found["hub_id"], found["schema_version"], __version__, backend)

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
            found = tx.all("repos", **wanted, after=after, limit=_one_more(limit))
            hosts: dict[str, list[Row]] = {}
            for row in tx.all("repo_hosts", repo_id=None):
                hosts.setdefault(row["repo_id"], []).append(row)
            total = tx.value("count_repos", **wanted)
        page = [rows.repo(row, hosts.get(row["id"], ())) for row in found]
        return _page(page, total, limit, lambda repo: repo.slug)

    def counts(self) -> tuple[RepoCounts, ...]:
        """How much there is in each repo."""
        now = stamp(self.clock())
        with self._reading() as tx:
            tasks: dict[str, dict[str, int]] = {row["slug"]: {} for row in tx.all("repo_slugs")}
            for row in tx.all("tasks_by_status"):
                tasks[row["slug"]][row["status"]] = row["number"]
            found = tx.all("work_by_repo", now=now)
        work = {row["slug"]: (row["claims"], row["questions"]) for row in found}
        return tuple(RepoCounts(slug, tasks[slug], *work.get(slug, (0, 0))) for slug in tasks)

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
            found = tx.all("workstreams", **wanted, after=after, limit=_one_more(limit))
            total = tx.value("count_workstreams", **wanted)
        return _page([rows.workstream(row) for row in found], total, limit, lambda w: w.id)

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
        key, task_id = _cursor(after)
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
            found = tx.all("tasks", **wanted, **where, limit=_one_more(limit))
            total = tx.value("count_tasks", **wanted)
        return _page([rows.task(row) for row in found], total, limit, lambda t: f"{t.key}~{t.id}")

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
        since, question_id = _cursor(after)
        wanted = {"repo": repo, "is_open": None if is_open is None else int(is_open)}
        where = {"after": after, "after_since": since, "after_id": question_id}
        with self._reading() as tx:
            if repo is not None:
                tx.repo_row(repo)
            found = tx.all("interventions", **wanted, **where, limit=_one_more(limit))
            total = tx.value("count_interventions", **wanted)
        asked = [rows.intervention(row) for row in found]
        return _page(asked, total, limit, lambda i: f"{stamp(i.since)}~{i.id}")

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
            found = tx.all("events", after=after, **wanted, limit=_one_more(limit))
            total = tx.value("count_events", **wanted)
        return _page([rows.event(row) for row in found], total, limit, lambda e: str(e.seq))

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
        with self._reading() as tx:
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
            found = tx.all("sync_runs", repo=repo, host=host, limit=_one_more(limit) - 1)
        return tuple(rows.sync_run(row) for row in found)

    def repos_like(self, forge_id: int, name: str) -> tuple[Repo, ...]:
        """Repos of that number, and those whose remote has that name in it, in any case."""
        wanted = {"forge_id": forge_id, "part": f"%/{name.lower()}%"}
        with self._reading() as tx:
            return tuple(tx.repo(row["slug"]) for row in tx.all("repos_like", **wanted))

    # --- what is told by itself

    def gather_notices(self, silent: timedelta, by: Caller) -> int:
        """How many more notices wait, now that the log was read on to its end."""
        with self._reading() as tx:
            if not notices.has_news(tx, self.clock(), silent):
                return 0
        with self._writing(by) as tx:
            return notices.gather(tx, silent)

    def due_notices(self) -> tuple[DueNotice, ...]:
        """The notices whose time has come."""
        with self._reading() as tx:
            return notices.due(tx, self.clock())

    def take_notice(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is the caller's to tell: of all who ask, one is let."""
        with self._writing(by) as tx:
            return notices.take(tx, wanted)

    def notice_told(self, wanted: DueNotice, by: Caller) -> None:
        """It was taken, and is told nobody again."""
        with self._writing(by) as tx:
            notices.told(tx, wanted)

    def notice_not_told(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is tried again, now that this try has failed."""
        with self._writing(by) as tx:
            return notices.not_told(tx, wanted)

    # --- what pages for people ask beside that

    def runs_since(self, since: datetime) -> dict[str, int]:
        """How many syncs ended since then, by how they ended."""
        with self._reading() as tx:
            return {row["outcome"]: row["runs"] for row in tx.all("runs_since", since=stamp(since))}

    def run_hours(self, repos: tuple[str, ...], since: datetime) -> tuple[RunHour, ...]:
        """How many syncs of those repos ended in each hour since then."""
        with self._reading() as tx:
            found = tx.all("run_hours", slugs=f" {' '.join(repos)} ", since=stamp(since))
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
        name, number = _cursor(after)
        if number is not None and not number.isdecimal():
            raise BadValue("after", "it is not a cursor of this list")
        where = {"after_name": name, "after_id": int(number) if number else None}
        with self._reading() as tx:
            found = tx.all("forge_repos", forge=forge, **where, limit=_one_more(limit))
            total = tx.value("count_forge_repos", forge=forge)
        told = [rows.forge_repo(row) for row in found]
        return _page(told, total, limit, lambda repo: f"{repo.full_name}~{repo.id}")

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


def prepare(database: Database, now: datetime, version: int = SCHEMA) -> None:
    """The database's schema is of that version or a newer one, and the hub in it has an id."""
    upgrade(database, _queries(database.driver), version, now)


def _told(command: Command) -> str:
    """What tells the command from every other; a long one is remembered by its digest."""
    told = json.dumps([type(command).__name__, to_json(command)], sort_keys=True)
    return told if len(told) <= LONGEST_TOLD else hashlib.sha256(told.encode()).hexdigest()


def _urgency(priority: str | None) -> int | None:
    if priority is None:
        return None
    if priority not in tuple(Priority):
        raise BadValue("priority", f"it must be one of {', '.join(Priority)}")
    return URGENCY[Priority(priority)]


def _one_more(limit: int) -> int:
    """One item more than wanted tells whether there is a next page."""
    if not 1 <= limit <= MAX_LIMIT:
        raise BadValue("limit", f"it must be between 1 and {MAX_LIMIT}")
    return limit + 1


def _page(items: Iterable[T], total: int, limit: int, cursor: Callable[[T], str]) -> Page[T]:
    found = list(items)
    more = len(found) > limit
    shown = tuple(found[:limit])
    return Page(shown, total, cursor(shown[-1]) if more else None)


def _cursor(after: str | None) -> tuple[str | None, str | None]:
    """The two parts of a cursor that was made of an order and an id."""
    if after is None:
        return None, None
    order, tilde, last = after.rpartition("~")
    if not tilde:
        raise BadValue("after", "it is not a cursor of this list")
    return order, last
