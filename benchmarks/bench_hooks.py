"""What the hook adds to a commit, against a bare commit in a repo of its own."""

import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from harness import Row, in_turn

from custodian_core.settings import Settings
from custodian_tools.checkouts import Target
from custodian_tools.hooks import install

#: how much longer a commit may take (issue 4)
_BAR_MS = 30
#: a run that goes on for a while, as a sync does; a commit must not wait for it
_PROGRAM = "#!/bin/sh\nsleep 0.2\n"


def rows(rounds: int = 40) -> list[Row]:
    """A commit with the hook; in wall time, since it is a person who waits."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        program = home / "custodian"
        program.write_text(_PROGRAM)
        program.chmod(0o755)
        hooked, bare = _repo(home / "hooked"), _repo(home / "bare")
        settings = Settings({"CUSTODIAN_HOME": f"{name}/home", "CUSTODIAN_ROOTS": name}, {})
        done = install(Target(hooked, "hooked"), str(program), settings)
        assert not done.refused
        mine, theirs = in_turn(partial(_commit, hooked), partial(_commit, bare), rounds)
    bar, holds = f"<= {_BAR_MS} ms more", mine - theirs <= _BAR_MS
    return [Row("a commit with the hook (wall)", mine, "a bare commit", theirs, bar, holds, rounds)]


def _repo(folder: Path) -> Path:
    folder.mkdir()
    _git(folder, "init", "-q")
    _commit(folder)
    return folder


def _commit(folder: Path) -> float:
    """How many milliseconds a commit of one file takes, until all its output is read."""
    (folder / "file").write_text(str(time.monotonic_ns()))
    _git(folder, "add", "file")
    begin = time.perf_counter()
    _git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "x")
    return (time.perf_counter() - begin) * 1000


def _git(folder: Path, *arguments: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True, env={**env, **quiet})
