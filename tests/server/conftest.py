"""A machine of the test's own, and a repo on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from custodian_core.hub import open_store
from custodian_core.hub.store import Store
from custodian_core.settings import Settings
from tests.gits import as_ada

from .agents import PLAN
from .serving import settings_of


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine of the test's own."""
    monkeypatch.setenv("CUSTODIAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(tmp_path))
    monkeypatch.setenv("CUSTODIAN_HOST", "laptop")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return dict(os.environ)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a hub in a folder of the test's own."""
    return settings_of(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """That hub."""
    found = open_store(settings)
    yield found
    found.close()


@pytest.fixture
def docs(tmp_path: Path, env: dict[str, str]) -> Path:
    """A checkout with a plan of two tasks, pushed to a bare remote."""
    as_ada(tmp_path, "init", "-q", "--bare", "-b", "main", "docs.git")
    folder = tmp_path / "docs"
    as_ada(tmp_path, "init", "-q", "-b", "main", "docs")
    as_ada(folder, "remote", "add", "origin", str(tmp_path / "docs.git"))
    (folder / "workplans").mkdir()
    (folder / "workplans/a.md").write_text(PLAN)
    as_ada(folder, "add", ".")
    as_ada(folder, "commit", "-q", "-m", "plan")
    as_ada(folder, "push", "-q", "-u", "origin", "main")
    return folder
