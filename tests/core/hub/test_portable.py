"""A hub goes from one database to another and nothing of it is lost."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from custodian_core.commands import (
    AddTask,
    AddTopic,
    AddWorkstream,
    AskHuman,
    Caller,
    ChangeTask,
    ClaimTask,
    LeaveOut,
    MakeToken,
    RecordInventory,
    RecordSync,
    RegisterRepo,
    SetGoal,
    TakeLease,
)
from custodian_core.errors import BadValue, Conflict, HubTrouble
from custodian_core.forge.records import ForgeRepo
from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.portable import TABLES, backup, export, restore
from custodian_core.hub.store import SCHEMA, Store
from custodian_core.records import HostSync, Inventory, Scope

from .conftest import NOON

ME = Caller("me", idempotency_key=None)


@pytest.fixture
def full(store: Store) -> Store:
    """A hub with something in every table."""
    store.do(AddTopic("sync", "custodian", "Sync — ünïcode ☃"), ME)
    store.do(
        RegisterRepo("one", "custodian", host="h", path="/one", topic="sync", forge_id=2**40), ME
    )
    store.do(
        RecordSync("one", HostSync("h", "/one", sealed=True, findings=({"a": [1]},)), stamp=True),
        ME,
    )
    store.do(TakeLease("one", "h", "run"), ME)
    toys = ForgeRepo(2, "ada", "toys", "ada/toys", "u", "s", "h", "Ünï", updated_at=NOON)
    taken = Inventory("git.example", "u", NOON, "ada", False, ("all",), partial=False)
    store.do(RecordInventory(taken, (toys,), run_id="one"), ME)
    store.do(LeaveOut("git.example", 3, "ada/old", "old"), ME)
    store.do(SetGoal("one", "Level 1\nin full"), ME)
    store.do(AddWorkstream("one", "WP", "A plan"), ME)
    store.do(AddTask("WP", "T01", "First", depends_on=("T02",)), ME)
    store.do(ClaimTask("me", task="T01"), ME)
    store.do(AskHuman("Which?", task="T01"), Caller("me", "key-1"))
    store.do(MakeToken("ci", Scope.READ), ME)
    store.gather_notices(timedelta(days=1), ME)  # (it begins with now)
    store.do(AskHuman("Which then?", repo="one"), ME)
    assert store.gather_notices(timedelta(days=1), ME) == 1
    return store


def test_every_table_is_exported(full: Store) -> None:
    lines = list(export(full.database))

    assert all(any(f'"table": "{table}"' in line for line in lines) for table in TABLES)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_hub_comes_back_line_for_line(
    full: Store, into: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lines = list(export(full.database))
    other: Database = SQLite(tmp_path / "other.db")
    if into == "postgresql":
        name = request.getfixturevalue("another_postgres_url")
        other = PostgreSQL(name)
    copy = Store(other)
    assert restore(other, lines, NOON) == len(lines) - 1

    assert sorted(export(other)) == sorted(lines)
    again = Store(other, full.clock)
    assert again.hub_id == full.hub_id
    assert again.do(ChangeTask("T01", {"status": "done"}), ME).status == "done"
    copy.close()
    again.close()


def test_a_hub_that_holds_something_is_never_overwritten(full: Store) -> None:
    lines = list(export(full.database))
    with pytest.raises(Conflict, match="this hub is not empty"):
        restore(full.database, lines, NOON)
    assert list(export(full.database)) == lines


Spoil = Callable[[list[str]], list[str]]
SPOILT: list[tuple[Spoil, str]] = [
    (lambda lines: lines[:0], "line 1"),
    (lambda lines: ["{}", *lines[1:]], "line 1: it is not the head"),
    (lambda lines: [lines[0].replace(str(SCHEMA), "9"), *lines[1:]], "schema 9"),
    (lambda lines: [*lines[:3], "{", *lines[3:]], "line 4: it is not JSON"),
    (lambda lines: [*lines[:3], '{"table": "x; drop", "row": {}}'], "line 4: it names no table"),
    (lambda lines: [*lines[:3], lines[2].replace('"slug"', '"slug) --"')], "line 4: it has"),
    (lambda lines: lines[:1], "it has no hub in it, or ends too early"),
    (lambda lines: [*lines, lines[-1]], "the hub does not take it"),
]


@pytest.mark.parametrize(("spoil", "told"), SPOILT)
def test_a_spoilt_file_is_refused_whole(
    full: Store, tmp_path: Path, spoil: Spoil, told: str
) -> None:
    other = SQLite(tmp_path / "other.db")
    before = list(export(Store(other).database))
    with pytest.raises(BadValue) as refused:
        restore(other, spoil(list(export(full.database))), NOON)

    assert told in str(refused.value)
    assert list(export(other)) == before
    other.close()


def test_a_backup_is_a_hub_and_is_taken_while_others_write(tmp_path: Path) -> None:
    database = SQLite(tmp_path / "hub.db")
    store = Store(database)
    store.do(RegisterRepo("one", "custodian"), ME)
    backup(database, tmp_path / "copy.db")
    store.do(RegisterRepo("two", "custodian"), ME)

    copy = Store(SQLite(tmp_path / "copy.db"))
    assert (copy.hub_id, copy.repos().total, store.repos().total) == (store.hub_id, 1, 2)
    with pytest.raises(Conflict, match="is not overwritten"):
        backup(database, tmp_path / "copy.db")


def test_a_postgresql_hub_is_backed_up_with_its_own_tools(
    postgres_url: str, tmp_path: Path
) -> None:
    database = PostgreSQL(postgres_url)
    with pytest.raises(HubTrouble, match="pg_dump"):
        backup(database, tmp_path / "copy.db")
