"""Faults and crowds: many processes, kills, full disks, old and new schemas, foreign hubs."""

import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    Caller,
    ChangeTask,
    ClaimTask,
    NoteTask,
    RegisterRepo,
)
from custodian_core.errors import (
    BadValue,
    Conflict,
    HubTrouble,
    HubUnreachable,
    NewerSchema,
    NothingToDo,
)
from custodian_core.hub import open_hub
from custodian_core.hub.databases import Database, PostgreSQL, SQLite, postgresql, sqlite
from custodian_core.hub.store import SCHEMA, Store
from custodian_core.settings import Settings
from custodian_core.status import Status

ME = Caller("me")


def filled(store: Store, count: int) -> Store:
    store.do(RegisterRepo("marki-docx", "custodian"), ME)
    store.do(AddWorkstream("marki-docx", "WP", "A plan"), ME)
    for number in range(count):
        store.do(AddTask("WP", f"T{number:03d}", f"Task {number}"), ME)
    return store


def reopened(address: str) -> Store:
    """The store as another process opens it."""
    database: Database = PostgreSQL(address) if "://" in address else SQLite(Path(address))
    return Store(database)


def address_of(database: Database) -> str:
    return database.url if isinstance(database, PostgreSQL) else str(database.name)


def _claim_all(address: str, holder: str) -> list[str]:
    store = reopened(address)
    won: list[str] = []
    try:
        while True:
            claim = store.do(ClaimTask(holder, repo="marki-docx"), Caller(holder))
            store.do(
                ChangeTask(claim.task_key, {"status": "done"}, fence=claim.fence), Caller(holder)
            )
            won.append(claim.task_key)
    except NothingToDo:
        return won
    finally:
        store.close()


def test_twelve_processes_share_the_work_and_no_task_is_done_twice(database: Database) -> None:
    store = filled(Store(database), 48)
    with ProcessPoolExecutor(12, mp_context=get_context("spawn")) as pool:
        address = address_of(database)
        shares = list(pool.map(_claim_all, [address] * 12, [f"agent-{n}" for n in range(12)]))

    won = [key for share in shares for key in share]
    assert sorted(won) == [f"T{number:03d}" for number in range(48)]
    assert store.tasks(status="done").total == 48
    seqs = [event.seq for event in store.events(limit=1000).items]
    assert seqs == list(range(1, len(seqs) + 1))


def _note(address: str, holder: str) -> int:
    store = reopened(address)
    for number in range(20):
        store.do(NoteTask("T000", f"{holder} {number}"), Caller(holder))
    store.close()
    return 20


def test_twelve_writers_of_one_task_lose_nothing(database: Database) -> None:
    store = filled(Store(database), 1)
    with ProcessPoolExecutor(12, mp_context=get_context("spawn")) as pool:
        address = address_of(database)
        assert sum(pool.map(_note, [address] * 12, [f"agent-{n}" for n in range(12)])) == 240

    assert store.events(subject="T000", type="task.note", limit=1000).total == 240


def test_threads_of_one_process_win_a_task_each(database: Database) -> None:
    store = filled(Store(database), 24)
    barrier = threading.Barrier(8)

    def work(number: int) -> str:
        barrier.wait()
        return str(
            store.do(ClaimTask(f"t{number}", repo="marki-docx"), Caller(f"t{number}")).task_key
        )

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 8


def test_threads_write_to_postgresql_on_one_connection_and_on_another_when_it_is_lost(
    postgres_url: str,
) -> None:
    store = filled(Store(PostgreSQL(postgres_url)), 24)

    def note(number: int) -> int:
        store.do(NoteTask(f"T{number:03d}", "seen"), ME)
        with store.database.writing() as connection:
            pid: int = connection.info.backend_pid
        return pid

    with ThreadPoolExecutor(8) as pool:
        (writer,) = set(pool.map(note, range(24)))
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [writer])

    assert note(0) != writer
    store.close()


def read(store: Store) -> bool:
    return store.task("T000").key == "T000"


def show_a_token(store: Store) -> bool:
    return store.token_of("a secret") is None


def write(store: Store) -> bool:
    store.do(NoteTask("T001", "still here"), ME)
    return store.events(type="task.note").total == 1


