"""A fleet to measure at: repos in step, each with its own remote, and the hub that knows them."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plans import STATUSES, plan

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.sync import Bench

HOST = "bench"
_CUSTODIAN = [sys.executable, "-c", "from custodian_server.cli import main; main()"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is in each repo."""

    plans: int = 5
    tasks: int = 8
    statuses: Sequence[str] = STATUSES


_USUAL = Shape()


class Fleet:
    """Repos in step, each a clone of a bare remote of its own, and the hub that knows them."""

    def __init__(self, folder: Path, many: int, shape: Shape = _USUAL) -> None:
        self.folder, self.many = folder, many
        self.env = environment(folder)
        self.tops = [folder / f"repo-{number:04d}" for number in range(many)]
        self.store = Store(SQLite(folder / "home/hub.db"))
        self._make(shape)

    def _make(self, shape: Shape) -> None:
        remote, top = self.folder / "model.git", self.folder / "model"
        _git(self.folder, self.env, "init", "-q", "--bare", str(remote))
        _git(self.folder, self.env, "clone", "-q", str(remote), str(top))
        (top / "workplans").mkdir()
        rng = random.Random(1)  # noqa: S311 - the same plans on every run
        for number in range(shape.plans):
            text = plan(number, rng, shape.tasks, shape.statuses)
            (top / f"workplans/{number}.md").write_bytes(_unlinked(text))
        self.git(top, "add", ".")
        self.git(top, "commit", "-q", "-m", "plans")
        self.git(top, "push", "-q", "-u", "origin", "main")
        for place in self.tops:
            self._clone(remote, top, place)
        fixed = self.custodian("fix", "--all")
        subprocess.run(fixed, env=self.env, check=True, capture_output=True)

    def _clone(self, remote: Path, top: Path, place: Path) -> None:
        """A copy is quicker made than a clone, and is one once its remote is named."""
        shutil.copytree(remote, place.with_suffix(".git"))
        shutil.copytree(top, place)
        config = place / ".git/config"
        config.write_text(config.read_text().replace(str(remote), f"{place}.git"))
        said = RegisterRepo(place.name, "bench", host=HOST, path=str(place), default_branch="main")
        self.store.do(said, Caller("bench"))

    def git(self, folder: Path, *words: str) -> None:
        """What git was told is done."""
        _git(folder, self.env, *words)

    def bench(self) -> Bench:
        """What a run works with."""
        return Bench(self.store, Caller("bench"), HOST, Author("Bench", "bench@localhost"))

    def custodian(self, *words: str) -> list[str]:
        """A command of ours."""
        return [*_CUSTODIAN, *words]


@contextmanager
def standing(many: int) -> Generator[Fleet]:
    """A fleet while it is measured; this process is in its surroundings, too."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder), many)
        os.environ.update(fleet.env)
        try:
            yield fleet
        finally:
            fleet.store.close()
            os.environ.clear()
            os.environ.update(before)


def environment(folder: Path) -> dict[str, str]:
    """An environment that knows nothing of this machine's hub or git."""
    config = folder / "gitconfig"
    config.write_text(
        "[user]\nname = b\nemail = b@x\n"
        # (a thousand repos are made and removed much sooner without git's examples of hooks)
        f"[init]\ndefaultBranch = main\ntemplateDir = {folder / 'none'}\n"
    )
    return {
        **os.environ,
        "CUSTODIAN_HOME": str(folder / "home"),
        "CUSTODIAN_HOST": HOST,
        "CUSTODIAN_ROOTS": str(folder),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def statuses(fleet: Fleet) -> None:
    """Bare git has told of every repo where it stands."""
    for top in fleet.tops:
        command = ["git", "-C", str(top), "status", "--porcelain=v2", "--branch"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _unlinked(text: bytes) -> bytes:
    """The plan as a person writes it, before any hub knows it."""
    text = text.replace(b"\nrepo: the-bench\n", b"\n").replace(b": custodian\n", b": bench\n")
    return b"".join(row for row in text.splitlines(keepends=True) if b"state_hub_" not in row)


def _git(folder: Path, env: dict[str, str], *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True)
