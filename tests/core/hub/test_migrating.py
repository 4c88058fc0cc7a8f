"""The schema goes from every earlier version to today's, and nothing is lost or half done."""

import json
import re
import shutil
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg
import pytest

from custodian_core.commands import AnswerHuman, Caller, ChangeTask, ClaimTask
from custodian_core.errors import Conflict, HubTrouble
from custodian_core.hub import migrating
from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.portable import TABLES, export, restore
from custodian_core.hub.store import SCHEMA, Store, prepare

from .conftest import NOON, Watch

#: a hub with something in every table, as it was exported by each version
EXPORTS = Path(__file__).parent / "data"
VERSIONS = range(1, SCHEMA + 1)
BOB = Caller("bob")


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database in which no hub was made yet."""
    if request.param == "sqlite":
        return SQLite(tmp_path / "bare/hub.db")
    return PostgreSQL(request.getfixturevalue("bare_postgres_url"))


def exported(version: int) -> list[dict[str, Any]]:
    """The rows of a hub that a Custodian of that schema wrote."""
    path = EXPORTS / f"schema-{version}.jsonl"
    assert path.exists(), (
        f"schema {version} has no {path.name}: fill a hub with something in every table as "
        "schema-1.jsonl has, and put what `custodian db export` prints there"
    )
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in map(json.loads, list(export(database))[1:]):
        found.setdefault(line["table"], []).append(line["row"])
    return found


def test_each_version_has_one_migration_that_leads_to_it() -> None:
    found = sorted(path.name for path in migrating.MIGRATIONS.glob("*.sql"))

    assert [int(name[:4]) for name in found] == list(VERSIONS)
    assert all(re.fullmatch(r"\d{4}\.[a-z-]+\.sql", name) for name in found)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hub_of_any_earlier_schema_is_upgraded_and_keeps_every_row(
    bare: Database, version: int
) -> None:
    head, *lines = exported(version)
    prepare(bare, NOON, version)
    connection = bare.connection()
    sign = "?" if bare.driver == "sqlite3" else "$"
    connection.execute("delete from hub")
    for line in lines:
        row = line["row"]
        marks = ", ".join(f"{sign}{place}" for place in range(1, len(row) + 1))
        names = ", ".join(row)
        connection.execute(
            f"insert into {line['table']} ({names}) values ({marks})",  # noqa: S608
            list(row.values()),
        )
    prepare(bare, NOON)
    prepare(bare, NOON)

    now = rows_of(bare)
    assert head["schema_version"] == version
    assert now["hub"][0]["schema_version"] == SCHEMA
    filled = {line["table"] for line in lines}
    assert filled == set(TABLES) if version == SCHEMA else filled <= set(TABLES)
    for table in filled:
        assert len(now[table]) == sum(line["table"] == table for line in lines), table
    bare.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_of_any_earlier_schema_is_imported_and_the_hub_goes_on(
    bare: Database, version: int, watch: Watch
) -> None:
    lines = [json.dumps(line) for line in exported(version)]
    assert restore(bare, lines, NOON) == len(lines) - 1

    store = Store(bare, watch)
    assert store.hub_id == exported(version)[1]["row"]["hub_id"]
    (asked,) = store.interventions().items
    assert (asked.question, asked.options) == ("Which font?", ("a", "b"))
    (claim,) = store.claims()
    assert (claim.holder, claim.parked, claim.workdir) == ("ada", True, "/repos/one")
    assert store.task("ONE-WP-0001-T01").note == "half way"
    base = store.task("ONE-WP-0001-T02").base
    assert base is not None
    assert base.status == "todo"
    store.do(AnswerHuman(asked.id, "a"), BOB)
    ended = store.do(ChangeTask("ONE-WP-0001-T01", {"status": "done"}, fence=claim.fence), BOB)
    assert ended.status == "done"
    assert store.do(ClaimTask("bob", repo="one"), BOB).task_key == "ONE-WP-0001-T02"
    seqs = [event.seq for event in store.events(limit=1000).items]
    assert seqs == list(range(1, len(seqs) + 1))
    bare.close()


def test_the_newest_export_has_something_in_every_table() -> None:
    assert {line["table"] for line in exported(SCHEMA)[1:]} == set(TABLES)


def test_an_export_is_not_read_into_a_hub_of_another_schema(bare: Database) -> None:
    prepare(bare, NOON)
    lines = [json.dumps(line) for line in exported(SCHEMA)]
    bare.connection().execute("update hub set schema_version = 99")

    with pytest.raises(
        Conflict, match=r"made with schema 99, the export.*that no hub was made in yet"
    ):
        restore(bare, lines, NOON)
    bare.close()


def test_f91_a_migration_that_fails_midway_leaves_the_schema_as_it_was(
    bare: Database, tmp_path: Path
) -> None:
    steps = tmp_path / "steps"
    shutil.copytree(migrating.MIGRATIONS, steps)
    (steps / f"{SCHEMA + 1:04d}.next.sql").write_text(
        "-- A comment; with a semicolon.\n"
        "alter table repos add column colour text;\n"
        "update repos set colour = 'a;b';\n"
        "insert into nowhere values (1);\n"
    )
    prepare(bare, NOON)
    hub_id = Store(bare).hub_id
    with pytest.raises(HubTrouble, match=r"could not be upgraded and is as it was: .*nowhere"):
        migrating.upgrade(bare, Store(bare).queries, SCHEMA + 1, NOON, steps)

    columns = [told[0] for told in bare.connection().execute("select * from repos").description]
    assert "colour" not in columns
    again = Store(bare)
    assert (again.hub_id, again.health().schema_version) == (hub_id, SCHEMA)
    fine = steps / f"{SCHEMA + 1:04d}.next.sql"
    fine.write_text("alter table repos add column colour text;")
    migrating.upgrade(bare, again.queries, SCHEMA + 1, NOON, steps)
    assert again.health().schema_version == SCHEMA + 1
    bare.close()


def test_f91_an_upgrade_cut_off_by_the_end_of_its_process_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    torn = sqlite3.connect(path, isolation_level=None)
    torn.execute("pragma journal_mode = wal")
    torn.execute("begin immediate")
    (first,) = migrating.MIGRATIONS.glob("0001.*")
    for statement in migrating.statements(first.read_text()):
        torn.execute(statement)
    torn.close()

    store = Store(SQLite(path))
    assert store.repos().total == 0
    store.close()


def test_a_postgresql_database_with_anothers_hub_table_is_left_alone(
    bare_postgres_url: str,
) -> None:
    with psycopg.connect(bare_postgres_url, autocommit=True) as connection:
        connection.execute("create table hub (name text)")
    database = PostgreSQL(bare_postgres_url)

    with pytest.raises(HubTrouble):
        prepare(database, NOON)
    with psycopg.connect(bare_postgres_url) as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        assert names.fetchall() == [("hub",)]
    database.close()


@pytest.mark.parametrize("name", ["my data", "a#b", "a?b=c", "a%20b", "ü☃"])
def test_a_hub_lives_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    store = Store(SQLite(tmp_path / name / "hub.db"))

    assert store.repos().total == 0
    assert (tmp_path / name / "hub.db").exists()
    store.close()


def test_first_users_at_once_make_one_schema_in_postgresql(bare_postgres_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(_upgraded, [bare_postgres_url] * 4))) == 1


def _upgraded(url: str) -> str:
    database = PostgreSQL(url)
    prepare(database, NOON)
    return Store(database).hub_id
