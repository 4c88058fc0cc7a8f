"""Asking workers for syncs: of one repo, of all of a host, of those whose time was missed."""

from collections.abc import Iterable
from datetime import datetime

from custodian_core.commands import Caller
from custodian_core.jobs import Requested, Wish
from custodian_core.ports import Hub, Queue
from custodian_core.records import EMBEDDED, Repo, RepoStatus
from custodian_core.settings import Settings

from .hub import every
from .requesting import enqueue, no_checkout, requested, sync_requested, waits

#: why a worker asks by itself
SWEEP, MISSED = "the time has come", "a request was not heard of"


def is_near(settings: Settings) -> bool:
    """Whether the queue is in a database that is reached from here."""
    return bool(settings.database_url or not settings.hub_url)


def open_any_queue(settings: Settings) -> Queue:
    """The queue beside the hub that the settings name, also where that is elsewhere."""
    from custodian_core.queueing import open_queue

    if settings.hub_url and not is_near(settings):
        from custodian_core.hub import open_remote
        from custodian_core.queueing.remote import RemoteQueue

        return RemoteQueue(open_remote(settings, settings.hub_url))
    return open_queue(settings)


def ask(
    hub: Hub, settings: Settings, slug: str, reason: str, by: Caller, host: str | None
) -> tuple[str, ...]:
    """The hosts whose workers are asked: that one, or each that has a checkout."""
    repo = hub.repo(slug)
    queue = open_any_queue(settings)
    try:
        if host is not None:
            enqueue(queue.request_syncs, repo, reason, host)
            # (beside an embedded hub each machine has a queue of its own, and hears by the log)
            if host != settings.host and hub.health().backend == EMBEDDED:
                sync_requested(hub, slug, reason, by)
            return (host,)
        hosts = tuple(repo.host_paths)
        if not hosts:
            raise no_checkout(repo)
        # (a hub elsewhere lets its workers hear of it itself)
        hear = queue.request_syncs if is_near(settings) else None
        sync_requested(hub, slug, reason, by, hear)
    finally:
        queue.close()
    return hosts


def enqueue_all(queue: Queue, repos: Iterable[Repo], host: str, reason: str) -> Requested:
    """A sync of each waits on that host."""
    return queue.request_syncs([Wish(repo.slug, host, reason) for repo in repos])


def sweep_due(hub: Hub, queue: Queue, host: str) -> Requested:
    """Every repo in care with a checkout on the host is asked for."""
    active = every(hub.repos, host=host, status=RepoStatus.ACTIVE.value)
    return enqueue_all(queue, active, host, SWEEP)


def missed(hub: Hub, queue: Queue, host: str) -> Requested:
    """What the hub's log asks for and no run on the host has seen yet waits."""
    asked: dict[str, datetime] = dict(requested(hub))
    if not asked:
        return Requested(0, 0)
    heard = {job.repo for job in queue.jobs(host)}
    active = every(hub.repos, host=host, status=RepoStatus.ACTIVE.value)
    late = [repo for repo in active if repo.slug not in heard and waits(repo, host, asked)]
    return enqueue_all(queue, late, host, MISSED)
