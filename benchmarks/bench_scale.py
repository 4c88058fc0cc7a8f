"""A team's hub: claims through two servers, a sweep's wishes, and a day of up to 100 hosts."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from bench_crowd import postgresql
from bench_dashboard import Server
from harness import Row, cpu_ms, least
from load import Crowd, Told, ask, request
from records import Series
from team import Postgres, claims, fill, replica, serving
from virtual_day import Day, Team

from custodian_core.hub.databases import PostgreSQL, SQLite
from custodian_core.hub.store import Store
from custodian_core.queueing.team import TeamQueue, prepare_queue
from custodian_tools.queueing import sweep_due

_SERVERS = 2
_SECONDS = 8.0
_RATE, _P99_MS = 300, 150
#: two cores for 300 claims a second, but for what the clients need
_CPU_MS = 6.0
#: how often the load is put on, ours and the floor in turn; the best of them is told
_ROUNDS = 3
#: more than are answered meanwhile
_MOST = 6000

#: the least that any service does for a durable answer: one writer at a time, one commit
_FLOOR = """
import socket, sys, threading, psycopg, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
here, url, size = threading.local(), sys.argv[1], int(sys.argv[2])
def write(request):
    if not hasattr(here, "connection"):
        here.connection = psycopg.connect(url, autocommit=True)
    here.connection.execute("update floor set count = count + 1")
    return Response("x" * size, media_type="application/json")
