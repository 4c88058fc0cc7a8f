"""What goes wrong: kills, weather, full disks, clocks that jump, and what puts it right again."""

from .agents import status
from .links import Weather
from .moves import Act, Move
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
    world.doomed(host, at, how, "fix", repo, "--remote", "--json")


def kill(world: World, host: Host, repo: str, move: Move) -> None:
    """Something that runs is killed, wherever it is just then."""
    alive = [run for run in world.runs if run.lives and run.words[0] != "worker"]
    if alive:
        move.choose(alive).kill()
        world.tally["fault: kill at any time"] += 1


def kill_server(world: World, host: Host, repo: str, move: Move) -> None:
    for _, server in host.hub.servers[move.pick % 2 :]:
        world.tally["fault: kill of a server"] += server.kill()


def kill_worker(world: World, host: Host, repo: str, move: Move) -> None:
    for each in world.hosts:
        if each.worker:
            world.tally["fault: kill of a worker"] += each.worker.kill()


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
    Act.WEATHER: weather,
    Act.FULL_DISK: full_disk,
    Act.CLOCK: clock,
    Act.RELIEF: relief,
}
