"""Asking for a repo's sync before its time comes, and which repos wait for theirs."""

from collections.abc import Mapping
from datetime import datetime

from custodian_core.commands import Caller, RequestSync
from custodian_core.ports import Hub
from custodian_core.records import Repo

#: the event by which the hub's log asks for a sync
REQUESTED = "sync.requested"


def sync_requested(hub: Hub, repo: str, reason: str, by: Caller) -> Repo:
    """The repo comes first in the next sweep of each host that has it."""
    asked: Repo = hub.do(RequestSync(repo, reason), by)
    return asked


def requested(hub: Hub) -> Mapping[str, datetime]:
    """When a sync of each repo was last asked for, by its slug."""
    return {event.subject: event.at for event in hub.last_events(REQUESTED) if event.subject}


def waits(repo: Repo, host: str, asked: Mapping[str, datetime]) -> bool:
    """Whether no run on that host can have seen what the repo's sync was asked for."""
    at = asked.get(repo.slug)
    last = next((each.last_run_at for each in repo.hosts if each.host == host), None)
    return at is not None and (last is None or last <= at)
