"""Picking and claiming a task from hubs of growing size, here and over HTTP, and listing tasks."""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from harness import Row, compared, held, spent_by

from custodian_core.commands import AddWorkstream, Caller, ClaimTask, RegisterRepo, ReleaseClaim
from custodian_core.hub.client import HttpHub
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store

_REPOS = 50
_SIZES = (1_000, 10_000, 100_000)
_AT = "2026-11-21T09:00:00Z"
_CLAIM_MS, _HTTP_MS, _LIST_MS = 10, 25, 250


@contextmanager
def filled(tasks: int, home: Path, repos: int = _REPOS) -> Generator[Store]:
    """A hub with that many tasks, three of four ended, some that wait for others."""
    database = SQLite(home / "hub.db")
    store = Store(database)
    rng = random.Random(tasks)  # noqa: S311 - the same hub on every run
    me = Caller("bench")
    rows: list[tuple[object, ...]] = []
    deps: list[tuple[str, str]] = []
    for number in range(repos):
        repo = store.do(RegisterRepo(f"repo-{number:02d}", "bench"), me)
        stream = store.do(AddWorkstream(repo.slug, f"R{number:02d}-WP-0001", "A plan"), me)
        for place in range(tasks // repos):
            key = f"{stream.key}-T{place:05d}"
            status = rng.choices(("todo", "done", "cancelled"), (24, 70, 6))[0]
            named = (key, repo.id, stream.id, key, f"Do {place}")
            rows.append((*named, status, rng.randrange(4), place, _AT, _AT))
            if place and rng.random() < 0.2:
                deps.append((key, f"{stream.key}-T{rng.randrange(place):05d}"))
    connection = database.connection()
    connection.execute("begin immediate")
    connection.executemany(
        "insert into tasks (id, repo_id, workstream_id, key, title, description, acceptance,"
        " status, urgency, position, depends_on, needs_human, created_at, updated_at)"
        " values (?, ?, ?, ?, ?, 'What is to be done.', '[]', ?, ?, ?, '[]', 0, ?, ?)",
        rows,
    )
    connection.executemany("insert into task_deps (task_id, depends_on) values (?, ?)", deps)
    connection.execute("commit")
    yield store
    store.close()


def claim_ms(store: Store, number: int) -> float:
    """The wall time of one pick and claim; what was claimed is released again."""
    holder = f"agent-{number}"
    by = Caller(holder)
    begin = time.perf_counter()
    claim = store.do(ClaimTask(holder, repo=f"repo-{number % _REPOS:02d}"), by)
    took = (time.perf_counter() - begin) * 1000
    store.do(ReleaseClaim(claim.id, claim.fence), by)
    return took


def rows(times: int = 100) -> list[Row]:
    """A claim at each size against the smallest, and `custodian task list`."""
    found: list[Row] = []
    with ExitStack() as open_:
        homes = {size: open_.enter_context(tempfile.TemporaryDirectory()) for size in _SIZES}
        stores = {
            size: open_.enter_context(filled(size, Path(home))) for size, home in homes.items()
        }
        # in turn, so that a slow spell of the machine meets every size
        turns = [{size: claim_ms(store, n) for size, store in stores.items()} for n in range(times)]
        middle = {size: median(each[size] for each in turns) for size in _SIZES}
        found += [_over_http(homes[_SIZES[1]], times), *_commands(homes[_SIZES[1]])]
    smallest = middle[_SIZES[0]]
    for size, took in middle.items():
        # a hundred times the tasks may cost half as much again, as a tree's depth grows
        holds = took <= _CLAIM_MS and took <= 1.5 * smallest
        bar = f"<= {_CLAIM_MS} ms wall and <= 1.5x of 1,000 tasks"
        name = f"pick and claim, {size} tasks"
        found.append(Row(name, took, "the same at 1,000 tasks", smallest, bar, holds, times))
    return found


def _over_http(home: str, times: int) -> Row:
    """The median wall time of a dispatch that claims, asked of a real server by the real client."""
    took: list[float] = []
    with _serving(home) as url:
        hub = HttpHub(url)
        for number in range(times):
            holder = f"agent-{number}"
            by = Caller(holder)
            begin = time.perf_counter()
            claim = hub.do(ClaimTask(holder, repo=f"repo-{number % _REPOS:02d}"), by)
            took.append((time.perf_counter() - begin) * 1000)
            hub.do(ReleaseClaim(claim.id, claim.fence), by)
        hub.close()
    mine = median(took)
    bar = f"<= {_HTTP_MS} ms wall"
    name = "dispatch with claim over HTTP, 10000 tasks"
    return Row(name, mine, "the bar alone", None, bar, mine <= _HTTP_MS, times)


@contextmanager
def _serving(home: str) -> Generator[str]:
    command = [str(Path(sys.executable).with_name("custodian")), "serve", "--port", "0"]
    env = {**os.environ, "CUSTODIAN_HOME": home}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=quiet
    ) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().partition(" at ")[2].partition(" ")[0]
        finally:
            server.terminate()


def _commands(home: str) -> Generator[Row]:
    """What commands that read the hub cost, against an interpreter that could."""
    env = {**os.environ, "CUSTODIAN_HOME": home}
    program = str(Path(sys.executable).with_name("custodian"))
    for command in (("task", "list"), ("task", "list", "--repo", "repo-07"), ("status",)):
        ours = partial(spent_by, [program, *command], env)
        floor = partial(spent_by, [sys.executable, "-c", "import sqlite3"], env)
        costs = compared(ours, floor, 10)
        bar = f"<= {_LIST_MS} ms CPU"
        peer = "an interpreter with sqlite3"
        name = f"custodian {' '.join(command)}, 10000 tasks"
        yield held(name, costs, peer, bar, costs[0].cpu_ms <= _LIST_MS, 10)
