"""Check, sweep and a single change, each against what bare git needs for the same repos."""

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet import Fleet, standing, statuses
from harness import Row, alone, compared, held, in_turn, spent_by, spent_by_children

from custodian_core.commands import ChangeTask
from custodian_core.records import Task
from custodian_tools.sync import Options, fix

_CHECK, _SWEEP = 50, 200
_AT_ONCE = 8


def _fetches(fleet: Fleet) -> None:
    def one(top: Path) -> None:
        subprocess.run(["git", "-C", str(top), "fetch", "--quiet"], check=True)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, fleet.tops))


def _wall_ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def rows() -> Iterator[Row]:
    """Every speed that is claimed of the sync."""
    with standing(_CHECK) as small:
        yield _check(small)
        yield _one_change(small)
        yield _written_back(small)
        yield _from_commit(small)
    with standing(_SWEEP) as large:
        yield _sweep(large)


def _check(fleet: Fleet, rounds: int = 5) -> Row:
    command = fleet.custodian("check", "--all", "--no-fetch")
    costs = compared(
        lambda: spent_by(command, fleet.env),
        lambda: spent_by_children(lambda: statuses(fleet)),
        rounds,
    )
    name = f"check of {fleet.many} repos, nothing changed"
    holds = costs[0].cpu_ms <= 3 * costs[1].cpu_ms
    return held(name, costs, "git status over them", "<= 3x the CPU", holds, rounds)


def _sweep(fleet: Fleet, rounds: int = 3) -> Row:
    command = fleet.custodian("fix", "--all", "--remote")

    def sweep() -> None:
        subprocess.run(command, env=fleet.env, check=True, stdout=subprocess.DEVNULL)

    ours, peer = in_turn(lambda: _wall_ms(sweep), lambda: _wall_ms(lambda: _fetches(fleet)), rounds)
    name = f"sweep of {fleet.many} repos, nothing changed, wall"
    holds = ours <= 1.5 * peer
    return Row(name, ours, f"git fetch, {_AT_ONCE} at once", peer, "<= 1.5x", holds, rounds)


def _one_change(fleet: Fleet, rounds: int = 10) -> Row:
    """One status, committed in the file, until the hub knows it: warm, no fetch, no push."""
    top, bench, git = fleet.tops[0], fleet.bench(), fleet.git
    path = top / "workplans/0.md"
    options = Options(settle_s=0, fetch=False, push=False)

    def once() -> float:
        text = path.read_text()
        old, new = ("blocked", "in_progress")
        if "status: blocked" not in text:
            old, new = new, old
        path.write_text(new.join(text.rsplit(old, 1)))
        git(top, "commit", "-q", "-a", "-m", "moved")
        repo = bench.hub.repo(top.name)
        taken = _wall_ms(lambda: fix(bench, repo, top, options))
        assert fix(bench, bench.hub.repo(top.name), top, Options(settle_s=0)).sealed
        return taken

    once()
    return alone(
        "one status, file to hub, warm, wall", min(once() for _ in range(rounds)), 40, rounds
    )


def _written_back(fleet: Fleet, rounds: int = 10) -> Row:
    """One status, told to the hub, until a commit has it in the file: warm, no fetch, no push."""
    top, bench = fleet.tops[2], fleet.bench()
    task = _open_task(fleet, top.name)
    path = _file_of(fleet, top, task)
    options = Options(settle_s=0, fetch=False, push=False)

    def once(number: int) -> float:
        new = ("in_progress", "blocked")[number % 2]

        def told() -> None:
            fleet.store.do(ChangeTask(task.id, {"status": new}), bench.by)
            fix(bench, bench.hub.repo(top.name), top, options)

        taken = _wall_ms(told)
        assert f"id: {task.key}\nstatus: {new}\n" in path.read_text()
        assert fix(bench, bench.hub.repo(top.name), top, Options(settle_s=0)).sealed
        return taken

    once(0)
    took = min(once(number) for number in range(1, rounds + 1))
    return alone("one status, hub to file, committed, warm, wall", took, 40, rounds)


def _open_task(fleet: Fleet, slug: str) -> Task:
    return next(task for task in fleet.store.reconcile_view(slug).tasks if task.status == "todo")


def _file_of(fleet: Fleet, top: Path, task: Task) -> Path:
    streams = fleet.store.reconcile_view(top.name).workstreams
    return top / str(next(each.workplan_file for each in streams if each.id == task.workstream_id))


def _from_commit(fleet: Fleet, commits: int = 50) -> Row:
    """From a commit's start until the hub knows what it says: hook, fetch and push included."""
    top, git = fleet.tops[1], fleet.git
    subprocess.run(
        fleet.custodian("hooks", "install", top.name),
        env=fleet.env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    task = _open_task(fleet, top.name)
    path = _file_of(fleet, top, task)
    taken: list[float] = []
    for number in range(commits):
        new = ("in_progress", "blocked")[number % 2]
        text = path.read_text()
        place = text.index("status: ", text.index(f"id: {task.key}\n"))
        path.write_text(f"{text[:place]}status: {new}{text[text.index(chr(10), place) :]}")
        begin = time.perf_counter()
        git(top, "commit", "-q", "-a", "-m", "moved")
        while fleet.store.task(task.id).status != new:
            time.sleep(0.005)
        taken.append((time.perf_counter() - begin) * 1000)
        while _revision(fleet, top.name) is None:
            time.sleep(0.01)
    p95 = sorted(taken)[int(commits * 0.95)]
    return alone("commit to hub, by the hook, wall, p95", p95, 1000, commits)


def _revision(fleet: Fleet, slug: str) -> int | None:
    """What the last run has seen, once it is over and even."""
    repo = fleet.store.repo(slug)
    (host,) = repo.hosts
    return host.revision if host.sealed and host.revision == repo.revision else None
