"""`custodian register` and `repo register`: what a checkout tells, and what is refused."""

from pathlib import Path

import pytest

from custodian_core.errors import BadValue, Conflict, FileTrouble, UnknownThing

from .desk import checkout, data, git, refusal, say


def test_registering_takes_the_slug_from_the_folder_and_the_domain_from_the_newest_plan(
    home: Path,
) -> None:
    folder = checkout(home / "Marki Docx!")
    (folder / "workplans").mkdir()
    for number, domain in ((2, "custodian"), (10, "Coulomb Docs"), (1, "old")):
        front = f"id: X-WP-{number}\ntype: workplan\ntitle: x\nstatus: todo\ndomain: {domain}\n"
        plan = f"---\n{front}---\n"
        (folder / f"workplans/{number}.md").write_text(plan)
    repo = data("register", str(folder))

    assert (repo["slug"], repo["domain"], repo["remote_url"]) == (
        "marki-docx",
        "coulomb-docs",
        None,
    )
    assert repo["default_branch"] == "trunk"
    assert [(host["host"], host["path"]) for host in repo["hosts"]] == [("laptop", str(folder))]


def test_registering_knows_the_remotes_default_branch_whatever_is_checked_out(docs: Path) -> None:
    git(docs, "symbolic-ref", "HEAD", "refs/heads/feature")
    assert data("register", str(docs))["default_branch"] == "trunk"

    git(docs, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert data("register", str(docs))["default_branch"] == "main"


def test_no_credentials_of_a_remote_reach_the_hub(home: Path) -> None:
    folder = checkout(home / "docs", "https://ada:s3cret@git.example/ada/docs.git")
    url = data("register", str(folder))["remote_url"]
    set_ = data("repo", "set", "docs", "remote_url=https://s3cret@git.example/x?token=s3cret")

    assert url == "https://git.example/ada/docs.git"
    assert set_["remote_url"] == "https://git.example/x"
    assert "s3cret" not in say("db", "export")


def test_registering_again_changes_nothing_that_is_known(docs: Path) -> None:
    say("repo", "set", "docs", "domain=papers")
    before = data("repo", "show", "docs")

    assert data("register", str(docs)) == before


def test_a_checkout_keeps_the_name_it_was_registered_under(home: Path) -> None:
    folder = checkout(home / "docs")
    say("repo", "register", str(folder), "--slug", "papers", "--domain", "d")

    assert data("register", str(folder))["slug"] == "papers"


def test_a_repo_is_known_by_its_remote_on_another_host(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "server")
    folder = checkout(home / "srv/checkout", "https://git.example/ada/docs.git")
    repo = data("register", str(folder))

    assert repo["slug"] == "docs"
    assert {host["host"]: host["path"] for host in repo["hosts"]} == {
        "laptop": str(docs),
        "server": str(folder),
    }


def test_another_repo_in_a_folder_of_the_same_name_is_refused(docs: Path, home: Path) -> None:
    other = checkout(home / "other/docs", "https://git.example/bob/docs.git")
    told = refusal(Conflict, "register", str(other))

    assert told == (
        f"repo docs: it lies in {docs} on this host; give it a name: "
        "custodian repo register PATH --slug SLUG --domain DOMAIN"
    )
    assert data("repo", "show", "docs")["remote_url"] == "https://git.example/ada/docs.git"


def test_another_hosts_repo_of_the_same_name_is_refused(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "server")
    other = checkout(home / "other/docs", "https://git.example/bob/docs.git")

    told = refusal(Conflict, "register", str(other))
    assert told.startswith("repo docs: its remote is https://git.example/ada/docs.git; give it")


def test_a_checkout_that_was_moved_is_registered_where_it_is(docs: Path, home: Path) -> None:
    docs.rename(home / "moved")

    (host,) = data("register", str(home / "moved"))["hosts"]
    assert host["path"] == str(home / "moved")


def test_what_is_no_checkout_is_refused_with_what_to_do(home: Path, docs: Path) -> None:
    (home / "plain").mkdir()
    (docs / "src").mkdir()

    for path, reason in (
        ("plain", "plain: it is no checkout of a git repo; begin one with `git init`"),
        ("nowhere", "nowhere: there is no such folder"),
        ("docs/src", "docs/src: it lies within a repo; name its top, docs"),
    ):
        assert refusal(FileTrouble, "register", path) == reason


def test_without_git_one_is_told_to_install_it(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))

    assert refusal(FileTrouble, "register", str(docs)) == (
        "git: it is not on PATH; install it to register checkouts"
    )


def test_a_hooks_environment_does_not_name_the_repo(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = checkout(home / "other")
    monkeypatch.setenv("GIT_DIR", str(docs / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(docs))

    assert data("register", str(other))["remote_url"] is None


def test_a_folder_outside_the_roots_is_refused_though_a_link_leads_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(home / "outside")
    (home / "inside").mkdir()
    (home / "inside/link").symlink_to(home / "outside")
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(home / "inside"))

    told = "path outside: it is not below inside; set CUSTODIAN_ROOTS to where your checkouts live"
    assert refusal(BadValue, "register", "inside/link") == told
    named = ("--slug", "x", "--domain", "d")
    assert refusal(BadValue, "repo", "register", "outside", *named) == told
    say("repo", "list")


def test_a_repo_is_registered_under_the_name_and_facts_that_are_given(home: Path) -> None:
    folder = checkout(home / "docs", "https://git.example/ada/docs.git")
    repo = data(
        *("repo", "register", str(folder), "--slug", "papers", "--domain", "science"),
        *("--remote-url", "https://me:pw@forge.example/papers.git", "--default-branch", "main"),
    )

    assert (repo["slug"], repo["domain"]) == ("papers", "science")
    assert repo["remote_url"] == "https://forge.example/papers.git"
    assert repo["default_branch"] == "main"


def test_a_slug_or_topic_that_cannot_be_is_refused(home: Path) -> None:
    folder = str(checkout(home / "docs"))

    assert "a slug is" in refusal(
        BadValue, "repo", "register", folder, "--slug", "No Slug", "--domain", "d"
    )
    assert "there is no topic 'x'" in refusal(
        UnknownThing, *("repo", "register", folder, "--slug", "s", "--domain", "d", "--topic", "x")
    )
