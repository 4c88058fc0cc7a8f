"""An agent at work in the checkout, a second machine, a hub that moves, and runs all the time."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from custodian_core.commands import ChangeTask, ReopenTask
from custodian_core.errors import Refused
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.status import Status
from tests.waiting import PATIENCE_S

from .conftest import ME, Clone, World, git

KEYS = tuple(f"MRKD-WP-0001-T0{number}" for number in (1, 2, 3))
#: how long everybody is at it
FOR_S = 11

RUNS = """
import sys
from pathlib import Path
from custodian_core.commands import Caller
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.sync import Bench, Options, fix

db, top, host, stop = sys.argv[1:]
hub = Store(SQLite(Path(db)))
bench = Bench(hub, Caller(host), host, Author("Custodian", "custodian@localhost"))
options = Options(pull=True, settle_s=0.25, patience_s=2, lock_s=5)
while not Path(stop).exists():
    report = fix(bench, hub.repo("marki-docx"), Path(top), options)
    print(report.outcome, *(f.message for f in report.findings if f.severity == "FAIL"), flush=True)
"""


@dataclass
class Worker:
    """Somebody who commits a line of their own to a file of their own, over and over."""

    clone: Clone
    pause_s: float
    pushes: bool
    chance: random.Random
    lines: list[str] = field(default_factory=list[str])
    #: git calls that met another's lock, and commits that found nothing to commit
    locked: int = 0
    nothing: int = 0
    trouble: list[str] = field(default_factory=list[str])

    def call(self, *arguments: str) -> bool:
        """Whether git did it; what finds a lock is tried again, as anybody would."""
        for _ in range(40):
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.clone.top,
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stdout + done.stderr
            if done.returncode == 0:
                return True
            if ".lock" not in said:
                self.nothing += "nothing to commit" in said or "nothing added" in said
                self.trouble.append(f"{arguments[0]}: {said[-300:]}")
                return False
            self.locked += 1
            time.sleep(0.05)
        return False

    def once(self) -> None:
        name = f"{self.clone.host}-{self.chance.randint(0, 2)}.txt"
        line = f"{self.clone.host} {len(self.lines)}"
        with (self.clone.top / name).open("a") as file:
            file.write(f"{line}\n")
        self.call("add", name)
        time.sleep(self.chance.uniform(0, 0.3))
        if self.call("commit", "-q", "-m", line):
            self.lines.append(line)
        if self.pushes and not self.call("push", "-q"):
            self.catch_up()

    def catch_up(self) -> bool:
        """What is here stands on what is there, and is there."""
        for _ in range(5):
            if not self.call("pull", "-q", "--rebase"):
                self.call("rebase", "--abort")
            elif self.call("push", "-q"):
                return True
        return False

    @property
    def texts(self) -> set[str]:
        files = self.clone.top.glob(f"{self.clone.host}-*.txt")
        return {line for file in files for line in file.read_text().splitlines()}


def over_and_over(
    until: float, act: Callable[[], None], pause_s: float, enough: Callable[[], bool] = lambda: True
) -> threading.Thread:
    def loop() -> None:
        while time.monotonic() < until or not enough():
            act()
            time.sleep(pause_s)

    thread = threading.Thread(target=loop)
    thread.start()
    return thread


def move_something(hub: Store, chance: random.Random) -> None:
    key, status = chance.choice(KEYS), chance.choice(list(Status))
    try:
        hub.do(ChangeTask(key, {"status": status}), ME)
    except Refused:
        hub.do(ReopenTask(key, "again"), ME)


def own_commits(world: World) -> dict[str, set[str]]:
    """The files that each automated commit changes."""
    out = git(world.remote, "log", "--author=Custodian", "--format=%x00%H", "--name-only", "main")
    commits = (each.split("\n", 1) for each in out.split("\0")[1:])
    return {head: set(files.split()) for head, files in commits}


def test_under_stress_nothing_is_swept_along_or_lost_and_all_comes_to_rest(
    a: Clone, b: Clone, world: World, tmp_path: Path
) -> None:
    chance = random.Random(7)  # noqa: S311 - which file comes next
    agent = Worker(a, 0.7, pushes=False, chance=chance)
    other = Worker(b, 0.6, pushes=True, chance=chance)
    stop = tmp_path / "stop"
    began = len(own_commits(world))
    arguments = (str(tmp_path / "hub.db"), str(a.top), "a", str(stop))
    runs = subprocess.Popen(
        [sys.executable, "-c", RUNS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + FOR_S
    hub = Store(SQLite(tmp_path / "hub.db"))
    count = 0

    def as_agents_do() -> None:
        nonlocal count
        count += 1
        agent.once()
        if count % 4 == 0:
            agent.catch_up()

    threads = [
        over_and_over(until, as_agents_do, agent.pause_s, lambda: len(agent.lines) >= 5),
        over_and_over(until, other.once, other.pause_s),
        over_and_over(until, lambda: move_something(hub, chance), 0.5),
    ]
    for thread in threads:
        thread.join()
    stop.touch()
    said = runs.communicate(timeout=PATIENCE_S)
    hub.close()
    made = own_commits(world)

    assert runs.returncode == 0, said
    told = agent.trouble, other.trouble, said
    assert len(made) > began, told
    assert set().union(*made.values()) == {"workplans/MRKD-WP-0001.md"}
    assert (agent.nothing, other.nothing) == (0, 0), told
    # A move that begins in the very moment in which git is called holds its lock for one instant.
    assert agent.locked < len(agent.lines), told
    for worker in (agent, other):
        worker.catch_up()
    reports = [clone.fix(pull=True) for clone in (a, b, a, b)][2:]
    assert [report.sealed for report in reports] == [True, True], told
    for worker in (agent, other):
        assert set(worker.lines) <= worker.texts
        worker.clone.git("fsck", "--no-dangling")
        assert worker.clone.git("status", "--porcelain") == ""
        assert worker.clone.head == git(world.remote, "rev-parse", "main")
        assert [worker.clone.says(key) for key in KEYS] == [world.status(key) for key in KEYS]
