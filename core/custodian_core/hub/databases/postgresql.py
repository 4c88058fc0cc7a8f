"""A team's database: a PostgreSQL that many hosts share."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from custodian_core.errors import BadValue, HubTrouble, HubUnreachable
from custodian_core.hub.sql import Kind, Statement

from .connections import Connections
from .port import Question, Turn

if TYPE_CHECKING:
    from .line import Line

#: when a PostgreSQL that says nothing is taken for gone, where its URL does not say that itself: by
#: default a machine that was switched off is waited for two hours, with a repo's lock in hand
PATIENT = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

_SETTING = "CUSTODIAN_DATABASE_URL"


def _question(text: str, kind: Kind) -> Question:
    return Statement(text, kind, ()), {}


_READ = (
    _question("begin isolation level repeatable read read only", Kind.CHANGED),
    _question("select schema_version from hub", Kind.ROW),
)
#: (the lock of the hub's one row is the queue of those who write)
_WRITE = (
    _question("begin", Kind.CHANGED),
    _question(
        "select schema_version, event_seq, clock_timestamp() as at from hub for update", Kind.ROW
    ),
)
_END = _question("commit", Kind.CHANGED)
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
        self._connections = Connections(self._open)
        self._alone = threading.Lock()
        self._writer: Line | None = None

    def connection(self) -> "Line":
        connection: Line = self._connections.mine()
        if connection.closed:  # the server has gone and come back
            self._connections.drop()
            connection = self._connections.mine()
        return connection

    def _open(self) -> "Line":
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        from .line import Line

        try:
            said = conninfo_to_dict(self.url)
            patient = {name: value for name, value in PATIENT.items() if name not in said}
            return Line.to(self.url, **patient)
        except psycopg.ProgrammingError:
            # (what PostgreSQL says of a URL that it cannot read may hold the password)
            raise BadValue(_SETTING, f"{self.name} has a part that is misspelt") from None
        except psycopg.Error as error:
            raise HubUnreachable(self.name, str(error).splitlines()[0]) from error

    def ask(self, connection: "Line", *asked: Question) -> list[Any]:
        answers = connection.ask(*((each.text, each.spelled(values)) for each, values in asked))
        return [each.told(*answer) for (each, _), answer in zip(asked, answers, strict=True)]

    def glance(self, connection: "Line", *asked: Question) -> list[Any]:
        return self._asked(connection, asked, self._another)[1]

    def begin_reading(self, connection: "Line", *asked: Question) -> "tuple[Line, list[Any]]":
        connection, _, answers = self._begun(connection, _READ, asked, self._another)
        return connection, answers

    def end_reading(self, connection: "Line") -> None:
        self.ask(connection, _END)

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

    def take_turn(self, connection: "Line", *asked: Question) -> tuple[Turn, list[Any]]:
        connection, row, answers = self._begun(connection, _WRITE, asked, self._another_writer)
        at = row["at"].astimezone(UTC).replace(microsecond=0)
        return Turn(connection, row["event_seq"], at), answers

    def roll_back(self, connection: Any) -> None:
        self._at_once(connection, b"rollback")

    def back_to_mark(self, connection: Any) -> None:
        self._at_once(connection, b"rollback to savepoint work; release savepoint work")

    def _at_once(self, connection: Any, said: bytes) -> None:
        # (a cursor that is told of a rollback has PostgreSQL forget whatever was prepared)
        import psycopg

        result = connection.pgconn.exec_(said)
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)

    def _another(self) -> "Line":
        self._connections.drop()
        return self.connection()

    def _another_writer(self) -> "Line":
        if self._writer is not None:
            self._writer.close()
        self._writer = self._open()
        return self._writer

    def _begun(
        self,
        connection: "Line",
        how: tuple[Question, Question],
        asked: Sequence[Question],
        another: "Callable[[], Line]",
    ) -> "tuple[Line, Any, list[Any]]":
        """The transaction has begun on a connection that knows the schema of now.

        PostgreSQL refuses statements that were prepared before their tables changed, and an upgrade
        changes them while servers go on. The question for it goes along with the beginning, and so
        does what is to be known first.
        """
        connection, (_, row, *answers) = self._asked(connection, (*how, *asked), another)
        schema = row["schema_version"] if row else None
        if connection.schema not in (None, schema):
            return self._begun(another(), how, asked, another)
        connection.schema = schema
        return connection, row, answers

    def _asked(
        self, connection: "Line", asked: Sequence[Question], another: "Callable[[], Line]"
    ) -> "tuple[Line, list[Any]]":
        """What writes nothing is asked again where the server has gone away and come back."""
        import psycopg

        try:
            return connection, self.ask(connection, *asked)
        except psycopg.Error as error:
            outdated = connection.closed or isinstance(error, psycopg.NotSupportedError)
            if outdated and connection.has_answered:
                return self._asked(another(), asked, another)
            with suppress(psycopg.Error):
                self.roll_back(connection)
            raise

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
    host = f"[{host}]" if ":" in host else host
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
