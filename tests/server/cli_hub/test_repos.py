"""`custodian repo` and `custodian goal`."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.commands import ChangeRepo
from custodian_core.errors import BadValue, Conflict

from .desk import RED, SAFE_RED, Do, checkout, data, refusal, run_program, say


def test_a_path_of_a_checkout_names_its_repo(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "src").mkdir()
    (home / "elsewhere").mkdir()
    (home / "link").symlink_to(docs)
    monkeypatch.chdir(docs / "src")

    for name in ("docs", ".", str(docs), "../", str(home / "link")):
        assert data("repo", "show", name)["slug"] == "docs"
    assert "no repo is registered there on this host" in refusal(
        BadValue, "repo", "show", str(home / "elsewhere")
    )


def test_repos_are_listed_and_filtered(home: Path, do: Do) -> None:
    for name in ("alpha", "beta"):
        say("repo", "register", str(checkout(home / name)), "--slug", name, "--domain", "greek")
    say("repo", "out-of-scope", "beta", "--reason", "not ours")
    hour_ago = now() - timedelta(hours=1)
    do(ChangeRepo("docs", {"last_state_synced_at": hour_ago}))

    assert say("repo", "list") == (
        "alpha  greek  active        synced never      no remote\n"
        "beta   greek  out_of_scope  synced never      no remote\n"
        "docs   docs   active        synced 1h 0m ago  https://git.example/ada/docs.git\n"
    )

    def slugs(*filters: str) -> list[str]:
        return [repo["slug"] for repo in data("repo", "list", *filters)["items"]]

    assert slugs("--domain", "greek") == ["alpha", "beta"]
    assert slugs("--status", "out_of_scope") == ["beta"]
    assert slugs("--host", "laptop") == ["alpha", "beta", "docs"]
    assert slugs("--host", "server") == []
    assert slugs("--stale", "0.5") == ["alpha", "beta", "docs"]
    assert slugs("--stale", "2") == ["alpha", "beta"]


def test_a_long_list_says_how_to_go_on(home: Path, docs: Path) -> None:
    say("register", str(checkout(home / "alpha")))
    first = say("repo", "list", "--limit", "1")
    page = data("repo", "list", "--limit", "1")

    assert first.splitlines()[-1] == "1 of 2 repos; go on with --after alpha"
    assert (page["total"], page["cursor"]) == (2, "alpha")
    assert data("repo", "list", "--after", "alpha")["cursor"] is None


def test_empty_lists_are_said_aloud(docs: Path) -> None:
    assert say("repo", "list", "--domain", "none") == "no repos\n"
    assert say("task", "list") == "no tasks\n"
    assert say("human", "list") == "no open questions\n"
    assert say("human", "list", "--all") == "no questions\n"
    assert say("goal", "list", "docs") == "no goals\n"
    assert say("goal", "show", "docs") == "no active goal\n"
    assert say("token", "list") == "no tokens\n"
    assert data("goal", "show", "docs") is None


def test_fields_of_a_repo_are_set_by_their_types(docs: Path) -> None:
    repo = data(
        *("repo", "set", "docs", "domain=papers", "forge_id=7", "kaizen_schedule_enabled=yes"),
        *("default_branch=", "status=archived", "last_state_synced_at=2026-11-21T12:00:00Z"),
    )

    assert (repo["domain"], repo["forge_id"], repo["default_branch"]) == ("papers", 7, None)
    assert (repo["kaizen_schedule_enabled"], repo["status"]) == (True, "archived")
    assert repo["last_state_synced_at"] == "2026-11-21T12:00:00Z"
    assert "changed docs\n  domain  papers\n" in say("repo", "set", "docs", "forge_id=8")


def test_paths_of_a_repo_are_set_whole_and_only_below_the_roots(docs: Path, home: Path) -> None:
    paths = {"laptop": str(docs), "server": "/srv/docs"}
    repo = data("repo", "set", "docs", f"host_paths={json.dumps(paths)}")

    assert {host["host"]: host["path"] for host in repo["hosts"]} == paths
    outside = f"host_paths={json.dumps({'laptop': '/'})}"
    assert "set CUSTODIAN_ROOTS" in refusal(BadValue, "repo", "set", "docs", outside)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("colour=red", "field colour: it cannot be changed; these can: domain, topic,"),
        ("domain", "'domain': it must be field=value"),
        ("forge_id=many", "forge_id: it must be a number"),
        ("kaizen_schedule_enabled=maybe", "kaizen_schedule_enabled: it must be true or false"),
        ("status=gone", "status: it must be one of active, archived, out_of_scope"),
        ("last_state_synced_at=now", "last_state_synced_at: 'now' is not a time"),
        ("host_paths=/x", 'host_paths: it must be JSON, as {"laptop": "/home/me/x"}'),
        ("status=out_of_scope", "status_reason: a repo is put out of scope with a reason"),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(docs: Path, word: str, why: str) -> None:
    assert refusal(BadValue, "repo", "set", "docs", word).startswith(why)


def test_a_field_is_given_once(docs: Path) -> None:
    told = refusal(BadValue, "repo", "set", "docs", "domain=a", "domain=b")

    assert told == "field domain: it is given twice"


def test_a_repo_out_of_scope_says_why(docs: Path) -> None:
    told = say("repo", "out-of-scope", "docs", "--reason", f"not ours {RED}")

    assert f"  status  out_of_scope, not ours {SAFE_RED}\n" in told
    assert say("status") == (
        "no repos, no open tasks, no claims, no open questions; 1 repo archived or out of scope\n"
    )


def test_a_repo_is_not_forgotten_unasked(tasks: Do) -> None:
    refused = run_program("repo", "unregister", "docs")

    assert (refused.returncode, refused.stderr) == (
        2,
        "custodian: unregister: say --yes where there is no terminal to ask on\n",
    )
    assert say("repo", "unregister", "docs", "--yes") == (
        "unregistered docs; its files stay as they are\n"
    )
    assert say("task", "list") == "no tasks\n"


def test_a_goal_is_set_followed_by_another_and_ended(docs: Path) -> None:
    say("goal", "set", "docs", "First")
    say("goal", "set", str(docs), f"Second {RED}", "--description", "in\ntwo lines")

    shown = say("goal", "show", "docs").splitlines()
    assert shown[0] == f"Second {SAFE_RED}"
    assert shown[1].startswith("docs, active, set 20")
    assert shown[2:] == ["  | in", "  | two lines"]
    assert [goal["status"] for goal in data("goal", "list", "docs")] == ["active", "dropped"]
    assert say("goal", "end", "docs") == f"docs: achieved: Second {SAFE_RED}\n"
    assert "it has no active goal" in refusal(Conflict, "goal", "end", "docs")


def test_a_goal_can_be_dropped(docs: Path) -> None:
    say("goal", "set", "docs", "First")

    assert data("goal", "end", "docs", "--dropped")["status"] == "dropped"
    assert re.fullmatch(r"20\S+Z  dropped  First\n", say("goal", "list", "docs"))
