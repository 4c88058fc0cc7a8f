"""Other programs at the same work: what each is told, where its tasks lie, what it cannot do."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from operator import eq
from pathlib import Path
from typing import Any, Final

from fleet import Fleet, Shape, environment
from peer_install import NPM, PYPI, installed, node
from plans import words

from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store

Arguments = Mapping[str, Any]
Call = Callable[[Path, int], tuple[str, Arguments]]
OURS: Final = "Custodian"
#: what is asked of each program's server, as its own tools name it
WORKS: Final = ("list", "list of 20", "next task", "status change")
#: how many ask in the same moment; a turn's number holds who asks, and which turn it is
AT_ONCE: Final = 12
#: how many tasks a workplan of ours has
_IN_A_PLAN = 50
#: how many notes may be there, at most
_EVERY_NOTE = 100


@dataclass(frozen=True, slots=True)
class Program:
    """A program as its users have it: a server that agents ask, or nothing but a command."""

    name: str
    command: tuple[str, ...]
    #: makes a project with so many tasks in a folder, and tells where it is
    world: Callable[[Path, int], Path]
    #: the tool and its arguments for each work; a turn's number tells which task and status
    calls: Mapping[str, Call] = field(default_factory=dict[str, Call])
    #: what is to be known of how it does a work, and why it does not do another
    says: Mapping[str, str] = field(default_factory=dict[str, str])
    lacks: Mapping[str, str] = field(default_factory=dict[str, str])
    #: the text in which the notes of its tasks stand, and the statuses of the first tasks
    notes: Callable[[Path], str] = lambda _place: ""
    statuses: Callable[[Path], Sequence[str]] = lambda _place: ()

    @property
    def folder(self) -> str:
        """What its projects' folder is called."""
        return self.name.split()[0].lower()

    def environment(self, place: Path) -> dict[str, str]:
        """What it sees in a project: a home of its own, and of ours only what is for ours."""
        if self.name == OURS:
            return environment(place.parent)
        own = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        home = str(place.parent)
        return {**own, "HOME": home, "XDG_CONFIG_HOME": f"{home}/config", **_ADA}

    def first(self, place: Path) -> tuple[str, Arguments]:
        """What shows that it can be worked with."""
        return next(iter(self.calls.values()))(place, 0)

    def there(self, work: str, place: Path, turn: int) -> int:
        """How many of a turn's writes can be seen once all have been answered."""
        asked = range(AT_ONCE * turn, AT_ONCE * (turn + 1))
        if work == "note":
            text = self.notes(place)
            return sum(f"note {number} ends" in text for number in asked)
        wanted = [self.calls[work](place, number)[1]["status"] for number in asked]
        return sum(map(eq, self.statuses(place), wanted))


