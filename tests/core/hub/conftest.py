"""The hub in each database; every test of the contract runs on all of them."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.portable import TABLES
from custodian_core.hub.store import SCHEMA, Store, prepare
from custodian_core.ports import Hub
from tests.postgres import copied
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
def shared_postgres_url(postgres: str) -> str:
    """A database that tests use one after the other, since to copy one takes longer than a test."""
    return copied(postgres)


@pytest.fixture
def empty_postgres_url(shared_postgres_url: str) -> str:
    """The same, with nothing in it but a hub of its own."""
    with psycopg.connect(shared_postgres_url, autocommit=True) as connection:
        for table in reversed(TABLES[1:]):
            connection.execute(SQL("delete from {}").format(Identifier(table)))
        fresh = "update hub set hub_id = %s, schema_version = %s, event_seq = 0"
        connection.execute(fresh, [str(uuid.uuid4()), SCHEMA])
    return shared_postgres_url


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
