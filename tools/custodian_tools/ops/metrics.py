"""How work flows in a repo or in the whole fleet, as the hub's events tell."""

from datetime import datetime, timedelta

from custodian_core.ops.flow import Flow
from custodian_core.ports import Hub


def metrics(hub: Hub, now: datetime, days: int, repo: str | None = None) -> Flow:
    """What happened in the last days; an unknown repo is an error."""
    return hub.flow(now - timedelta(days=days), now + timedelta(seconds=1), repo=repo)