@pytest.mark.parametrize("ask", [read, show_a_token, write])
def test_a_database_that_went_away_and_came_back_is_missed_by_nobody(
    postgres_url: str, ask: Callable[[Store], bool]
) -> None:
    store = filled(Store(PostgreSQL(postgres_url)), 2)
    store.task("T000")
    with psycopg.connect(postgres_url, autocommit=True) as other:
        others = "from pg_stat_activity where datname = current_database()"
        cut = f"select pg_terminate_backend(pid) {others} and pid <> pg_backend_pid()"
        assert len(other.execute(cut).fetchall()) == 2

    assert ask(store)
    store.close()


def test_a_database_at_an_address_of_ipv6_is_told_as_one_writes_it() -> None:
    database = PostgreSQL("postgresql://ada:s3cret@[::1]:5433/hub")

    assert database.name == "PostgreSQL at [::1]:5433/hub"


def test_what_was_left_in_the_middle_is_not_gone_on_from(postgres_url: str) -> None:
    store = filled(Store(PostgreSQL(postgres_url)), 1)
    with store.database.writing() as connection:
        connection.execute("begin; delete from tasks")

    store.do(NoteTask("T000", "still here"), ME)
    assert store.task("T000").key == "T000"
    store.close()


def test_a_thread_that_ends_takes_its_connection_along(database: Database) -> None:
    store = filled(Store(database), 1)

    def in_threads(count: int) -> int:
        for _ in range(count):
            thread = threading.Thread(target=store.task, args=("T000",))
            thread.start()
            thread.join()
        return len(list(Path("/dev/fd").iterdir()))

    assert in_threads(30) <= in_threads(1) + 2


