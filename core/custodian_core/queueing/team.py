"""The queue of many machines: procrastinate, in a schema of its own beside the hub's tables."""

import hashlib
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from custodian_core.codec import now
from custodian_core.errors import HubTrouble
from custodian_core.hub.databases import PostgreSQL
from custodian_core.hub.sql import Statements
from custodian_core.jobs import (
    FORGOTTEN_DAYS,
    Job,
    JobState,
    Pace,
    Requested,
    Wish,
    Work,
    check_wish,
)
from custodian_core.ports import LIMIT
from custodian_core.records import Page
from custodian_core.screening import screened

from .listing import jobs_page

#: PostgreSQL's schema for it; the hub's own dump leaves it out
SCHEMA = "custodian_queue"
#: Its own indexes find the next job by reading all that wait for any host, and what holds a lock
#: by reading all that is not done. These keep the cost of a job flat, however large the fleet is.
INDEXES = """
create index custodian_by_lock on procrastinate_jobs (lock) where status in ('todo', 'doing');
create index custodian_by_queue on procrastinate_jobs (queue_name, id) where status = 'todo';
drop index procrastinate_jobs_priority_idx_v1;
drop index procrastinate_jobs_id_lock_idx_v1;
"""
#: what PostgreSQL tells a worker by is called after the queue, and may be 63 bytes long
LONGEST_QUEUE = 40


@lru_cache
def _queries() -> Any:
    return Statements(Path(__file__).parent / "team.sql", "psycopg")


def queue_of(host: str) -> str:
    """What the host's queue is called: its name, or as much as fits with a digest of it."""
    if len(host.encode()) <= LONGEST_QUEUE:
        return host
    head = host.encode()[: LONGEST_QUEUE - 17].decode(errors="ignore")
    return f"{head}~{hashlib.sha256(host.encode()).hexdigest()[:16]}"


def key_of(repo: str, host: str) -> str:
    """What waits, and what runs, once at most."""
    return f"{repo}@{host}"


