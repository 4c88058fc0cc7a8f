"""What people and agents do at the hub, and the runs that they and timers start."""

import json
from typing import Any

from custodian_core.commands import ChangeTask, ReopenTask, RequestSync
from custodian_core.errors import CustodianError
from custodian_core.ports import Hub as Door
from custodian_core.status import Status, rank

from .moves import Act, Move
from .people import key_of
from .processes import Run
from .world import WHO, Host, World

#: how many race for a task, and how long a claim lives
RACERS, TTL_S = 3, "30"


def status(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody sets a task's status in the hub; going back is refused."""
    said = {"status": move.choose(tuple(Status))}
    _tell(world, host, ChangeTask(key_of(repo, move.task), said))


def reopen(world: World, host: Host, repo: str, move: Move) -> None:
    """A task goes back on purpose."""
    to = move.choose((Status.TODO, Status.IN_PROGRESS))
    _tell(world, host, ReopenTask(key_of(repo, move.task), "it broke", to))


def _tell(world: World, host: Host, command: ChangeTask | ReopenTask) -> None:
    """The hub is told; what it accepted is never lost from then on."""
    try:
        door = host.door()
    except CustodianError:
        world.tally["refused"] += 1
        return
    try:
        task = door.do(command, WHO)
    except CustodianError:
        world.tally["refused"] += 1
    else:
        place = world.hubs.index(host.hub), task.key
        now = task.epoch, rank(task.status)
        world.accepted[place] = max(now, world.accepted.get(place, now))
    finally:
        _leave(door)


def _leave(door: Door) -> None:
    close: Any = getattr(door, "close", None)
    if close:
        close()


def race(world: World, host: Host, repo: str, move: Move) -> None:
    """Several want the same work at the same moment, on several hosts."""
    key = key_of(repo, move.task)
    for number in range(RACERS):
        place = world.hosts[(world.hosts.index(host) + number) % len(world.hosts)]
        name = f"agent{world.tally['agents']}"
        world.tally["agents"] += 1
        ways: tuple[tuple[str, ...], ...] = (
            ("task", "claim", key, "--ttl", TTL_S),
            ("task", "claim", "--next", "--repo", repo, "--ttl", TTL_S),
            ("dispatch", repo, "--claim"),
        )
        world.start(place, *move.choose(ways), "--agent", name, "--json")


def release(world: World, host: Host, repo: str, move: Move) -> None:
    """Whoever holds the task gives it back."""
    try:
        with host.hub.truth() as store:
            held = store.claims(repo=repo)
    except CustodianError:
        return
    if held:
        claim = move.choose(held)
        world.start(host, "task", "release", claim.task_key, "--agent", claim.holder)


def won(world: World, run: Run) -> tuple[int, str, int, str] | None:
    """The claim that the run was granted, if it was."""
    if run.process.returncode != 0 or run.words[0] not in ("task", "dispatch"):
        return None
    (host,) = (each for each in world.hosts if each.name == run.host)
    hub = world.hubs.index(host.hub)
    if run.words[1] == "claim":
        claim = json.loads(run.said)["data"]
        return hub, claim["task_key"], claim["fence"], claim["holder"]
    told: dict[str, Any] = json.loads(run.said)["data"] if run.words[0] == "dispatch" else {}
    if not told.get("lease"):
        return None
    return hub, told["task"]["key"], told["lease"]["fence"], told["lease"]["holder"]


def request(world: World, host: Host, repo: str, move: Move) -> None:
    """A sync is asked for, of the log or of the worker that there is."""
    if host.worker:
        world.start(host, "queue", "request", repo, "--host", host.name)
        host.worker.revive()
        return
    try:
        door = host.door()
    except CustodianError:
        return
    try:
        door.do(RequestSync(repo, "chaos"), WHO)
    except CustodianError:
        world.tally["refused"] += 1
    finally:
        _leave(door)


def fix(world: World, host: Host, repo: str, move: Move) -> None:
    """A run begins, and nobody waits for it."""
    how = move.choose((("--remote",), ("--remote",), (), ("--remote", "--no-push")))
    world.start(host, "fix", repo, *how, "--json")


def fix_all(world: World, host: Host, repo: str, move: Move) -> None:
    """A sweep begins, as the timer starts one."""
    world.start(host, "fix", "--all", "--remote", "--json")


def check(world: World, host: Host, repo: str, move: Move) -> None:
    world.start(host, "check", "--all", "--json")


ACTS = {
    Act.STATUS: status,
    Act.REOPEN: reopen,
    Act.RACE: race,
    Act.RELEASE: release,
    Act.REQUEST: request,
    Act.FIX: fix,
    Act.FIX_ALL: fix_all,
    Act.CHECK: check,
}
