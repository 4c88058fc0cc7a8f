"""How work flows in a repo or in the whole fleet, as the hub's events tell."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge

from custodian_core.ops.flow import TYPES, Flow, flow
from custodian_core.ports import Hub
from custodian_core.records import Event
from custodian_tools.hub import AT_ONCE


def metrics(hub: Hub, now: datetime, days: int, repo: str | None = None) -> Flow:
    """What happened in the last days; an unknown repo is an error."""
    if repo is not None:
        hub.repo(repo)
    streams = [_events(hub, kind, repo) for kind in TYPES]
    events = merge(*streams, key=lambda event: event.seq)
    return flow(events, now - timedelta(days=days), now + timedelta(seconds=1))


def _events(hub: Hub, kind: str, repo: str | None) -> Iterator[Event]:
    """Every event of the type, the oldest first."""
    after: int | None = 0
    while after is not None:
        page = hub.events(after=after, repo=repo, type=kind, limit=AT_ONCE)
        yield from page.items
        after = int(page.cursor) if page.cursor else None
