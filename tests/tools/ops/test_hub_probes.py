"""What a real hub tells of work for agents and of what others wait for, repo by repo."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    Caller,
    ChangeTask,
    ClaimTask,
    Command,
    RegisterRepo,
    ReopenTask,
)
from custodian_core.errors import HubUnreachable
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.ops.host import Probe
from custodian_core.ops.waiting import Backlog, Dependencies
from custodian_core.ports import Hub
from custodian_core.status import Status
from custodian_tools.ops.hub_probes import look_at_backlog, look_at_dependencies
from tests.core.hub.conftest import NOON, Watch

ADA = Caller("ada")


@dataclass
class Fleet:
    """Two repos of this host and one of another, in a hub whose clock the test sets."""

    hub: Store
    watch: Watch

    def do(self, command: Command) -> None:
        self.hub.do(command, ADA)

    def task(self, repo: str, number: int, *waits: str) -> str:
        """A task of the repo, added now."""
        key = f"{repo.upper()}-T0{number}"
        self.do(AddTask(f"{repo.upper()}-WP", key, key, depends_on=waits))
        return key

    def set(self, key: str, status: Status) -> None:
        self.do(ChangeTask(key, {"status": status.value}))

    def opened(self) -> AbstractContextManager[Hub]:
        return nullcontext(self.hub)

    def backlog(self, limit_s: float = 10) -> Backlog:
        return look_at_backlog(self.opened, "here", limit_s)

    def dependencies(self, limit_s: float = 10) -> Dependencies:
        return look_at_dependencies(self.opened, "here", limit_s)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    watch = Watch()
    fleet = Fleet(Store(SQLite(tmp_path / "hub.db"), watch), watch)
    for repo, host in (("api", "here"), ("web", "here"), ("far", "there")):
        fleet.do(RegisterRepo(repo, "acme", host=host, path=f"/srv/{repo}"))
        fleet.do(AddWorkstream(repo, f"{repo.upper()}-WP", repo))
    yield fleet
    fleet.hub.close()


def at(**later: float) -> datetime:
    return NOON + timedelta(**later)


def test_work_of_this_host_that_nobody_holds_is_told_with_since_when(fleet: Fleet) -> None:
    fleet.task("far", 1)
    held, free = fleet.task("api", 1), fleet.task("web", 1)
    fleet.watch.on(minutes=5)
    fleet.do(ClaimTask("claude", task=held))
    told = fleet.backlog()

    assert [(each.repo, each.task, each.since) for each in told.offered] == [("web", free, NOON)]
    assert (told.status, told.agent_at) == (Probe.OK, at(minutes=5))


def test_work_that_waited_is_there_from_when_what_it_waited_for_was_done(fleet: Fleet) -> None:
    first = fleet.task("api", 1)
    second = fleet.task("api", 2, first)
    fleet.watch.on(hours=3)
    fleet.set(first, Status.DONE)
    (offered,) = fleet.backlog().offered

    assert (offered.task, offered.since) == (second, at(hours=3))


def test_an_agent_that_has_finished_was_heard_of_though_nothing_is_left_in_its_repo(
    fleet: Fleet,
) -> None:
    key = fleet.task("api", 1)
    fleet.do(ClaimTask("claude", task=key))
    fleet.watch.on(minutes=10)
    fleet.set(key, Status.DONE)
    told = fleet.backlog()

    assert (told.offered, told.agent_at) == ((), at(minutes=10))


def test_a_task_that_others_wait_for_is_told_with_its_age_and_how_many_wait(fleet: Fleet) -> None:
    old, elsewhere = fleet.task("api", 1), fleet.task("far", 1)
    fleet.watch.on(days=1)
    fleet.task("api", 2, old, elsewhere)
    fleet.task("web", 1, old, "NOBODY-KNOWS-T01")
    told = fleet.dependencies().open

    assert [(each.task, each.since, each.waiting) for each in told] == [
        (old, NOON, 2),
        (elsewhere, NOON, 1),
    ]


def test_what_was_done_here_or_elsewhere_holds_nothing_up(fleet: Fleet) -> None:
    here, elsewhere = fleet.task("api", 1), fleet.task("far", 1)
    fleet.task("api", 2, here, elsewhere)
    for key in (here, elsewhere):
        fleet.set(key, Status.DONE)

    assert fleet.dependencies() == Dependencies(Probe.OK)


def test_a_task_that_was_reopened_is_open_since_then(fleet: Fleet) -> None:
    key = fleet.task("api", 1)
    fleet.task("api", 2, key)
    fleet.set(key, Status.DONE)
    fleet.watch.on(days=40)
    fleet.do(ReopenTask(key, "it was not", Status.TODO))
    (told,) = fleet.dependencies().open

    assert told.since == at(days=40)


LOOKS = [look_at_backlog, look_at_dependencies]


@pytest.mark.parametrize("look", LOOKS)
def test_repos_for_which_there_was_no_time_are_named(
    fleet: Fleet, look: Callable[..., Backlog | Dependencies]
) -> None:
    fleet.task("api", 1)
    told = look(fleet.opened, "here", 0)

    assert (told.status, told.not_told) == (Probe.OK, ("api", "web"))
    assert told.why == "2 repos were not looked at in time"


@pytest.mark.parametrize("look", LOOKS)
def test_a_hub_that_does_not_answer_is_not_one_without_work(
    look: Callable[..., Backlog | Dependencies],
) -> None:
    @contextmanager
    def nobody() -> Generator[Hub]:
        raise HubUnreachable("http://hub.example", "it is not there")
        yield

    told = look(nobody, "here", 5)

    assert told.status is Probe.FAILED
    assert "hub.example does not answer" in (told.why or "")
