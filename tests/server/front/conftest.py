"""A machine of the test's own, a managed repo on it, and a hub that is served."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.gits import as_ada
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


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a machine of the module's own."""
    return tmp_path_factory.mktemp("machine")


@pytest.fixture(scope="module")
def env(place: Path) -> dict[str, str]:
    """The environment of everything on that machine."""
    return {
        **os.environ,
        "CUSTODIAN_HOME": str(place / "home"),
        "CUSTODIAN_ROOTS": str(place),
        "CUSTODIAN_HOST": "laptop",
        "XDG_CONFIG_HOME": str(place / "config"),
    }


@pytest.fixture(scope="module")
def docs(place: Path, env: dict[str, str]) -> Path:
    """A managed checkout with a plan, pushed to a bare remote, and taken in by the hub."""
    as_ada(place, "init", "-q", "--bare", "-b", "main", "docs.git")
    as_ada(place, "init", "-q", "-b", "main", "docs")
    folder = place / "docs"
    as_ada(folder, "remote", "add", "origin", str(place / "docs.git"))
    (folder / "workplans").mkdir()
    (folder / "workplans/a.md").write_text(PLAN)
    as_ada(folder, "add", ".")
    as_ada(folder, "commit", "-q", "-m", "plan")
    as_ada(folder, "push", "-q", "-u", "origin", "main")
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
