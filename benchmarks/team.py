"""A team's hub to measure at: a PostgreSQL full of work, servers of it, and what agents ask."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_dashboard import Server
from load import request

from custodian_core.commands import AddWorkstream, Caller, MakeToken, RegisterRepo
from custodian_core.hub.databases import PostgreSQL
from custodian_core.hub.store import Store
from custodian_core.records import Scope

#: how many repos, and how many tasks of each were done, are at work on, and are to be done
REPOS, ENDED, HELD, TASKS = 100, 300, 10, 400
_TOKENS = 20
_AT, _LATER = "2026-11-21T09:00:00Z", "2999-01-01T00:00:00Z"
_ME = Caller("bench")
_COLUMNS = (
    "id, repo_id, workstream_id, key, title, description, acceptance, status, urgency, position,"
    " depends_on, needs_human, created_at, updated_at"
)
_OF_CLAIMS = (
    "id, task_id, repo_id, holder, kind, fence, granted_at, renewed_at, expires_at, free_at, ttl_s,"
    " ended_at, end_reason"
)


def fill(url: str) -> list[str]:
    """A hub in which each repo has much to do, and the secrets of its tokens."""
    database = PostgreSQL(url)
    store = Store(database)
    rng = random.Random(1)  # noqa: S311 - the same hub on every run
    with database.connection().cursor() as cursor:
        for number in range(REPOS):
            repo = store.do(RegisterRepo(f"repo-{number:03d}", f"area-{number % 7}"), _ME)
            stream = store.do(AddWorkstream(repo.slug, f"R{number:03d}-WP-0001", "A plan"), _ME)
            with cursor.copy(f"copy tasks ({_COLUMNS}) from stdin") as copy:
                for row in _tasks(repo.id, stream.id, stream.key, rng):
                    copy.write_row(row)
            with cursor.copy(f"copy claims ({_OF_CLAIMS}) from stdin") as copy:
                for place in range(ENDED + HELD):
                    copy.write_row(_claim(repo.id, place))
        cursor.execute("analyze")
    tokens = [store.do(MakeToken(f"runner-{n}", Scope.WORK), _ME) for n in range(_TOKENS)]
    store.close()
    return [token.secret for token in tokens]


def _tasks(repo: str, stream: str, key: str, rng: random.Random) -> Iterator[tuple[object, ...]]:
    for place in range(ENDED + HELD + TASKS):
        name = f"{key}-T{place:04d}"
        said = (name, f"Do {place}", "What is to be done.", '["It works."]')
        status = "done" if place < ENDED else "in_progress" if place < ENDED + HELD else "todo"
        yield (
            f"{repo}-{place}", repo, stream, *said, status, rng.randrange(4), place, "[]", 0,
            _AT, _AT,
        )  # fmt: skip


def _claim(repo: str, place: int) -> tuple[object, ...]:
    """A claim of long ago, or one that is held."""
    task, holder = f"{repo}-{place}", f"{repo}-holder-{place}"
    until, ended = (_AT, (_AT, "done")) if place < ENDED else (_LATER, (None, None))
    return (task, task, repo, holder, "runner", 1, _AT, _AT, until, until, 900, *ended)


def claims(secrets: list[str]) -> Iterator[bytes]:
    """Claims of repos' next tasks, each as the client of an agent of its own sends it."""
    rng = random.Random(2)  # noqa: S311 - the same requests on every run
    repos = [number for number in range(REPOS) for _ in range(TASKS)]
    rng.shuffle(repos)
    for number, repo in enumerate(repos):
        token = secrets[number % len(secrets)]
        body = json.dumps({"holder": f"agent-{number}", "host": "tower"}).encode()
        headers = {"authorization": f"Bearer {token}", "idempotency-key": f"claim-{number}"}
        yield request("POST", f"/repos/repo-{repo:03d}/dispatch", body, **headers)


@contextmanager
def serving(command: list[str], home: Path, **env: str) -> Generator[Server]:
    """A server while it runs, with that in its environment."""
    before = dict(os.environ)
    os.environ |= env
    try:
        server = Server(command, home)
    finally:
        os.environ.clear()
        os.environ |= before
    try:
        yield server
    finally:
        server.close()


@contextmanager
def replica(url: str, home: Path) -> Generator[Server]:
    """A server of the hub in that database."""
    command = [str(Path(sys.executable).with_name("custodian")), "serve", "--port", "0"]
    env = {"CUSTODIAN_DATABASE_URL": url, "CUSTODIAN_REQUESTS_PER_SECOND": "0"}
    with serving(command, home, **env) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Postgres:
    """The processes of a PostgreSQL whose data lie there."""

    data: Path

    def cpu_ms(self) -> float:
        """What they have needed so far, those that have ended among them."""
        main = (self.data / "postmaster.pid").read_text().split()[0]
        told = subprocess.run(
            ["/bin/ps", "-o", "pid=", "--ppid", main], check=True, capture_output=True, text=True
        )
        living = sum(sum(_ticks(pid)[:2]) for pid in told.stdout.split())
        return (sum(_ticks(main)) + living) * 1000 / os.sysconf("SC_CLK_TCK")


def _ticks(pid: str) -> tuple[int, ...]:
    """Its own time, user and system, and that of its children that have ended."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return (0,)
    return tuple(map(int, told[11:15]))
