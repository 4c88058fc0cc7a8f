"""From a commit in a terminal to the hub, by the real hook, the real program and real git."""

import fcntl
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from custodian_core.hub import open_hub
from custodian_core.settings import load
from custodian_core.status import Status

DEADLINE_S = 60
TASK = "DOCS-WP-0001-T01"


class Terminal:
    """A shell in a home of its own."""

    def __init__(self, home: Path) -> None:
        (home / "gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
        self.home, self.folder = home, home
        self.env = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "LC_ALL": "C.UTF-8",
        }

    def say(self, line: str) -> str:
        """What the line prints; afterwards whatever it started in the background has ended."""
        read, write = os.pipe()
        high = fcntl.fcntl(write, fcntl.F_DUPFD, 50)
        os.close(write)
        with os.fdopen(read, "rb") as ended:
            done = subprocess.run(
                ["sh", "-c", line],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=DEADLINE_S,
                pass_fds=(high,),
            )
            os.close(high)
            assert select.select([ended], [], [], DEADLINE_S)[0], f"{line} left something running"
        assert done.returncode == 0, f"{line}: {done.stdout}"
        return done.stdout

    def status(self) -> Status:
        """Where the hub says that the task stands."""
        hub = open_hub(load(self.env, self.home))
        try:
            return hub.task(TASK).status
        finally:
            hub.close()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A clone with a plan that the hub knows, and the hooks installed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    terminal = Terminal(tmp_path)
    terminal.say("git init -q --bare -b main remote.git && git clone -q remote.git docs")
    terminal.folder = tmp_path / "docs"
    terminal.say("git checkout -q -b main; custodian workplan new Plan -t One -t Two")
    terminal.say("git add . && git commit -q -m plan && git push -q -u origin main")
    terminal.say("custodian register && custodian fix && custodian hooks install docs")
    return terminal


def test_f53_the_hub_knows_of_a_commit_and_the_remote_has_it(terminal: Terminal) -> None:
    terminal.say(f"custodian workplan set-status workplans/*.md in_progress --task {TASK}")
    terminal.say("git commit -q -a -m begun")

    assert terminal.status() is Status.IN_PROGRESS
    assert terminal.say("git rev-parse HEAD") == terminal.say("git rev-parse origin/main")


def test_f53_the_hub_knows_of_a_merge_that_makes_a_commit(terminal: Terminal) -> None:
    off = "export CUSTODIAN_SYNC_HOOK=off;"
    terminal.say(f"{off} git switch -q -c side; git commit -q --allow-empty -m side")
    terminal.say(f"{off} git switch -q main")
    terminal.say(f"custodian workplan set-status workplans/*.md done --task {TASK}")
    terminal.say(f"{off} git commit -q -a -m done")
    terminal.say("git merge -q --no-edit side")

    assert terminal.status() is Status.DONE


def test_f53_the_hub_knows_of_a_rebase(terminal: Terminal) -> None:
    off = "export CUSTODIAN_SYNC_HOOK=off;"
    terminal.say(f"custodian workplan set-status workplans/*.md done --task {TASK}")
    terminal.say(f"{off} git commit -q -a -m done; git commit -q --allow-empty -m more")
    terminal.say("git rebase -q --force-rebase origin/main")

    assert terminal.status() is Status.DONE
    assert terminal.say("git rev-parse HEAD") == terminal.say("git rev-parse origin/main")


def test_f51_a_hub_that_is_down_fails_no_commit(terminal: Terminal) -> None:
    terminal.env["CUSTODIAN_HUB_URL"] = "http://127.0.0.1:9"

    assert terminal.say("git commit -q --allow-empty -m x") == ""
    assert "does not answer" in (terminal.home / ".local/share/custodian/sync.log").read_text()
