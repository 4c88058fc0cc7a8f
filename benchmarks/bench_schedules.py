"""Finding what is scheduled in 200 checkouts, and listing 1,000 entries of the roster."""

import random
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import yaml
from harness import Row, compared, held, spent

from custodian_core.blob import blob_id
from custodian_core.commands import Caller, NoteSchedule, RecordPrepared, RegisterRepo
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.records import PreparedRun
from custodian_core.schedule.grammar import PATH
from custodian_core.schedule.read import read
from custodian_core.schedule.roster import seen_json
from custodian_core.settings import Settings
from custodian_tools.schedules import discover, listed

_REPOS, _AGENTS = 200, 5
_DISCOVER_MS, _LIST_MS = 300, 50
_ME = Caller("bench")
_NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_ZONES = ("Europe/Berlin", "America/New_York", "UTC")


def schedule_text(rng: random.Random) -> str:
    """A schedule of five agents, at full hours as people choose them."""
    rows = ["version: 1", f"timezone: {rng.choice(_ZONES)}", "entries:"]
    for number in range(_AGENTS):
        day = rng.choice(("monday", "wednesday", "friday"))
        hour = f"{rng.randrange(6, 10):02d}:00"
        rows += [
            f"  - agent: agent-{number}",
            f"    cadence: {rng.choice(('weekly', 'weekly', 'daily'))}",
            f'    time: "{hour}"',
            f"    jitter_minutes: {rng.choice((0, 15, 30))}",
            "    budget_minutes: 30",
            "    inputs:",
            f"      memory: .kaizen/agents/agent-{number}/memory.md",
            "    tags: [review]",
        ]
        if rows[-7].endswith("weekly"):
            rows.insert(-5, f"    weekday: {day}")
    return "\n".join(rows) + "\n"


@contextmanager
def fleet() -> Generator[tuple[Store, Settings]]:
    """A hub that knows 200 checkouts here, each with a schedule, and a year of prepared runs."""
    with tempfile.TemporaryDirectory() as home:
        rng = random.Random(8)  # noqa: S311 - the same fleet on every run
        store = Store(SQLite(Path(home) / "hub.db"))
        for number in range(_REPOS):
            _checkout(store, Path(home, f"repo-{number:03d}"), schedule_text(rng))
        values = {"CUSTODIAN_HOME": home, "CUSTODIAN_HOST": "here", "CUSTODIAN_ROOTS": home}
        yield store, Settings(values, {})
        store.close()


def _checkout(store: Store, top: Path, text: str) -> None:
    (top / ".git").mkdir(parents=True)
    (top / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (top / PATH).parent.mkdir()
    (top / PATH).write_text(text)
    reading = read(text.encode())
    assert reading.schedule, reading.findings
    store.do(RegisterRepo(top.name, "bench", host="here", path=str(top)), _ME)
    told = seen_json(reading, "here")
    store.do(NoteSchedule(top.name, blob_id(text.encode()), True, told), _ME)
    for entry in reading.schedule.entries:
        for week in range(5):
            at = _NOW - timedelta(weeks=week)
            run = replace(_RUN, repo=top.name, agent=entry.agent, path=str(top), prepared_at=at)
            store.do(RecordPrepared(top.name, run), _ME)


_RUN = PreparedRun(
    run_id="0",
    repo="",
    agent="",
    host="here",
    path="",
    commit=None,
    prepared_at=_NOW,
    due_at=_NOW,
    next_run_at=_NOW,
    cron="0 9 * * 1",
    timezone="UTC",
    budget_minutes=30,
    digest="d" * 64,
    parts=(),
    missing=(),
    directive="none",
)


def rows(rounds: int = 15) -> list[Row]:
    """Both, against the floor of each: reading the same files as YAML, the hub's answers alone."""
    with fleet() as (store, settings):
        files = [path / PATH for path in sorted(settings.home.glob("repo-*"))]
        # (each at another time, as by a process that has worked out no run before)
        weeks = (_NOW + timedelta(weeks=number) for number in count())
        found = discover(store, settings, _NOW)
        shown = listed(store, _NOW)
        assert len(found.due) == len(shown.due) == _REPOS * _AGENTS
        assert all(row.last_prepared_at for row in shown.due)
        costs = compared(
            partial(spent, lambda: discover(store, settings, next(weeks))),
            partial(spent, lambda: [yaml.load(f.read_bytes(), yaml.CSafeLoader) for f in files]),
            rounds,
        )
        list_costs = compared(
            partial(spent, lambda: listed(store, next(weeks))),
            partial(spent, lambda: _asked(store)),
            rounds,
        )
    return [
        held(
            f"discover over {_REPOS} checkouts, warm",
            costs,
            "PyYAML's C loader on the same files",
            f"<= {_DISCOVER_MS} ms",
            costs[0].cpu_ms <= _DISCOVER_MS,
            rounds,
        ),
        held(
            f"list {_REPOS * _AGENTS} entries of the roster",
            list_costs,
            "the hub's rows alone",
            f"<= {_LIST_MS} ms",
            list_costs[0].cpu_ms <= _LIST_MS,
            rounds,
        ),
    ]


def _asked(store: Store) -> None:
    store.repos(limit=1000)
    store.last_events("kaizen.schedule.seen")
    store.last_events("kaizen.schedule.prepared")
