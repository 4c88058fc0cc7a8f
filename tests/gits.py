"""Git as the tests call it, and a stand-in that is called in its place."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def git(folder: Path | None, *words: str, check: bool = True, **more: Any) -> str:
    """What git prints in that folder, as a person would call it."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=False, **more
    )
    assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout.strip()


def as_ada(folder: Path | None, *words: str) -> str:
    """The same, by somebody whose name git knows."""
    return git(folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words)


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for git is put, which is called in its place once it is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("REAL_GIT", str(shutil.which("git")))
    return folder / "git"


def put(shim: Path, script: str) -> None:
    """The stand-in runs the script, and then git itself."""
    shim.write_text(f'#!/bin/sh\n{script}\nexec "$REAL_GIT" "$@"\n')
    shim.chmod(0o755)
