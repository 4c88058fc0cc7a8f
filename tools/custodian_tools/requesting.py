"""Asking for a repo's sync before its time comes, and which repos wait for theirs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from custodian_core.commands import Caller, RequestSync
from custodian_core.errors import NoCheckout
from custodian_core.ports import Hub
from custodian_core.records import Repo
from custodian_core.text import printable

if TYPE_CHECKING:  # every sweep imports this module, and asks no worker
    from custodian_core.jobs import Requested, Wish

#: the event by which the hub's log asks for a sync
REQUESTED = "sync.requested"


#: what takes wishes for workers, and says what came of them
Hearing = Callable[[Sequence["Wish"]], "Requested"]


def sync_requested(
    hub: Hub, repo: str, reason: str, by: Caller, hear: Hearing | None = None
) -> Repo:
    """The repo comes first in the next sweep of each host that has it; workers hear of it now."""
    asked: Repo = hub.do(RequestSync(repo, reason), by)
    if hear is not None and asked.hosts:
        enqueue(hear, asked, reason)
    return asked


def enqueue(hear: Hearing, repo: Repo, reason: str, host: str | None = None) -> "Requested":
    """A sync waits for the worker of that host, or for that of each which has a checkout."""
    from custodian_core.jobs import REASON_LIMIT, Wish

    hosts = tuple(repo.host_paths)
    if host is not None and host not in hosts:
        known = f"it has one on {', '.join(map(printable, hosts))}" if hosts else "it has none"
        raise NoCheckout(f"repo {repo.slug}", f"it has no checkout on {printable(host)}; {known}")
    if not hosts:
        raise no_checkout(repo)
    wanted, why = (host,) if host else hosts, printable(reason, REASON_LIMIT)
    return hear([Wish(repo.slug, each, why) for each in wanted])


def no_checkout(repo: Repo) -> NoCheckout:
    """What is said of a repo that nobody can sync."""
    how = f"let a worker keep one: custodian repo register --managed --slug {repo.slug}"
    return NoCheckout(f"repo {repo.slug}", f"it has no checkout on any host; {how}")


def requested(hub: Hub) -> Mapping[str, datetime]:
    """When a sync of each repo was last asked for, by its slug."""
    return {event.subject: event.at for event in hub.last_events(REQUESTED) if event.subject}


def waits(repo: Repo, host: str, asked: Mapping[str, datetime]) -> bool:
    """Whether no run on that host can have seen what the repo's sync was asked for."""
    at = asked.get(repo.slug)
    last = next((each.last_run_at for each in repo.hosts if each.host == host), None)
    return at is not None and (last is None or last <= at)
