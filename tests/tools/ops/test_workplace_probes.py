"""Checkouts, processes and builds as they are, looked at with real git, programs and a forge."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from custodian_core.errors import UnknownThing
from custodian_core.ops.host import Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.workplace import Place, Worktree
from custodian_tools.checkouts import Target
from custodian_tools.ops.workplace import look_at_places, look_at_processes
from tests.core.git.conftest import commit, git

PROC = Path("/proc")
HOUR = 3600


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("GIT_CONFIG_GLOBAL", os.devnull), ("GIT_CONFIG_NOSYSTEM", "1")):
        monkeypatch.setenv(name, value)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Me")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "me@x.org")
    top = tmp_path / "api"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    commit(top, "a.md")
    return top


def look(*paths: Path, later: float = 0, answer_s: float = 60) -> tuple[Place, ...]:
    """The places as they are, `later` seconds from now."""
    targets = [Target(path, path.name) for path in paths]
    return look_at_places(lambda: targets, time.time() + later, answer_s, PROC).places


@contextmanager
def program(path: Path, *, cwd: Path) -> Generator[subprocess.Popen[bytes]]:
    """A program of that name that waits, whatever it is."""
    path.parent.mkdir(exist_ok=True)
    # (a link to this interpreter is a program of any name; `sleep` may be one of many in a binary,
    # which goes by the name that it is called by)
    path.symlink_to(sys.executable)
    with running(path, "-c", "import time; time.sleep(60)", cwd=cwd) as process:
        yield process


@contextmanager
def running(*command: "str | Path", cwd: Path) -> Generator[subprocess.Popen[bytes]]:
    """That command, once it is seen under its name."""
    process = subprocess.Popen(command, cwd=cwd)
    try:
        # (for a moment after it has begun a program has no words yet)
        while not (PROC / str(process.pid) / "cmdline").read_bytes():
            time.sleep(0.001)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_checkout_that_is_in_order_has_nothing_standing_around(repo: Path) -> None:
    assert look(repo) == (Place("api", str(repo), Probe.OK),)


def test_a_lock_is_owned_while_a_git_works_there_and_by_nobody_afterwards(
    repo: Path, tmp_path: Path
) -> None:
    (repo / ".git/index.lock").touch()
    (repo / ".git/refs/heads/main.lock").touch()
    with program(tmp_path / "bin/git", cwd=repo):
        (while_it_works,) = look(repo, later=HOUR)
    (after,) = look(repo, later=HOUR)

    assert [each.owned for each in while_it_works.locks] == [True, True]
    assert [(Path(each.path).name, each.owned) for each in after.locks] == [
        ("index.lock", False),
        ("main.lock", False),
    ]
    assert after.locks[0].age_s == pytest.approx(HOUR, abs=60)


def test_a_worktree_is_told_by_what_last_happened_in_it_and_one_whose_folder_is_gone(
    repo: Path, tmp_path: Path
) -> None:
    git(repo, "worktree", "add", "-q", str(tmp_path / "one"))
    git(repo, "worktree", "add", "-q", str(tmp_path / "two"))
    shutil.rmtree(tmp_path / "two")
    (place,) = look(repo, later=5 * HOUR)
    one, two = place.worktrees

    assert one.idle_s == pytest.approx(5 * HOUR, abs=60)
    assert two == Worktree(str(tmp_path / "two"), None, gone=True)


def test_a_rebase_that_met_a_conflict_is_half_done_and_git_says_nothing_of_it(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "other")
    (repo / "a.md").write_text("other\n")
    git(repo, "commit", "-q", "-am", "other")
    git(repo, "checkout", "-q", "main")
    (repo / "a.md").write_text("mine\n")
    git(repo, "commit", "-q", "-am", "mine")
    subprocess.run(["git", "rebase", "-q", "other"], cwd=repo, capture_output=True, check=False)
    (place,) = look(repo, later=HOUR)

    assert place.half_done == "rebase"
    assert place.half_done_s == pytest.approx(HOUR, abs=60)


def test_a_folder_that_is_gone_and_a_git_that_is_silent_are_told_as_such(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow/git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 20\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=os.pathsep)
    gone, silent = look(tmp_path / "gone", repo, answer_s=0.3)

    assert (gone.status, gone.why) == (Probe.FAILED, "its folder is not there")
    assert silent.status is Probe.TIMEOUT


def test_where_it_is_not_known_which_checkouts_there_are_it_is_said() -> None:
    def ask() -> list[Target]:
        raise UnknownThing("host", "here")

    told = look_at_places(ask, 0, 1, PROC)

    assert (told.status, told.places) == (Probe.FAILED, ())


def test_agents_are_known_by_their_program_or_script_and_nothing_of_their_words_is_told(
    tmp_path: Path,
) -> None:
    script = tmp_path / "bin/my-agent"
    script.parent.mkdir()
    script.write_text("import time\ntime.sleep(60)\n")
    with (
        program(tmp_path / "bin/claude", cwd=tmp_path) as one,
        # (what is called python3 may be a script that finds one, and goes by other words till then)
        running(sys.executable, script, "--token=hunter2", cwd=tmp_path) as two,
    ):
        told = look_at_processes(Limits(programs="claude my-agent"), PROC)

    found = {each.pid: each for each in told.processes}
    assert (found[one.pid].name, found[two.pid].name) == ("claude", "my-agent")
    assert 0 <= found[one.pid].age_s < HOUR
    assert "hunter2" not in str(told)


def test_where_processes_cannot_be_looked_at_it_is_said(tmp_path: Path) -> None:
    assert look_at_processes(Limits(), tmp_path).status is Probe.FAILED
