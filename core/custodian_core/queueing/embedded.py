"""The queue of one machine, in a small file beside the embedded hub."""

import threading
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from custodian_core.errors import HubTrouble
from custodian_core.hub.databases import SQLite
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
    pause_before,
)
from custodian_core.ports import LIMIT
from custodian_core.records import Page
from custodian_core.screening import screened

from .listing import jobs_page

#: a file of another version is emptied: what waited in it is found by the next sweep
VERSION = 1
SCHEMA = (
    "drop table if exists jobs",
    """create table jobs (
        id integer primary key,
        repo text not null,
        host text not null,
        reason text not null,
        tries integer not null,
        asked_at real not null,
        due_at real not null,
        worker text,
        began_at real,
        alive_at real
    )""",
    "create unique index one_waiting on jobs (repo, host) where worker is null",
    "create unique index one_running on jobs (repo, host) where worker is not null",
    "create index by_turn on jobs (host, due_at) where worker is null",
    f"pragma user_version = {VERSION}",
)
_DAY_S = 24 * 3600


@lru_cache
def _queries() -> Any:
    return Statements(Path(__file__).parent / "embedded.sql", "sqlite3")


class EmbeddedQueue:
    """The queue in one file, which any number of processes of this machine share."""

    def __init__(
        self, path: Path, pace: Pace | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.pace = pace or Pace()
        self._clock = clock
        self._database = SQLite(path)
        self._queries = _queries()
        with self._open() as connection:
            (version,) = connection.execute("pragma user_version").fetchone()
        if version != VERSION:
            self._begin_anew()

    def _begin_anew(self) -> None:
        with self._writing() as connection:
            # (somebody else may have made it meanwhile)
            if connection.execute("pragma user_version").fetchone()[0] != VERSION:
                for statement in SCHEMA:
                    connection.execute(statement)

    def request_syncs(self, wishes: Sequence[Wish]) -> Requested:
        """All that was wished waits, or all of it does not."""
        joined = 0
        wanted = {(wish.repo, wish.host): wish for wish in screened(tuple(wishes))}
        for wish in wanted.values():
            check_wish(wish)
        with self._writing() as connection:
            for wish in wanted.values():
                place = {"repo": wish.repo, "host": wish.host}
                joined += self._queries.waiting(connection, **place) is not None
                said = {"reason": wish.reason, "now": self._clock()}
                self._queries.request(connection, **place, **said)
        return Requested(len(wanted) - joined, len(wishes) - len(wanted) + joined)

    def jobs(self, host: str | None = None) -> tuple[Job, ...]:
        """What waits and what runs, in the order in which it was asked for."""
        with self._open() as connection:
            return tuple(_job(row) for row in self._queries.jobs(connection, host=host))

    def page(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits."""
        with self._open() as connection:
            return jobs_page(self._queries, connection, _job, host, after, limit)

    def reap(self) -> int:
        """How many jobs wait again that workers had begun who are gone."""
        now = self._clock()
        with self._writing() as connection:
            lost = self._queries.lost(connection, before=now - self.pace.lost_s)
            for row in lost:
                self._queries.done(connection, id=row["id"], worker=row["worker"])
                self._wait_again(connection, row, row["tries"], now)
            self._queries.forget(connection, before=now - FORGOTTEN_DAYS * _DAY_S)
        return len(lost)

    def run_due(
        self,
        host: str,
        work: Work,
        *,
        concurrency: int = 1,
        stop: threading.Event | None = None,
    ) -> int:
        """How many of the host's jobs were run: all that were due, or until told to stop."""
        worker, count, running = uuid.uuid4().hex, 0, set[Future[None]]()
        told = stop or threading.Event()
        with ThreadPoolExecutor(concurrency) as pool, self._alive(worker):
            next_reap = 0.0
            while True:
                if time.monotonic() >= next_reap:
                    self.reap()
                    next_reap = time.monotonic() + self.pace.reap_s
                while len(running) < concurrency and not told.is_set():
                    row = self._take(host, worker)
                    if row is None:
                        break
                    running.add(pool.submit(self._run, row, work))
                if running:
                    done, running = wait(running, self.pace.look_s, FIRST_COMPLETED)
                    count += len([each.result() for each in done])
                elif stop is None or told.wait(self.pace.look_s):
                    return count

    def close(self) -> None:
        """The file is not held open any more."""
        self._database.close()

    def _take(self, host: str, worker: str) -> Any:
        with self._writing() as connection:
            said = {"host": host, "worker": worker, "now": self._clock()}
            return self._queries.take(connection, **said)

    def _run(self, row: Any, work: Work) -> None:
        """The job is done, or waits for another try; one that was taken for lost is another's."""
        fine = work(_job(row))
        pause = None if fine else pause_before(row["tries"] + 1)
        with self._writing() as connection:
            ours = self._queries.done(connection, id=row["id"], worker=row["worker"])
            if ours and pause is not None:
                self._wait_again(connection, row, row["tries"] + 1, self._clock() + pause)

    def _wait_again(self, connection: Any, row: Any, tries: int, due_at: float) -> None:
        """Unless another waits already, which does as well."""
        said = {name: row[name] for name in ("repo", "host", "reason", "asked_at")}
        self._queries.wait_again(connection, **said, tries=tries, due_at=due_at)

    @contextmanager
    def _alive(self, worker: str) -> Generator[None]:
        """The worker says that it lives, as long as this is open."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self.pace.beat_s):
                with suppress(HubTrouble), self._writing() as connection:
                    self._queries.beat(connection, worker=worker, now=self._clock())

        beating = threading.Thread(target=beat, name="beat", daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()

    @contextmanager
    def _open(self) -> Generator[Any]:
        with self._told():
            yield self._database.connection()

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except self._database.trouble as error:
            raise HubTrouble(self._database.name, str(error)) from error

    @contextmanager
    def _writing(self) -> Generator[Any]:
        with self._told(), self._database.writing() as connection:
            self._database.begin(connection)
            try:
                yield connection
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise


def _job(row: Any) -> Job:
    began = row["began_at"]
    return Job(
        row["repo"],
        row["host"],
        row["reason"],
        JobState.WAITING if row["worker"] is None else JobState.RUNNING,
        row["tries"],
        _at(row["asked_at"]),
        _at(row["due_at"]),
        None if began is None else _at(began),
    )


def _at(seconds: float) -> datetime:
    """The time, in whole seconds as all times are told."""
    return datetime.fromtimestamp(int(seconds), UTC)
