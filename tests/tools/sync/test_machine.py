"""P1 to P9: whatever people, agents and crashes do between runs, the promises hold."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from custodian_core.commands import Caller, ChangeTask, ReopenTask
from custodian_core.errors import Refused
from custodian_core.git.author import Author
from custodian_core.git.runner import Git, Ran
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.status import Status, rank
from custodian_tools.sync import Bench, Report, fix

from .conftest import ME, SLUG, Clone, World, git, plan_text, quick

KEYS = tuple(f"MRKD-WP-0001-T0{number}" for number in (1, 2, 3))
HOSTS = ("a", "b")
#: more git calls than most runs make
CALLS = 30

tasks, hosts = st.sampled_from(KEYS), st.sampled_from(HOSTS)
statuses = st.sampled_from([status.value for status in Status])


def masked(text: str) -> str:
    """The file without what a run may change in it."""
    return re.sub(r"^status: \w+$", "status: ?", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two clones in step with their remote and a hub, all in one folder that can be copied."""
    folder = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        config = folder / "gitconfig"
        config.write_text("[init]\n\tdefaultBranch = main\n")
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        world = World(folder)
        a = world.clone("a")
        a.plan.parent.mkdir()
        a.plan.write_text(plan_text(dict.fromkeys(KEYS, "todo")))
        a.commit("begin", ".")
        a.git("push", "-q", "-u", "origin", "main")
        assert a.fix().sealed
        b = world.clone("b")
        assert b.fix().sealed
        for clone in (a, b):
            clone.git("remote", "set-url", "origin", "../remote.git")
        world.hub.close()
        yield folder


