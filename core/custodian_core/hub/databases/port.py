"""What the hub needs of a database."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from custodian_core.hub.sql import Statement

#: a statement and its values, by their names
Question = tuple[Statement, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A transaction that writes: nobody else does until it ends."""

    connection: Any
    #: the number of the last event
    seq: int
    #: when it began; None where the machine's clock is the only one there is
    at: datetime | None


class Database(Protocol):
    """A database that holds a hub."""

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

    def ask(self, connection: Any, *asked: Question) -> list[Any]:
        """What each statement gives; where the way is long, all of it goes and comes in one."""
        ...

    def glance(self, connection: Any, *asked: Question) -> list[Any]:
        """What each statement gives of those that write nothing, in no transaction."""
        ...

    def take_turn(self, connection: Any, *asked: Question) -> tuple[Turn, list[Any]]:
        """A turn on that connection, or on one in its place, and what it is asked at once."""
        ...

    def roll_back(self, connection: Any) -> None:
        """Nothing of the transaction stands."""
        ...

    def back_to_mark(self, connection: Any) -> None:
        """What was done since the mark does not stand, and there is no mark."""
        ...

    def begin_reading(self, connection: Any, *asked: Question) -> tuple[Any, list[Any]]:
        """The connection, or one in its place, sees one moment; and what it is asked at once."""
        ...

    def end_reading(self, connection: Any) -> None:
        """It sees what is new."""
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


def roll_back(database: Database, connection: Any) -> None:
    """The transaction is over; where the database has ended it itself, that trouble is the news."""
    with suppress(database.trouble):
        database.roll_back(connection)
