"""A whole hub as JSON Lines, from one database into another, and a copy of the embedded file."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from custodian_core.errors import BadValue, Conflict, HubTrouble

from .databases import Database, SQLite, roll_back
from .store import SCHEMA, prepare

#: every table, each after those it refers to
TABLES = (
    "hub",
    "domains",
    "topics",
    "repos",
    "repo_hosts",
    "sync_runs",
    "repo_leases",
    "inventories",
    "forge_repos",
    "left_out",
    "goals",
    "workstreams",
    "tasks",
    "task_deps",
    "claims",
    "interventions",
    "events",
    "answers",
    "tokens",
    "cursors",
    "notices",
)
_HEAD = {"kind": "custodian-hub", "schema_version": SCHEMA}


def export(database: Database) -> Iterator[str]:
    """The lines that make this hub anew, as it is at one moment."""
    connection = database.connection()
    connection, _ = database.begin_reading(connection)
    try:
        yield json.dumps(_HEAD)
        for table in TABLES:
            # (names come from the list above, never from outside)
            for row in connection.execute(f"select * from {table}"):  # noqa: S608
                line = {"table": table, "row": dict(row)}
                yield json.dumps(line, ensure_ascii=False, sort_keys=True)
    finally:
        roll_back(database, connection)


def restore(database: Database, lines: Iterable[str], now: datetime) -> int:
    """The new hub is the exported one, its id included; how many rows that took.

    An export of an older schema is read into that schema, and brought to today's from there.
    """
    numbered = enumerate(lines, 1)
    version = _version(numbered)
    prepare(database, now, version)
    count = _fill(database, numbered, version)
    prepare(database, now)
    return count


def _fill(database: Database, numbered: Iterable[tuple[int, str]], version: int) -> int:
    with database.writing() as connection:
        turn, _ = database.take_turn(connection)
        connection = turn.connection
        try:
            _expect_empty(connection, version)
            connection.execute("delete from hub")
            count = 0
            for number, line in numbered:
                table, row = _read(number, line)
                _insert(database, connection, table, row, number)
                count += 1
            _expect_a_hub(connection)
            connection.execute("commit")
        except BaseException:
            roll_back(database, connection)
            raise
    return count


def _expect_empty(connection: Any, version: int) -> None:
    """Raise `Conflict` where something was written already: every write counts a number up."""
    found = connection.execute("select schema_version, event_seq from hub").fetchone()
    if found["event_seq"]:
        raise Conflict("import", "this hub is not empty; import into a new one")
    if found["schema_version"] != version:
        told = (
            f"this hub was made with schema {found['schema_version']}, the export is of {version}"
        )
        raise Conflict("import", f"{told}; import into a database that no hub was made in yet")


def _expect_a_hub(connection: Any) -> None:
    if connection.execute("select 1 from hub").fetchone() is None:
        raise BadValue("import", "it has no hub in it, or ends too early")


def _version(numbered: Iterator[tuple[int, str]]) -> int:
    """The schema of the export, whose head says it."""
    head = _json(*next(numbered, (1, "")))
    if head.get("kind") != _HEAD["kind"]:
        raise BadValue("line 1", "it is not the head of an exported hub")
    version = head.get("schema_version")
    if not isinstance(version, int) or not 1 <= version <= SCHEMA:
        told = f"it is of schema {version}, this program knows up to {SCHEMA}; update it"
        raise BadValue("line 1", told)
    return version


def _json(number: int, line: str) -> dict[str, Any]:
    try:
        read: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"line {number}", f"it is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise BadValue(f"line {number}", "it is not an object")
    return cast("dict[str, Any]", read)


def _read(number: int, line: str) -> tuple[str, dict[str, Any]]:
    read = _json(number, line)
    table, row = read.get("table"), read.get("row")
    if table not in TABLES or not isinstance(row, dict):
        raise BadValue(f"line {number}", "it names no table of the hub")
    return str(table), cast("dict[str, Any]", row)


def _insert(
    database: Database, connection: Any, table: str, row: dict[str, Any], number: int
) -> None:
    if not all(key.isidentifier() for key in row):
        raise BadValue(f"line {number}", "it has columns that no table has")
    sign = "?" if database.driver == "sqlite3" else "$"
    marks = ", ".join(f"{sign}{place}" for place in range(1, len(row) + 1))
    statement = f"insert into {table} ({', '.join(row)}) values ({marks})"  # noqa: S608
    try:
        connection.execute(statement, list(row.values()))
    except database.trouble as error:
        raise BadValue(f"line {number}", f"the hub does not take it: {error}") from error


def backup(database: Database, path: Path) -> None:
    """A copy of the embedded hub is at `path`, taken while others go on working."""
    if not isinstance(database, SQLite):
        raise HubTrouble(database.name, "back a PostgreSQL hub up with pg_dump")
    if path.exists():
        raise Conflict(str(path), "it is there already and is not overwritten")
    copy = sqlite3.connect(path)
    try:
        database.connection().backup(copy)
    except sqlite3.Error as error:
        raise HubTrouble(str(path), f"the backup failed: {error}") from error
    finally:
        copy.close()
    path.chmod(0o600)
