"""Hooks in real repos, run by real git; the program that they start is a script that takes notes.

A pipe that git and all that it starts inherit closes when the last of them has ended: so a test
knows that every run has been counted.
"""

import fcntl
import os
import select
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from custodian_core.errors import FileTrouble
from custodian_core.fenced import State
from custodian_core.hookscript import HOOKS
from custodian_core.settings import Settings
from custodian_tools.checkouts import Target
from custodian_tools.hooks import Hooks, install, status, uninstall

DEADLINE_S = 20

NOTES = """\
#!/bin/sh
printf '%s|%s|%s\\n' "$PWD" "$*" "${CUSTODIAN_SYNC_HOOK-}" >>"${0%/*}/calls"
"""


@dataclass
class Machine:
    """A folder of checkouts, a program that the hooks start, and what it noted."""

    home: Path
    program: Path
    env: dict[str, str]

    @property
    def settings(self) -> Settings:
        return Settings({"CUSTODIAN_ROOTS": str(self.home), "CUSTODIAN_HOST": "laptop"}, {})

    @property
    def calls(self) -> list[tuple[str, ...]]:
        """Folder, arguments and switch of each run."""
        notes = self.program.with_name("calls")
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [tuple(line.split("|")) for line in lines]

    def git(self, folder: Path, *arguments: str, **env: str) -> str:
        """What git prints on both streams; afterwards all that it started has ended as well."""
        read, write = os.pipe()
        high = fcntl.fcntl(write, fcntl.F_DUPFD, 50)  # beyond what the hook closes
        os.close(write)
        with os.fdopen(read, "rb") as ended:
            done = subprocess.run(
                ["git", *arguments],
                cwd=folder,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=DEADLINE_S,
                pass_fds=(high,),
            )
            os.close(high)
            assert select.select([ended], [], [], DEADLINE_S)[0], "something is still running"
        assert done.returncode == 0, done.stdout
        return done.stdout

    def commit(self, folder: Path, name: str = "f", **env: str) -> str:
        with (folder / name).open("a") as file:
            file.write("more\n")
        self.git(folder, "add", name)
        return self.git(folder, "commit", "-q", "-m", name, **env)

    def install(self, folder: Path) -> Hooks:
        return install(Target(folder, "docs"), str(self.program), self.settings)

    def status(self, folder: Path) -> Hooks:
        return status(Target(folder, "docs"), str(self.program), self.settings)

    def uninstall(self, folder: Path) -> Hooks:
        return uninstall(Target(folder, "docs"), self.settings)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = (tmp_path / "home of 'ada'").resolve()
    (home / "bin").mkdir(parents=True)
    program = home / "bin/custodian"
    program.write_text(NOTES)
    program.chmod(0o755)
    (home / "gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    monkeypatch.delenv("CUSTODIAN_SYNC_HOOK", raising=False)
    return Machine(home, program, dict(os.environ))


@pytest.fixture
def repo(machine: Machine) -> Path:
    folder = machine.home / "docs"
    folder.mkdir()
    machine.git(folder, "init", "-q", "-b", "trunk")
    machine.commit(folder)
    return folder


def users(repo: Path, text: str, hook: str = "post-commit", mode: int = 0o755) -> Path:
    """A hook that was there before."""
    path = repo / ".git/hooks" / hook
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def states(found: Hooks) -> dict[str, str]:
    assert found.why is None
    return {hook.name: hook.state.value for hook in found.hooks}


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below the folder, by mode and bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


ALL_INSTALLED = dict.fromkeys(HOOKS, "installed")
ALL_ABSENT = dict.fromkeys(HOOKS, "absent")


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


def test_a_hook_with_arguments_and_input_still_gets_them(machine: Machine, repo: Path) -> None:
    fifty_commits_to_rebase(machine, repo)
    users(repo, '#!/bin/sh\necho "$1 $(wc -l)" >"$GIT_DIR/seen"\n', "post-rewrite")
    machine.install(repo)
    machine.git(repo, "rebase", "-q", "trunk", GIT_DIR=str(repo / ".git"))

    assert (repo / ".git/seen").read_text().split() == ["rebase", "50"]


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


def test_a_folder_outside_the_roots_is_refused(machine: Machine, repo: Path) -> None:
    elsewhere = Settings({"CUSTODIAN_ROOTS": str(machine.home / "bin")}, {})
    done = install(Target(repo, "docs"), str(machine.program), elsewhere)

    assert done.why
    assert "set CUSTODIAN_ROOTS" in done.why


def test_a_checkout_that_is_gone_is_told(machine: Machine) -> None:
    target = Target(machine.home / "gone", "gone")

    with pytest.raises(FileTrouble):
        target.folders(machine.settings)
    assert machine.install(target.path).why
