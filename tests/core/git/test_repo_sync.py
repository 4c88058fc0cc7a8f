"""The four primitives of the push seal, over real repos."""

from collections.abc import Callable
from pathlib import Path

import pytest

from custodian_core.git.repo_sync import count_local_ahead, count_remote_ahead, pull_ff, push_ff

from .conftest import commit, git, put


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(folder))
    return folder


@pytest.fixture
def repo(tmp_path: Path, remote: Path) -> Path:
    """A clone in step with its remote."""
    folder = tmp_path / "repo"
    git(tmp_path, "clone", "-q", str(remote), str(folder))
    commit(folder, "first")
    git(folder, "push", "-q", "-u", "origin", "main")
    return folder


@pytest.fixture
def other(tmp_path: Path, remote: Path, repo: Path) -> Path:
    """A second machine's clone."""
    folder = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(remote), str(folder))
    return folder


def publish(other: Path, name: str) -> str:
    """The second machine commits and pushes."""
    head = commit(other, name)
    git(other, "push", "-q")
    return head


def tip(remote: Path) -> str:
    return git(remote, "rev-parse", "main")


def counts(repo: Path) -> tuple[int, int]:
    """How far the remote and then this clone are ahead."""
    return count_remote_ahead(str(repo)), count_local_ahead(str(repo))


# --- pull_ff


def test_pull_says_so_where_there_is_nothing_to_pull(repo: Path) -> None:
    assert pull_ff(str(repo)) == (True, "already up to date")


def test_pull_brings_what_the_remote_has(repo: Path, other: Path) -> None:
    head = publish(other, "theirs")

    assert pull_ff(str(repo)) == (True, "pulled 1 commits")
    assert git(repo, "rev-parse", "HEAD") == head
    assert (repo / "theirs").exists()


def test_pull_does_nothing_to_what_is_ahead(repo: Path) -> None:
    head = commit(repo, "mine")

    assert pull_ff(str(repo))[0]
    assert git(repo, "rev-parse", "HEAD") == head


def test_pull_refuses_what_has_diverged(repo: Path, other: Path) -> None:
    head = commit(repo, "mine")
    publish(other, "theirs")
    ok, why = pull_ff(str(repo))

    assert not ok
    assert why == "local and remote have diverged: 1 here, 1 there"
    assert git(repo, "rev-parse", "HEAD") == head


def test_pull_keeps_what_somebody_is_at(repo: Path, other: Path) -> None:
    publish(other, "theirs")
    (repo / "first").write_text("half done\n")
    ok, _ = pull_ff(str(repo))

    assert ok
    assert (repo / "first").read_text() == "half done\n"


def test_pull_refuses_to_overwrite_what_somebody_is_at(repo: Path, other: Path) -> None:
    (other / "first").write_text("theirs\n")
    git(other, "commit", "-q", "-a", "-m", "theirs")
    git(other, "push", "-q")
    (repo / "first").write_text("half done\n")
    head = git(repo, "rev-parse", "HEAD")
    ok, why = pull_ff(str(repo))

    assert not ok
    assert "first" in why
    assert (repo / "first").read_text() == "half done\n"
    assert git(repo, "rev-parse", "HEAD") == head


# --- push_ff


def test_push_says_so_where_there_is_nothing_to_push(repo: Path) -> None:
    assert push_ff(str(repo)) == (True, "everything is there already")


def test_push_brings_what_is_ahead(repo: Path, remote: Path) -> None:
    commit(repo, "one")
    head = commit(repo, "two")

    assert push_ff(str(repo)) == (True, "pushed 2 commits")
    assert tip(remote) == head


def test_push_is_refused_where_the_two_have_diverged(repo: Path, other: Path, remote: Path) -> None:
    head = publish(other, "theirs")
    commit(repo, "mine")

    assert push_ff(str(repo)) == (False, "local and remote have diverged: 1 here, 1 there")
    assert tip(remote) == head


