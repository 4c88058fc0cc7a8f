"""The embedded database: a file."""

import random
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from custodian_core.errors import HubTrouble

from .connections import Connections
from .port import Question, Turn, roll_back

#: how long a writer waits for its turn before it gives up
PATIENCE_S = 60

#: how long a writer sleeps between looks whether it is its turn
_LOOK_S = (0.0005, 0.004)

#: how far the hub's log goes
_LAST = "select event_seq from hub"


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
        self._connections = Connections(self._open)

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

    def ask(self, connection: sqlite3.Connection, *asked: Question) -> list[Any]:
        return [statement(connection, **values) for statement, values in asked]

    def glance(self, connection: sqlite3.Connection, *asked: Question) -> list[Any]:
        return self.ask(connection, *asked)

    def begin_reading(
        self, connection: sqlite3.Connection, *asked: Question
    ) -> tuple[sqlite3.Connection, list[Any]]:
        connection.execute("begin")
        try:
            return connection, self.ask(connection, *asked)
        except BaseException:
            roll_back(self, connection)
            raise

    def end_reading(self, connection: sqlite3.Connection) -> None:
        connection.execute("commit")

    def take_turn(self, connection: sqlite3.Connection, *asked: Question) -> tuple[Turn, list[Any]]:
        self.begin(connection)
        (seq,) = connection.execute(_LAST).fetchone()
        return Turn(connection, seq, None), self.ask(connection, *asked)

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
