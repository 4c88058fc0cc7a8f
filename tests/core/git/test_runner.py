"""The one way in which git is called: clean, bounded, and silent about secrets."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from custodian_core.errors import GitTrouble
from custodian_core.git.runner import Git, Ran
from tests.waiting import PATIENCE_S

from .conftest import commit, git, put


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    git(tmp_path, "init", "-q", str(folder))
    commit(folder, "first")
    return folder


@pytest.fixture
def stalling() -> Iterator[int]:
    """The port of a server that takes every caller in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def alive(marker: str) -> list[int]:
    """The processes that have the word in their environment."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdecimal() and marker.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A word that everything a test starts has in its environment; this process has not."""
    word = f"CUSTODIAN_TEST_MARK={tmp_path.name}-{os.getpid()}"
    monkeypatch.setenv(*word.split("="))
    yield word
    for left in alive(word):
        os.kill(left, signal.SIGKILL)


# --- the environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_COMMON_DIR", "/nowhere"),
        ("GIT_NAMESPACE", "x"),
        ("GIT_PREFIX", "x/"),
        ("GIT_CONFIG_PARAMETERS", "'core.bare'='true'"),
        ("GIT_CONFIG_COUNT", "99"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_EXEC_PATH", "/nowhere"),
        ("GIT_CEILING_DIRECTORIES", "/"),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE_CURL", "1"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_CONFIG", "/nowhere"),
    ],
)
def test_what_a_hook_or_a_shell_has_set_for_git_is_not_heard(
    repo: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    head = git(repo, "rev-parse", "HEAD")
    monkeypatch.setenv(name, value)
    ran = Git(repo).run("status", "--porcelain")

    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    assert Git(repo).word("rev-parse", "HEAD") == head


def test_from_a_linked_worktrees_hook_another_repo_is_that_repo(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", str(other))
    commit(other, "theirs")
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    told = tmp_path / "environment"
    hook = repo / ".git/hooks/post-commit"
    hook.write_text(f"#!/bin/sh\nenv -0 > {told}\n")
    hook.chmod(0o755)
    commit(linked, "second")
    inherited = dict(row.split("=", 1) for row in told.read_text().split("\0") if row)
    assert {"GIT_DIR", "GIT_INDEX_FILE"} <= inherited.keys()

    with pytest.MonkeyPatch.context() as patch:
        for name, value in inherited.items():
            if name.startswith("GIT_"):
                patch.setenv(name, value)
        assert Git(other).run("ls-files").text == "theirs"
        assert Git(other).run("status", "--porcelain").text == ""


def test_what_the_user_has_set_to_reach_remotes_is_heard(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" > {seen}\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    Git(repo).run("ls-remote", "ssh://git@nowhere.invalid/x")

    assert "-oBatchMode=yes" in seen.read_text()
    assert "-oConnectTimeout=10" in seen.read_text()


def test_standard_input_is_empty_and_not_the_callers(repo: Path) -> None:
    held, mine = os.pipe()  # stands for the stream that a server is spoken to over
    kept = os.dup(0)
    os.dup2(held, 0)
    try:
        ran = Git(repo).run("hash-object", "--stdin", limit_s=5)
    finally:
        os.dup2(kept, 0)
        for handle in (held, mine, kept):
            os.close(handle)

    assert ran.text == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@pytest.mark.parametrize("name", ["GIT_ASKPASS", "SSH_ASKPASS"])
def test_f41_nobody_is_asked_for_a_password(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unauthorized: str, name: str
) -> None:
    asked = tmp_path / "asked"
    script = tmp_path / "askpass"
    script.write_text(f"#!/bin/sh\ntouch {asked}\nsleep 60\n")
    script.chmod(0o755)
    monkeypatch.setenv(name, str(script))
    monkeypatch.setenv("DISPLAY", ":0")
    git(repo, "config", "core.askPass", str(script))
    ran = Git(repo).run("ls-remote", unauthorized, limit_s=10)

    assert not ran.ok
    assert not ran.timed_out
    assert not asked.exists()


def test_f41_nobody_is_asked_at_a_terminal(repo: Path, unauthorized: str) -> None:
    import pty
    import sys

    script = (
        "import sys; from pathlib import Path; from custodian_core.git.runner import Git\n"
        "ran = Git(Path(sys.argv[1])).run('ls-remote', sys.argv[2], limit_s=10)\n"
        "print('ended', ran.code, ran.timed_out)"
    )
    master, slave = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", script, str(repo), unauthorized],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        ) as process:
            process.wait(PATIENCE_S)
        said = os.read(master, 10_000).decode()
    finally:
        os.close(master)
        os.close(slave)

    assert "ended 128 False" in said
    assert "Username" not in said


# --- time


def test_f40_a_remote_that_stalls_is_given_up_with_all_that_was_started(
    repo: Path, stalling: int, marker: str
) -> None:
    ran = Git(repo).run("ls-remote", f"http://127.0.0.1:{stalling}/x.git", limit_s=0.5)

    assert ran.timed_out
    assert not ran.ok
    assert "git ls-remote took longer than 0.5 s and was stopped" in ran.told
    assert alive(marker) == []


def test_f44_what_ignores_being_asked_to_stop_is_stopped_with_its_children(
    repo: Path, shim: Path, marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodian_core.git.runner.GRACE_S", 0.3)
    put(shim, "trap '' TERM\nsleep 60 &\n(trap '' TERM; sleep 60) &\nsleep 60\nsleep 60")
    ran = Git(repo).run("push", limit_s=0.3)
    shim.unlink()

    assert ran.timed_out
    assert alive(marker) == []


def test_git_may_take_its_locks_away_when_it_is_stopped(repo: Path, shim: Path) -> None:
    lock = repo / "a.lock"
    put(shim, f"trap 'rm {lock}; exit 1' TERM\ntouch {lock}\nsleep 60 & wait")
    ran = Git(repo).run("fetch", limit_s=0.3)
    shim.unlink()

    assert ran.timed_out
    assert not lock.exists()


def test_a_run_that_is_interrupted_leaves_nothing_behind(
    repo: Path, shim: Path, marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shim, "sleep 0.3; kill -INT $PPID; sleep 60")  # once it is waited for
    with pytest.raises(KeyboardInterrupt):
        Git(repo).run("fetch")
    shim.unlink()

    assert alive(marker) == []


# --- what is told


@pytest.mark.parametrize(
    "said",
    [
        "fatal: unable to access 'https://me:s3cret@x.org/r/': refused",
        "remote: see https://s3cret@x.org/r",
        "fatal: https://me:p%40s3cret@x.org/ and ssh://me:s3cret@y.org:22/z fail",
        "fatal: http://me:s3cret@[::1]:80/x",
        "fatal: https://me:s3c@s3cret@x.org/",
    ],
)
def test_who_somebody_is_and_the_secret_that_proves_it_are_not_told(said: str) -> None:
    told = Ran(1, b"", said).told

    assert "s3c" not in told
    assert "://" in told


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nowhere.invalid", "127.0.0.1:99999"])
def test_f105_git_that_cannot_reach_a_remote_does_not_tell_its_secret(
    repo: Path, host: str
) -> None:
    ran = Git(repo).run("ls-remote", f"http://me:s3cret@{host}/x.git", limit_s=10)

    assert not ran.ok
    assert "s3cret" not in ran.told


def test_f48_a_long_and_wild_complaint_is_cut_and_tamed(repo: Path, shim: Path) -> None:
    put(
        shim,
        "printf 'remote: \\033[31mno\\033[0m \\007 \\342\\200\\256evil\\n' >&2\n"
        "head -c 200000 /dev/zero | tr '\\0' x >&2\nexit 1",
    )
    ran = Git(repo).run("push")
    shim.unlink()

    assert len(ran.err) <= 20_000
    assert len(ran.told) <= 300
    assert ran.told.isprintable()
    assert "[31mno" in ran.told


def test_advice_to_people_is_left_out_and_an_empty_complaint_is_a_number() -> None:
    assert Ran(1, b"", "hint: pull first\nerror: no\n\nremote: \nremote: x").told == "error: no; x"
    assert Ran(3, b"", "hint: x").told == "git ended with 3"


def test_without_git_it_is_said_what_to_install(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(GitTrouble, match="git is not on PATH; install it"):
        Git(repo).run("status")


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitTrouble, match="no such file or directory"):
        Git(tmp_path / "nowhere").run("status")


def test_a_question_that_git_refuses_is_told_with_the_folder(repo: Path) -> None:
    with pytest.raises(GitTrouble) as raised:
        Git(repo).ask("rev-parse", "--verify", "nonsense")

    assert str(raised.value).startswith(f"git rev-parse failed in {repo}: fatal: ")
