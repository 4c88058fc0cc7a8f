"""What an ops repo of many years costs: its tree and defects, a busy log, its flow, no secrets."""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import Row, child_cpu_ms, cpu_ms, in_turn, least

from custodian_core.codec import stamp, to_json
from custodian_core.commands import ApplyPlan, ClaimTask, TaskWrite
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store, prepare
from custodian_core.ops.defects import Facts, Source, structural_defects
from custodian_core.ops.engagement import Engagement, Window
from custodian_core.ops.prereq.lint import lint
from custodian_core.ops.prereq.tree import read_tree
from custodian_core.screening import screened
from custodian_core.status import Priority, Status

_LINT_MS, _DEFECTS_MS, _LOG_MS, _LOG_MIB = 50, 1_000, 12_000, 100
#: people look at the flow on a page, which is to be there within a second; a claim takes some 2 ms
#: of which nobody is to notice what this takes, and 1,000 new tasks take the hub some 500 ms
_FLOW_MS, _SCREEN_MS, _PLAN_MS = 1_000, 0.1, 100
_OBJECTIVES, _LINES, _EVENTS, _TASKS = 1_000, 1_000_000, 100_000, 1_000
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_BEGIN = 1_777_600_000


def rows(rounds: int = 20) -> list[Row]:
    """Each bar of issue 9, against plain reading of the same bytes where there is a floor."""
    data = _tree()
    assert not lint(read_tree(data))
    ours = least(lambda: cpu_ms(lambda: lint(read_tree(data))), rounds)
    floor = least(lambda: cpu_ms(lambda: data.decode().split("\n")), rounds)
    tree = read_tree(data)
    facts = Facts((Source("prerequisites.md", "objectives", _OBJECTIVES),), tree, evidence={})
    found = least(lambda: cpu_ms(lambda: structural_defects(facts)), 5)
    nodes = structural_defects(facts).nodes
    me = str(Path(__file__))
    log = child_cpu_ms([sys.executable, me, "take"])
    parse = child_cpu_ms([sys.executable, me, "parse"])
    mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    what = f"lint a tree of {_OBJECTIVES} objectives"
    return [
        _row(what, ours, "its lines", floor, _LINT_MS, rounds),
        _row(f"defects over {nodes} things", found, "-", None, _DEFECTS_MS, 5),
        _row(f"engagement of {_LINES} log lines", log, "json.loads of each", parse, _LOG_MS, 1),
        Row(
            "memory of that, MiB in place of ms", mib, "-", None, f"<= {_LOG_MIB} MiB",
            mib <= _LOG_MIB, 1,
        ),
        *_of_flow(),
        *_of_secrets(),
    ]  # fmt: skip


def _of_flow(rounds: int = 5) -> Iterator[Row]:
    """What a hub of a year answers of its flow: a window over all of it, and the usual one."""
    with TemporaryDirectory() as folder:
        store = _hub(Path(folder) / "hub.db")
        until = _FIRST + timedelta(days=366)
        floor = least(lambda: cpu_ms(lambda: _bare(store)), rounds)
        for days in (366, 30):
            since = until - timedelta(days=days)
            assert store.flow(since, until).done
            ours = least(partial(cpu_ms, partial(store.flow, since, until)), rounds)
            name = f"flow of {days} days in a log of {_EVENTS} events"
            yield _row(name, ours, "its rows by bare SQL", floor, _FLOW_MS, rounds)
        store.close()