def custodian() -> Program:
    """Ours as it starts where no hub is served: files in a repo, and a hub in a file."""

    def key(number: int) -> str:
        return f"BNCH-WP-00000-T{number:02d}"

    def world(place: Path, count: int) -> Path:
        place.mkdir()
        fleet = Fleet(place, 1, Shape(count // _IN_A_PLAN, _IN_A_PLAN, ("todo",)))
        fleet.store.close()
        return fleet.tops[0]

    def moved(_: Path, turn: int) -> tuple[str, Arguments]:
        status = ("in_progress", "blocked")[turn // AT_ONCE % 2]
        return "update_task", {"task": key(turn % AT_ONCE + 1), "status": status}

    def notes(place: Path) -> str:
        with closing(Store(SQLite(place.parent / "home/hub.db"))) as store:
            told = store.events(type="task.note", limit=_EVERY_NOTE).items
            return " ".join(str(event) for event in told)

    def now(place: Path) -> list[str]:
        with closing(Store(SQLite(place.parent / "home/hub.db"))) as store:
            return [store.task(key(number)).status for number in range(1, AT_ONCE + 1)]

    return Program(
        OURS,
        (str(Path(sys.executable).with_name("custodian-mcp")),),
        world,
        calls={
            "list": lambda _place, _turn: ("list_tasks", {"repo": "repo-0000"}),
            "list of 20": lambda _place, _turn: ("list_tasks", {"repo": "repo-0000", "limit": 20}),
            "next task": lambda _place, _turn: ("get_repo_dispatch", {"repo": "repo-0000"}),
            "status change": moved,
            "note": lambda _place, turn: (
                "update_task",
                {"task": key(20), "note": f"note {turn} ends"},
            ),
            "take": lambda _place, turn: (
                "claim_task",
                {"task": key(30 + turn // AT_ONCE), "agent": f"agent-{turn % AT_ONCE}"},
            ),
        },
        says={"status change": "in the hub; a sync writes the file"},
        notes=notes,
        statuses=now,
    )


def backlog() -> Program:
    """Backlog.md: a Markdown file for each task, and its compiled program without the Node shim."""
    modules = installed("backlog.md") / "node_modules"
    binary = str(next(modules.glob("backlog.md-*/backlog")))

    def moved(_: Path, turn: int) -> tuple[str, Arguments]:
        status = ("In Progress", "To Do")[turn // AT_ONCE % 2]
        return "task_edit", {"id": f"TASK-{turn % AT_ONCE + 1}", "status": status}

    return Program(
        f"Backlog.md {NPM['backlog.md']}",
        (binary, "mcp", "start"),
        lambda place, count: _backlog_world(binary, place, count),
        calls={
            "list": lambda _place, _turn: ("task_list", {}),
            "list of 20": lambda _place, _turn: ("task_list", {"limit": 20}),
            "next task": lambda _place, _turn: ("task_list", {"ready": True, "limit": 1}),
            "status change": moved,
            "note": lambda _place, turn: (
                "task_edit",
                {"id": "TASK-20", "notesAppend": [f"note {turn} ends"]},
            ),
            "take": lambda _place, turn: (
                "task_edit",
                {
                    "id": f"TASK-{30 + turn // AT_ONCE}",
                    "assignee": [f"@agent-{turn % AT_ONCE}"],
                    "status": "In Progress",
                },
            ),
        },
        lacks={"fleet": "knows one repo"},
        notes=lambda place: _backlog_file(place, 20),
        statuses=lambda place: [
            _backlog_file(place, number).partition("status: ")[2].partition("\n")[0]
            for number in range(1, AT_ONCE + 1)
        ],
    )


def task_master() -> Program:
    """Task Master with its default tools: one JSON file for all tasks; no model is configured."""
    modules = installed("task-master-ai") / "node_modules"

    def moved(place: Path, turn: int) -> tuple[str, Arguments]:
        status = ("in-progress", "pending")[turn // AT_ONCE % 2]
        told = {"projectRoot": str(place), "id": str(turn % AT_ONCE + 1), "status": status}
        return "set_task_status", told

    return Program(
        f"Task Master {NPM['task-master-ai']}",
        (node(), str(modules / "task-master-ai/dist/mcp-server.js")),
        _task_master_world,
        calls={
            "list": lambda place, _turn: ("get_tasks", {"projectRoot": str(place)}),
            "next task": lambda place, _turn: ("next_task", {"projectRoot": str(place)}),
            "status change": moved,
            "take": lambda place, turn: (
                "set_task_status",
                {
                    "projectRoot": str(place),
                    "id": str(30 + turn // AT_ONCE),
                    "status": "in-progress",
                },
            ),
        },
        lacks={
            "list of 20": "no limit can be said",
            "note": "needs a model",
            "fleet": "knows one repo",
        },
        statuses=lambda place: [
            task["status"]
            for task in json.loads((place / _TASK_FILE).read_text())["master"]["tasks"][:AT_ONCE]
        ],
    )


def git_server() -> Program:
    """The reference server for git: repos, and no tasks."""
    return Program(
        f"mcp-server-git {PYPI['mcp-server-git']}",
        (str(installed("mcp-server-git") / "bin/mcp-server-git"),),
        _empty_world,
        calls={"where it stands": lambda place, _: ("git_status", {"repo_path": str(place)})},
        lacks=dict.fromkeys((*WORKS, "note", "take"), "knows no tasks"),
    )


def gita() -> Program:
    """gita: repos, on a command line."""
    command = (str(installed("gita") / "bin/gita"),)
    return Program(f"gita {PYPI['gita']}", command, _empty_world)


def _backlog_world(binary: str, place: Path, count: int) -> Path:
    """As its own `init` makes it, with files as its own `task create` writes them."""
    _project(place)
    said = [binary, "init", "bench", "--defaults"]
    subprocess.run(said, cwd=place, env=_home(place), check=True, capture_output=True)
    rng = random.Random(1)  # noqa: S311 - the same tasks on every run
    for number in range(1, count + 1):
        title = words(rng, 5)
        path = place / f"backlog/tasks/task-{number} - {title.replace(' ', '-')}.md"
        path.write_text(_BACKLOG.format(number, title, words(rng, 30), words(rng, 14)))
    _git(place, "add", ".")
    _git(place, "commit", "-q", "-m", "tasks")
    return place


def _backlog_file(place: Path, number: int) -> str:
    (path,) = (place / "backlog/tasks").glob(f"task-{number} - *.md")
    return path.read_text()


_BACKLOG = """\
---
id: TASK-{0}
title: {1}
status: To Do
assignee: []
created_date: '2026-11-21 12:25'
labels: []
dependencies: []
priority: medium
ordinal: {0}000
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
{2}
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [ ] #1 {3}
<!-- AC:END -->
"""


_TASK_FILE = ".taskmaster/tasks/tasks.json"


def _task_master_world(place: Path, count: int) -> Path:
    _project(place)
    rng = random.Random(1)  # noqa: S311 - the same tasks on every run
    tasks: list[dict[str, Any]] = [
        {
            "id": number,
            "title": words(rng, 5),
            "description": words(rng, 30),
            "details": "",
            "testStrategy": words(rng, 14),
            "status": "pending",
            "dependencies": [],
            "priority": "medium",
            "subtasks": [],
        }
        for number in range(1, count + 1)
    ]
    at = "2026-11-21T12:00:00.000Z"
    about = {"created": at, "updated": at, "description": "Bench"}
    told: dict[str, Any] = {"master": {"tasks": tasks, "metadata": about}}
    (place / _TASK_FILE).parent.mkdir(parents=True)
    (place / _TASK_FILE).write_text(json.dumps(told, indent=2))
    quiet = {"logLevel": "error", "projectName": "bench", "anonymousTelemetry": False}
    (place / ".taskmaster/config.json").write_text(json.dumps({"models": {}, "global": quiet}))
    return place


def _empty_world(place: Path, _count: int) -> Path:
    _project(place)
    return place


def _project(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    _git(place, "init", "-q", "-b", "main")


def _home(place: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(place.parent), **_ADA}


#: whoever commits
_ADA = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
}


def _git(place: Path, *told: str) -> None:
    subprocess.run(["git", *told], cwd=place, env=_home(place), check=True, capture_output=True)