def test_push_never_forces_even_where_the_remote_moves_in_between(
    repo: Path, other: Path, remote: Path, shim: Path
) -> None:
    commit(repo, "mine")
    theirs = commit(other, "theirs")
    put(shim, f'case "$1" in push) (cd {other} && "$REAL_GIT" push -q);; esac')
    ok, _ = push_ff(str(repo))
    shim.unlink()

    assert not ok
    assert tip(remote) == theirs


def test_push_has_nothing_to_give_where_it_is_behind(repo: Path, other: Path, remote: Path) -> None:
    head = publish(other, "theirs")

    assert push_ff(str(repo))[0]
    assert tip(remote) == head


def test_push_does_not_make_a_deleted_branch_again(repo: Path, remote: Path) -> None:
    commit(repo, "mine")
    git(remote, "branch", "-m", "main", "trunk")
    ok, why = push_ff(str(repo))

    assert (ok, why) == (False, "branch main is not on the remote any more")
    assert git(remote, "branch", "--format=%(refname:short)") == "trunk"


def test_a_branch_that_was_never_pushed_is_told_how_to_get_there(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "-b", "main", "empty.git")
    git(tmp_path, "clone", "--quiet", "empty.git", "begun")
    commit(tmp_path / "begun", "the first")
    ok, why = push_ff(str(tmp_path / "begun"))

    push = "`git push -u origin main` puts it there"
    assert (ok, why) == (False, f"branch main is not on the remote yet; {push}")


def test_push_says_what_the_remote_says_against_it(repo: Path, remote: Path) -> None:
    hook = remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    commit(repo, "mine")
    ok, why = push_ff(str(repo))

    assert not ok
    assert "main is protected" in why


def test_push_leaves_commits_of_people_to_them_where_a_hook_guards_the_repo(repo: Path) -> None:
    hook = repo / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    commit(repo, "mine")
    ok, why = push_ff(str(repo))

    assert not ok
    assert "pre-push" in why
    assert not (repo / "ran").exists()


# --- counting


def test_nothing_is_ahead_in_a_repo_that_is_in_step(repo: Path) -> None:
    assert counts(repo) == (0, 0)


def test_what_the_remote_has_more_is_counted_without_a_fetch_before(
    repo: Path, other: Path
) -> None:
    publish(other, "one")
    publish(other, "two")

    assert counts(repo) == (2, 0)


def test_what_is_here_more_is_counted(repo: Path) -> None:
    for name in ("one", "two", "three"):
        commit(repo, name)

    assert counts(repo) == (0, 3)


def test_both_are_counted_where_the_two_have_diverged(repo: Path, other: Path) -> None:
    publish(other, "theirs")
    commit(repo, "one")
    commit(repo, "two")

    assert counts(repo) == (1, 2)


def test_a_remote_of_another_name_is_counted_against(repo: Path, other: Path) -> None:
    publish(other, "theirs")
    git(repo, "remote", "rename", "origin", "forge")

    assert counts(repo) == (1, 0)


