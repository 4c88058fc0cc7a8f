"""What becomes of the hooks that are there, and which folders are left alone."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from custodian_core.errors import FileTrouble
from custodian_core.fenced import State
from custodian_core.hookscript import HOOKS
from custodian_core.settings import Settings
from custodian_tools.checkouts import Target
from custodian_tools.hooks import install

from .machine import Machine, states, tree, users

ALL_INSTALLED = dict.fromkeys(HOOKS, "installed")
ALL_ABSENT = dict.fromkeys(HOOKS, "absent")


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\necho mine\nexit 3\n",
        "#!/bin/sh -eu\necho mine\n",
        "#!/bin/bash -eu\nset -o pipefail\necho mine",
        "#!/usr/bin/env bash\nset -x\ntrap 'echo mine' EXIT\nfalse\n",
        "echo mine\n",
    ],
    ids=["exits", "strict", "no-final-newline", "trap", "no-shebang"],
)
def test_f52_an_existing_hook_works_as_before(machine: Machine, repo: Path, text: str) -> None:
    hook = users(repo, text)
    before, told = tree(repo / ".git/hooks"), machine.commit(repo)
    installed = machine.install(repo)
    told_now = machine.commit(repo)

    assert states(installed) == states(machine.status(repo)) == ALL_INSTALLED
    assert "mine" in told
    assert told_now.replace("\n", "").endswith(told.replace("\n", "")[-4:])
    assert "mine" in told_now
    assert len(machine.calls) == 1
    assert os.access(hook, os.X_OK)
    machine.uninstall(repo)
    assert tree(repo / ".git/hooks") == before


def test_f52_a_second_install_changes_no_byte(machine: Machine, repo: Path) -> None:
    users(repo, "#!/bin/sh\necho mine\n")
    first = machine.install(repo)
    before = tree(repo / ".git/hooks")
    times = {path: path.stat().st_mtime_ns for path in (repo / ".git/hooks").iterdir()}
    second = machine.install(repo)

    assert [hook.changed for hook in first.hooks + second.hooks] == [True] * 3 + [False] * 3
    assert tree(repo / ".git/hooks") == before
    assert times == {path: path.stat().st_mtime_ns for path in (repo / ".git/hooks").iterdir()}


def test_f52_uninstalling_leaves_bytes_and_modes_as_they_were(machine: Machine, repo: Path) -> None:
    users(repo, "#!/bin/sh\nexit 1", "post-merge", 0o700)
    users(repo, "#!/bin/sh\necho mine\n", "post-commit", 0o644)
    before = tree(repo / ".git/hooks")
    machine.install(repo)
    done = machine.uninstall(repo)

    assert states(done) == states(machine.status(repo)) == ALL_ABSENT
    assert tree(repo / ".git/hooks") == before
    assert [hook.changed for hook in machine.uninstall(repo).hooks] == [False] * 3


def test_a_hook_that_git_did_not_run_is_not_run_now(machine: Machine, repo: Path) -> None:
    hook = users(repo, "#!/bin/sh\necho mine\n", mode=0o644)
    machine.install(repo)

    assert "mine" not in machine.commit(repo)
    assert len(machine.calls) == 1
    assert stat.S_IMODE(hook.stat().st_mode) == 0o755


def test_f52_a_repo_without_a_folder_for_hooks_gets_one(machine: Machine, repo: Path) -> None:
    shutil.rmtree(repo / ".git/hooks")
    machine.install(repo)
    machine.commit(repo)

    assert len(machine.calls) == 1


@pytest.mark.parametrize(
    ("path", "place"),
    [(".git/mine", ".git/mine"), (".githooks", ".githooks"), ("{home}/mine", "../mine")],
)
def test_f52_hooks_go_where_core_hooks_path_says(
    machine: Machine, repo: Path, path: str, place: str
) -> None:
    machine.git(repo, "config", "core.hooksPath", path.format(home=machine.home))
    done = machine.install(repo)
    machine.commit(repo)

    assert done.folder == str((repo / place).resolve())
    assert len(machine.calls) == 1
    assert not (repo / ".git/hooks/post-commit").exists()
    assert states(machine.uninstall(repo)) == ALL_ABSENT
    assert list((repo / place).iterdir()) == []


def refusal(machine: Machine, repo: Path) -> str:
    """Why the hooks of the repo are refused; no file was changed by that."""
    before = tree(repo)
    done = machine.install(repo)
    assert done.refused
    assert done.hooks == ()
    assert done.why == machine.status(repo).why
    assert tree(repo) == before
    return done.why or ""


def test_f52_a_folder_of_hooks_for_all_repos_is_refused(machine: Machine, repo: Path) -> None:
    (machine.home / "all").mkdir()
    config = machine.home / "gitconfig"
    config.write_text(f"{config.read_text()}[core]\nhooksPath = {machine.home}/all\n")

    why = refusal(machine, repo)
    assert "the global git configuration sends the hooks of every repo to" in why
    assert "git config core.hooksPath .git/hooks" in why


def test_f52_husky_is_refused_with_what_to_do_instead(machine: Machine, repo: Path) -> None:
    (repo / ".husky/_").mkdir(parents=True)
    (repo / ".husky/_/.gitignore").write_text("*")
    machine.git(repo, "config", "core.hooksPath", ".husky/_")

    why = refusal(machine, repo)
    assert "put this line into .husky/post-commit" in why
    assert "custodian fix --background" in why


def test_f52_hooks_that_are_committed_are_refused(machine: Machine, repo: Path) -> None:
    (repo / "ci").mkdir()
    machine.commit(repo, "ci/pre-commit")
    machine.git(repo, "config", "core.hooksPath", "ci")

    assert "are committed" in refusal(machine, repo)


def test_f52_a_link_in_place_of_the_folder_is_refused(machine: Machine, repo: Path) -> None:
    (repo / ".git/hooks").rename(machine.home / "shared")
    (repo / ".git/hooks").symlink_to(machine.home / "shared")

    assert "is a link to" in refusal(machine, repo)


def test_a_link_that_leads_to_itself_is_told(machine: Machine, repo: Path) -> None:
    shutil.rmtree(repo / ".git/hooks")
    (repo / ".git/hooks").symlink_to("hooks")

    assert "it is no folder" in (machine.install(repo).why or "")
    assert states(machine.uninstall(repo)) == ALL_ABSENT


def test_hooks_that_are_switched_off_in_git_are_told(machine: Machine, repo: Path) -> None:
    machine.git(repo, "config", "core.hooksPath", "/dev/null")

    assert "it is no folder" in refusal(machine, repo)


def test_a_bare_repo_is_told(machine: Machine) -> None:
    bare = machine.home / "bare"
    bare.mkdir()
    machine.git(bare, "init", "-q", "--bare")

    assert machine.install(bare).why == f"{bare}: it is a bare repo, without files to read"


def test_f52_a_hook_in_another_language_is_left_alone_and_named(
    machine: Machine, repo: Path
) -> None:
    users(repo, "#!/usr/bin/env python3\nprint('mine')\n")
    before = (repo / ".git/hooks/post-commit").read_bytes()
    done = machine.install(repo)

    assert states(done) == ALL_INSTALLED | {"post-commit": "foreign"}
    assert done.refused
    assert done.hooks[0].why == "it is written for python3, not for a POSIX shell"
    assert (repo / ".git/hooks/post-commit").read_bytes() == before
    assert not machine.uninstall(repo).refused


def test_f52_a_hook_that_is_a_link_is_left_alone_and_named(machine: Machine, repo: Path) -> None:
    target = machine.home / "everywhere.sh"
    target.write_text("#!/bin/sh\n")
    (repo / ".git/hooks/post-commit").symlink_to(target)
    (repo / ".git/hooks/post-merge").mkdir()
    os.mkfifo(repo / ".git/hooks/post-rewrite")
    done = machine.install(repo)

    assert [hook.state for hook in done.hooks] == [State.FOREIGN] * 3
    assert done.hooks[0].why == "it is a symbolic link"
    assert target.read_text() == "#!/bin/sh\n"
    assert not machine.uninstall(repo).refused


def test_f52_lines_that_are_damaged_are_not_touched(machine: Machine, repo: Path) -> None:
    machine.install(repo)
    hook = repo / ".git/hooks/post-commit"
    hook.write_bytes(hook.read_bytes().rpartition(b"# <<<")[0])
    before = hook.read_bytes()

    for done in (machine.install(repo), machine.uninstall(repo)):
        assert done.hooks[0].state is State.FOREIGN
        assert done.hooks[0].refused
        assert done.hooks[0].why
        assert "a block begins in line 2 and does not end" in done.hooks[0].why
    assert hook.read_bytes() == before


def test_f52_a_folder_that_cannot_be_written_is_told(machine: Machine, repo: Path) -> None:
    folder = repo / ".git/hooks"
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        folder.chmod(0o700)
        pytest.skip("nothing keeps this user from writing")
    done = machine.install(repo)
    folder.chmod(0o700)

    assert done.refused
    assert {hook.why for hook in done.hooks} == {"it cannot be written: permission denied"}


def test_lines_are_taken_out_although_git_looks_elsewhere_now(machine: Machine, repo: Path) -> None:
    before = tree(repo / ".git/hooks")
    machine.install(repo)
    (repo / ".husky/_").mkdir(parents=True)
    machine.git(repo, "config", "core.hooksPath", ".husky/_")
    done = machine.uninstall(repo)

    assert [hook.changed for hook in done.hooks] == [True] * 3
    assert tree(repo / ".git/hooks") == before


def test_a_folder_outside_the_roots_is_refused(machine: Machine, repo: Path) -> None:
    values = {**machine.settings.values, "CUSTODIAN_ROOTS": str(machine.home / "bin")}
    elsewhere = Settings(values, {})
    done = install(Target(repo, "docs"), str(machine.program), elsewhere)

    assert done.why
    assert "set CUSTODIAN_ROOTS" in done.why


def test_a_checkout_that_is_gone_is_told(machine: Machine) -> None:
    target = Target(machine.home / "gone", "gone")

    with pytest.raises(FileTrouble):
        target.folders(machine.settings)
    assert machine.install(target.path).why
