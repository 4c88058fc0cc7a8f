"""An ops repo with a real remote, a hub that knows it, and people who work in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.checkouts import Target
from custodian_tools.sync import Bench
from tests.core.forge.conftest import small
from tests.core.forge.fake import Fake, Switch, faking
from tests.core.ops.trees import TREE
from tests.tools.sync.conftest import git

NOW = datetime(2026, 5, 9, 8, 30, tzinfo=UTC)
SLUG = "acme-ops"


@dataclass
class Ops:
    """A checkout of the ops repo, and what works in it."""

    folder: Path
    top: Path
    bench: Bench

    @property
    def target(self) -> Target:
        return Target(self.top, SLUG)

    def git(self, *arguments: str) -> str:
        return git(self.top, *arguments)

    def write(self, path: str, text: str) -> None:
        """The file is there, not committed."""
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, files: dict[str, str], *, push: bool = True) -> None:
        """Somebody commits the files, and pushes them."""
        for path, text in files.items():
            self.write(path, text)
        self.git("add", *files)
        self.git("commit", "-q", "-m", "work")
        if push:
            self.git("push", "-q")

    def text(self, path: str) -> str:
        return (self.top / path).read_text()

    def there(self, path: str) -> str:
        """The file as the remote has it."""
        return git(self.folder / "remote.git", "show", f"main:{path}")

    def files(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", "HEAD").splitlines()

    def counts(self) -> tuple[int, int]:
        """How many commits are only here, and only there."""
        self.git("fetch", "-q")
        ahead, behind = self.git("rev-list", "--left-right", "--count", "HEAD...@{u}").split()
        return int(ahead), int(behind)

    def refuse_pushes(self) -> Path:
        """The remote takes nothing more until the hook is gone."""
        hook = self.folder / "remote.git/hooks/pre-receive"
        hook.write_text("#!/bin/sh\necho 'branch is protected' >&2\nexit 1\n")
        hook.chmod(0o755)
        return hook


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the machine's reaches these repos."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Ops]:
    """An ops repo that was just begun."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    ops = cloned(tmp_path, "ops", Store(SQLite(tmp_path / "hub.db")))
    ops.write("notes.txt", "nobody's business\n")
    ops.git("add", "notes.txt")
    ops.git("commit", "-q", "-m", "begin")
    ops.git("push", "-q", "-u", "origin", "main")
    yield ops
    ops.bench.hub.close()


@pytest.fixture
def ops(empty: Ops) -> Ops:
    """An ops repo with a tree."""
    empty.commit({"prerequisites.md": TREE, "vault/pending/acme-signing-key.md": "# Request: x\n"})
    return empty


def cloned(folder: Path, name: str, hub: Store) -> Ops:
    """A clone of the remote, registered with the hub on a host of that name."""
    git(folder, "clone", "-q", "remote.git", name)
    top = folder / name
    ops = Ops(
        folder,
        top,
        Bench(hub, Caller("ada"), name, Author("Custodian", "c@localhost"), clock=lambda: NOW),
    )
    ops.git("config", "user.name", "Ada")
    ops.git("config", "user.email", "ada@example.org")
    ops.git("checkout", "-q", "-B", "main")
    hub.do(
        RegisterRepo(SLUG, "custodian", host=name, path=str(top), default_branch="main"),
        Caller("ada"),
    )
    return ops


@pytest.fixture
def fake(forge_server: tuple[Switch, str]) -> Iterator[Fake]:
    """A forge that has the ops repo, too."""
    with faking(forge_server, small("1.26.4"), "gitea") as fake:
        fake.forge.add_repo(f"coulomb/{SLUG}")
        yield fake
