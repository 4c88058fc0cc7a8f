"""`custodian inventory`: what is on the forge beside the hub, and from there into care."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custodian_core.errors import BadValue, ForgeUnreachable, NoForge, NotAnOrg, TokenRefused
from tests.core.forge.fake import Switch
from tests.forges import Standing, standing
from tests.server.serving import served

from .desk import RED, SAFE_RED, data, refusal, run, say


@pytest.fixture
def forge(
    forge_server: tuple[Switch, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Standing]:
    monkeypatch.setattr("sys.argv", [str(Path(sys.executable).with_name("custodian"))])
    with standing(*forge_server, home) as forge:
        monkeypatch.setenv("GITEA_URL", forge.url)
        monkeypatch.setenv("GITEA_TOKEN", forge.token())
        yield forge


def envelope(*arguments: str, code: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(say(*arguments, "--json", code=code))
    return told


def test_the_report_has_its_sections_with_counts_and_says_who_asked(
    forge: Standing, home: Path
) -> None:
    forge.add("coulomb/docs")
    forge.knows.add_repo(
        "coulomb/new", description=f"What {RED} it is", fork=True, language="Python"
    )
    forge.knows.add_repo("ada/toys")
    (home / "repos").mkdir()
    say("inventory", "register", "coulomb/docs", "--clone-into", "repos", "--fix")
    say("repo", "register", str(home / "repos/docs"), "--slug", "docs", "--domain", "d")
    say("inventory", "out-of-scope", "ada/toys", "--reason", "only toys")
    told = say("inventory", "gitea")

    registered, unregistered, hub_only, out_of_scope, foot = told.rstrip("\n").split("\n\n")
    assert registered.startswith("Registered: 1\n  docs  coulomb/docs  synced 0m ago")
    assert unregistered.startswith("Unregistered: 1\n  coulomb/new  touched ")
    assert unregistered.endswith(f"Python, fork  What {SAFE_RED} it is")
    assert hub_only == "Hub-only: 0\n  the forge has every repo of the hub"
    assert out_of_scope == "Out of scope: 1\n  ada/toys      only toys"
    assert foot.startswith("127.0.0.1, asked as ada for what ada may see: 3 repos, 2")


def test_what_is_named_as_next_is_alive_and_has_workplans(forge: Standing) -> None:
    forge.knows.add_repo("coulomb/a-gone", archived=True, files=("workplans/a.md",))
    forge.knows.add_repo("coulomb/b-plain", files=("README.md",))
    forge.knows.add_repo("coulomb/c-plans", files=("workplans/a.md",))
    told = run("inventory", "gitea").stderr

    assert told == "next: custodian inventory register coulomb/c-plans --clone-into DIR\n"


def test_the_same_is_told_as_json(forge: Standing) -> None:
    forge.knows.add_repo("coulomb/new", description="What it is", default_branch="trunk")
    told = data("inventory", "gitea", "--org", "coulomb")

    assert told["counts"] == {
        "registered": 0,
        "unregistered": 1,
        "hub_only": 0,
        "unknown": 0,
        "out_of_scope": 0,
    }
    (row,) = told["unregistered"]
    assert (row["name"], row["description"], row["default_branch"]) == (
        "coulomb/new",
        "What it is",
        "trunk",
    )
    assert (row["archived"], row["has_workplans"], row["can_push"]) == (False, False, True)
    assert (told["login"], told["asked"]) == ("ada", ["the organization coulomb"])
    assert (told["partial"], told["not_kept"]) == (False, None)


def test_it_is_called_as_the_seeds_call_it(forge: Standing) -> None:
    assert envelope("gitea-inventory")["kind"] == "inventory"
    assert "gitea-inventory:" in (Path(__file__).parents[3] / "Makefile").read_text()


def test_flags_say_what_to_do(forge: Standing) -> None:
    there = forge.knows.add_repo("coulomb/docs")
    say("inventory", "register", "coulomb/docs")
    forge.knows.rename("coulomb/docs", "coulomb/papers")
    there.archived, there.default_branch = True, "trunk"

    (row,) = data("inventory", "gitea")["registered"]
    assert {each["flag"]: each["told"] for each in row["flags"]} == {
        "archived": "archived on the forge; `custodian repo set docs status=archived`",
        "renamed": (
            "renamed: it was at http://forge.example/coulomb/docs.git; "
            "`git remote set-url` in its checkouts"
        ).replace("http://forge.example", forge.url),
        "default-branch": (
            "its default branch is trunk, the hub says main; "
            "`custodian repo set docs default_branch=trunk`"
        ),
    }
    assert data("repo", "show", "docs")["remote_url"] == f"{forge.url}/coulomb/papers.git"


def test_a_partial_list_is_marked_and_says_nothing_of_what_is_missing(
    forge: Standing, docs: Path
) -> None:
    for number in range(60):
        forge.knows.add_repo(f"coulomb/repo-{number:02d}")
    forge.fake.instead("/user/repos", 500, "{}", page=2)
    told = say("inventory", "gitea")

    assert "PARTIAL: not all could be read, so nothing is said to be missing" in told
    assert "Unknown: 1\n  docs" in told
    assert "Hub-only: 0" in told


def test_what_is_wrong_with_url_or_token_is_said_and_nothing_else(
    forge: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(kind: type[Exception], *arguments: str) -> str:
        return refusal(kind, "inventory", "gitea", *arguments)

    assert "bob' is a person" in told(NotAnOrg, "--org", "bob")
    monkeypatch.setenv("GITEA_TOKEN", "wrong")
    assert "does not know the token" in told(TokenRefused)
    forge.fake.instead("/user", 200, "<html>", content_type="text/html")
    assert "no Gitea and no Forgejo" in told(NoForge)
    monkeypatch.setenv("GITEA_URL", "http://127.0.0.1:9")
    assert "does not answer" in told(ForgeUnreachable)
    monkeypatch.delenv("GITEA_TOKEN")
    assert told(BadValue).startswith("GITEA_TOKEN: it is not set")
    monkeypatch.delenv("GITEA_URL")
    assert told(BadValue).startswith("GITEA_URL: it is not set")
    monkeypatch.setenv("GITEA_URL", "gitea.example")
    monkeypatch.setenv("GITEA_TOKEN", "x")
    assert told(BadValue).startswith("GITEA_URL: it must be as")


def test_a_repo_goes_from_the_forge_to_a_dispatched_task_with_two_commands(
    forge: Standing, home: Path
) -> None:
    forge.add("coulomb/docs")
    told = say("inventory", "register", "coulomb/docs", "--clone-into", ".", "--fix")
    dispatch = say("dispatch", "docs")

    assert told.startswith("registered docs (coulomb/docs), domain papers\n  cloned to ")
    assert "hook post-commit: installed" in told
    assert "docs: ok, local is remote, 1 commit" in told
    assert "DOCS-WP-0001-T01  Parse" in dispatch
    assert "state_hub_task_id" in (home / "docs/workplans/docs.md").read_text()
    again = say("inventory", "register", "coulomb/docs", "--clone-into", ".", "--fix")
    assert again.startswith("registered already: docs (coulomb/docs), domain papers\n  lies in ")


def test_of_several_names_each_is_done_or_told(forge: Standing, home: Path) -> None:
    forge.knows.add_repo("coulomb/docs")
    names = ("coulomb/docs", "coulomb/nowhere", "..", "coulomb/docs")
    result = run("inventory", "register", *names)
    assert result.exit_code == 1
    assert result.stdout.count("registered docs") == 1
    assert "coulomb/nowhere: on the forge at" in result.stderr

    told = envelope("inventory", "register", *names, code=1)["data"]
    assert [each["full_name"] for each in told["done"]] == ["coulomb/docs"]
    assert [each["error"] for each in told["troubles"]] == ["NotOnForge", "BadValue"]
    assert run("inventory", "register", "coulomb/a", "coulomb/b").exit_code == 2


def test_a_decision_is_told_as_json_and_needs_a_reason(forge: Standing, docs: Path) -> None:
    forge.knows.add_repo("ada/toys")
    told = envelope("inventory", "out-of-scope", "ada/toys", "docs", "--reason", "no")["data"]

    assert told["done"] == [
        {"repo": None, "full_name": "ada/toys", "reason": "no"},
        {"repo": "docs", "full_name": None, "reason": "no"},
    ]
    assert "with a reason" in refusal(
        BadValue, "inventory", "out-of-scope", "ada/toys", "--reason", " "
    )


def test_a_hub_that_may_only_be_read_is_compared_and_says_that_it_kept_nothing(
    forge: Standing, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = home / "there"
    there.mkdir()
    forge.knows.add_repo("coulomb/new")
    make = ("token", "create", "reader", "--scope", "read", "--json")
    made = json.loads(run(*make, env={"CUSTODIAN_HOME": str(there)}).stdout)
    with served(there) as (_process, url):
        monkeypatch.setenv("CUSTODIAN_HUB_URL", url)
        monkeypatch.setenv("CUSTODIAN_HUB_TOKEN", made["data"]["secret"])
        result = run("inventory", "gitea")

    assert result.exit_code == 0, result.output
    assert "coulomb/new" in result.stdout
    assert "the hub did not keep this inventory" in result.stderr
