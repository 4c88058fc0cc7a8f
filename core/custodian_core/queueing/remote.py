"""The queue of a hub elsewhere, as far as its API leads to it."""

import threading
from collections.abc import Sequence
from typing import Protocol

from custodian_core.errors import HubTrouble
from custodian_core.jobs import Job, Requested, Wish, Work, check_wish
from custodian_core.paging import MAX_LIMIT
from custodian_core.ports import LIMIT
from custodian_core.records import Page


class FarHub(Protocol):
    """The client of a hub that runs elsewhere."""

    url: str

    def request_sync(self, wish: Wish) -> Requested:
        """A sync waits."""
        ...

    def jobs(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits."""
        ...

    def close(self) -> None:
        """No connection is open any more."""
        ...


class RemoteQueue:
    """The queue behind a hub's API; who works from it must reach its database."""

    def __init__(self, hub: FarHub) -> None:
        self.hub = hub

    def request_syncs(self, wishes: Sequence[Wish]) -> Requested:
        """Each that was wished waits."""
        for wish in wishes:
            check_wish(wish)
        told = [self.hub.request_sync(wish) for wish in wishes]
        return Requested(sum(each.new for each in told), sum(each.joined for each in told))

    def jobs(self, host: str | None = None) -> tuple[Job, ...]:
        """What waits and what runs, in the order in which it was asked for."""
        found: list[Job] = []
        page = self.hub.jobs(host, limit=MAX_LIMIT)
        while page.cursor is not None:
            found += page.items
            page = self.hub.jobs(host, after=page.cursor, limit=MAX_LIMIT)
        return tuple(sorted([*found, *page.items], key=lambda job: job.asked_at))

    def page(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits."""
        return self.hub.jobs(host, after=after, limit=limit)

    def run_due(
        self,
        host: str,
        work: Work,
        *,
        concurrency: int = 1,
        stop: threading.Event | None = None,
    ) -> int:
        """Not from here."""
        raise self._too_far()

    def reap(self) -> int:
        """Not from here."""
        raise self._too_far()

    def _too_far(self) -> HubTrouble:
        reason = "a worker needs its database as well; set CUSTODIAN_DATABASE_URL"
        return HubTrouble(self.hub.url, reason)

    def close(self) -> None:
        """No connection is open any more."""
        self.hub.close()
