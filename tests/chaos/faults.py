"""What goes wrong: kills, weather, full disks, clocks that jump, and what puts it right again."""

import os
import signal
from contextlib import suppress

from .agents import status
from .harms import HARMS
from .links import Weather
from .moves import Act, Move
from .processes import in_background
from .world import Host, World

#: git's commands in a run, those that write more often
STEPS = (
    *("fetch", "commit-tree", "merge", "push", "merge", "push", "push"),
    *("update-ref", "read-tree", "hash-object", "mktree", "cat-file", "ls-tree"),
)
HOWS = ("before", "after", "amid", "git")
#: how many seconds a clock may be off
OFF_S = (-86_400, -3_600, -90, 90, 3_600, 86_400)
#: how long nobody is told that nothing gets through
STALL_S = 3


def kill_at(world: World, host: Host, repo: str, move: Move) -> None:
    """A run that has something to write is killed at one of its git commands, or its git is."""
    status(world, host, repo, move)
    at, how = move.choose(STEPS, 3), move.choose(HOWS, 9)
    if host.is_managed and move.choose((True, False), 14):
        world.doomed(host, move.choose(("clone", at), 16), how, "worker", "--once")
    else:
        world.doomed(host, at, how, "fix", repo, "--remote", "--json")


def kill(world: World, host: Host, repo: str, move: Move) -> None:
    """Something that runs is killed, wherever it is just then."""
    alive = [run for run in world.runs if run.lives and run.words[0] != "worker"]
    hooked = in_background(host.folder)
    if hooked and (move.pick >> 8) % 2:
        with suppress(ProcessLookupError):
            os.kill(move.choose(hooked), signal.SIGKILL)
        world.tally["fault: kill of a hook's run"] += 1
    elif alive:
        move.choose(alive).kill()
        world.tally["fault: kill at any time"] += 1


def kill_server(world: World, host: Host, repo: str, move: Move) -> None:
    """One of the hub's servers is gone for a while, or all of them are."""
    servers = [server for _, server in host.hub.servers]
    for server in move.choose((servers, servers[:1], servers[-1:])):
        world.tally["fault: kill of a server"] += server.kill()


def restart(world: World, host: Host, repo: str, move: Move) -> None:
    """One of the hub's servers is killed, and there again at once, whatever it was at."""
    if host.hub.servers:
        _, server = move.choose(host.hub.servers)
        world.tally["fault: restart of a server"] += server.kill()
        server.revive()


def kill_worker(world: World, host: Host, repo: str, move: Move) -> None:
    for each in world.hosts:
        if each.worker:
            world.tally["fault: kill of a worker"] += each.worker.kill()


def damage(world: World, host: Host, repo: str, move: Move) -> None:
    """A worker is killed, and the clone that it keeps is not as it was."""
    for each in world.hosts:
        if each.is_managed and each.worker:
            world.tally["fault: kill of a worker"] += each.worker.kill()
            harm = move.choose(HARMS)
            if harm(each.kept(repo), move.pick >> 8):
                world.tally["fault: damage of a clone"] += 1
            if move.choose((True, False), 6):
                each.worker.revive()


def weather(world: World, host: Host, repo: str, move: Move) -> None:
    """The way to the forge or to the hub is slow, cut, deaf or stalled."""
    links = [host.forge, *filter(None, [host.hub.links.get(host.name)])]
    kind = move.choose((Weather.SLOW, Weather.CUT, Weather.DEAF, Weather.STALLED), 4)
    link = move.choose(links)
    link.turn(kind, *([STALL_S] if kind is Weather.STALLED else []))
    what = "forge" if link is host.forge else "hub"
    world.tally[f"fault: {kind} way to the {what}"] += 1


def full_disk(world: World, host: Host, repo: str, move: Move) -> None:
    """A host's disk, or now and then the hub's, has next to no room."""
    disk = move.choose((host.disk, host.disk, host.hub.disk))
    disk.fill(move.choose((0, 0, 4096, 65_536), 4))
    world.tally["fault: full disk"] += 1


def clock(world: World, host: Host, repo: str, move: Move) -> None:
    """A host's clock, or now and then the hub's, jumps."""
    file = move.choose((host.clock, host.clock, host.hub.folder / "clock"))
    file.write_text(str(move.choose(OFF_S, 4)))
    world.tally["fault: clock step"] += 1


def relief(world: World, host: Host, repo: str, move: Move) -> None:
    """What fails on that host, and its hub's servers, is put right; its clock is not."""
    host.forge.turn(Weather.FAIR)
    link = host.hub.links.get(host.name)
    if link:
        link.turn(Weather.FAIR)
    host.disk.free()
    host.hub.disk.free()
    for _, server in host.hub.servers:
        server.revive()
    for each in world.hosts:
        if each.worker:
            each.worker.revive()


ACTS = {
    Act.KILL_AT: kill_at,
    Act.KILL: kill,
    Act.KILL_SERVER: kill_server,
    Act.KILL_WORKER: kill_worker,
    Act.RESTART: restart,
    Act.DAMAGE: damage,
    Act.WEATHER: weather,
    Act.FULL_DISK: full_disk,
    Act.CLOCK: clock,
    Act.RELIEF: relief,
}
