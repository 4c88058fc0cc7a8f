"""The two databases: how each is opened, begun in, and brought to the schema of today."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakKeyDictionary

from custodian_core.errors import BadValue, HubTrouble, HubUnreachable

#: how long a writer waits for its turn before it gives up
PATIENCE_S = 60

#: when a PostgreSQL that says nothing is taken for gone, where its URL does not say that itself: by
#: default a machine that was switched off is waited for two hours, with a repo's lock in hand
PATIENT = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

#: how long a writer sleeps between looks whether it is its turn
_LOOK_S = (0.0005, 0.004)

_SETTING = "CUSTODIAN_DATABASE_URL"
#: which schema there is
_WHICH = "select schema_version from hub"
#: how far the hub's log goes
_LAST = "select event_seq from hub"
#: the number of the lock that upgrades of a PostgreSQL schema take turns by
_UPGRADE = 0x637573746F6469


class Database(Protocol):
    """What the store needs of a database."""

    @property
    def driver(self) -> str:
        """Which driver speaks to it: sqlite3 or psycopg."""
        ...

    @property
    def name(self) -> str:
        """What to call the database in messages: no secret in it."""
        ...

    @property
    def address(self) -> str:
        """Where the database is, told apart from every other: no secret in it."""
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

    def writing(self) -> AbstractContextManager[Any]:
        """The connection of the one thread that writes: others would only get in its way."""
        ...

    def take_turn(self, connection: Any) -> tuple[Any, int]:
        """The connection, or one in its place, in a transaction that writes to the hub.

        Writers take turns: the second is the number of the last event, and nobody adds one before
        this transaction ends.
        """
        ...

    def time_of(self, connection: Any) -> datetime | None:
        """When its turn began; None where the machine's clock is the only one there is."""
        ...

    def together(self, connection: Any) -> AbstractContextManager[Any]:
        """Statements whose results are looked at afterwards are sent in one go."""
        ...

    def roll_back(self, connection: Any) -> None:
        """Nothing of the transaction stands."""
        ...

    def back_to_mark(self, connection: Any) -> None:
        """What was done since the mark does not stand, and there is no mark."""
        ...

    def begin_reading(self, connection: Any) -> Any:
        """The connection, or one in its place, in a transaction that sees one moment."""
        ...

    def begin_upgrade(self, connection: Any) -> None:
        """Begin a transaction that may change the schema: one at a time, whoever asks."""
        ...

    def has_hub(self, connection: Any) -> bool:
        """Whether there is a schema."""
        ...

    def is_there(self) -> bool:
        """Whether a hub was made there; this makes nothing."""
        ...

    def close(self) -> None:
        """No connection is open any more."""
        ...


class _Held:
    """A thread's connection, closed when the thread ends."""

    def __init__(self, connection: Any, held: dict[int, Any]) -> None:
        self.connection = connection
        self._held = held
        held[id(connection)] = connection

    def __del__(self) -> None:
        if self._held.pop(id(self.connection), None) is not None:
            self.connection.close()


class _Connections:
    """One connection a thread, and none once the hub is closed."""

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened
        self._here = threading.local()
        self._held: dict[int, Any] = {}

    def mine(self) -> Any:
        """The connection of this thread, opened on first use."""
        held: _Held | None = getattr(self._here, "held", None)
        if held is None or id(held.connection) not in self._held:
            self._here.held = held = _Held(self._opened(), self._held)
        return held.connection

    def drop(self) -> None:
        """The thread has no connection; it opens another when it needs one."""
        self._here.held = None

    def close(self) -> None:
        """Every thread's connection is closed."""
        while self._held:
            self._held.popitem()[1].close()


