"""What real commits, merges and rebases start, run by real git."""

import os
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from .machine import DEADLINE_S, Machine, tree, users


def test_a_commit_starts_one_run_in_the_top_folder(machine: Machine, repo: Path) -> None:
    (repo / "sub").mkdir()
    machine.install(repo)
    (repo / "sub/g").write_text("g")
    machine.git(repo / "sub", "add", "g")
    machine.git(repo / "sub", "commit", "-q", "-m", "g")

    assert machine.calls == [(str(repo), f"fix --background {repo}", "off")]


def test_a_merge_starts_a_run(machine: Machine, repo: Path) -> None:
    machine.git(repo, "switch", "-q", "-c", "side")
    machine.commit(repo, "side")
    machine.git(repo, "switch", "-q", "trunk")
    machine.install(repo)
    machine.git(repo, "merge", "-q", "--ff-only", "side")

    assert len(machine.calls) == 1


def test_an_amended_commit_starts_one_run(machine: Machine, repo: Path) -> None:
    machine.install(repo)
    machine.git(repo, "commit", "-q", "--amend", "-m", "better")

    assert len(machine.calls) == 1


def fifty_commits_to_rebase(machine: Machine, repo: Path) -> None:
    tip = machine.git(repo, "rev-parse", "HEAD").strip()
    branch = "".join(
        f"commit refs/heads/side\nmark :{n}\ncommitter A <a@example.org> {n} +0000\n"
        f"data 1\nx\n{f'from {tip}{chr(10)}' if n == 1 else ''}M 100644 inline f{n}\ndata 1\nx\n"
        for n in range(1, 51)
    )
    load = subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=repo, input=branch, text=True, env=machine.env
    )
    assert load.returncode == 0
    machine.commit(repo, "onto")
    machine.git(repo, "switch", "-q", "side")


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_f53_a_rebase_of_50_commits_triggers_one_run(
    machine: Machine, repo: Path, backend: str
) -> None:
    fifty_commits_to_rebase(machine, repo)
    machine.install(repo)
    machine.git(repo, "rebase", "-q", backend, "trunk")

    assert machine.git(repo, "rev-list", "--count", "trunk..HEAD").strip() == "50"
    assert machine.calls == [(str(repo), f"fix --background {repo}", "off")]


def test_the_switch_turns_the_hooks_off(machine: Machine, repo: Path) -> None:
    machine.install(repo)
    machine.commit(repo, CUSTODIAN_SYNC_HOOK="off")

    assert machine.calls == []


def test_f49_a_run_that_commits_does_not_start_another(machine: Machine, repo: Path) -> None:
    with machine.program.open("a") as program:
        program.write('git -C "$3" commit -q --allow-empty -m "chore(consistency): sync"\n')
    machine.install(repo)
    machine.commit(repo)

    assert len(machine.calls) == 1
    assert machine.git(repo, "rev-list", "--count", "HEAD").strip() == "3"


def test_f50_a_hook_of_a_linked_worktree_is_the_repos_and_names_the_worktree(
    machine: Machine, repo: Path
) -> None:
    worktree = machine.home / "tree"
    machine.git(repo, "worktree", "add", "-q", str(worktree))
    other = machine.home / "other"
    other.mkdir()
    machine.git(other, "init", "-q")
    done = machine.install(worktree)
    before = tree(other / ".git")
    machine.commit(worktree)
    machine.commit(repo)

    assert done.folder == str(repo / ".git/hooks")
    assert [folder for folder, _, _ in machine.calls] == [str(worktree), str(repo)]
    assert tree(other / ".git") == before


def test_a_rebase_in_a_linked_worktree_triggers_one_run(machine: Machine, repo: Path) -> None:
    fifty_commits_to_rebase(machine, repo)
    machine.git(repo, "switch", "-q", "trunk")
    worktree = machine.home / "tree"
    machine.git(repo, "worktree", "add", "-q", str(worktree), "side")
    machine.install(worktree)
    machine.git(worktree, "rebase", "-q", "trunk")

    assert machine.calls == [(str(worktree), f"fix --background {worktree}", "off")]


def test_a_submodule_has_its_own_hooks(machine: Machine, repo: Path) -> None:
    whole = machine.home / "whole"
    whole.mkdir()
    machine.git(whole, "init", "-q", "-b", "trunk")
    allowed = ("-c", "protocol.file.allow=always")
    machine.git(whole, *allowed, "submodule", "--quiet", "add", str(repo), "part")
    done = machine.install(whole / "part")
    machine.commit(whole / "part")

    assert done.folder == str(whole / ".git/modules/part/hooks")
    assert [folder for folder, _, _ in machine.calls] == [str(whole / "part")]


def test_f51_a_commit_does_not_wait_for_its_run(machine: Machine, repo: Path) -> None:
    go, gone = (machine.program.with_name(name) for name in ("go", "gone"))
    os.mkfifo(go)
    os.mkfifo(gone)
    machine.program.write_text('#!/bin/sh\ncd "${0%/*}"\nread -r word <go\necho "$word" 1<>gone\n')
    users(repo, "#!/bin/sh\nwait\necho mine\n")  # our run is none of the hook's own children
    machine.install(repo)
    (repo / "f").write_text("more")
    machine.git(repo, "add", "f")
    read, write = os.pipe()
    with go.open("r+b", buffering=0) as word, gone.open("r+b", buffering=0) as answer:
        try:
            committed = subprocess.run(
                ["git", "commit", "-q", "-m", "f"],
                cwd=repo,
                env=machine.env,
                capture_output=True,
                timeout=DEADLINE_S,
                preexec_fn=lambda: os.dup2(write, 7),  # as make and other tools hand pipes on
                pass_fds=(7,),
            )
            os.close(write)
            still_open = not select.select([read], [], [], DEADLINE_S)[0]
        finally:
            word.write(b"now\n")
            os.close(read)
        told = select.select([answer], [], [], DEADLINE_S)[0] and answer.readline()

    # the commit was done and its pipes were closed while the run still waited for its word
    assert (committed.returncode, committed.stdout + committed.stderr) == (0, b"mine\n")
    assert not still_open
    assert told == b"now\n"


def test_a_hook_with_arguments_and_input_still_gets_them(machine: Machine, repo: Path) -> None:
    fifty_commits_to_rebase(machine, repo)
    users(repo, '#!/bin/sh\necho "$1 $(wc -l)" >"$GIT_DIR/seen"\n', "post-rewrite")
    machine.install(repo)
    machine.git(repo, "rebase", "-q", "trunk", GIT_DIR=str(repo / ".git"))

    assert (repo / ".git/seen").read_text().split() == ["rebase", "50"]


def test_a_program_that_is_gone_is_no_trouble_for_a_commit(machine: Machine, repo: Path) -> None:
    machine.install(repo)
    machine.program.unlink()

    assert machine.commit(repo) == ""


def test_a_machine_without_setsid_and_nohup_starts_the_run_all_the_same(
    machine: Machine, repo: Path
) -> None:
    tools = machine.home / "tools"
    tools.mkdir()
    for name in ("git", "sh"):
        (tools / name).symlink_to(shutil.which(name) or "")
    machine.install(repo)
    machine.git(repo, "commit", "-q", "--allow-empty", "-m", "x", PATH=str(tools))

    assert len(machine.calls) == 1
