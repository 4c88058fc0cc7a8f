"""A team's database: a PostgreSQL that many hosts share."""

import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakKeyDictionary

from custodian_core.errors import BadValue, HubTrouble, HubUnreachable

from .connections import Connections

#: when a PostgreSQL that says nothing is taken for gone, where its URL does not say that itself: by
#: default a machine that was switched off is waited for two hours, with a repo's lock in hand
PATIENT = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

_SETTING = "CUSTODIAN_DATABASE_URL"
#: which schema there is
_WHICH = "select schema_version from hub"
#: the number of the lock that upgrades of a PostgreSQL schema take turns by
_UPGRADE = 0x637573746F6469


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
        self._connections = Connections(self._open)
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
        import psycopg

        try:
            row = self._began(connection, how)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
            # (the server went away and came back since it was last asked; nothing has begun yet)
            connection = another()
            row = self._began(connection, how)
        schema = row["schema_version"] if row else None
        if self._schemas.setdefault(connection, schema) == schema:
            return connection, row
        self.roll_back(connection)
        return self._begun(another(), how, another)

    def _began(self, connection: Any, how: tuple[str, str]) -> Any:
        with self.together(connection):
            cursor = [connection.execute(each) for each in how][-1]
        return cursor.fetchone()

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
