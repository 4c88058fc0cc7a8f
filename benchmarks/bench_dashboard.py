"""The health page of 1,000 repos: what the server needs for it, its weight, and when it is seen."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from harness import Row

from custodian_core.codec import stamp
from custodian_core.commands import Caller, RecordSync, RegisterRepo
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.records import HostSync

_REPOS, _RUNS_A_DAY = 1_000, 24
_SERVER_MS, _WIRE_KB, _PAINT_MS, _QUIET_KB = 60, 250, 500, 12
#: how many answers are measured at once: the system tells CPU time in steps of 10 ms
_BATCH = 10
_ME = Caller("bench")
_KEPT = {"severity": "FAIL", "path": None, "line": None}
_CHROMIUM = os.environ.get("CUSTODIAN_TEST_CHROMIUM") or shutil.which("chromium")

#: a server of the same kind that has nothing to do but to send so much
_FLOOR = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
page = "x" * int(sys.argv[1])
app = Starlette(routes=[Route("/", lambda request: HTMLResponse(page))])
listening = socket.create_server(("127.0.0.1", 0))
print(f"serving at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
"""


def fill(home: Path) -> None:
    """A hub with that many repos and their day, one in ten with something amiss."""
    database = SQLite(home / "hub.db")
    store = Store(database)
    at = datetime.now(UTC).replace(microsecond=0)
    rng = random.Random(1)  # noqa: S311 - the same hub on every run
    runs: list[tuple[object, ...]] = []
    for number in range(_REPOS):
        slug, path = f"repo-{number:04}", f"/home/ada/src/repo-{number:04}"
        repo = store.do(RegisterRepo(slug, f"area-{number % 7}", host="laptop", path=path), _ME)
        store.do(RecordSync(slug, _sync(path, at, amiss=number % 10 == 0), stamp=True), _ME)
        for run in range(_RUNS_A_DAY):
            ended = stamp(at - timedelta(minutes=rng.randrange(24 * 60)))
            outcome = "ok" if rng.random() < 0.95 else "offline"
            runs.append((f"{slug}-{run}", repo.id, "laptop", ended, outcome, 1, "{}"))
    connection = database.connection()
    connection.execute("begin immediate")
    connection.executemany(
        "insert into sync_runs (id, repo_id, host, at, outcome, sealed, report)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        runs,
    )
    connection.execute("commit")
    store.close()


def _sync(path: str, at: datetime, *, amiss: bool) -> HostSync:
    if not amiss:
        return HostSync("laptop", path, at, at, "ok", True, 0, 0)
    codes = ("C-17", "C-13")
    found = tuple({**_KEPT, "code": code, "message": "It was kept here."} for code in codes)
    return HostSync("laptop", path, at, None, "unpushed", False, 2, 0, found)


class Server:
    """A server in a process of its own, whose CPU time can be told."""

    def __init__(self, command: list[str], home: Path) -> None:
        env = {**os.environ, "CUSTODIAN_HOME": str(home), "CUSTODIAN_HOST": "laptop"}
        self._process = subprocess.Popen(
            command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout
        self.url = self._process.stdout.readline().partition(" at ")[2].split()[0]
        self._client = httpx.Client(base_url=self.url)

    def get(self, path: str = "/", **headers: str) -> httpx.Response:
        """What it answers."""
        return self._client.get(path, headers=headers).raise_for_status()

    def cpu_ms(self) -> float:
        """What it has needed so far, user and system, its threads that ended among them."""
        told = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """It is told to stop."""
        self._client.close()
        self._process.terminate()
        self._process.wait()


@contextmanager
def serving(command: list[str], home: Path) -> Generator[Server]:
    """The server while it runs."""
    server = Server(command, home)
    try:
        yield server
    finally:
        server.close()


def measured(server: Server, ask: Callable[[], Any], times: int) -> tuple[float, float]:
    """The median wall time of one answer, and the server's CPU time for one, of the best batch."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(times):
        before = server.cpu_ms()
        for _ in range(_BATCH):
            begin = time.perf_counter()
            ask()
            walls.append((time.perf_counter() - begin) * 1000)
        cpus.append((server.cpu_ms() - before) / _BATCH)
    return median(walls), min(cpus)


def rows(times: int = 7) -> Iterator[Row]:
    """The page, what its refresh takes, and when a browser shows it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home)
        hub = [str(Path(sys.executable).with_name("custodian")), "serve", "--port", "0"]
        with serving(hub, home) as server:
            size = len(server.get().content)
            floor = [sys.executable, "-c", _FLOOR, str(size)]
            with serving(floor, home) as bare:
                yield from _page(server, bare, times)
            yield _refresh(server, times)
            yield _weight("the health page", size, _WIRE_KB)
            yield _weight("a refresh where nothing changed", _quiet(server), _QUIET_KB)
            yield _paint(server, times)


def _page(server: Server, bare: Server, times: int) -> Iterator[Row]:
    for each in (server, bare):
        each.get()
    wall, cpu = measured(server, server.get, times)
    floor_wall, floor_cpu = measured(bare, bare.get, times)
    peer = "a bare Starlette page of the same size"
    name = f"the health page of {_REPOS} repos"
    bar = f"<= {_SERVER_MS} ms"
    yield Row(f"{name}, CPU", cpu, peer, floor_cpu, bar, cpu <= _SERVER_MS, times)
    holds = wall <= _SERVER_MS
    yield Row(f"{name}, median wall", wall, peer, floor_wall, bar, holds, times)


def _live(server: Server) -> str:
    """Where the page asks for what has changed."""
    page = server.get().text
    return page.partition('hx-get="/live')[2].partition('"')[0].replace("&amp;", "&")


def _refresh(server: Server, times: int) -> Row:
    path = f"/live{_live(server)}"
    _, cpu = measured(server, partial(server.get, path, **{"hx-request": "true"}), times)
    holds = cpu <= _SERVER_MS
    return Row("a refresh, CPU", cpu, "the bar alone", None, f"<= {_SERVER_MS} ms", holds, times)


def _quiet(server: Server) -> int:
    """How much a refresh sends that asks for what changed from now on."""
    later = stamp(datetime.now(UTC) + timedelta(seconds=5))
    path = _live(server).partition("since=")
    query = f"{path[0]}since={later}&{path[2].partition('&')[2]}"
    return len(server.get(f"/live{query}", **{"hx-request": "true"}).content)


def _weight(what: str, size: int, most: int) -> Row:
    """Kilobytes stand where milliseconds do elsewhere."""
    bar = f"<= {most} kB"
    return Row(f"{what}, kB", size / 1000, "the bar alone", None, bar, size <= most * 1000, 1)


def _paint(server: Server, times: int) -> Row:
    """The median time until a browser that was never here shows something."""
    from playwright.sync_api import sync_playwright

    assert _CHROMIUM, "install Debian's chromium, or say CUSTODIAN_TEST_CHROMIUM=/path/to/it"
    told = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    painted: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for _ in range(times):
            context = browser.new_context(base_url=server.url)
            page = context.new_page()
            page.goto("/")
            painted.append(page.wait_for_function(told).json_value())
            context.close()
        browser.close()
    took = median(painted)
    name = "first contentful paint in Chromium, wall"
    bar, peer = f"<= {_PAINT_MS} ms median", "its own least"
    return Row(name, took, peer, min(painted), bar, took <= _PAINT_MS, times)