def test_the_remote_that_is_followed_is_asked_and_not_origin(
    repo: Path, other: Path, remote: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.git"
    git(tmp_path, "clone", "-q", "--bare", str(remote), str(second))
    git(repo, "remote", "add", "second", str(second))
    git(repo, "fetch", "-q", "second")
    git(repo, "branch", "-q", "--set-upstream-to=second/main")
    publish(other, "to-origin")

    assert counts(repo) == (0, 0)
    git(other, "push", "-q", str(second), "main")
    assert counts(repo) == (1, 0)


# --- what cannot be told is 0, what cannot be done is False


def no_upstream(repo: Path) -> Path:
    git(repo, "branch", "--unset-upstream")
    return repo


def no_remote(repo: Path) -> Path:
    git(repo, "remote", "remove", "origin")
    return repo


def detached(repo: Path) -> Path:
    git(repo, "checkout", "-q", "--detach")
    return repo


def offline(repo: Path) -> Path:
    git(repo, "remote", "set-url", "origin", "http://127.0.0.1:9/x.git")
    return repo


def no_repo(repo: Path) -> Path:
    return repo.parent


def nowhere(repo: Path) -> Path:
    return repo / "nowhere"


def a_file(repo: Path) -> Path:
    return repo / "first"


STATES = (no_upstream, no_remote, detached, offline, no_repo, nowhere, a_file)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_cannot_be_reached_is_refused_with_a_reason_and_raises_nothing(
    repo: Path, state: Callable[[Path], Path]
) -> None:
    commit(repo, "mine")
    path = str(state(repo))

    for act in (pull_ff, push_ff):
        ok, why = act(path)
        assert not ok
        assert why
    assert count_remote_ahead(path) == 0
    assert count_local_ahead(path) == (1 if state is offline else 0)


@pytest.mark.parametrize("path", ["", "\0", "a\nb", "--upload-pack=x"])
def test_what_is_no_path_is_refused_and_means_no_other_folder(
    repo: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repo, "mine")
    monkeypatch.chdir(repo)

    assert not pull_ff(path)[0]
    assert not push_ff(path)[0]
    assert (count_remote_ahead(path), count_local_ahead(path)) == (0, 0)


def test_without_git_nothing_is_raised(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    assert pull_ff(str(repo)) == (False, push_ff(str(repo))[1])
    assert "git is not on PATH" in push_ff(str(repo))[1]
    assert counts(repo) == (0, 0)


# --- C-17, the seal, and the loop


def test_a_commit_that_could_not_be_pushed_shows_until_it_is(repo: Path, remote: Path) -> None:
    url = git(repo, "remote", "get-url", "origin")
    offline(repo)
    head = commit(repo, "automated")
    assert not push_ff(str(repo))[0]
    assert count_local_ahead(str(repo)) == 1

    git(repo, "remote", "set-url", "origin", url)
    assert push_ff(str(repo))[0]
    assert (tip(remote), count_local_ahead(str(repo))) == (head, 0)


def test_after_a_push_local_is_the_remote(repo: Path, remote: Path) -> None:
    commit(repo, "automated")
    assert push_ff(str(repo))[0]

    assert git(repo, "rev-parse", "HEAD") == tip(remote)
    assert counts(repo) == (0, 0)


def cycle(repo: Path, name: str | None) -> None:
    """What a timer does: catch up, commit what there is, push."""
    assert pull_ff(str(repo))[0]
    if name:
        commit(repo, name)
    assert push_ff(str(repo))[0]


def test_a_loop_with_nothing_to_do_makes_nothing(repo: Path, remote: Path) -> None:
    before = tip(remote), git(repo, "rev-list", "--count", "HEAD")
    for _ in range(3):
        cycle(repo, None)

    assert (tip(remote), git(repo, "rev-list", "--count", "HEAD")) == before


def test_a_loop_that_commits_each_time_piles_nothing_up(repo: Path, remote: Path) -> None:
    for number in range(3):
        cycle(repo, f"run-{number}")
        assert counts(repo) == (0, 0)

    assert git(remote, "rev-list", "--count", "main") == "4"


def test_a_loop_beside_another_machine_stays_in_one_line(
    repo: Path, other: Path, remote: Path
) -> None:
    for number in range(2):
        cycle(other, f"other-{number}")
        cycle(repo, f"repo-{number}")

    assert git(remote, "rev-list", "--merges", "--count", "main") == "0"
    assert git(remote, "rev-list", "--count", "main") == "5"
    assert count_remote_ahead(str(other)) == 1


def test_a_loop_that_was_offline_for_a_while_catches_up_by_itself(repo: Path, remote: Path) -> None:
    url = git(repo, "remote", "get-url", "origin")
    offline(repo)
    commit(repo, "automated")
    for _ in range(2):
        assert not push_ff(str(repo))[0]
    git(repo, "remote", "set-url", "origin", url)
    cycle(repo, None)

    assert counts(repo) == (0, 0)
    assert tip(remote) == git(repo, "rev-parse", "HEAD")