app = Starlette(routes=[Route("/{path:path}", write, methods=["POST"])])
listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
print(f"serving at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, http="h11", loop="asyncio", log_level="critical")
uvicorn.Server(config).run(sockets=[listening])
"""
_SIZE = 5000
#: as many hosts as each of them has repos
_TEAMS = (10, 30, 100)
#: how long the day is: a whole one on SQLite, and as much of it as shows the cost on PostgreSQL
_HOURS, _HOURS_THERE = 24, 3
#: what a repo of many hosts may cost more than one of few
_FLAT = 1.5
_SWEEP, _SWEEP_MS, _PATIENCE_S = 5000, 3000, 120.0
_TOWER, _AT = "tower", "2026-11-21T09:00:00Z"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load was answered, and the CPU of one answer."""

    told: Told
    servers_ms: float
    database_ms: float

    @property
    def cpu_ms(self) -> float:
        """What an answer costs in all, but for the client."""
        return self.servers_ms + self.database_ms

    def in_words(self) -> str:
        """As a line tells it."""
        told, cores = self.told, os.cpu_count()
        return (
            f"{told.a_second:.0f}/s, 99 of 100 within {told.p99_ms:.0f} ms, {told.failed} failed; "
            f"CPU of one: servers {self.servers_ms:.2f} ms, PostgreSQL {self.database_ms:.2f} ms; "
            f"the client used {100 * told.cpu_s / told.seconds:.0f} % of one core; "
            f"load {os.getloadavg()[0]:.1f} on {cores} cores"
        )


@dataclass(frozen=True, slots=True)
class _Side:
    """Servers on that database."""

    servers: Sequence[Server]
    database: Postgres

    def under(self, requests: Sequence[bytes], rate: float | None = None) -> Measured:
        """What it costs to answer these for so long."""
        servers, database = self._used()
        urls = [server.url for server in self.servers]
        told = ask(Crowd(urls, requests, _SECONDS, rate=rate))
        servers_now, database_now = self._used()
        count = sum(told.statuses.values()) or 1
        return Measured(told, (servers_now - servers) / count, (database_now - database) / count)

    def _used(self) -> tuple[float, float]:
        return sum(server.cpu_ms() for server in self.servers), self.database.cpu_ms()


def rows() -> Iterator[Row | Series]:
    """What is claimed, beside what any service must do for it; wishes over HTTP; the day."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        yield from _claims(url, Path(folder))
        yield from _sweep(url, Path(folder))
    yield from _days()


def _claims(url: str, folder: Path) -> Iterator[Row]:
    wanted = list(claims(fill(url)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table floor (count bigint)")
        connection.execute("insert into floor values (0)")
    bare = [sys.executable, "-c", _FLOOR, url, str(_SIZE)]
    database = Postgres(folder / "pg")
    with ExitStack() as stack:
        ours = [stack.enter_context(replica(url, folder / str(n))) for n in range(_SERVERS)]
        floor = [stack.enter_context(serving(bare, folder)) for _ in range(_SERVERS)]
        yield from _measured(_Side(ours, database), _Side(floor, database), wanted)


def _measured(ours: _Side, floor: _Side, wanted: list[bytes]) -> Iterator[Row]:
    def some(number: int) -> list[bytes]:
        made, wanted[:number] = wanted[:number], []
        return made

    again = wanted[:_MOST] * 2
    for side in (ours, floor):  # (connections are opened, statements prepared)
        side.under(some(500))
    rounds = [(ours.under(some(_MOST)), floor.under(again)) for _ in range(_ROUNDS)]
    yield from _as_fast_as_they_can([mine for mine, _ in rounds], [each for _, each in rounds])
    yield _steady([ours.under(some(int(_RATE * _SECONDS)), _RATE) for _ in range(_ROUNDS)])


def _as_fast_as_they_can(ours: list[Measured], floors: list[Measured]) -> Iterator[Row]:
    peer = "servers that commit one row"
    best, floor = (max(each, key=lambda one: one.told.a_second) for each in (ours, floors))
    for who, each in (("claims", best), (peer, floor)):
        print(f"{who}: {each.in_words()}", file=sys.stderr)
    name, most = f"one claim, {_SERVERS} servers", 1000 / _RATE
    took, least = 1000 / best.told.a_second, 1000 / floor.told.a_second
    holds = took <= most and not any(each.told.failed for each in ours)
    bar = f"<= {most:.2f} ms wall, {_RATE}/s"
    yield Row(f"{name}, as fast as they can", took, peer, least, bar, holds, len(ours))
    cpu, least = (min(one.cpu_ms for one in each) for each in (ours, floors))
    yield Row(f"{name}, CPU", cpu, peer, least, f"<= {_CPU_MS} ms", cpu <= _CPU_MS, len(ours))


def _steady(loads: list[Measured]) -> Row:
    best = min(loads, key=lambda each: each.told.p99_ms)
    print(f"claims at {_RATE}/s: {best.in_words()}", file=sys.stderr)
    took = best.told.p99_ms
    holds = took <= _P99_MS and not best.told.failed
    name = f"99 of 100 claims at {_RATE}/s"
    return Row(name, took, "the bar alone", None, f"<= {_P99_MS} ms wall", holds, len(loads))


def _sweep(url: str, folder: Path) -> Iterator[Row]:
    """5,000 repos are asked for: by a host's sweep, and as pushes ask, each over HTTP."""
    prepare_queue(url)
    _know_swept(url)
    store, queue = Store(PostgreSQL(url)), TeamQueue(url)
    begin = time.perf_counter()
    asked = sweep_due(store, queue, _TOWER).new
    took = (time.perf_counter() - begin) * 1000
    name, bar = f"{_SWEEP} syncs asked for by a host's sweep", f"<= {_SWEEP_MS / 1000:.0f} s wall"
    holds = took <= _SWEEP_MS and asked == _SWEEP
    yield Row(name, took, "the bar alone", None, bar, holds, 1)
    wanted = [
        request("POST", "/queue/", json.dumps(_wish(number)).encode()) for number in range(_SWEEP)
    ]
    with ExitStack() as stack:
        servers = [stack.enter_context(replica(url, folder / f"q{n}")) for n in range(_SERVERS)]
        told = ask(Crowd([server.url for server in servers], wanted, _PATIENCE_S))
    waiting = queue.page(limit=1).total
    queue.close()
    store.close()
    each, most = told.seconds * 1000 / _SWEEP, 1000 / _RATE
    holds = each <= most and waiting == _SWEEP and not told.failed
    name = f"one of {_SWEEP} syncs asked for over HTTP"
    yield Row(name, each, "the bar alone", None, f"<= {most:.2f} ms wall", holds, 1)


def _know_swept(url: str) -> None:
    """The repos are known, with a checkout on one host."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into domains values ('swept', 'swept')")
        connection.execute(
            "insert into repos (id, slug, domain, status, created_at, updated_at)"
            " select 'swept-' || n, 'swept-' || n, 'swept', 'active', %s, %s"
            " from generate_series(0, %s) n",
            [_AT, _AT, _SWEEP - 1],
        )
        connection.execute(
            "insert into repo_hosts (repo_id, host, path)"
            " select 'swept-' || n, %s, '/src/' || n from generate_series(0, %s) n",
            [_TOWER, _SWEEP - 1],
        )


def _wish(number: int) -> dict[str, str]:
    return {"repo": f"swept-{number}", "host": _TOWER, "reason": "a push"}


def _days() -> Iterator[Row | Series]:
    """CPU of one sync of one repo, of this process, or of it and PostgreSQL's."""
    for kind, hours, cost in (("SQLite", _HOURS, _on_sqlite), ("PostgreSQL", _HOURS_THERE, _there)):
        costs = [(size * size, cost(Team(size, size, hours))) for size in _TEAMS]
        yield Series(f"one sync of a repo in a team's day, {kind}", "repos", tuple(costs))
        (few, least), (many, most) = costs[0], costs[-1]
        name = f"one sync in a team's day, {many} repos, {kind}"
        bar = f"<= {_FLAT}x of {few}"
        yield Row(name, most, f"the same among {few}", least, bar, most <= _FLAT * least, 1)


def _on_sqlite(team: Team) -> float:
    with tempfile.TemporaryDirectory() as folder:
        day = Day(SQLite(Path(folder) / "hub.db"), team)
        return _day_ms(day, lambda: 0.0)


def _there(team: Team) -> float:
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        return _day_ms(Day(PostgreSQL(url), team), Postgres(Path(folder) / "pg").cpu_ms)


def _day_ms(day: Day, elsewhere_ms: Callable[[], float]) -> float:
    day.begin()
    before = time.process_time() * 1000 + elsewhere_ms()
    day.run()
    took = time.process_time() * 1000 + elsewhere_ms() - before
    listed, told = (least(partial(cpu_ms, work), 5) for work in (day.list_one, day.record_one))
    day.store.close()
    print(
        f"a day of {day.team.hosts} hosts with {day.team.repos} repos each, {day.team.hours} hours "
        f"of it: {day.synced} syncs, {day.changed} with a commit, {day.worked} tasks done, "
        f"{took / 1000:.1f} s CPU; a host lists its repos in {listed:.1f} ms, and tells of one "
        f"of them that nothing moved in {(told - listed) / day.team.repos:.2f} ms of this process",
        file=sys.stderr,
    )
    return took / day.synced
