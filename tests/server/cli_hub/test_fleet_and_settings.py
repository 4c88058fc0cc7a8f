"""`custodian status`, `token` and `settings`."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.commands import AskHuman, ChangeRepo, ClaimTask
from custodian_core.errors import Conflict, UnknownThing
from custodian_core.settings import NAMES
from custodian_core.status import Status

from .desk import T1, T3, Do, checkout, data, refusal, run_program, say


def test_the_status_of_the_fleet_counts_tasks_claims_and_questions(home: Path, tasks: Do) -> None:
    say("register", str(checkout(home / "alpha")))
    tasks(ChangeRepo("docs", {"last_state_synced_at": now() - timedelta(hours=30, minutes=5)}))
    tasks(ClaimTask("ada", T1))
    say("task", "status", T3, "done")
    tasks(AskHuman("Which?", "docs"))

    assert say("status") == (
        "REPO   DOMAIN  SYNCED  OPEN  DONE  CLAIMS  QUESTIONS\n"
        "alpha  alpha   never   0     0     0       0\n"
        "docs   docs    30h 5m  2     1     1       1\n"
        "2 repos, 2 open tasks, 1 claim, 1 open question\n"
    )
    (_, row) = data("status")
    assert row["tasks"] == dict.fromkeys(Status, 0) | {"todo": 1, "in_progress": 1, "done": 1}
    assert (row["open_tasks"], row["live_claims"], row["open_questions"]) == (2, 1, 1)


def test_colours_tell_how_old_a_sync_is_where_they_are_wanted(do: Do) -> None:
    def synced(**ago: float) -> str:
        do(ChangeRepo("docs", {"last_state_synced_at": now() - timedelta(**ago)}))
        return say("status", color=True)

    assert "\x1b[32m" in synced(minutes=5)
    assert "\x1b[33m" in synced(hours=5)
    assert "\x1b[31m" in synced(hours=25)
    assert "\x1b" not in say("status", color=True, env={"NO_COLOR": "1"})
    assert "\x1b" not in say("status")


def test_the_secret_of_a_token_is_shown_once_and_alone(home: Path) -> None:
    made = run_program("token", "create", "ci", "--scope", "work")

    assert re.fullmatch(r"cust_\S{43}\n", made.stdout)
    assert "token ci (work); keep its secret now:" in made.stderr
    assert "cannot be shown again" in made.stderr
    assert re.fullmatch(r"ci  work  made \S+Z\n", say("token", "list"))
    assert made.stdout.strip() not in say("token", "list", "--json")


def test_a_revoked_token_is_listed_as_such(home: Path) -> None:
    secret = data("token", "create", "ci", "--scope", "read")["secret"]

    assert secret.startswith("cust_")
    assert say("token", "revoke", "ci") == "token ci opens nothing any more\n"
    assert re.fullmatch(r"ci  read  made \S+Z, revoked \S+Z\n", say("token", "list"))
    assert "choose another" in refusal(Conflict, "token", "create", "ci", "--scope", "read")
    assert "near it: ci" in refusal(UnknownThing, "token", "revoke", "c1")


def test_settings_show_each_value_its_source_and_no_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".env").write_text("GITEA_TOKEN=s3cret\nGITEA_URL=https://ada:s3cret@forge.example\n")
    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", "postgresql://ada:s3cret@db/hub")
    told = say("settings")
    rows = {row["name"]: row for row in data("settings")}

    assert "s3cret" not in told + json.dumps(rows)
    assert list(rows) == list(NAMES)
    assert rows["GITEA_TOKEN"]["value"] == "********"
    assert rows["GITEA_URL"]["value"] == "https://forge.example"
    assert rows["GITEA_TOKEN"]["source"] == str(Path.cwd() / ".env")
    assert (rows["CUSTODIAN_HUB_URL"]["value"], rows["CUSTODIAN_HUB_URL"]["source"]) == (None, None)
    assert re.search(r"^CUSTODIAN_HOST +laptop +from environment$", told, re.MULTILINE)
    assert re.search(r"^CUSTODIAN_HUB_URL +not set +\(a remote hub", told, re.MULTILINE)


def test_a_setting_that_nobody_knows_stops_every_command_by_name(home: Path) -> None:
    (home / ".env").write_text("CUSTODIAN_HOEM=/x\n")
    refused = run_program("status")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "unknown setting CUSTODIAN_HOEM" in refused.stderr


def test_a_hub_that_cannot_be_opened_is_told_and_not_taken_for_an_empty_one(home: Path) -> None:
    (home / "data").write_text("in the way")
    refused = run_program("status", "--json")

    assert refused.returncode == 2
    assert json.loads(refused.stdout)["data"]["error"] == "HubTrouble"
    assert "it cannot be opened" in refused.stderr
