"""The queue of syncs, as whoever reaches the hub may fill and see it; workers take from it."""

import logging
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

from fastapi import Body, Depends, Request
from fastapi import Query as FromQuery
from fastapi.responses import Response

from custodian_core.errors import HubTrouble
from custodian_core.jobs import Job, Requested, Wish, check_wish
from custodian_core.ports import Queue as QueuePort
from custodian_core.records import Page
from custodian_core.settings import Settings
from custodian_core.wire import Way, command_of
from custodian_tools.requesting import enqueue

from .asking import HubHere, Paged, Router, SettingsHere, answered, answers
from .bodies import Spelled, check_plain
from .errors import documented

#: what a server does before its first request and after its last
Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]

router = Router()
log = logging.getLogger(__name__)


class Workers:
    """The queue of the hub that is served, opened when it is first asked for something."""

    def __init__(self, settings: Settings, opened: Callable[[Settings], QueuePort]) -> None:
        self._settings, self._opened = settings, opened
        self._lock = threading.Lock()
        self._queue: QueuePort | None = None

    @property
    def queue(self) -> QueuePort:
        """The queue; `HubTrouble` where there is none."""
        with self._lock:
            self._queue = self._queue or self._opened(self._settings)
        return self._queue

    def hear(self, wishes: Sequence[Wish]) -> Requested:
        """Workers hear of it; where they cannot, the next sweep still comes to it first."""
        try:
            return self.queue.request_syncs(wishes)
        except HubTrouble as trouble:
            log.warning("workers do not hear of a sync: %s", trouble)
            return Requested(0, 0)

    def open_while(self, running: Lifespan) -> Lifespan:
        """It is not held open longer than the server runs."""

        @asynccontextmanager
        async def both(app: Any) -> AsyncGenerator[None]:
            async with running(app):
                yield
            if self._queue is not None:
                self._queue.close()

        return both


async def _workers(request: Request) -> Workers:
    workers: Workers = request.app.state.workers
    return workers


WorkersHere = Annotated[Workers, Depends(_workers)]


class Jobs(Paged):
    """Which jobs are wanted."""

    host: str | None = None


#: a wish is spelled as a command is, and changes nothing that the hub knows
ASKING = Way(Wish, "POST", "/queue/", Requested, status=202)


@router.get("/queue/", tags=["queue"], **answers(Page[Job]))
def list_jobs(
    wanted: Annotated[Jobs, FromQuery()], workers: WorkersHere, settings: SettingsHere
) -> Response:
    """Syncs that run, then those that wait; how one went stands among its repo's runs."""
    return answered(workers.queue.page(**wanted.said()), settings)


@router.post(
    "/queue/",
    tags=["queue"],
    status_code=202,
    response_model=None,
    responses={
        202: {"model": Requested, "description": "asked"},
        **documented(400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 503),
    },
)
def request_job(
    body: Annotated[dict[str, Any], Body(), Spelled(ASKING)],
    hub: HubHere,
    workers: WorkersHere,
    settings: SettingsHere,
) -> Response:
    """A sync of the repo waits for the worker of that host; it joins one that waits already."""
    check_plain(body)
    wish: Wish = command_of(ASKING, None, body)
    check_wish(wish)
    asked = enqueue(workers.queue.request_syncs, hub.repo(wish.repo), wish.reason, wish.host)
    return answered(asked, settings, 202)
