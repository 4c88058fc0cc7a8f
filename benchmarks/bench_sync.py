"""Check, sweep and a single change, each against what bare git needs for the same repos."""

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import Row, alone, child_cpu_ms, in_turn
from plans import plan

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.sync import Bench, Options, fix

_HOST = "bench"
_PLANS, _TASKS = 5, 8
_CHECK, _SWEEP = 50, 200
_SIZES = (10, 100, 1_000)
_AT_ONCE = 8
_CUSTODIAN = [sys.executable, "-c", "from custodian_server.cli import main; main()"]


class Fleet:
    """Repos in step, each a clone of a bare remote of its own, and the hub that knows them."""

    def __init__(self, folder: Path, many: int) -> None:
        self.folder, self.many = folder, many
        self.env = _environment(folder)
        self.tops = [folder / f"repo-{number:04d}" for number in range(many)]
        self.store = Store(SQLite(folder / "home/hub.db"))
        self._make()

    def _make(self) -> None:
        remote, top = self.folder / "model.git", self.folder / "model"
        git = _git(self.env)
        git(self.folder, "init", "-q", "--bare", str(remote))
        git(self.folder, "clone", "-q", str(remote), str(top))
        (top / "workplans").mkdir()
        rng = random.Random(1)  # noqa: S311 - the same plans on every run
        for number in range(_PLANS):
            text = plan(number, rng, _TASKS)
            text = text.replace(b"\nrepo: the-bench\n", b"\n").replace(
                b": custodian\n", b": bench\n"
            )
            lines = [row for row in text.splitlines(keepends=True) if b"state_hub_" not in row]
            (top / f"workplans/{number}.md").write_bytes(b"".join(lines))
        git(top, "add", ".")
        git(top, "commit", "-q", "-m", "plans")
        git(top, "push", "-q", "-u", "origin", "main")
        bench = self.bench()
        for place in self.tops:
            shutil.copytree(remote, place.with_suffix(".git"))
            shutil.copytree(top, place)
            config = place / ".git/config"
            config.write_text(config.read_text().replace(str(remote), f"{place}.git"))
            said = RegisterRepo(
                place.name, "bench", host=_HOST, path=str(place), default_branch="main"
            )
            repo = self.store.do(said, bench.by)
            report = fix(bench, repo, place, Options(settle_s=0))
            assert report.sealed, report

    def bench(self) -> Bench:
        return Bench(self.store, Caller("bench"), _HOST, Author("Bench", "bench@localhost"))

    def custodian(self, *words: str) -> list[str]:
        return [*_CUSTODIAN, *words]


def _environment(folder: Path) -> dict[str, str]:
    """An environment that knows nothing of this machine's hub or git."""
    config = folder / "gitconfig"
    config.write_text("[user]\nname = b\nemail = b@x\n[init]\ndefaultBranch = main\n")
    env = {
        **os.environ,
        "CUSTODIAN_HOME": str(folder / "home"),
        "CUSTODIAN_HOST": _HOST,
        "CUSTODIAN_ROOTS": str(folder),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    os.environ.update(env)
    return env


def _git(env: dict[str, str]) -> Callable[..., None]:
    def call(folder: Path, *words: str) -> None:
        subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True)

    return call


def _children_ms(work: Callable[[], object]) -> float:
    """CPU time of all processes that the work starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def _statuses(fleet: Fleet) -> None:
    for top in fleet.tops:
        command = ["git", "-C", str(top), "status", "--porcelain=v2", "--branch"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _fetches(fleet: Fleet) -> None:
    def one(top: Path) -> None:
        subprocess.run(["git", "-C", str(top), "fetch", "--quiet"], check=True)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, fleet.tops))


def _wall_ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def rows() -> list[Row]:
    """Every speed that is claimed of the sync."""
    with tempfile.TemporaryDirectory() as folder:
        small = Fleet(Path(folder), _CHECK)
        found = [_check(small), _one_change(small), _from_commit(small)]
        small.store.close()
    with tempfile.TemporaryDirectory() as folder:
        large = Fleet(Path(folder), _SWEEP)
        found.append(_sweep(large))
        large.store.close()
    return [*found, _growth()]


def _check(fleet: Fleet, rounds: int = 5) -> Row:
    command = fleet.custodian("check", "--all", "--no-fetch")
    ours, peer = in_turn(
        lambda: child_cpu_ms(command, fleet.env),
        lambda: _children_ms(lambda: _statuses(fleet)),
        rounds,
    )
    name = f"check of {fleet.many} repos, nothing changed"
    return Row(name, ours, "git status over them", peer, "<= 3x the CPU", ours <= 3 * peer, rounds)


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
    top, bench, git = fleet.tops[0], fleet.bench(), _git(fleet.env)
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


def _from_commit(fleet: Fleet, commits: int = 50) -> Row:
    """From a commit's start until the hub knows what it says: hook, fetch and push included."""
    top, git = fleet.tops[1], _git(fleet.env)
    subprocess.run(
        fleet.custodian("hooks", "install", top.name),
        env=fleet.env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    view = fleet.store.reconcile_view(top.name)
    task = next(task for task in view.tasks if task.status == "todo")
    stream = next(stream for stream in view.workstreams if stream.id == task.workstream_id)
    path = top / str(stream.workplan_file)
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


def _growth(rounds: int = 3) -> Row:
    """CPU of a check for each repo, in the largest fleet against the smallest."""
    each: dict[int, float] = {}
    for many in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            fleet = Fleet(Path(folder), many)
            command = fleet.custodian("check", "--all", "--no-fetch")
            start = min(child_cpu_ms(fleet.custodian("--version"), fleet.env) for _ in range(3))
            whole = min(child_cpu_ms(command, fleet.env) for _ in range(rounds))
            each[many] = (whole - start) / many
            fleet.store.close()
    least, most = each[_SIZES[0]], each[_SIZES[-1]]
    name = f"check, each of {_SIZES[-1]} repos"
    peer = f"each of {_SIZES[0]}"
    return Row(name, most, peer, least, "<= 1.2x", most <= 1.2 * least, rounds)