class TeamQueue:
    """The queue in a PostgreSQL, which any number of hosts share."""

    def __init__(self, url: str, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.url = within_schema(url)
        self.database = PostgreSQL(self.url)
        self._queries = _queries()

    def request_syncs(self, wishes: Sequence[Wish]) -> Requested:
        """All that was wished waits, or all of it does not."""
        wanted = {(wish.repo, wish.host): wish for wish in screened(tuple(wishes))}
        for wish in wanted.values():
            check_wish(wish)
        # (in one order, so that two who ask for the same do not wait for each other)
        ordered = sorted(wanted.values())
        with self.open() as connection:
            told = self._queries.request(
                connection,
                queues=[queue_of(wish.host) for wish in ordered],
                repos=[wish.repo for wish in ordered],
                hosts=[wish.host for wish in ordered],
                reasons=[wish.reason for wish in ordered],
                keys=[key_of(wish.repo, wish.host) for wish in ordered],
            )
        new = sum(row["is_new"] for row in told)
        return Requested(new, len(wishes) - new)

    def wait_again(self, job: Job, pause_s: float) -> None:
        """It is tried again after the pause, unless it is asked for sooner."""
        from psycopg.types.json import Jsonb

        said = {"repo": job.repo, "host": job.host, "reason": job.reason, "tries": job.tries + 1}
        with self.open() as connection:
            self._queries.wait_again(
                connection,
                queue=queue_of(job.host),
                key=key_of(job.repo, job.host),
                args=Jsonb(said),
                pause_s=pause_s,
            )

    def jobs(self, host: str | None = None) -> tuple[Job, ...]:
        """What waits and what runs, in the order in which it was asked for."""
        with self.open() as connection:
            return tuple(_job(row) for row in self._queries.jobs(connection, host=host))

    def page(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits."""
        with self.open() as connection:
            return jobs_page(self._queries, connection, _job, host, after, limit)

    def reap(self) -> int:
        """How many jobs wait again that workers had begun who are gone."""
        return self.reap_beside(None, ())

    def reap_beside(self, worker: int | None, at_work: Sequence[int]) -> int:
        """The same, and what that worker began and is not at any more."""
        with self.open() as connection:
            said = {"worker": worker, "at_work": list(at_work)}
            row = self._queries.reap(connection, lost_s=self.pace.lost_s, **said)
            self._queries.forget(connection, days=FORGOTTEN_DAYS)
        lost: int = row["lost"]
        return lost

    def run_due(
        self,
        host: str,
        work: Work,
        *,
        concurrency: int = 1,
        stop: threading.Event | None = None,
    ) -> int:
        """How many of the host's jobs were run: all that were due, or until told to stop."""
        from .engine import run

        self.check()
        self.reap()
        return run(self, host, work, concurrency, stop)

    def check(self) -> None:
        """Raise `HubTrouble` where the tables are not those of this program's procrastinate."""
        with self.open() as connection:
            if _made_of(connection) != _edition():
                reason = "its queue is another procrastinate's; run `custodian db upgrade`"
                raise HubTrouble(self.database.name, reason)

    def close(self) -> None:
        """No connection is open any more."""
        self.database.close()

    @contextmanager
    def open(self) -> Generator[Any]:
        """The connection of the thread that asks."""
        import psycopg

        try:
            yield self.database.connection()
        except psycopg.errors.UndefinedTable as error:
            reason = "it has no queue yet; run `custodian db upgrade`"
            raise HubTrouble(self.database.name, reason) from error
        except psycopg.Error as error:
            raise HubTrouble(self.database.name, str(error).splitlines()[0]) from error


def within_schema(url: str) -> str:
    """The same database, with the queue's tables where names are looked for."""
    option = quote(f"-c search_path={SCHEMA}")
    head, mark, query = url.partition("?")
    said = [each for each in query.split("&") if each]
    others = [each for each in said if not each.startswith("options=")]
    options = [f"{each}%20{option}" for each in said if each.startswith("options=")]
    return f"{head}{mark or '?'}{'&'.join([*others, *(options or [f'options={option}'])])}"


def prepare_queue(url: str) -> bool:
    """The queue's tables are those of the installed procrastinate; whether anything was to be done.

    Made anew where they are another edition's: what waited, and what ran, waits in them again.
    """
    queue = TeamQueue(url)
    database = queue.database
    try:
        with queue.open() as connection:
            database.begin_upgrade(connection)
            try:
                changed = _made_of(connection) != _edition()
                if changed:
                    _make_anew(queue, connection)
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise
    finally:
        queue.close()
    return changed


def _make_anew(queue: TeamQueue, connection: Any) -> None:
    before = queue.jobs() if _made_of(connection) else ()
    connection.execute(f"drop schema if exists {SCHEMA} cascade")
    connection.execute(f"create schema {SCHEMA}")
    connection.execute(_schema())
    connection.execute(f"comment on schema {SCHEMA} is '{_edition()}'")
    queue.request_syncs([Wish(job.repo, job.host, job.reason) for job in before])


def _made_of(connection: Any) -> str | None:
    """The edition of the tables that are there; None where there are none."""
    said = "select obj_description(to_regnamespace($1)) as edition"
    edition: str | None = connection.execute(said, [SCHEMA]).fetchone()["edition"]
    return edition


def _schema() -> str:
    from procrastinate.schema import SchemaManager

    return f"{SchemaManager.get_schema()}\n{INDEXES}"


def _edition() -> str:
    """What tells these tables from those of another procrastinate."""
    return hashlib.sha256(_schema().encode()).hexdigest()[:16]


def _job(row: Any) -> Job:
    args, running = row["args"], row["status"] == "doing"
    asked_at = _at(row["asked_at"]) or now()
    return Job(
        args["repo"],
        args["host"],
        args["reason"],
        JobState.RUNNING if running else JobState.WAITING,
        args["tries"],
        asked_at,
        _at(row["scheduled_at"]) or asked_at,
        _at(row["began_at"]) if running else None,
    )


def _at(time: datetime | None) -> datetime | None:
    """The time, in whole seconds as all times are told."""
    return time.astimezone(UTC).replace(microsecond=0) if time else None
