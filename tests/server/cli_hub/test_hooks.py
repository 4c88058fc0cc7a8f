"""`custodian hooks`."""

import os
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, Conflict, UnknownThing

from .desk import checkout, data, git, refusal, run, say


@pytest.fixture(autouse=True)
def program(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `custodian` that was installed somewhere of its own."""
    path = home / "bin/custodian"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.argv", [str(path)])
    return path


def test_hooks_are_installed_looked_at_and_taken_out(docs: Path, program: Path) -> None:
    absent = "docs  post-commit   absent\ndocs  post-merge    absent\ndocs  post-rewrite  absent\n"

    assert say("hooks", "status", "docs") == absent
    assert say("hooks", "install", str(docs)) == absent.replace("absent", "installed")
    assert str(program) in (docs / ".git/hooks/post-commit").read_text()
    assert say("hooks", "status", "docs") == absent.replace("absent", "installed")
    assert "as before" in say("hooks", "install", "docs")
    assert say("hooks", "uninstall", "docs") == absent
    assert not (docs / ".git/hooks/post-commit").exists()


def test_all_means_every_checkout_on_this_host_that_is_cared_for(docs: Path, home: Path) -> None:
    say("register", str(checkout(home / "notes")))
    say("register", str(checkout(home / "old")))
    say("hooks", "install", "old")
    say("repo", "out-of-scope", "old", "--reason", "done")

    assert [each["repo"] for each in data("hooks", "install", "--all")] == ["docs", "notes"]
    assert [each["repo"] for each in data("hooks", "uninstall", "--all")] == [
        "docs",
        "notes",
        "old",
    ]


def test_one_checkout_that_is_gone_keeps_nobody_else_from_hooks(docs: Path, home: Path) -> None:
    say("register", str(checkout(home / "notes")))
    docs.rename(home / "moved")
    gone, notes = data("hooks", "install", "--all", code=1)

    assert gone["why"] == "docs: there is no such folder"
    assert [hook["state"] for hook in notes["hooks"]] == ["installed"] * 3


def test_a_hook_that_is_left_alone_ends_with_1_and_the_reason(docs: Path) -> None:
    hook = docs / ".git/hooks/post-merge"
    hook.write_text("#!/usr/bin/python3\n")
    told = say("hooks", "install", "docs", code=1)
    (found,) = data("hooks", "status", "docs", code=1)

    line = "docs  post-merge    foreign    it is written for python3, not for a POSIX shell\n"
    assert line in told
    assert found["hooks"][1] == {
        "hook": "post-merge",
        "state": "foreign",
        "why": "it is written for python3, not for a POSIX shell",
        "changed": False,
        "refused": True,
    }


def test_hooks_that_are_older_end_with_1(docs: Path, home: Path, program: Path) -> None:
    say("hooks", "install", "docs")
    hook = docs / ".git/hooks/post-commit"
    hook.write_text(hook.read_text().replace(str(program), "/elsewhere/custodian"))

    assert "outdated" in say("hooks", "status", "docs", code=1)
    assert "installed" in say("hooks", "install", "docs")
    assert "outdated" not in say("hooks", "status", "docs")


def test_a_worktree_stands_for_its_repo(docs: Path, home: Path) -> None:
    git(docs, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "x")
    git(docs, "worktree", "add", str(home / "tree"))
    (found,) = data("hooks", "install", "tree/.")

    assert (found["repo"], found["path"]) == ("docs", str(home / "tree"))
    assert found["folder"] == str(docs / ".git/hooks")


def test_a_checkout_that_nobody_registered_gets_no_hooks_but_is_rid_of_them(
    docs: Path, home: Path
) -> None:
    checkout(home / "stranger")
    say("hooks", "install", "docs")
    say("repo", "unregister", "docs", "--yes")

    assert "no repo is registered there" in refusal(BadValue, "hooks", "install", "./stranger")
    assert data("hooks", "uninstall", str(docs))[0]["hooks"][0]["changed"] is True


def test_a_repo_that_is_not_here_is_told(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal(UnknownThing, "hooks", "install", "nothing")
    monkeypatch.setenv("CUSTODIAN_HOST", "desktop")

    assert "it has no checkout on desktop" in refusal(Conflict, "hooks", "install", "docs")


def test_names_and_all_are_not_said_together(docs: Path) -> None:
    result = run("hooks", "install", "docs", "--all")

    assert (result.exit_code, "--all" in result.output) == (2, True)


def test_without_a_name_the_repo_in_this_folder_is_meant(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(docs)
    (told,) = data("hooks", "install")

    assert told["repo"] == "docs"
    assert data("dispatch", code=3)["repo_slug"] == "docs"


def test_no_repos_here_is_said_aloud(home: Path) -> None:
    assert say("hooks", "status", "--all") == "no repo has a checkout on this host\n"
