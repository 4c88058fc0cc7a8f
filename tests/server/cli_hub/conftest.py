"""A machine of each test's own, and what its hub may know."""

import os
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import AddTask, AddWorkstream, Command
from custodian_core.hub import open_hub
from custodian_core.settings import load
from custodian_core.status import Priority

from .desk import ME, RED, T1, T2, T3, Do, checkout, say


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of this test's own: a hub in a file, and a folder where checkouts may live."""
    monkeypatch.setenv("CUSTODIAN_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(tmp_path))
    monkeypatch.setenv("CUSTODIAN_HOST", "laptop")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


@pytest.fixture
def docs(home: Path) -> Path:
    """A checkout that is registered as `docs`."""
    folder = checkout(home / "docs", "https://git.example/ada/docs.git")
    say("register", str(folder))
    return folder


@pytest.fixture
def do(docs: Path) -> Do:
    """A way to the same hub past the command line."""

    def do(command: Command) -> Any:
        hub = open_hub(load(os.environ, Path.cwd()))
        try:
            return hub.do(command, ME)
        finally:
            hub.close()

    return do


@pytest.fixture
def tasks(do: Do) -> Do:
    """Three tasks of one workplan: an urgent one, one that waits for it, one for a person."""
    do(AddWorkstream("docs", "DOCS-WP-0001", "Level 1", "workplans/a.md"))
    do(
        AddTask(
            "DOCS-WP-0001",
            T1,
            f"Parse {RED}",
            description="Read headings.\nThen tables.",
            acceptance=("all of them",),
            priority=Priority.HIGH,
        )
    )
    do(AddTask("DOCS-WP-0001", T2, "Render", depends_on=(T1,)))
    do(AddTask("DOCS-WP-0001", T3, "Decide", needs_human=True))
    return do