WRITER = """
import sys
from pathlib import Path
from custodian_core.commands import Caller, ChangeTask, NoteTask, ReopenTask
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import SCHEMA, Store
store = Store(SQLite(Path(sys.argv[1])))
print("ready", flush=True)
while True:
    store.do(ChangeTask("T000", {"status": "done", "title": "x" * 9000}), Caller("me"))
    store.do(ReopenTask("T000", "again"), Caller("me"))
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_writer_killed_at_any_point_leaves_a_consistent_hub(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "hub.db"
    filled(Store(SQLite(path)), 1).close()
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=-1) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(timeout=random.Random(seed).uniform(0.02, 0.3))  # noqa: S311
        writer.send_signal(signal.SIGKILL)

    store = reopened(str(path))
    task = store.task("T000")
    events = store.events(subject="T000", limit=1000, after=0)
    moves = [event for event in events.items if event.type in ("task.status", "task.reopened")]
    if events.cursor is None and moves:
        assert moves[-1].after
        assert moves[-1].after["status"] == task.status
    assert task.epoch == store.events(subject="T000", type="task.reopened").total
    connection = sqlite3.connect(path)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    store.do(NoteTask("T000", "goes on"), ME)


def test_a_full_disk_is_an_error_and_no_half_write(tmp_path: Path) -> None:
    database = SQLite(tmp_path / "hub.db")
    store = filled(Store(database), 1)
    connection = database.connection()
    pages = connection.execute("pragma page_count").fetchone()[0]
    connection.execute(f"pragma max_page_count = {pages}")

    with pytest.raises(HubTrouble, match="full"):
        store.do(NoteTask("T000", "x" * 200_000), ME)
    connection.execute("pragma max_page_count = 1000000")
    assert (store.task("T000").note, store.events(type="task.note").total) == (None, 0)


def test_what_the_database_has_taken_back_itself_is_told_for_what_it_was(tmp_path: Path) -> None:
    database = SQLite(tmp_path / "hub.db")
    store = filled(Store(database), 1)
    # (as SQLite does where the disk is full)
    end = "begin select raise(rollback, 'database or disk is full'); end"
    database.connection().execute(f"create trigger full before insert on events {end}")

    with pytest.raises(Conflict, match="database or disk is full"):
        store.do(NoteTask("T000", "late"), ME)
    database.connection().execute("drop trigger full")
    assert store.do(NoteTask("T000", "in time"), ME).note == "in time"


def test_a_read_that_failed_leaves_nothing_begun_behind(database: Database) -> None:
    store = filled(Store(database), 1)
    connection = database.connection()
    connection.execute("alter table topics rename to elsewhere")
    with pytest.raises(HubTrouble, match="topics"):
        store.topics()

    connection.execute("alter table elsewhere rename to topics")
    assert store.topics() == ()
    assert store.do(NoteTask("T000", "here"), ME).note == "here"


def test_two_first_users_at_once_make_one_hub(tmp_path: Path) -> None:
    path = str(tmp_path / "new/hub.db")
    with ProcessPoolExecutor(6, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(_hub_id, [path] * 6))) == 1


def _hub_id(address: str) -> str:
    return reopened(address).hub_id


def test_a_hub_that_a_newer_custodian_wrote_is_left_alone(database: Database) -> None:
    Store(database)
    database.connection().execute("update hub set schema_version = 99")

    with pytest.raises(
        NewerSchema, match=f"its schema is 99, this program knows {SCHEMA}; update it"
    ):
        reopened(address_of(database))


def test_a_postgresql_without_the_schema_says_what_to_run(postgres: str) -> None:
    with pytest.raises(HubTrouble, match="run `custodian db upgrade`"):
        Store(PostgreSQL(postgres))


def test_a_database_that_does_not_answer_is_named_without_its_secret() -> None:
    database = PostgreSQL("postgresql://me:geheim@127.0.0.1:1/hub")
    with pytest.raises(HubUnreachable) as unreachable:
        Store(database)

    assert "PostgreSQL at 127.0.0.1:1/hub" in str(unreachable.value)
    assert "geheim" not in str(unreachable.value)


def test_a_database_that_takes_calls_and_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(postgresql.PATIENT, "connect_timeout", "2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(HubUnreachable, match="timeout"):
            Store(PostgreSQL(f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/hub"))

    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:geheim@db/hub",
        "geheim",
        "postgresql://me:geheim@db:port/hub",
        "postgresql://me:geheim@[::1/hub",
        "postgresql://me:geheim%zz@db/hub",
        "postgresql://me:geheim@db/hub?colour=geheim",
    ],
)
def test_an_address_that_is_none_of_postgresqls_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(BadValue, match="CUSTODIAN_DATABASE_URL: ") as refused:
        Store(PostgreSQL(url))

    told = refused.value
    assert "geheim" not in f"{told}{told.__cause__}"
    assert told.__suppress_context__


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_bytes(b"not a database, and long enough to be read as one" * 100)

    with pytest.raises(HubTrouble, match="not a database"):
        Store(SQLite(path))
    assert path.read_bytes().startswith(b"not a database")


def test_f111_the_embedded_hub_is_made_in_the_data_folder_and_is_private(tmp_path: Path) -> None:
    home = tmp_path / "data/custodian"
    settings = Settings(
        {"CUSTODIAN_HOME": str(home), "CUSTODIAN_HOST": "h", "CUSTODIAN_ROOTS": ""}, {}
    )
    hub = open_hub(settings)

    assert hub.health().backend == "sqlite"
    assert hub.repos().total == 0
    assert home.stat().st_mode & 0o077 == 0
    files = [path for path in home.rglob("*") if path.is_file()]
    assert [path for path in files if path.stat().st_mode & 0o077] == []
    hub.close()


def test_a_status_outside_the_vocabulary_never_reaches_a_reader(database: Database) -> None:
    store = filled(Store(database), 1)

    assert store.task("T000").status is Status.TODO
    assert store.tasks(status="nonsense").total == 0


def test_a_writer_that_waits_is_told_when_its_turn_does_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_S", 0)
    store = filled(Store(SQLite(tmp_path / "hub.db")), 1)
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(HubTrouble, match="locked"):
        store.do(NoteTask("T000", "x"), ME)

    other.execute("rollback")
    store.do(NoteTask("T000", "x"), ME)
    store.close()
    other.close()


def test_the_next_task_is_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    store = filled(Store(SQLite(tmp_path / "hub.db")), 1)
    wanted = {"repo": "marki-docx", "now": "", "workstream_id": "", "holder": None}
    # (put in order are the few tasks that are weighed, and the few claims of one holder)
    for name, index, sorts in (
        ("ready", "tasks_by_urgency", 1),
        ("begun", "tasks_by_urgency", 1),
        ("pending_tasks", "tasks_pending", 0),
    ):
        sql = f"explain query plan {getattr(store.queries, name).text}"
        steps = [row["detail"] for row in store.database.connection().execute(sql, wanted)]

        assert any(f"SEARCH t USING INDEX {index} " in step for step in steps), name
        assert sum("ORDER BY" in step for step in steps) == sorts, name
    store.close()
