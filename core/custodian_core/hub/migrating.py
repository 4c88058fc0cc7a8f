"""The schema, brought from any earlier version to the one that is wanted: whole or not at all."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import stamp
from custodian_core.errors import HubTrouble

from .databases import Database, roll_back
from .writing import new_id

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(
    database: Database, queries: Any, version: int, now: datetime, folder: Path = MIGRATIONS
) -> None:
    """The schema is of that version, or newer if it was, and the hub in it has an id."""
    connection = database.connection()
    try:
        # Two first users at once: one makes the schema, the other waits and finds it made.
        database.begin_upgrade(connection)
        try:
            found = _version(database, queries, connection)
            for number in range(found + 1, version + 1):
                for statement in statements(_text(folder, number)):
                    connection.execute(statement)
            said = {"schema_version": version}
            queries.begin_hub(connection, hub_id=new_id(), at=stamp(now), **said)
            queries.raise_schema(connection, **said)
            connection.execute("commit")
        except BaseException:
            roll_back(database, connection)
            raise
    except database.trouble as error:
        reason = f"its schema could not be upgraded and is as it was: {error}"
        raise HubTrouble(database.name, reason) from error


def _version(database: Database, queries: Any, connection: Any) -> int:
    """The version of the schema that is there; 0 where there is none."""
    if not database.has_hub(connection):
        return 0
    row = queries.hub(connection)
    if row is None:
        raise HubTrouble(database.name, "its table `hub` is empty, so it is no State Hub")
    version: int = row["schema_version"]
    return version


def _text(folder: Path, version: int) -> str:
    """What leads to that version from the one before."""
    (path,) = folder.glob(f"{version:04d}.*.sql")
    return path.read_text(encoding="utf-8")


def statements(text: str) -> Iterator[str]:
    """Each statement of the text; drivers differ in whether they take several at once."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