class SQLite:
    """A file, made on first use; many processes may write at once, each in its turn."""

    driver = "sqlite3"
    integrity = sqlite3.IntegrityError
    trouble = sqlite3.Error

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.address = str(path.absolute())
        self._alone = threading.Lock()
        self._connections = _Connections(self._open)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        with self._alone:
            yield self.connection()

    def connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._connections.mine()
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.path.exists():
                self.path.touch(0o600)  # what SQLite puts beside it is then as private
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma foreign_keys = on")
            connection.execute("pragma synchronous = full")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise HubTrouble(self.name, f"it cannot be opened: {reason}") from error
        except sqlite3.Error as error:
            raise HubTrouble(self.name, f"it cannot be opened: {error}") from error
        return connection

    def begin_reading(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.execute("begin")
        return connection

    def take_turn(self, connection: sqlite3.Connection) -> tuple[sqlite3.Connection, int]:
        self.begin(connection)
        return connection, connection.execute(_LAST).fetchone()[0]

    def time_of(self, connection: sqlite3.Connection) -> datetime | None:
        return None

    def together(self, connection: sqlite3.Connection) -> AbstractContextManager[Any]:
        return nullcontext()

    def roll_back(self, connection: sqlite3.Connection) -> None:
        connection.execute("rollback")

    def back_to_mark(self, connection: sqlite3.Connection) -> None:
        connection.execute("rollback to savepoint work")
        connection.execute("release savepoint work")

    def begin(self, connection: sqlite3.Connection) -> None:
        """The connection is in a transaction that will write."""
        # SQLite's own waiting grows to 100 ms a look, so that who waits longest looks least often
        # and whoever comes new goes first: among twelve writers some waited for seconds.
        until = time.monotonic() + PATIENCE_S
        connection.execute("pragma busy_timeout = 0")
        try:
            while True:
                try:
                    connection.execute("begin immediate")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                        raise
                    time.sleep(random.uniform(*_LOOK_S))  # noqa: S311 - no secret
                else:
                    return
        finally:
            connection.execute(f"pragma busy_timeout = {PATIENCE_S * 1000}")

    def begin_upgrade(self, connection: sqlite3.Connection) -> None:
        self.begin(connection)

    def has_hub(self, connection: sqlite3.Connection) -> bool:
        found = connection.execute(
            "select 1 from sqlite_master where type = 'table' and name = 'hub'"
        )
        return found.fetchone() is not None

    def is_there(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except OSError:
            return False

    def close(self) -> None:
        self._connections.close()


class PostgreSQL:
    """A database of PostgreSQL 14 or newer, by its URL."""

    driver = "psycopg"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            reason = "psycopg is not installed; install custodian-mcp[postgres]"
            raise HubTrouble("PostgreSQL", reason) from error
        _check_url(url)
        self.url = url
        self.name = _without_secret(url)
        self.address = _address(url)
        self.integrity = psycopg.IntegrityError
        self.trouble = psycopg.Error
        # (one that was built upon a libpq before 14 has none)
        self._pipelines = psycopg.Pipeline.is_supported()
        self._connections = _Connections(self._open)
        self._alone = threading.Lock()
        self._writer: Any = None
        #: the schema for which each connection has prepared its statements
        self._schemas: WeakKeyDictionary[Any, int | None] = WeakKeyDictionary()
        #: when each connection's turn began
        self._times: WeakKeyDictionary[Any, datetime] = WeakKeyDictionary()

    def connection(self) -> Any:
        connection = self._connections.mine()
        if connection.closed:  # the server has gone and come back
            self._connections.drop()
            connection = self._connections.mine()
        return connection

    def _open(self) -> Any:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
        from psycopg.rows import dict_row

        try:
            rows: Any = dict_row
            said = conninfo_to_dict(self.url)
            patient: Any = {name: value for name, value in PATIENT.items() if name not in said}
            # (what is asked twice is asked again: its plan is kept from the second time on)
            connection = psycopg.connect(
                self.url,
                autocommit=True,
                row_factory=rows,
                cursor_factory=psycopg.RawCursor,
                prepare_threshold=1,
                **patient,
            )
        except psycopg.ProgrammingError:
            # (what PostgreSQL says of a URL that it cannot read may hold the password)
            raise BadValue(_SETTING, f"{self.name} has a part that is misspelt") from None
        except psycopg.Error as error:
            raise HubUnreachable(self.name, str(error).splitlines()[0]) from error
        return connection

    def begin_reading(self, connection: Any) -> Any:
        begin = "begin isolation level repeatable read read only"
        return self._begun(connection, (begin, _WHICH), self._another)[0]

    @contextmanager
    def writing(self) -> Generator[Any]:
        # Whoever writes waits for the hub's one row in any case; on one connection, the plan of a
        # statement is made once for a server and not once for each of its threads.
        import psycopg

        with self._alone:
            if self._writer is None or self._writer.closed:
                self._writer = self._open()
            try:
                yield self._writer
            finally:
                if self._writer.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                    self._writer.close()  # (nobody goes on from the middle)

    def take_turn(self, connection: Any) -> tuple[Any, int]:
        # (the lock of the hub's one row is the queue of those who write)
        told = "select schema_version, event_seq, clock_timestamp() as at from hub for update"
        connection, row = self._begun(connection, ("begin", told), self._another_writer)
        self._times[connection] = row["at"].astimezone(UTC).replace(microsecond=0)
        return connection, row["event_seq"]

    def time_of(self, connection: Any) -> datetime | None:
        return self._times.get(connection)

    def together(self, connection: Any) -> AbstractContextManager[Any]:
        return connection.pipeline() if self._pipelines else nullcontext()

    def roll_back(self, connection: Any) -> None:
        self._at_once(connection, b"rollback")

    def back_to_mark(self, connection: Any) -> None:
        self._at_once(connection, b"rollback to savepoint work; release savepoint work")

    def _at_once(self, connection: Any, said: bytes) -> None:
        # Told of a rollback, psycopg forgets every statement that it has prepared, as one might
        # speak of what was made and taken back; the hub's writers make rows and nothing else.
        import psycopg

        result = connection.pgconn.exec_(said)
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)

    def _another(self) -> Any:
        self._connections.drop()
        return self.connection()

    def _another_writer(self) -> Any:
        self._writer.close()
        self._writer = self._open()
        return self._writer

    def _begun(
        self, connection: Any, how: tuple[str, str], another: Callable[[], Any]
    ) -> tuple[Any, Any]:
        """The transaction has begun on a connection that knows the schema of now.

        PostgreSQL refuses statements that were prepared before their tables changed, and an upgrade
        changes them while servers go on. The question for it goes along with the beginning.
        """
        with self.together(connection):
            cursor = [connection.execute(each) for each in how][-1]
        row = cursor.fetchone()
        schema = row["schema_version"] if row else None
        if self._schemas.setdefault(connection, schema) == schema:
            return connection, row
        self.roll_back(connection)
        return self._begun(another(), how, another)

    def begin_upgrade(self, connection: Any) -> None:
        connection.execute("begin")
        connection.execute("select pg_advisory_xact_lock($1)", [_UPGRADE])

    def has_hub(self, connection: Any) -> bool:
        row = connection.execute("select to_regclass('hub') is not null as found").fetchone()
        return bool(row["found"])

    def is_there(self) -> bool:
        return self.has_hub(self.connection())

    def close(self) -> None:
        self._connections.close()
        if self._writer is not None:
            self._writer.close()


def roll_back(database: Database, connection: Any) -> None:
    """The transaction is over; where the database has ended it itself, that trouble is the news."""
    with suppress(database.trouble):
        database.roll_back(connection)


def _check_url(url: str) -> None:
    """Raise `BadValue`, without saying a secret, for what is no PostgreSQL URL."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise BadValue(_SETTING, "it must be as postgresql://user@host:5432/database") from None


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "a local socket"
    port = f":{parts.port}" if parts.port else ""
    return f"PostgreSQL at {host}{port}{parts.path}"


def _address(url: str) -> str:
    """The URL without what opens it; two servers on local sockets differ in their folders."""
    parts = urlsplit(url)
    user, port = parts.username or "", parts.port or ""
    told = [(key, value) for key, value in parse_qsl(parts.query) if "password" not in key]
    return (
        f"postgresql://{user}@{parts.hostname or ''}:{port}{parts.path}?{urlencode(sorted(told))}"
    )
