"""The ops commands as a person calls them, in a real repo with a real remote and a real hub."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from custodian_core.errors import BadValue, Conflict
from tests.core.ops.test_engagement import row
from tests.core.ops.test_sprints import ENTRIES, PITCH
from tests.core.ops.trees import TREE
from tests.server.cli_hub.desk import refusal, run, say
from tests.tools.sync.conftest import git


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of an ops repo, registered with a hub of this test's own."""
    monkeypatch.setenv("CUSTODIAN_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(tmp_path))
    monkeypatch.setenv("CUSTODIAN_HOST", "laptop")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(tmp_path, "clone", "-q", "remote.git", "acme-ops")
    top = (tmp_path / "acme-ops").resolve()
    git(top, "config", "user.name", "Ada")
    git(top, "config", "user.email", "ada@example.org")
    git(top, "checkout", "-q", "-B", "main")
    monkeypatch.chdir(top)
    commit(top, {"notes.txt": "begin\n"})
    say("register", ".")
    return top


def commit(top: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    git(top, "add", *files)
    git(top, "commit", "-q", "-m", "work")
    git(top, "push", "-q", "-u", "origin", "main")


def told(*arguments: str, code: int = 0) -> Any:
    """The whole envelope."""
    return json.loads(say(*arguments, "--json", code=code))


def test_an_ops_repo_is_begun_and_completed(here: Path) -> None:
    assert "nothing of an ops repo is here yet" in say("ops", "doctor")
    assert say("ops", "migrate", "--dry-run").endswith("18 files would change\n")
    assert not (here / "vault").exists()
    assert "committed and pushed" in say("ops", "migrate")
    assert say("ops", "migrate") == "nothing to change\n"
    assert say("ops", "doctor") == "every part is there\n"
    assert told("ops", "doctor")["data"]["missing"] == []


def test_defects_are_a_failure_where_an_input_is_missing(here: Path) -> None:
    found = told("ops", "defects", code=1)

    assert [each["code"] for each in found["findings"]] == ["DF01"] * 4
    assert [each["count"] for each in found["data"]["inputs"]] == [None] * 4
    say("ops", "migrate")
    assert "there are no objectives" in say("ops", "defects")


def test_the_tree_is_shown_linted_and_edited(here: Path) -> None:
    commit(here, {"prerequisites.md": TREE})

    shown = say("prereq", "show")
    assert "Signing key for releases #14 (blocked), waits for vault/pending/acme-sign" in shown
    assert told("prereq", "show", "--graph")["data"]["edges"]
    linted = told("prereq", "lint", code=1)
    assert {each["code"] for each in linted["findings"]} == {"PT06", "PT12"}
    assert told("prereq", "tick", "#15")["data"]["git"]["pushed"] is True
    assert "--reason" in refusal(Conflict, "prereq", "tick", "#15", "--untick")
    say("prereq", "tick", "#15", "--untick", "--reason", "it is slow")
    say("prereq", "status", "#31", "in progress", "--reason", "half of it")
    assert "Status: IN PROGRESS — half of it" in (here / "prerequisites.md").read_text()


def test_a_tree_without_objectives_is_not_simply_well(here: Path) -> None:
    say("ops", "migrate")

    assert "no objectives, and nothing is amiss" in say("prereq", "lint")


def test_a_thing_is_asked_for_waited_for_and_settled(here: Path) -> None:
    commit(here, {"prerequisites.md": TREE})
    wanted = ("--title", "Key", "--what", "x", "--why", "y", "--step", "Create it")
    say("vault", "request", "thing", "k", *wanted, "--then", "z", "--unblocks", "#15")
    say("prereq", "block", "#15", "vault/pending/k.md")

    assert "vault: Key" in say("human", "list")
    say("vault", "resolve", "k", "fired", "--note", "it is there")
    assert say("human", "list").startswith("no open questions")
    assert told("vault", "list")["data"][0]["state"] == "fired"
    assert "PT07" in {each["code"] for each in told("prereq", "lint", code=1)["findings"]}


def test_an_action_waits_for_a_person_as_its_tier_says(here: Path) -> None:
    say("ops", "migrate")
    asked = ("vault", "request", "action", "rel-1", "--formula", "release", "--context", "ship")
    first = told(*asked)["data"]

    assert (first["tier"], first["waits"], first["path"]) == (
        "high",
        True,
        "vault/pending/rel-1.toml",
    )
    assert told(*asked)["data"]["question"] == first["question"]
    assert "rel-1  action  pending" in say("vault", "list")
    say("vault", "resolve", "rel-1", "approved")
    assert (here / "vault/actions/rel-1.toml").is_file()
    assert "only a person lowers a tier" in say("vault", "classify", "release", "--tier", "low")
    assert told("vault", "classify", "triage")["data"]["waits"] is False
    assert "approved by" in say("vault", "show", "rel-1")


def test_a_repo_without_a_commit_is_told_to_begin(here: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "new-ops")

    assert "commit something, as a README, and push it" in refusal(
        Conflict, "ops", "migrate", str(tmp_path / "new-ops")
    )


def test_an_action_of_low_tier_goes_on_and_stands_in_the_log(here: Path) -> None:
    say("ops", "migrate")
    asked = ("vault", "request", "action", "sort-1", "--formula", "triage", "--context", "two wait")

    assert "it goes on; the hub's log tells of it, as event" in say(*asked)
    assert told(*asked)["data"]["question"] is None
    assert say("human", "list").startswith("no open questions")


def test_what_a_branch_proposes_is_listed_as_unknown_where_no_forge_was_asked(here: Path) -> None:
    git(here, "checkout", "-q", "-b", "vault/rel-1")
    text = 'id = "rel-1"\nformula = "release"\ncontext = "ship"\nsecrets = []\n'
    (here / "vault/actions").mkdir(parents=True)
    (here / "vault/actions/rel-1.toml").write_text(text)
    git(here, "add", "vault")
    git(here, "commit", "-q", "-m", "vault: add rel-1")
    git(here, "push", "-q", "origin", "vault/rel-1")
    git(here, "checkout", "-q", "main")
    listed = told("vault", "list")

    assert [(each["name"], each["state"]) for each in listed["data"]] == [("rel-1", "unknown")]
    assert [each["code"] for each in listed["findings"]] == ["VA19"]
    assert "forge not asked: GITEA_URL is not set" in say("vault", "list")
    assert text in say("vault", "show", "rel-1", "--offline")


def test_a_file_is_validated_with_all_its_faults(here: Path) -> None:
    (here / "x.toml").write_text('id = "A"\ncontext = 3\n')
    found = told("vault", "validate", "x.toml", code=1)

    assert [each["code"] for each in found["findings"]].count("VA02") == 4


def test_drift_is_told_where_the_formulas_are_known(here: Path, tmp_path: Path) -> None:
    say("ops", "migrate")
    (tmp_path / "formulas").mkdir()
    (tmp_path / "formulas/brew.toml").touch()

    assert "formulas" in refusal(BadValue, "vault", "policy-drift")
    found = told("vault", "policy-drift", "--formulas", str(tmp_path / "formulas"))
    assert {each["code"] for each in found["findings"]} == {"VA10", "VA11"}


def test_a_sprint_is_validated_planned_and_filed_once(here: Path) -> None:
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
    commit(here, {"sprints/csv-export.md": text, "sprints/bad.md": "<!-- filer:begin -->\n"})

    assert "can be filed" in say("sprint", "list")
    assert "nothing is amiss" in say("sprint", "validate", "csv-export")
    say("sprint", "validate", "bad", code=1)
    planned = told("sprint", "plan", "csv-export", "--tasks", "acme-ops")["data"]
    assert [step["action"] for step in planned["steps"]] == ["file", "file"]
    assert "2 entries filed" in say("sprint", "file", "csv-export", "--tasks", "acme-ops")
    assert "no entries filed" in say("sprint", "file", "csv-export", "--tasks", "acme-ops")
    assert "#31 is in-progress: 2 children" in say("sprint", "vision", "31", "--tasks", "acme-ops")
    assert told("sprint", "vision", "3", "--tasks", "acme-ops")["data"]["state"] == "open"
    assert "CSV writer" in say("task", "list", "--repo", "acme-ops")
    assert "after csv-writer" in say("sprint", "show", "csv-export")
    assert "--tasks REPO" in refusal(BadValue, "sprint", "plan", "csv-export")


def test_no_name_of_a_file_steers_the_terminal(here: Path) -> None:
    odd = "\x1b[31mred\nnext"
    commit(
        here,
        {f"vault/actions/{odd}.toml": "id = 1\n", f"evidence/holdout/2026-05-02-{odd}.json": "{"},
    )

    for asked in (
        ("vault", "list"),
        ("evidence", "list"),
        ("evidence", "list", "--domain", "holdout"),
    ):
        result = run(*asked, color=True)
        assert "[31mred" in result.stdout
        assert "\x1b[31mred" not in result.stdout
        assert "\nnext" not in result.stdout


def test_evidence_is_written_listed_and_shown(here: Path) -> None:
    say("evidence", "write", "holdout", input='{"rate": 0.9}')

    assert '"rate": 0.9' in say("evidence", "latest", "holdout")
    assert "today" in say("evidence", "list", "--domain", "holdout")
    assert run("evidence", "write", "holdout", input="[]").exit_code == 1


def test_engagement_is_collected_and_written(here: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(row("/docs") + b"junk\n")
    asked = ("evidence", "engagement", str(log), "--until", "2026-05-02 12:00:00")

    assert "lines skipped  1 of 2" in say(*asked)
    assert told(*asked, "--write")["data"]["report"]["page_views"] == 1
    assert told("evidence", "latest", "engagement")["data"]["path"].endswith("2026-05-02.json")
    (tmp_path / "access.log.1.zst").write_bytes(b"x")
    assert "access.log.1.zst: it is packed by zst" in say(*asked, "--write")
    log.write_bytes(b"")
    assert "no report" in say(*asked)


def test_dependencies_are_parsed_from_standard_input(here: Path) -> None:
    assert say("deps", "parse", input="Depends on #3, o/r#4") == (
        "#3     line 1  clause\no/r#4  line 1  clause\n"
    )
    assert say("deps", "parse", input="no longer depends on #3") == "it depends on nothing\n"


def test_secrets_are_found_and_hidden_and_never_told(here: Path) -> None:
    (here / "a.env").write_text("# mine\nAPI_KEY=abc-def-ghi\n")
    (here / "b.md").write_text("nothing here\n")
    found = told("secrets", "scan", "a.env", "b.md", code=1)

    assert [(each["path"], each["line"]) for each in found["findings"]] == [("a.env", 2)]
    assert "abc-def-ghi" not in json.dumps(found)
    mark = found["findings"][0]["message"].split("(")[1].rstrip(")")
    assert "in 1 file" in say("secrets", "scan", "a.env", "--allow", mark)
    assert say("secrets", "redact", "a.env") == "# mine\nAPI_KEY=[REDACTED]\n"
    assert run("secrets", "scan", input_="password: x").exit_code == 1


def test_what_looks_like_a_secret_is_not_written_and_it_is_said_where(here: Path) -> None:
    commit(here, {"prerequisites.md": TREE})
    (here / "told.json").write_text('{"password": "hunter2hunter2"}')
    said = say("evidence", "write", "protocol", "told.json")

    assert "looks like a secret" in said
    assert "hunter2" not in git(here, "log", "-p", "-1")


def test_how_work_flows_is_told_from_the_hubs_events(here: Path) -> None:
    assert "nothing was done" in say("ops", "metrics")
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
    commit(here, {"sprints/csv-export.md": text})
    say("sprint", "file", "csv-export", "--tasks", "acme-ops")
    key = told("task", "list", "--repo", "acme-ops")["data"]["items"][0]["key"]
    say("task", "status", key, "done")
    measured = told("ops", "metrics", "--repo", "acme-ops", "--window", "2")["data"]

    assert (measured["added"], measured["done"], measured["lead"]["count"]) == (2, 1, 1)
    assert len(measured["days"]) in (2, 3)
    assert "2 added, 1 done" in say("ops", "metrics")
    assert run("ops", "metrics", "--repo", "nowhere").exit_code != 0


def test_a_sprint_that_says_it_was_filed_is_not_filed_again(here: Path) -> None:
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n\n## Filed: #41 #42\n"
    commit(here, {"sprints/csv-export.md": text})
    said = say("sprint", "file", "csv-export", "--tasks", "acme-ops")
    plan = told("sprint", "plan", "csv-export", "--tasks", "acme-ops")

    assert "was filed before  cli-flag" in said
    assert "no entries filed among tasks of acme-ops" in said
    assert {each["action"] for each in plan["data"]["steps"]} == {"keep"}
    assert {each["code"] for each in plan["findings"]} == {"SP18"}
    assert told("sprint", "show", "csv-export")["data"]["filed_before"]["issues"] == [41, 42]


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with git and no docker, on which memory, disks and agents worry nobody."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    monkeypatch.setenv("PATH", str(programs))
    limits = "memory_min=1, swap_max=9TiB, disk_pct=100, programs=no-such-agent"
    monkeypatch.setenv("CUSTODIAN_HOST_LIMITS", limits)


@pytest.mark.usefixtures("quiet")
def test_a_host_is_told_in_words_and_in_bytes() -> None:
    assert "nothing is worrying" in say("host", "telemetry")
    data = told("host", "telemetry")["data"]
    assert (data["docker"]["status"], data["memory"]["total"] > 0) == ("absent", True)
    assert data["builds"] == {
        "status": "absent", "why": "GITEA_URL is not set", "builds": [], "not_told": [],
    }  # fmt: skip
    assert (data["pulls"]["status"], data["backlog"]["offered"]) == ("absent", [])
    asked = ("host", "telemetry", "--limit", "memory_min=900TiB")
    assert "P0 memory_available" in say(*asked, code=1)


@pytest.mark.usefixtures("quiet")
def test_a_lock_that_a_git_left_behind_is_told_with_what_to_do(here: Path) -> None:
    lock = here / ".git/index.lock"
    lock.touch()
    an_hour_ago = time.time() - 3630
    os.utime(lock, (an_hour_ago, an_hour_ago))
    printed = say("host", "telemetry", code=1)

    assert "1 checkout, no worktrees beside them, 1 lock" in printed
    assert f"P2 lock_dead {lock}: 60 min > 10 min, and no git works there" in printed
    assert lock.exists()


@pytest.mark.usefixtures("quiet")
def test_what_waits_is_told_with_what_waits_for_it(here: Path) -> None:
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
    commit(here, {"sprints/csv-export.md": text})
    say("sprint", "file", "csv-export", "--tasks", "acme-ops")
    printed = say("host", "telemetry")

    assert "backlog     1 repo with work to begin, never heard of an agent" in printed
    assert "waited for  1 open task, the oldest since" in printed
    (waited,) = told("host", "telemetry")["data"]["dependencies"]["open"]
    assert (waited["task"], waited["waiting"]) == ("acme-ops.csv-export.csv-writer", 1)


@pytest.mark.usefixtures("quiet")
def test_two_looks_at_a_host_tell_what_has_changed(tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    envelope = told("host", "telemetry")
    envelope["data"]["ts"] = "2026-01-01T00:00:00Z"
    before.write_text(json.dumps(envelope))

    assert "since 2026-01-01T00:00Z" in say("host", "telemetry", "--since", str(before))
    before.write_text("[]")
    assert "host telemetry --json" in refusal(BadValue, "host", "telemetry", "--since", str(before))


def test_limits_are_told_with_those_that_a_setting_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST_LIMITS", "disk_pct=95")

    limits = {each["name"]: each for each in told("host", "limits")["data"]}
    assert (limits["disk_pct"]["value"], limits["disk_pct"]["moved"]) == (95, True)
    assert (limits["memory_min"]["value"], limits["memory_min"]["moved"]) == (500 * 1024**2, False)
    assert "(moved by the setting)" in say("host", "limits")
    monkeypatch.setenv("CUSTODIAN_HOST_LIMITS", "disks=95")
    assert "disk_pct" in refusal(BadValue, "host", "telemetry")


def test_without_a_forge_no_issue_comes_next(here: Path) -> None:
    assert "GITEA_URL" in refusal(BadValue, "deps", "next", "acme/api")
