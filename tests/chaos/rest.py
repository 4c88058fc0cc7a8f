"""Coming to rest: all is healed, sweeps are made, people tidy up, and the judge looks on."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from custodian_core.hub.store import Store
from custodian_core.ports import Hub as Door
from custodian_core.records import Event, Repo, Task
from custodian_core.status import rank
from custodian_tools.hub import every
from tests.tools.sync.conftest import git

from . import agents, drafts, hooked, judge
from .harms import age
from .hubs import Hub
from .judge import Breach, Told
from .people import key_of, write_anew
from .processes import LIMIT_S, until
from .world import TASKS, Host, World

#: how many sweeps over all hosts may pass until nothing moves any more
ROUNDS = 6
#: what a person has to write anew
SPOILT = frozenset({"C-01", "C-04", "C-12", "C-21"})


def judged(world: World) -> list[Breach]:
    """Every promise that was not kept, now that all is over."""
    world.heal()
    stuck = world.still()
    if stuck:
        return [Breach("all ends", stuck)]
    _count_claims(world)
    told, found = _at_rest(world)
    found += drafts.breaches(world, told)
    found += _manners(world)
    drafts.settle(world)
    for host in world.hosts:
        for repo in world.repos:
            tidy(host, repo)
    for repo in world.repos:
        if any(f["code"] in SPOILT for each in told if each.repo == repo for f in each.findings):
            _mend(world, repo)
    stuck = world.still()  # (people's git has set hooks' runs going)
    if stuck:
        return [*found, Breach("all ends", stuck)]
    found += _at_rest(world)[1]
    return [*world.breaches, *found, *_in_step(world), *_servers(world), *_looks_only(world)]


def _count_claims(world: World) -> None:
    for run in world.runs:
        if not run.killed and (claim := agents.won(world, run)):
            world.won.append(claim)


def _manners(world: World) -> Iterator[Breach]:
    for run in world.runs:
        if not run.killed and not run.doomed:
            words, code = f"{' '.join(run.words)} on {run.host}", run.process.returncode
            # (what a dispatch ends with says what there is to do)
            code = 0 if run.words[0] == "dispatch" and code in (3, 4, 5) else code
            # (one that is told to stop before it listens for that ends like any program)
            code = 0 if run.words[0] == "worker" and code == -signal.SIGTERM else code
            yield from judge.ill_mannered(words, code, run.said + run.complained)
    runs = tuple(hooked.started(world))
    for each in runs:
        code = 0 if each.code is None else each.code  # (it was killed)
        yield from judge.ill_mannered(f"a hook's run on {each.host}", code, each.said)
    for host in world.hosts:
        here = sum(each.host == host.name for each in runs)
        yield from judge.looping(host.name, here, host.fired)


def _sweep(world: World) -> list[Told]:
    """What each host tells, one after the other."""
    told: list[Told] = []
    for host in world.hosts:
        answer = world.run(host, "fix", "--all", "--remote")
        told += (Told.of(host.name, report) for report in answer["data"]["repos"])
    return told


def _at_rest(world: World) -> tuple[list[Told], list[Breach]]:
    """What is told once nothing moves after a few sweeps, and what is not as was promised."""
    _tend(world)
    before, told = _traces(world), list[Told]()
    for _ in range(ROUNDS):
        told, last = _sweep(world), before
        before = _traces(world)
        if before == last and not any(each.did for each in told):
            return told, list(_breaches(world, told))
    moving = "; ".join(f"{each.repo} on {each.host}: {each.did}" for each in told if each.did)
    how = f"after {ROUNDS} sweeps something moves: {moving}"
    return told, [Breach("all comes to rest", how)]


def _tend(world: World) -> None:
    """Some hours have passed for whoever keeps clones, and its worker has done what is due."""
    for host in world.hosts:
        if host.is_managed:
            for repo in world.repos:
                top = host.kept(repo) / ".git"
                for left in (*_locks(top), *top.glob("custodian-renewed"), *_cut_short(host)):
                    age(left)
            _work(world, host)


def _work(world: World, host: Host) -> None:
    """The worker has been at every repo; what a killed one was at is taken up within a minute."""
    asked = datetime.now(UTC).replace(microsecond=0)
    for repo in world.repos:
        world.run(host, "queue", "request", repo)

    def is_done() -> bool:
        world.run(host, "worker", "--once")
        with host.hub.truth() as store:
            runs = [each for repo in world.repos for each in store.repo(repo).hosts]
        seen = [each.last_run_at for each in runs if each.host == host.name]
        return len(seen) == len(world.repos) and all(at and at >= asked for at in seen)

    if not until(is_done, 2 * LIMIT_S):
        world.breaches.append(Breach("all ends", f"the worker of {host.name} does not come to it"))


def _cut_short(host: Host) -> list[Path]:
    """Clones that were never done."""
    return [*host.kept("").glob(".*")]


def _traces(world: World) -> tuple[object, ...]:
    """What no run leaves as it was that did something."""
    heads = tuple(_heads(world).values())
    clones = tuple(_head_in(host.kept(repo)) for host in world.hosts for repo in world.repos)
    events: list[int] = []
    for hub in world.hubs:
        with hub.truth() as store:
            events.append(store.events(limit=1).total)
    return heads, clones, tuple(events)


def _head_in(top: Path) -> str:
    return git(top, "rev-parse", "HEAD", check=False) if top.is_dir() else ""


def _heads(world: World) -> dict[str, str]:
    return {repo: git(world.remote(repo), "rev-parse", "main") for repo in world.repos}


def _breaches(world: World, told: list[Told]) -> Iterator[Breach]:
    yield from judge.unsealed(told, _heads(world))
    yield from judge.unmended(each for each in told if world.host(each.host).is_managed)
    for repo in world.repos:
        yield from _of_repo(world, repo)
    for number, hub in enumerate(world.hubs):
        ours = [h.name for h in world.hosts if h.hub is hub]
        with hub.truth() as store:
            log = list(events(store))
            tasks = [task for repo in world.repos for task in every(store.tasks, repo=repo)]
        yield from judge.gone_back(log)
        yield from judge.held_twice(log)
        won = [(key, fence, holder) for at, key, fence, holder in world.won if at == number]
        yield from judge.won_by_nobody(won, log)
        accepted = {key: place for (at, key), place in world.accepted.items() if at == number}
        now = {task.key: (task.epoch, rank(task.status)) for task in tasks}
        yield from judge.lost_progress(accepted, now)
        keys = {task.key for task in tasks}
        for repo in world.repos:
            yield from judge.leaked(drafts.secrets(world, repo), _all_written(world, repo), keys)
        for repo in world.repos:
            statuses = {task.key: task.status.value for task in tasks if task.repo_slug == repo}
            here = [each for each in told if each.repo == repo and each.host in ours]
            yield from judge.unexplained(statuses, files(world, repo), here)


def events(store: Store) -> Iterator[Event]:
    """The whole log of a hub."""
    after: int | None = 0
    while after is not None:
        page = store.events(after=after, limit=500)
        yield from page.items
        after = int(page.cursor) if page.cursor else None


def files(world: World, repo: str) -> dict[str, bytes]:
    """The workplans as the remote has them."""
    listed = git(world.remote(repo), "ls-tree", "-r", "--name-only", "main", "workplans/")
    return {path: _blob(world, repo, f"main:{path}") for path in listed.splitlines()}


def _blob(world: World, repo: str, name: str) -> bytes:
    command = ["git", "cat-file", "blob", name]
    return subprocess.run(command, cwd=world.remote(repo), capture_output=True, check=False).stdout


def _all_written(world: World, repo: str) -> str:
    """Every commit of that repo that anybody has, with all that it changes."""
    tops = [world.remote(repo), *(host.clone(repo) for host in world.hosts)]
    tops += [host.kept(repo) for host in world.hosts if host.is_managed]
    command = ["git", "log", "--all", "-p", "--text", "--format=%B"]
    # (a worker's clone may have rotted where nobody looks)
    said = (subprocess.run(command, cwd=top, capture_output=True, check=False) for top in tops)
    return "".join(each.stdout.decode(errors="replace") for each in said)


def _of_repo(world: World, repo: str) -> Iterator[Breach]:
    """What people committed is somewhere, and what Custodian committed is what it may."""
    remote = world.remote(repo)
    known = git(remote, "log", "--format=%B", "main")
    for host in world.hosts:
        here = host.git(repo, "log", "--format=%B", "HEAD")[1]
        yield from judge.lost_work(world.lines.get((host.name, repo), ()), known + here)
    own = git(remote, "log", "--author=Custodian", "--format=%H", "main").split()
    world.tally[f"commits of Custodian's own in {repo}"] = len(own)
    for commit in own:
        for row in git(remote, "diff-tree", "-r", "--no-commit-id", commit).splitlines():
            told, _, path = row.partition("\t")
            mode, new_mode, old, new, _kind = told.lstrip(":").split(" ")
            same = mode == new_mode
            texts = [_blob(world, repo, blob) for blob in (old, new)] if same else [b"", b"mode"]
            yield from judge.overwritten(commit, path, *texts)


def _in_step(world: World) -> Iterator[Breach]:
    """Where people have tidied up, every clone is the remote."""
    heads = _heads(world)
    for host in world.hosts:
        for repo in world.repos:
            head, where = _head_in(host.kept(repo)), f"{repo} on {host.name}"
            if head != heads[repo]:
                yield Breach("local is remote", f"{where} is at {head[:12]}")
            fine, said = host.git(repo, "fsck", "--no-dangling", "--connectivity-only")
            if not fine:
                yield Breach("nothing is lost", f"{where}: {said[-300:]}")
        if host.is_managed:
            names = [each.name for each in host.kept("").iterdir()]
            yield from judge.littered(host.name, names, world.repos)


def _servers(world: World) -> Iterator[Breach]:
    """Each server, asked by itself, tells what the database holds."""
    for hub in world.hubs:
        with hub.truth() as store:
            tasks, repos = _rows(store, world.repos)
        said = dict(_said(hub, world.repos))
        yield from judge.told_apart(tasks, {name: rows[0] for name, rows in said.items()})
        yield from judge.told_apart(repos, {name: rows[1] for name, rows in said.items()})


def _said(hub: Hub, repos: tuple[str, ...]) -> Iterator[tuple[str, tuple[list[Task], list[Repo]]]]:
    for name, door in hub.doors():
        yield name, _rows(door, repos)


def _rows(door: Door, repos: tuple[str, ...]) -> tuple[list[Task], list[Repo]]:
    return [t for repo in repos for t in every(door.tasks, repo=repo)], [*every(door.repos)]


def _looks_only(world: World) -> Iterator[Breach]:
    """A check writes nothing."""
    before = _traces(world)
    for host in world.hosts:
        world.run(host, "check", "--all")
    if _traces(world) != before:
        yield Breach("a check writes nothing", "something moved")


# --- people tidy up


def tidy(host: Host, repo: str) -> None:
    """Nothing is half done in the clone, all is committed, merged and pushed, by hand."""
    folder = host.clone(repo) / ".git"
    for lock in _locks(folder):
        lock.unlink(missing_ok=True)
    for word in ("rebase", "merge", "cherry-pick"):
        host.git(repo, word, "--abort")
    shutil.rmtree(folder / "rebase-merge", ignore_errors=True)
    host.git(repo, "symbolic-ref", "HEAD", "refs/heads/main")
    host.git(repo, "add", "--all")
    host.git(repo, "commit", "-qm", "the last that lay there")
    host.git(repo, "fetch", "-q", "origin")
    if not host.git(repo, "merge", "-q", "--no-edit", "-X", "ours", "origin/main")[0]:
        _merge_by_hand(host, repo)
    host.git(repo, "push", "-q", "origin", "HEAD:main")


def _locks(folder: Path) -> list[Path]:
    """What a git that was killed has left."""
    return [*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")]


def _merge_by_hand(host: Host, repo: str) -> None:
    """Of workplans that do not merge, those that are here stay."""
    host.git(repo, "rm", "-rqf", "--cached", "--ignore-unmatch", "workplans")
    shutil.rmtree(host.clone(repo) / "workplans", ignore_errors=True)
    host.git(repo, "checkout", "-q", "HEAD", "--", "workplans")
    host.git(repo, "add", "--all")
    host.git(repo, "commit", "-qm", "merged by hand")


def _mend(world: World, repo: str) -> None:
    """The first host's person writes anew what nobody can read, and the others take that."""
    first, *others = world.hosts
    write_anew(first, repo, dict.fromkeys((key_of(repo, n) for n in range(1, TASKS + 1)), "todo"))
    tidy(first, repo)
    for host in others:
        host.git(repo, "pull", "-q", "--ff-only")
