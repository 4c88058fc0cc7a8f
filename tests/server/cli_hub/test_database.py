"""`custodian db`."""

import re
from pathlib import Path

import pytest

from custodian_core.errors import Conflict, FileTrouble, HubTrouble, HubUnreachable

from .desk import Do, data, refusal, say


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