def _hub(path: Path) -> Store:
    """A hub whose log has four events of each task: added, begun, blocked now and then, done."""
    database = SQLite(path)
    prepare(database, _FIRST)
    minutes, steps = 366 * 24 * 60 // _EVENTS, ("in_progress", "blocked", "done")
    rows: list[tuple[object, ...]] = []
    for n in range(_EVENTS):
        task, step = (n // 40) * 10 + n % 10, n // 10 % 4
        word = "todo" if step == 0 else steps[step - 1]
        word = "in_progress" if word == "blocked" and task % 5 else word
        kind = "task.status" if step else "task.added"
        after = json.dumps({"status": word, "title": "A title of the usual length"})
        at = stamp(_FIRST + timedelta(minutes=minutes * n))
        rows.append((n + 1, at, "ada", kind, f"id-{task}", f"T-{task}", "api", after))
    names = "seq, at, actor, type, subject_id, subject, repo_slug, after"
    connection = database.connection()
    connection.execute("begin")
    connection.executemany(f"insert into events ({names}) values (?,?,?,?,?,?,?,?)", rows)  # noqa: S608
    connection.execute("commit")
    return Store(database)


def _bare(store: Store) -> None:
    query = "select at, type, subject_id, after from events order by seq"
    assert len(store.database.connection().execute(query).fetchall()) == _EVENTS


def _of_secrets(rounds: int = 20) -> Iterator[Row]:
    """What it costs to keep secrets out: of a claim, as each dispatch makes one, and of a plan."""
    claim = ClaimTask("coach", repo="marki-docx", workdir="/srv/repos/marki-docx", host="here")
    many = 100
    ours = least(lambda: cpu_ms(lambda: [screened(claim) for _ in range(many)]), rounds) / many
    yield _row("a claim looked through for secrets", ours, "-", None, _SCREEN_MS, rounds)
    text = "Each task keeps its key, and the token of the hub is read from $HUB_TOKEN. " * 8
    tasks = tuple(
        TaskWrite(
            f"ACME-WP-0001-T{n}", "ACME-WP-0001", f"Task {n} of the plan", text, (text[:60],),
            Status.TODO, Priority.MEDIUM, n, (), needs_human=False,
        )
        for n in range(_TASKS)
    )  # fmt: skip
    plan = ApplyPlan("acme", "hub", (), tasks)
    assert screened(plan) is plan
    ours, floor = in_turn(
        lambda: cpu_ms(lambda: screened(plan)), lambda: cpu_ms(lambda: to_json(plan)), rounds
    )
    name = f"a sync's {_TASKS} new tasks looked through for secrets"
    yield _row(name, ours, "the same as JSON", floor, _PLAN_MS, rounds)


def _row(name: str, ours: float, peer: str, floor: float | None, bar_ms: float, rounds: int) -> Row:
    return Row(name, ours, peer, floor, f"<= {bar_ms} ms", ours <= bar_ms, rounds)


def _tree() -> bytes:
    """A tree as people write it: most items of the everyday kind, some that wait."""
    parts = ["# Prerequisite Tree\n<!-- Last updated: 2026-05-02 -->\n"]
    for n in range(_OBJECTIVES):
        first = 10 * n + 1
        parts.append(
            f"## Objective: Group — Goal {n} (#{first})\n"
            f"- [x] What came first (#{first + 1} — closed)\n"
            f"- [ ] What comes next (#{first + 2} — backlog)\n"
            f"- [ ] What waits (#{first + 3} — backlog, depends on #{first + 2})\n"
            f"Status: IN PROGRESS — #{first + 2} first\n"
        )
    return "\n".join(parts).encode()


def _log() -> Iterator[bytes]:
    """Lines as Caddy writes them, two assets to a page; made anew, so that none is kept."""
    agents = [f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{n}.0" for n in range(50)]
    for n in range(_LINES):
        uri = f"/page/{n % 400}?q={n % 7}" if n % 3 == 0 else f"/app-{n % 9}.js?v=3"
        yield (
            f'{{"level":"info","ts":{_BEGIN + n * 0.08:.3f},"msg":"handled request","request":{{'
            f'"remote_ip":"10.{n % 7}.{n % 251}.{n % 13}","proto":"HTTP/2.0","method":"GET",'
            f'"host":"acme.example","uri":"{uri}","headers":{{"User-Agent":["{agents[n % 50]}"],'
            f'"Referer":["https://x{n % 30}.example/a"]}}}},"duration":0.0{n % 90},"size":3203,'
            f'"status":200}}\n'
        ).encode()


def _take() -> None:
    end = datetime.fromtimestamp(_BEGIN + 86_400, UTC)
    engagement = Engagement(Window.last(24, end))
    engagement.take(_log())
    assert engagement.report()


def _parse() -> None:
    for line in _log():
        json.loads(line)


if __name__ == "__main__":
    {"take": _take, "parse": _parse}[sys.argv[1]]()