class Machine(RuleBasedStateMachine):
    """One or two hubs, two clones, one remote, people, agents, and runs that die."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        for name in (*HOSTS, "remote.git"):
            shutil.copytree(self.template / name, self.folder / name, symlinks=True)
        self.hubs: list[Store] = []
        self.clones: dict[str, Clone] = {}
        self.known: dict[tuple[int, str], tuple[int, int]] = {}
        self.reopens: Counter[str] = Counter()
        self.text = masked((self.folder / "a/workplans/MRKD-WP-0001.md").read_text())

    @initialize(count=st.integers(1, 2))
    def begin(self, count: int) -> None:
        """A second hub is a copy of the first, as one is that was restored from a backup."""
        for number in range(count):
            shutil.copy(self.template / "hub.db", self.folder / f"hub{number}.db")
            self.hubs.append(self.open(number))
        for host in HOSTS:
            self.clones[host] = Clone(World.__new__(World), self.folder / host, host)

    def open(self, number: int) -> Store:
        return Store(SQLite(self.folder / f"hub{number}.db"))

    def teardown(self) -> None:
        try:
            if self.clones:
                self.come_to_rest()
        finally:
            for hub in self.hubs:
                hub.close()
            shutil.rmtree(self.folder)

    def run(self, host: str, hub: Store, *, pull: bool = True, push: bool = True) -> Report:
        bench = Bench(hub, Caller(host), host, Author("Custodian", "custodian@localhost"))
        return fix(bench, hub.repo(SLUG), self.folder / host, quick(pull=pull, push=push))

    def hub(self, number: int) -> Store:
        return self.hubs[number % len(self.hubs)]

    # --- what people and agents do

    @rule(host=hosts, key=tasks, status=statuses, push=st.booleans())
    def work(self, host: str, key: str, status: str, push: bool) -> None:
        clone = self.clones[host]
        clone.set(key, status)
        clone.git("commit", "-q", "-a", "-m", f"{key} is {status}", check=False)
        if push:
            clone.git("push", "-q", check=False)

    @rule(host=hosts, key=tasks, status=statuses)
    def edit(self, host: str, key: str, status: str) -> None:
        self.clones[host].set(key, status)

    @rule(host=hosts, key=tasks, status=st.sampled_from(["todo", "in_progress"]))
    def reopen_in_the_file(self, host: str, key: str, status: str) -> None:
        clone = self.clones[host]
        clone.set(key, status)
        self.reopens[key] += 1
        clone.git("commit", "-q", "-a", "-m", f"x\n\nCustodian-Reopen: {key} it broke", check=False)

    @rule(host=hosts)
    def pull(self, host: str) -> None:
        self.clones[host].git("pull", "-q", "--ff-only", check=False)

    @rule(number=st.integers(0, 1), key=tasks, status=statuses)
    def move_in_the_hub(self, number: int, key: str, status: str) -> None:
        try:
            self.hub(number).do(ChangeTask(key, {"status": Status(status)}), ME)
        except Refused:
            return

    @rule(number=st.integers(0, 1), key=tasks)
    def reopen_in_the_hub(self, number: int, key: str) -> None:
        try:
            self.hub(number).do(ReopenTask(key, "it broke"), ME)
            self.reopens[key] += 1
        except Refused:
            return

    # --- runs

    @rule(host=hosts, number=st.integers(0, 1), pull=st.booleans(), push=st.booleans())
    def sync(self, host: str, number: int, pull: bool, push: bool) -> None:
        self.run(host, self.hub(number), pull=pull, push=push)

    @rule(host=hosts, number=st.integers(0, 1))
    def sync_twice(self, host: str, number: int) -> None:
        """P2: a run after a run does nothing."""
        hub, clone = self.hub(number), self.clones[host]
        first = self.run(host, hub)
        before = clone.head, clone.plan.read_bytes(), hub.events(limit=1).total
        second = self.run(host, hub)

        after = clone.head, clone.plan.read_bytes(), hub.events(limit=1).total
        assert after == before, (first, second)
        assert second.commits == ()

    @rule(host=hosts, number=st.integers(0, 1), at=st.integers(1, CALLS), after=st.booleans())
    def crash(self, host: str, number: int, at: int, after: bool) -> None:
        """P9: a run in a process of its own is killed at one of its git calls."""
        with warnings.catch_warnings(action="ignore"):
            child = os.fork()
        if child == 0:
            try:
                die_at(at, after=after)
                self.run(host, self.open(number % len(self.hubs)))
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    # --- promises

    @invariant()
    def no_task_regresses(self) -> None:
        """P1: within an epoch no rank falls; an epoch begins only where somebody said so."""
        for number, hub in enumerate(self.hubs):
            for task in hub.tasks(repo=SLUG).items:
                now = task.epoch, rank(task.status)
                assert now >= self.known.get((number, task.key), (0, 0)), task.key
                assert task.epoch <= self.reopens[task.key], task.key
                self.known[number, task.key] = now

    @invariant()
    def nothing_but_statuses_changes(self) -> None:
        """P7: the rest of the file stays as it was, and nothing else appears beside it."""
        for clone in self.clones.values():
            assert masked(clone.plan.read_text()) == self.text
            assert clone.git("status", "--porcelain") in ("", "M workplans/MRKD-WP-0001.md")

    def come_to_rest(self) -> None:
        """P3 and P6: people push what they have, and then a few runs are enough for good."""
        for clone in self.clones.values():
            clone.git("commit", "-q", "-a", "-m", "last", check=False)
            clone.git("pull", "-q", "--rebase", "-X", "theirs")
            clone.git("push", "-q")
        began = self.automated()
        reports = [self.round() for _ in range(3)][-1]
        rested = self.automated()

        assert rested - began <= 2 * len(KEYS) * len(self.hubs)
        self.round()
        assert self.automated() == rested
        for clone, hub in product(self.clones.values(), self.hubs):
            for task in hub.tasks(repo=SLUG).items:
                assert clone.says(task.key) == task.status.value, (clone.host, task.key, reports)
        self.no_task_regresses()
        self.nothing_but_statuses_changes()
        heads = {clone.head for clone in self.clones.values()}
        assert heads == {git(self.folder / "remote.git", "rev-parse", "main")}
        assert all(report.sealed for report in reports)
        done = subprocess.run(
            ["git", "fsck", "--no-dangling"],
            cwd=self.folder / "a",
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0

    def round(self) -> list[Report]:
        return [self.run(host, hub) for host, hub in product(HOSTS, self.hubs)]

    def automated(self) -> int:
        remote = self.folder / "remote.git"
        return int(git(remote, "rev-list", "--count", "--author=Custodian", "main"))


def die_at(number: int, *, after: bool) -> None:
    """From now on this process is killed at its git call of that number."""
    run, count = Git.run, 0

    def counted(*arguments: Any, **more: Any) -> Ran:
        nonlocal count
        count += 1
        if count == number and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        ran = run(*arguments, **more)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return ran

    Git.run = counted  # type: ignore[method-assign]


def test_f85_the_promises_hold_whatever_happens_between_runs(template: Path) -> None:
    class Here(Machine):
        pass

    Here.template = template
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            derandomize=True,
            database=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
