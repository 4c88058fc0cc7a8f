"""A sweep of 5,000 repos is asked for, joined, and run by two workers, on both kinds of queue."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from bench_crowd import postgresql
from harness import Row

from custodian_core.jobs import Job, Wish
from custodian_core.ports import Queue
from custodian_core.queueing.embedded import EmbeddedQueue
from custodian_core.queueing.team import TeamQueue, prepare_queue

_REPOS = 5000
_RUN = 1000
_HOST, _ALL = "here", "everywhere"


def _open(address: str) -> Queue:
    return TeamQueue(address) if "://" in address else EmbeddedQueue(Path(address))


def _fine(_job: Job) -> bool:
    return True


def _serve(address: str) -> int:
    queue = _open(address)
    try:
        return queue.run_due(_HOST, _fine, concurrency=10)
    finally:
        queue.close()


def rows() -> list[Row]:
    """Wall time, since processes and a database share the work."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        found += _measured("SQLite", str(Path(folder) / "queue.db"))
        with postgresql(Path(folder)) as url:
            prepare_queue(url)
            found += _measured("PostgreSQL", url)
    return found


def _measured(kind: str, address: str) -> list[Row]:
    queue = _open(address)
    wishes = [Wish(f"repo-{number}", _ALL, "the time has come") for number in range(_REPOS)]
    asked = _wall_ms(lambda: queue.request_syncs(wishes))
    joined = _wall_ms(lambda: queue.request_syncs(wishes))
    listed = _wall_ms(queue.jobs)
    queue.request_syncs([replace(wish, host=_HOST) for wish in wishes[:_RUN]])
    ran, took = _run(address)
    queue.close()
    per_job = took / ran if ran else float("inf")
    told = f"queue, {kind}: {_REPOS} syncs"
    return [
        Row(f"{told} asked for", asked, "", None, "<= 3 s wall", asked <= 3000, 1),
        Row(f"{told} joined", joined, "", None, "<= 3 s wall", joined <= 3000, 1),
        Row(f"{told} listed", listed, "", None, "<= 1 s wall", listed <= 1000, 1),
        Row(f"queue, {kind}: one of {ran} jobs, 2 workers x 10", per_job, "", None,
            "<= 10 ms wall", per_job <= 10 and ran == _RUN, 1),
    ]  # fmt: skip


def _run(address: str) -> tuple[int, float]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(abs, range(2)))  # (their start is not of interest)
        begun = time.perf_counter()
        ran = sum(pool.map(_serve, [address] * 2))
    return ran, (time.perf_counter() - begun) * 1000


def _wall_ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
