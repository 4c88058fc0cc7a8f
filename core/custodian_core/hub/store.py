"""The State Hub in a database: the one door for writing."""

import hashlib
import json
from collections.abc import Callable
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
    RecordAsked,
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
from custodian_core.errors import Conflict, HubTrouble, NewerSchema
from custodian_core.notices import DueNotice
from custodian_core.ports import Clock
from custodian_core.records import (
    EMBEDDED,
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
    ReconcileView,
    Recorded,
    Repo,
    Task,
    Token,
    Topic,
    Workstream,
)
from custodian_core.screening import screened

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
    vaults,
)
from .databases import Database, Turn
from .dispatching import claimed
from .migrating import upgrade
from .questions import Questions
from .rows import Row
from .sql import Statements
from .turns import Turns, Work
from .writing import Handler, Writing, opening, questions

#: the schema that this program reads and writes
SCHEMA = 6
#: and the newest that it goes on with, once begun: a migration takes nothing away from the last one
NEXT = SCHEMA + 1
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
    RecordAsked: (vaults.record_asked, Event),
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


class Store(Questions):
    """The hub in one database."""

    def __init__(self, database: Database, clock: Clock = codec.now) -> None:
        self.database = database
        self.clock = clock
        self.queries = _queries(database.driver)
        self.turns = Turns(database, self._writing)
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
        """Carry out the command, less any secret in it, once for each idempotency key."""
        handler, kind = HANDLERS[type(command)]
        command = screened(command)  # (before the turn is taken, for which others wait)
        return self.write(by, lambda tx: _once(tx, command, handler, kind))

    def claim_next(self, command: ClaimTask, by: Caller) -> Dispatch:
        """The repo's next task, claimed for the holder, and what they should know now."""
        found: list[claims.Granted] = []
        command = screened(command)

        def grant(tx: Writing, command: ClaimTask) -> Claim:
            found.append(claims.granted(tx, command))
            return found[0].claim

        claim: Claim = self.write(by, lambda tx: _once(tx, command, grant, Claim))
        with self._reading() as seen:
            if not found:  # (it was answered before, and is the holder's since)
                found.append(claims.Granted(claim, seen.task(claim.task_id), *claims.YOURS))
            return claimed(seen, found[0], self.hub_id)

    def write(self, by: Caller, do: Callable[[Writing], T]) -> T:
        """What is answered, once it stands."""
        by = screened(by)
        return self.turns.take(Work(by, do, questions(self.queries, opening(by))))

    def _writing(self, turn: Turn, by: Caller) -> Writing:
        """The turn, as one caller has it."""
        # (the database's own time, where hosts with clocks of their own share it)
        shared = turn.at if self.clock is codec.now else None
        now = shared or self.clock()
        return Writing(self.queries, self.database, turn, by, now, self.hub_id)

    def health(self) -> Health:
        """That the hub answers, and which one it is."""
        found = self._schema()
        if found is None:
            raise HubTrouble(self.database.name, "its schema is gone")
        backend = EMBEDDED if self.database.driver == "sqlite3" else "postgresql"
        return Health(found["hub_id"], found["schema_version"], __version__, backend)

    # --- what is told by itself

    def gather_notices(self, silent: timedelta, by: Caller) -> int:
        """How many more notices wait, now that the log was read on to its end."""
        with self._reading() as tx:
            if not notices.has_news(tx, self.clock(), silent):
                return 0
        return self.write(by, lambda tx: notices.gather(tx, silent))

    def due_notices(self) -> tuple[DueNotice, ...]:
        """The notices whose time has come."""
        with self._reading() as tx:
            return notices.due(tx, self.clock())

    def take_notice(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is the caller's to tell: of all who ask, one is let."""
        return self.write(by, lambda tx: notices.take(tx, wanted))

    def notice_told(self, wanted: DueNotice, by: Caller) -> None:
        """It was taken, and is told nobody again."""
        self.write(by, lambda tx: notices.told(tx, wanted))

    def notice_not_told(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is tried again, now that this try has failed."""
        return self.write(by, lambda tx: notices.not_told(tx, wanted))


def _once(tx: Writing, command: Command, handler: Handler, kind: type[Any]) -> Any:
    """The answer, which the same caller gets again for the same idempotency key."""
    if tx.by.idempotency_key is None:
        return handler(tx, command)
    told = _told(command)
    if (kept := tx.answered) is not None:
        if kept["command"] != told:
            reason = "it was used for another command; take a new key"
            raise Conflict(f"idempotency key {tx.by.idempotency_key}", reason)
        return from_json(kind, json.loads(kept["answer"]), newer=True)
    answer = handler(tx, command)
    # A secret is told once: the token of a repeated command stays, its secret does not.
    safe = NewToken(answer.token, "") if isinstance(answer, NewToken) else answer
    key = {"caller": tx.by.name, "idempotency_key": tx.by.idempotency_key}
    tx.run("keep_answer", command=told, answer=rows.as_text(safe), at=tx.at, **key)
    tx.run("forget_answers", before=stamp(tx.now - REMEMBERED))
    return answer


def prepare(database: Database, now: datetime, version: int = SCHEMA) -> None:
    """The database's schema is of that version or a newer one, and the hub in it has an id."""
    upgrade(database, _queries(database.driver), version, now)


def _told(command: Command) -> str:
    """What tells the command from every other; a long one is remembered by its digest."""
    told = json.dumps([type(command).__name__, to_json(command)], sort_keys=True)
    return told if len(told) <= LONGEST_TOLD else hashlib.sha256(told.encode()).hexdigest()
