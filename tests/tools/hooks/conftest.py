"""A machine of each test's own, with one repo."""

import os
from pathlib import Path

import pytest

from .machine import NOTES, Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    home = (tmp_path / "home of 'ada'").resolve()
    (home / "bin").mkdir(parents=True)
    program = home / "bin/custodian"
    program.write_text(NOTES)
    program.chmod(0o755)
    (home / "gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    return Machine(home, program, dict(os.environ))


@pytest.fixture
def repo(machine: Machine) -> Path:
    folder = machine.home / "docs"
    folder.mkdir()
    machine.git(folder, "init", "-q", "-b", "trunk")
    machine.commit(folder)
    return folder
