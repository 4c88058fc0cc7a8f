"""Real clones of a real bare remote, a real hub, and runs over them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import Caller, ChangeTask, RegisterRepo
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.records import Repo, Task
from custodian_core.status import Status
from custodian_tools.sync import Bench, Options, Report, check, fix
from tests.gits import git as git
from tests.gits import put as put

SLUG = "marki-docx"
T1, T2, T3 = (f"MRKD-WP-0001-T0{number}" for number in (1, 2, 3))
ME = Caller("me")
PLAN = """\
---
id: MRKD-WP-0001
type: workplan
title: "Level 1 core"
domain: custodian
repo: marki-docx
status: active
owner: custodian
{stream}---
# Level 1 core
"""
TASK = """
### {id} — Task {number}
```task
id: {id}
status: {status}
priority: high
{link}```
Prose of {id}.
"""


def plan_text(statuses: dict[str, str], ids: dict[str, str] | None = None, stream: str = "") -> str:
    """A workplan whose tasks have these statuses; `ids` links them to the hub."""
    ids = ids or {}
    text = PLAN.format(stream=f'state_hub_workstream_id: "{stream}"\n' if stream else "")
    for number, (key, status) in enumerate(statuses.items(), 1):
        link = f'state_hub_task_id: "{ids[key]}"\n' if key in ids else ""
        text += TASK.format(id=key, number=number, status=status, link=link)
    return text


@dataclass
class Clone:
    """A checkout on a host, and the person or agent who works in it."""

    world: "World"
    top: Path
    host: str

    def git(self, *arguments: str, check: bool = True) -> str:
        return git(self.top, *arguments, check=check)

    @property
    def plan(self) -> Path:
        return self.top / "workplans/MRKD-WP-0001.md"

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def says(self, key: str) -> str:
        """The status of the task in the file on disk."""
        block = self.plan.read_text().split(f"id: {key}\n")[1]
        return block.split("status: ")[1].splitlines()[0]

    def set(self, key: str, status: str) -> None:
        """The file on disk gives the task that status."""
        text = self.plan.read_text()
        start = text.index(f"id: {key}\n")
        at = text.index("status: ", start)
        end = text.index("\n", at)
        self.plan.write_text(f"{text[:at]}status: {status}{text[end:]}")

    def commit(self, message: str = "work", *paths: str) -> str:
        self.git("add", *(paths or ("workplans",)))
        self.git("commit", "-q", "-m", message)
        return self.head

    def work(self, key: str, status: str, *, push: bool = True) -> None:
        """Somebody sets the status, commits, and pushes."""
        self.set(key, status)
        self.commit(f"{key} is {status}")
        if push:
            self.git("push", "-q")

    def repo(self) -> Repo:
        return self.world.hub.repo(SLUG)

    def fix(self, **options: Any) -> Report:
        return fix(self.world.bench(self.host), self.repo(), self.top, quick(**options))

    def check(self, **options: Any) -> Report:
        return check(self.world.bench(self.host), self.repo(), self.top, quick(**options))


def quick(**options: Any) -> Options:
    """Options that wait for nothing."""
    return replace(Options(settle_s=0, patience_s=2, lock_s=5), **options)


class World:
    """One remote, one hub, and clones on several hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.hub = Store(SQLite(folder / "hub.db"))
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))

    def bench(self, host: str) -> Bench:
        return Bench(
            hub=self.hub,
            by=Caller(f"custodian@{host}"),
            host=host,
            author=Author("Custodian", "custodian@localhost"),
        )

    def clone(self, host: str) -> Clone:
        top = self.folder / host
        git(self.folder, "clone", "-q", str(self.remote), str(top))
        clone = Clone(self, top, host)
        clone.git("config", "user.name", f"Agent of {host}")
        clone.git("config", "user.email", f"{host}@example.org")
        self.hub.do(
            RegisterRepo(SLUG, "custodian", host=host, path=str(top), default_branch="main"),
            ME,
        )
        return clone

    def task(self, key: str) -> Task:
        return self.hub.task(key)

    def status(self, key: str) -> str:
        return self.task(key).status.value

    def move(self, key: str, status: str) -> None:
        """Somebody sets the status in the hub."""
        self.hub.do(ChangeTask(key, {"status": Status(status)}), ME)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the machine's reaches these repos."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "gitconfig").write_text("[init]\n\tdefaultBranch = main\n")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.hub.close()


@pytest.fixture
def a(world: World) -> Clone:
    """A clone whose workplan was just written and pushed; the hub knows nothing of it."""
    clone = world.clone("a")
    clone.plan.parent.mkdir()
    keys = (f"MRKD-WP-0001-T0{number}" for number in (1, 2, 3))
    clone.plan.write_text(plan_text(dict.fromkeys(keys, "todo")))
    (clone.top / "README.md").write_text("hello\n")
    clone.commit("begin", ".")
    clone.git("push", "-q", "-u", "origin", "main")
    return clone


@pytest.fixture
def b(world: World, a: Clone) -> Clone:
    """A second clone, on another host, of a repo that is in step."""
    assert a.fix().sealed
    return world.clone("b")


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.fixture
def behind_hub(a: Clone, world: World) -> Clone:
    """A clone that a run writes to."""
    a.fix()
    world.move(T1, "done")
    return a


class Trap:
    """A script that leaves a trace when it is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        (folder / "ran").mkdir()

    def script(self, name: str, then: str = "exit 0") -> str:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\ntouch {self.folder}/ran/{name}\n{then}\n")
        path.chmod(0o755)
        return str(path)

    @property
    def ran(self) -> set[str]:
        return {path.name for path in (self.folder / "ran").iterdir()}


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path / "trap")
