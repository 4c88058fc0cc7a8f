"""While the hub is served, people are told by themselves what they should know."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI

from custodian_core.errors import CustodianError
from custodian_core.notifying import Teller
from custodian_tools.telling import Notices, Told, tell_due

#: how often it is looked whether there is anything to tell
LOOK_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Noticing:
    """Tells what is due every few seconds; trouble with the hub or the address ends nothing."""

    hub: Notices
    teller: Teller
    silent: timedelta
    look_s: float = LOOK_S

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While the server runs, so does this; a notice that is on its way is waited for."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
        self.teller.close()

    async def _look(self) -> None:
        log.info("people are told at %s", self.teller.name)
        while True:
            await run_sync(self._round)
            await anyio.sleep(self.look_s)

    def _round(self) -> None:
        try:
            for told in tell_due(self.hub, self.teller, self.silent):
                _tell(told)
        except CustodianError as trouble:
            log.warning("nobody is told anything now: %s", trouble)


def _tell(told: Told) -> None:
    said: dict[str, Any] = {"kind": told.notice.kind.value, "delivery": told.notice.id}
    if told.trouble is None:
        log.info("told", extra={"told": said})
        return
    what = "not told, and tried again" if told.again else "not told, and given up"
    log.warning(what, extra={"told": {**said, "trouble": told.trouble}})


def beside(app: FastAPI, noticing: Noticing) -> None:
    """While the application runs, people are told."""
    alone = app.router.lifespan_context

    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncGenerator[Any]:
        async with alone(app) as state, noticing.running():
            yield state

    app.router.lifespan_context = both
