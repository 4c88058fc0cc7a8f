"""How the cost of everyday work grows: among 10 to 10,000 tasks, and over 10 to 1,000 repos."""

import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench_hub import filled
from fleet import Fleet, standing, statuses
from harness import Row, compared, cpu_ms, least, spent_by, spent_by_children
from records import Series

from custodian_core.commands import Caller, ChangeTask
from custodian_core.hub.store import Store
from custodian_tools.agent.desk import Desk
from custodian_tools.agent.work import get_repo_dispatch, list_tasks

_TASKS = (10, 100, 1_000, 10_000)
_REPOS = (10, 100, 1_000)
#: what a further repo may cost, by what bare git needs to tell of one
_TIMES_BARE = 1


def rows() -> Iterator[Row | Series]:
    """A line for each work, and the bar that each of many repos costs what each of few does."""
    yield from _among_tasks()
    yield from _over_repos()


def _among_tasks(rounds: int = 30) -> Iterator[Series]:
    """What a warm server does for one call; half of the tasks are in the repo that is asked."""
    costs: dict[str, list[tuple[int, float]]] = {}
    for size in _TASKS:
        with tempfile.TemporaryDirectory() as home, filled(size, Path(home), repos=2) as store:
            env = {"CUSTODIAN_HOME": home, "CUSTODIAN_HOST": "bench", "CUSTODIAN_ROOTS": home}
            desk = Desk(Path(home), env)
            for name, work in _calls(desk, store).items():
                work()
                costs.setdefault(name, []).append((size, least(partial(cpu_ms, work), rounds)))
            desk.close()
    yield from (Series(name, "tasks", tuple(points)) for name, points in costs.items())


def _calls(desk: Desk, store: Store) -> dict[str, Callable[[], object]]:
    key = next(iter(store.tasks(repo="repo-01", status="todo", limit=1).items)).key
    turn = iter(range(1_000_000))

    def moved() -> None:
        new = ("in_progress", "blocked")[next(turn) % 2]
        store.do(ChangeTask(key, {"status": new}), Caller("bench"))

    return {
        "dispatch of a repo": lambda: json.dumps(get_repo_dispatch(desk, "repo-00")),
        "list of 20 tasks": lambda: json.dumps(list_tasks(desk, "repo-00")),
        "status change": moved,
    }


def _over_repos(rounds: int = 3) -> Iterator[Row | Series]:
    """What a check of the whole fleet costs, and bare git over it."""
    checks: list[tuple[int, float]] = []
    floors: list[tuple[int, float]] = []
    for many in _REPOS:
        with standing(many) as fleet:
            whole, floor = _checked(fleet, rounds)
        checks.append((many, whole))
        floors.append((many, floor))
    yield Series("check of all repos", "repos", tuple(checks))
    yield Series("bare git status over them", "repos", tuple(floors))
    (few, least_), (many, most) = checks[-2:]
    further, bare = (most - least_) / (many - few), floors[-1][1] / many
    name = f"check, each further repo, {few} to {many:,}"
    holds = further <= _TIMES_BARE * bare
    bar = f"<= {_TIMES_BARE}x of git's"
    yield Row(name, further, "bare git status of one", bare, bar, holds, rounds)


def _checked(fleet: Fleet, rounds: int) -> tuple[float, float]:
    """What a check of all costs, and the floor."""
    command = fleet.custodian("check", "--all", "--no-fetch")
    costs = compared(
        partial(spent_by, command, fleet.env),
        partial(spent_by_children, partial(statuses, fleet)),
        rounds,
    )
    return costs[0].cpu_ms, costs[1].cpu_ms
