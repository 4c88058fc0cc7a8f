"""`custodian db`."""

import json
import re
from pathlib import Path

import pytest

from custodian_core.errors import Conflict, EmptyHub, FileTrouble, HubTrouble, HubUnreachable

from .desk import Do, checkout, data, refusal, run_program, say


def test_a_hub_moves_whole_through_an_export(
    tasks: Do, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = data("task", "list"), say("db", "export")
    told = say("db", "export", "hub.jsonl")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "second"))
    rows = len(before[1].splitlines()) - 1

    assert told.startswith(f"hub.jsonl: {rows} rows of ")
    assert say("db", "import", "hub.jsonl").startswith(f"{rows} rows are in ")
    assert (data("task", "list"), say("db", "export")) == before
    assert "this hub is not empty" in refusal(Conflict, "db", "import", "hub.jsonl")


def test_a_hub_is_imported_from_standard_input_too(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = say("db", "export")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "second"))

    say("db", "import", "-", input=lines)
    assert data("repo", "show", "docs")["slug"] == "docs"


def test_an_export_is_not_written_over_what_is_there(docs: Path, home: Path) -> None:
    (home / "hub.jsonl").write_text("precious")

    refusal(FileTrouble, "db", "export", "hub.jsonl")
    assert (home / "hub.jsonl").read_text() == "precious"


@pytest.mark.parametrize("content", [None, b"\xff\n"])
def test_what_cannot_be_read_is_not_imported(home: Path, content: bytes | None) -> None:
    if content:
        (home / "hub.jsonl").write_bytes(content)

    assert "it cannot be read" in refusal(FileTrouble, "db", "import", "hub.jsonl")


def test_a_backup_is_a_hub(docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "copy").mkdir()
    told = say("db", "backup", "copy/hub.db")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "copy"))

    assert told == f"copy/hub.db: a copy of {home}/data/hub.db\n"
    assert data("repo", "show", "docs")["slug"] == "docs"


def test_an_upgrade_says_what_the_database_is_now(home: Path) -> None:
    told = say("db", "upgrade")

    assert re.fullmatch(rf"{home}/data/hub\.db: schema \d+, hub [0-9a-f-]{{36}}\n", told)
    assert say("db", "upgrade") == told


def test_a_database_that_cannot_be_upgraded_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data").write_text("in the way")
    assert "it cannot be opened" in refusal(HubTrouble, "db", "upgrade")

    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/hub")
    told = refusal(HubUnreachable, "db", "upgrade")
    assert told.startswith("the hub at PostgreSQL at 127.0.0.1:1/hub does not answer")
    assert "geheim" not in told


def test_the_database_of_a_remote_hub_is_not_touched_from_here(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://hub.example:8000")

    assert "its database is elsewhere" in refusal(HubTrouble, "db", "upgrade")
    assert not (home / "data").exists()


def test_a_hub_that_is_gone_is_told_with_what_to_do_and_accepted_on_purpose(home: Path) -> None:
    say("register", str(checkout(home / "docs")))
    (home / "data/hub.db").rename(home / "kept.db")
    refused = run_program("status", "--json")

    assert refused.returncode == 2
    assert json.loads(refused.stdout)["data"]["error"] == "EmptyHub"
    assert "no new one was made; point Custodian at the hub that is meant" in refused.stderr
    assert "`custodian db accept` says so" in refused.stderr
    assert not (home / "data/hub.db").exists()
    told = say("db", "accept")
    assert re.fullmatch(rf"{home}/data/hub\.db: hub \S{{36}} is the one to use from now on\n", told)
    assert say("repo", "list") == "no repos\n"


def test_an_emptied_hub_is_neither_exported_nor_backed_up_over_a_good_copy(home: Path) -> None:
    say("register", str(checkout(home / "docs")))
    (home / "data/hub.db").unlink()

    for command in (("db", "export"), ("db", "backup", "copy.db"), ("db", "upgrade")):
        refusal(EmptyHub, *command)
    assert not (home / "copy.db").exists()


def test_what_is_done_to_a_database_is_told_to_programs_too(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgraded = data("db", "upgrade")
    say("db", "export", "hub.jsonl")

    assert upgraded["database"] == str(home / "data/hub.db")
    assert data("db", "backup", "copy.db") == {
        "file": "copy.db",
        "database": str(home / "data/hub.db"),
    }
    assert data("db", "accept")["hub_id"] == upgraded["hub_id"]
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "second"))
    assert data("db", "import", "hub.jsonl")["database"] == str(home / "second/hub.db")


def test_a_file_that_is_not_there_is_told_in_the_systems_words(home: Path) -> None:
    assert refusal(FileTrouble, "db", "import", "nope") == (
        "nope: it cannot be read: no such file or directory"
    )
