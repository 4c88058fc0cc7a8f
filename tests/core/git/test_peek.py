"""What is read from git's own files is what git says, or nothing."""

from pathlib import Path

import pytest

from custodian_core.git.peek import commit_of, upstream_of
from custodian_core.git.state import Checkout, probe

from .conftest import commit, git


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A clone that follows its remote."""
    remote, folder = tmp_path / "remote.git", tmp_path / "repo"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    git(tmp_path, "clone", "-q", str(remote), str(folder))
    commit(folder, "first")
    git(folder, "push", "-q", "-u", "origin", "main")
    git(folder, "remote", "add", "second", str(remote))
    git(folder, "push", "-q", "second", "main")
    return folder


def test_what_a_plain_repo_follows_is_read(repo: Path) -> None:
    said = upstream_of(repo / ".git", "main")

    assert said is not None
    assert (said.remote, said.remote_ref, said.tracking) == (
        "origin",
        "refs/heads/main",
        "refs/remotes/origin/main",
    )


@pytest.mark.parametrize(
    "more",
    [
        '[branch "main"]\n\tremote = second\n',
        '[branch "main"]\n\tremote = "second"\n',
        '[branch "main"]\n\tremote = sec\\\nond\n',
        '[branch "main"] remote = second\n',
        '[BRANCH "main"]\n\tREMOTE = second\n',
        "[branch.main]\n\tremote = second\n",
        '[branch "main"]\n\tremote = second # or so\n',
        '[branch "main"]\n\tmerge = refs/heads/other\n',
        '[branch "main"]\n\tremote = .\n',
        '[remote "origin"]\n\tfetch = +refs/heads/x:refs/x\n',
        '[remote "origin"]\n\tfetch = ^refs/heads/main\n',
        "[include]\n\tpath = more\n",
        '[alias]\n\tx = "!f() { echo [branch; }; f"\n',
        '[core]\n\tx = a\\\n[branch "main"]\n\tremote = second\n',
        '; [branch "main"]\n# remote = second\n',
    ],
)
def test_whatever_a_configuration_holds_git_is_not_contradicted(repo: Path, more: str) -> None:
    config = repo / ".git/config"
    config.write_text(config.read_text() + more)
    (repo / ".git/more").write_text('[branch "main"]\n\tremote = second\n')
    said = upstream_of(repo / ".git", "main")
    fields = "--format=%(upstream:remotename) %(upstream:remoteref) %(upstream)"
    git_says = git(repo, "for-each-ref", fields, "refs/heads/main")

    assert said is None or f"{said.remote} {said.remote_ref} {said.tracking}" == git_says


@pytest.mark.parametrize("act", [["pack-refs", "--all"], ["gc", "-q"], ["repack", "-q", "-a"]])
def test_a_commit_is_read_where_refs_are_packed(repo: Path, act: list[str]) -> None:
    git(repo, *act)
    head = git(repo, "rev-parse", "HEAD")

    assert commit_of(repo / ".git", "refs/heads/main") == head
    assert commit_of(repo / ".git", "refs/heads/nowhere") is None


def test_a_ref_that_is_newer_than_the_packed_one_counts(repo: Path) -> None:
    git(repo, "pack-refs", "--all")
    head = commit(repo, "second")

    assert commit_of(repo / ".git", "refs/heads/main") == head


def test_a_ref_that_points_to_another_is_left_to_git(repo: Path) -> None:
    git(repo, "branch", "real")
    git(repo, "symbolic-ref", "refs/heads/main", "refs/heads/real")
    checkout = probe(repo)

    assert commit_of(repo / ".git", "refs/heads/main") is None
    assert isinstance(checkout, Checkout)
    assert checkout.head == git(repo, "rev-parse", "HEAD")
