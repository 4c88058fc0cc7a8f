"""A host's worker: it takes syncs from the queue and makes them, until it is told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from custodian_core.errors import CustodianError, HubTrouble
from custodian_core.jobs import Job
from custodian_core.ports import Hub, Queue
from custodian_core.settings import Settings
from custodian_core.text import printable
from custodian_tools.queueing import missed, sweep_due
from custodian_tools.working import Worker

#: how often it looks for requests that nothing told the queue of
MISSED_S = 60
#: how long it waits before it turns to a database again that does not answer, and at most
PAUSE_S, LONGEST_PAUSE_S = 1, 30


def pause_after(last_s: int, served_s: float) -> int:
    """How long a database is waited for: ever longer, and from the beginning after it was there."""
    if not last_s or served_s > LONGEST_PAUSE_S:
        return PAUSE_S
    return min(last_s * 2, LONGEST_PAUSE_S)


@dataclass(slots=True)
class Serving:
    """One process that serves its host's queue."""

    hub: Hub
    queue: Queue
    settings: Settings
    worker: Worker
    concurrency: int
    #: how often every repo of the host is asked for; None leaves that to a timer
    every_s: float | None
    tell: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def once(self) -> int:
        """How many jobs were run: all that were due."""
        missed(self.hub, self.queue, self.settings.host)
        return self.queue.run_due(self.settings.host, self.work, concurrency=self.concurrency)

    def serve(self) -> None:
        """Jobs are made as they come; a database that is away for a while is waited for."""
        self.queue.reap()  # (what cannot be used at all is said before anything is begun)
        asking = threading.Thread(target=self._ask, name="asking", daemon=True)
        with self._until_signalled():
            asking.start()
            pause = 0
            while not self.stop.is_set():
                began = time.monotonic()
                try:
                    host, work = self.settings.host, self.work
                    self.queue.run_due(host, work, concurrency=self.concurrency, stop=self.stop)
                except HubTrouble as trouble:
                    pause = pause_after(pause, time.monotonic() - began)
                    self.tell(f"{trouble}; trying again in {pause} s")
                    self.stop.wait(pause)
            asking.join()

    def work(self, job: Job) -> bool:
        """The job's sync; a fault of ours in one repo does not end the worker."""
        try:
            return self.worker.work(job)
        except Exception as fault:
            told = printable(f"{type(fault).__name__}: {fault}", 300)
            self.tell(f"{job.repo}: a fault of Custodian's own, please report it: {told}")
            return False

    def _ask(self) -> None:
        """Requests that were missed, and the time that has come, put jobs into the queue."""
        host, since_sweep = self.settings.host, 0.0
        while True:
            with suppress(CustodianError):  # (whoever runs the jobs tells of it)
                missed(self.hub, self.queue, host)
                if self.every_s is not None and since_sweep <= 0:
                    sweep_due(self.hub, self.queue, host)
                    since_sweep = self.every_s
            if self.stop.wait(MISSED_S):
                return
            since_sweep -= MISSED_S

    @contextmanager
    def _until_signalled(self) -> Generator[None]:
        """The first signal asks for an end, the second one does not wait for it."""

        def end(number: int, _frame: FrameType | None) -> None:
            if self.stop.is_set():
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            self.stop.set()

        before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
