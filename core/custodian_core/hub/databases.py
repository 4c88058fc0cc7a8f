"""The two databases: how each is opened, begun in, and brought to the schema of today."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from custodian_core.errors import HubTrouble, HubUnreachable

MIGRATIONS = Path(__file__).parent / "migrations"

#: how long a writer waits for its turn before it gives up
PATIENCE_S = 60


class Database(Protocol):
    """What the store needs of a database."""

    @property
    def driver(self) -> str:
        """What aiosql calls the driver."""
        ...

    @property
    def name(self) -> str:
        """What to call the database in messages: no secret in it."""
        ...

    @property
    def integrity(self) -> type[Exception]:
        """What a statement raises that breaks a constraint."""
        ...

    @property
    def trouble(self) -> type[Exception]:
        """What a database raises that cannot go on."""
        ...

    def connection(self) -> Any:
        """The connection of this thread; a statement outside a transaction stands for itself."""
        ...

    def begin(self, connection: Any) -> None:
        """Begin a transaction that will write."""
        ...

    def upgrade(self) -> None:
        """The schema is today's."""
        ...

    def close(self) -> None:
        """No connection is open any more."""
        ...


class _Threads(threading.local):
    connection: Any = None


class SQLite:
    """A file, made on first use; many processes may write at once, each in its turn."""

    driver = "sqlite3"
    integrity = sqlite3.IntegrityError
    trouble = sqlite3.Error

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self._here = _Threads()
        self._all: list[sqlite3.Connection] = []

    def connection(self) -> sqlite3.Connection:
        if self._here.connection is None:
            self._here.connection = self._open()
        connection: sqlite3.Connection = self._here.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma foreign_keys = on")
            connection.execute("pragma synchronous = full")
        except (OSError, sqlite3.Error) as error:
            raise HubTrouble(self.name, f"it cannot be opened: {error}") from error
        self._all.append(connection)
        return connection

    def begin(self, connection: sqlite3.Connection) -> None:
        connection.execute("begin immediate")

    def upgrade(self) -> None:
        self.connection()  # which makes the folder
        # Two first users at once: one makes the schema, the other waits and finds it made.
        with _locked(self.path.with_suffix(".lock")):
            _migrate(f"sqlite:///{self.path}")

    def close(self) -> None:
        while self._all:
            self._all.pop().close()
        self._here.connection = None


class PostgreSQL:
    """A database of PostgreSQL 14 or newer, by its URL."""

    driver = "psycopg"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            reason = "psycopg is not installed; install custodian-mcp[postgres]"
            raise HubTrouble("PostgreSQL", reason) from error
        self.url = url
        self.name = _without_secret(url)
        self.integrity = psycopg.IntegrityError
        self.trouble = psycopg.Error
        self._here = _Threads()
        self._all: list[Any] = []

    def connection(self) -> Any:
        held = self._here.connection
        if held is None or held.closed:
            self._here.connection = held = self._open()
        return held

    def _open(self) -> Any:
        import psycopg
        from psycopg.rows import dict_row

        try:
            rows: Any = dict_row
            connection = psycopg.connect(self.url, autocommit=True, row_factory=rows)
        except psycopg.Error as error:
            raise HubUnreachable(self.name, str(error).splitlines()[0]) from error
        self._all.append(connection)
        return connection

    def begin(self, connection: Any) -> None:
        connection.execute("begin")

    def upgrade(self) -> None:
        self._open().close()  # a database that does not answer is named before yoyo tries
        _migrate(
            self.url.replace("postgres://", "postgresql://").replace(
                "postgresql:", "postgresql+psycopg:", 1
            )
        )

    def close(self) -> None:
        while self._all:
            self._all.pop().close()
        self._here.connection = None


def _migrate(url: str) -> None:
    yoyo: Any = import_module("yoyo")  # it has no types
    backend = yoyo.get_backend(url)
    migrations = yoyo.read_migrations(str(MIGRATIONS))
    with backend.lock():
        backend.apply_migrations(backend.to_apply(migrations))
    backend.connection.close()


@contextmanager
def _locked(path: Path) -> Generator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "a local socket"
    port = f":{parts.port}" if parts.port else ""
    return f"PostgreSQL at {host}{port}{parts.path}"
