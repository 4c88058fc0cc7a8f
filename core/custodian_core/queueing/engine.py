"""Procrastinate's worker, on one host's queue: it takes, beats and tells; the work is ours."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from custodian_core.errors import HubTrouble
from custodian_core.jobs import Job, JobState, Work, pause_before

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.worker import Worker

    from .team import TeamQueue

#: how often it looks whether it was told to stop
_STEP_S = 0.1

log = logging.getLogger(__name__)


def run(
    queue: "TeamQueue", host: str, work: Work, concurrency: int, stop: threading.Event | None
) -> int:
    """How many jobs were run."""
    at_work, before = _AtWork(queue, work, concurrency, stop), -1
    try:
        # (what joined while another was run is due only afterwards)
        while before < at_work.count:
            before = at_work.count
            asyncio.run(_run(at_work, host, concurrency, stop))
            if stop is not None:
                break
    except _engine_errors() as error:
        reason = str(error.__cause__ or error).partition("\n")[0]
        raise HubTrouble(queue.database.name, reason) from error
    return at_work.count


def _engine_errors() -> tuple[type[Exception], ...]:
    import psycopg
    from procrastinate.exceptions import ConnectorException
    from psycopg_pool import PoolTimeout

    return ConnectorException, psycopg.Error, PoolTimeout


async def _run(
    at_work: "_AtWork", host: str, concurrency: int, stop: threading.Event | None
) -> None:
    from procrastinate.worker import Worker

    from .team import queue_of

    pace = at_work.queue.pace
    asyncio.get_running_loop().set_exception_handler(_tell)
    app = _app(at_work.queue.url)
    app.task(name="sync", pass_context=True)(at_work.sync)
    async with app.open_async():
        worker = Worker(
            app,
            queues=[queue_of(host)],
            name=None,
            concurrency=concurrency,
            wait=stop is not None,
            fetch_job_polling_interval=pace.look_s,
            # what is done leaves no row: how it went stands among the hub's runs
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=pace.beat_s,
            stalled_worker_timeout=pace.lost_s,
        )
        at_work.end = worker.stop
        beside = [asyncio.create_task(at_work.reap(worker))]
        if stop is not None:
            beside.append(asyncio.create_task(_stop(at_work, stop)))
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
    if stop is not None and not stop.is_set():
        raise HubTrouble(at_work.queue.database.name, "the connection to it was lost")


def _app(url: str) -> "App":
    from procrastinate import App, PsycopgConnector

    # (one that is not there is told by whoever begins again; the pool need not insist)
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=4, timeout=10)
    return App(connector=connector)


async def _stop(at_work: "_AtWork", stop: threading.Event) -> None:
    while not stop.is_set():  # noqa: ASYNC110 - who sets it may be a signal, or another thread
        await asyncio.sleep(_STEP_S)
    at_work.end()


def _tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The end of a job could not be told: it waits again, once that is noticed."""
    fault = context.get("exception")
    why = getattr(fault, "__cause__", None) or fault or context.get("message")
    log.warning("the queue was not told of a job's end: %s", str(why).partition("\n")[0])


@dataclass(slots=True)
class _AtWork:
    """What this worker is at."""

    queue: "TeamQueue"
    work: Work
    concurrency: int
    stop: threading.Event | None
    count: int = 0
    #: the numbers of its jobs, until their end must have been told
    ids: set[int] = field(default_factory=set[int])
    #: how many threads may work; made where the loop runs
    threads: Any = None
    #: nothing more is taken
    end: Callable[[], None] = lambda: None

    async def sync(
        self, context: "JobContext", *, repo: str, host: str, reason: str, tries: int
    ) -> None:
        """One job; it waits again where it could not be done."""
        number = context.job.id or 0
        now = datetime.now(UTC)
        job = Job(repo, host, reason, JobState.RUNNING, tries, now, now, now)
        self.ids.add(number)
        try:
            fine = await self._in_thread(job)
            self.count += 1
            pause = None if fine else pause_before(tries + 1)
            if pause is not None:
                await self._wait_again(job, pause)
        finally:
            if self.stop is not None and self.stop.is_set():
                self.end()
            asyncio.get_running_loop().call_later(self.queue.pace.lost_s, self.ids.discard, number)

    async def _wait_again(self, job: Job, pause_s: float) -> None:
        """It is tried again; a database that is away for a moment is waited for."""
        until = time.monotonic() + self.queue.pace.lost_s
        while True:
            try:
                await asyncio.to_thread(self.queue.wait_again, job, pause_s)
            except HubTrouble:
                if time.monotonic() >= until:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def _in_thread(self, job: Job) -> bool:
        from anyio import CapacityLimiter
        from anyio.to_thread import run_sync

        self.threads = self.threads or CapacityLimiter(self.concurrency)
        return await run_sync(self.work, job, limiter=self.threads)

    async def reap(self, worker: "Worker") -> None:
        """Whatever workers have left that are gone waits again."""
        while True:
            await asyncio.sleep(self.queue.pace.reap_s)
            with suppress(HubTrouble):
                ids = tuple(self.ids)
                await asyncio.to_thread(self.queue.reap_beside, worker.worker_id, ids)
