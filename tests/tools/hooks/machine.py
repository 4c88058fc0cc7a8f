"""A folder of checkouts, and a program for hooks to start that notes how it was called.

A pipe that git and all that it starts inherit closes when the last of them has ended: so a test
knows that every run has been counted.
"""

import fcntl
import os
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path

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
        values = {
            "CUSTODIAN_HOME": str(self.home / ".local/share/custodian"),
            "CUSTODIAN_ROOTS": str(self.home),
            "CUSTODIAN_HOST": "laptop",
        }
        return Settings(values, {})

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
