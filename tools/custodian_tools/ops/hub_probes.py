"""What the hub tells of the repos of this host: work for agents, and what others wait for."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from operator import attrgetter

from custodian_core.errors import Conflict, CustodianError, UnknownThing
from custodian_core.ops.host import Probe
from custodian_core.ops.waiting import (
    Backlog,
    Dependencies,
    Offered,
    OpenDependency,
    is_over,
    last_heard,
    waited_for,
)
from custodian_core.ports import Hub
from custodian_core.records import Repo, Task
from custodian_tools.hub import AT_ONCE, OPEN, every

OpenHub = Callable[[], AbstractContextManager[Hub]]

#: of how many dependencies it is told
MOST = 200


def look_at_backlog(open_hub: OpenHub, host: str, limit_s: float) -> Backlog:
    """What the hub would give an agent in each repo of the host, and when it last heard of one."""
    until = time.monotonic() + limit_s
    offered: list[Offered] = []
    heard: list[datetime] = []
    not_told: list[str] = []
    try:
        with open_hub() as hub:
            for repo, is_open in _in_time(_repos(hub, host), until, not_told):
                if at := last_heard(hub.claims(repo=repo.slug, live=False)):
                    heard.append(at)
                task = hub.dispatch(repo.slug).task if is_open else None
                if task:
                    offered.append(Offered(repo.slug, task.key, _ready_since(hub, task)))
    except CustodianError as error:
        return Backlog(Probe.FAILED, f"what is to be done is not known: {error}")
    why = _late(not_told)
    return Backlog(Probe.OK, why, tuple(offered), max(heard, default=None), tuple(not_told))


def _ready_since(hub: Hub, task: Task) -> datetime:
    """Since when the task stands there as it does: neither it nor what it waited for changed."""
    changed = [task.updated_at]
    for key in task.depends_on:
        with suppress(UnknownThing, Conflict):  # (several repos may have a task of that key)
            changed.append(hub.task(key).updated_at)
    return max(changed)


def look_at_dependencies(open_hub: OpenHub, host: str, limit_s: float) -> Dependencies:
    """What open tasks in the repos of the host wait for, and since when each of it is open."""
    until = time.monotonic() + limit_s
    tasks: list[Task] = []
    not_told: list[str] = []
    try:
        with open_hub() as hub:
            for repo, is_open in _in_time(_repos(hub, host), until, not_told):
                if is_open:
                    # (a list of tasks would look through those of every repo)
                    tasks += hub.reconcile_view(repo.slug).tasks
            found = sorted(_open(hub, tasks), key=attrgetter("since", "task"))
    except CustodianError as error:
        return Dependencies(Probe.FAILED, f"what waits for what is not known: {error}")
    left_out = max(0, len(found) - MOST)
    return Dependencies(Probe.OK, _late(not_told), tuple(found[:MOST]), tuple(not_told), left_out)


def _open(hub: Hub, tasks: Sequence[Task]) -> Iterator[OpenDependency]:
    known = {each.key: each for each in tasks}
    for key, waiting in waited_for(tasks).items():
        task = known.get(key) or _elsewhere(hub, key)
        if task and not is_over(task):
            yield OpenDependency(task.repo_slug, task.key, _open_since(hub, task), waiting)


def _elsewhere(hub: Hub, key: str) -> Task | None:
    """The task of another repo; of a key that none or several have nobody knows the age."""
    with suppress(UnknownThing, Conflict):
        return hub.task(key)
    return None


def _open_since(hub: Hub, task: Task) -> datetime:
    """When the hub first heard of the task, or when it was last reopened."""
    if task.epoch:
        repo, key = task.repo_slug, task.key
        reopened = hub.events(repo=repo, type="task.reopened", subject=key, limit=AT_ONCE).items
        return reopened[-1].at if reopened else task.created_at
    return task.created_at


def _repos(hub: Hub, host: str) -> Iterator[tuple[Repo, bool]]:
    """The repos of the host, and whether any task of theirs is open."""
    counts: Mapping[str, Mapping[str, int]] = {each.repo_slug: each.tasks for each in hub.counts()}
    for repo in every(hub.repos, host=host, status="active"):
        there = counts.get(repo.slug, {})
        yield repo, any(there.get(status.value) for status in OPEN)


def _in_time(
    repos: Iterator[tuple[Repo, bool]], until: float, not_told: list[str]
) -> Iterator[tuple[Repo, bool]]:
    """Those for which there is time; the others are named in `not_told`."""
    for repo, is_open in repos:
        if time.monotonic() < until:
            yield repo, is_open
        else:
            not_told.append(repo.slug)


def _late(not_told: Sequence[str]) -> str | None:
    if not not_told:
        return None
    many = "1 repo was" if len(not_told) == 1 else f"{len(not_told)} repos were"
    return f"{many} not looked at in time"
