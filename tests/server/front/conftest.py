"""A machine of the test's own, a managed repo on it, and a hub that is served."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from custodian_core.settings import NAMES
from tests.server.front.clients import CUSTODIAN

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

### T01 — Parse
```task
id: DOCS-WP-0001-T01
status: todo
```
"""


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a machine of the module's own."""
    return tmp_path_factory.mktemp("machine")


@pytest.fixture(scope="module")
def env(place: Path) -> dict[str, str]:
    """The environment of everything on that machine."""
    others = {*NAMES, "CUSTODIAN_AGENT", "CLAUDE_CODE_SESSION_ID", "GIT_SSH_COMMAND"}
    return {
        **{name: value for name, value in os.environ.items() if name not in others},
        "CUSTODIAN_HOME": str(place / "home"),
        "CUSTODIAN_ROOTS": str(place),
        "CUSTODIAN_HOST": "laptop",
        "XDG_CONFIG_HOME": str(place / "config"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


@pytest.fixture(scope="module")
def docs(place: Path, env: dict[str, str]) -> Path:
    """A managed checkout with a plan, pushed to a bare remote, and taken in by the hub."""
    git(place, "init", "-q", "--bare", "-b", "main", "docs.git")
    git(place, "init", "-q", "-b", "main", "docs")
    folder = place / "docs"
    git(folder, "remote", "add", "origin", str(place / "docs.git"))
    (folder / "workplans").mkdir()
    (folder / "workplans/a.md").write_text(PLAN)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "plan")
    git(folder, "push", "-q", "-u", "origin", "main")
    for words in (("register",), ("fix",)):
        subprocess.run([CUSTODIAN, *words], cwd=folder, env=env, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def empty(place: Path) -> Path:
    """A folder without anything."""
    folder = place / "empty"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def resident(place: Path, env: dict[str, str]) -> Generator[Path]:
    """The socket of a hub that is served."""
    socket = place / "home/run/mcp.sock"
    with subprocess.Popen(
        [CUSTODIAN, "serve", "--port", "0"],
        env=env,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        try:
            assert str(socket).encode() in process.stderr.readline()
            yield socket
        finally:
            process.kill()  # (what a test has left at work there is not waited for)
