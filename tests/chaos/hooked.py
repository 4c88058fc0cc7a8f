"""Hooks in people's checkouts: their own git sets syncs going, and what these say is kept here."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .moves import Act, Move
from .processes import Run
from .world import Host, World

#: `custodian` as hooks start it: what nobody would see is written down, and how it ended
PROGRAM = """\
#!{python}
import os, sys, time
from custodian_server.front.entry import custodian
note = f"{notes}/{{os.environ['CUSTODIAN_HOST']}} {{time.time_ns()}} {{os.getpid()}}"
if "--background" in sys.argv:
    said = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
try:
    custodian()
except SystemExit as end:
    code = 0 if end.code is None else end.code
    if "--background" in sys.argv:
        with open(f"{{note}} ended", "w") as file:
            file.write(str(code))
    raise
"""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that a hook started: on which host, what it said, and with what it ended."""

    host: str
    said: str
    #: None where it was killed
    code: int | None


def notes(world: World) -> Path:
    """Where hooks' runs are written down."""
    return world.folder / "hooked"


def prepare(world: World) -> Path:
    """The program that hooks start is there."""
    folder = notes(world)
    program = world.folder / "bin-of-hooks" / "custodian"
    if not program.exists():
        folder.mkdir()
        program.parent.mkdir()
        program.write_text(PROGRAM.format(python=sys.executable, notes=str(folder)))
        program.chmod(0o755)
    return program


def change(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody has hooks put in, or, now and then, taken out again."""
    verb = move.choose(("install", "install", "uninstall"), 2)
    run(world, host, verb, repo)


def begin(world: World) -> None:
    """On some hosts there are hooks from the beginning."""
    for host in world.hosts[: world.shape.hooked]:
        assert run(world, host, "install", "--all").ends()


def run(world: World, host: Host, verb: str, which: str) -> Run:
    """Somebody's command about hooks, at work from now on."""
    return world.launch(host, ("hooks", verb, which), host.env, prepare(world))


def started(world: World) -> Iterator[Started]:
    """Every run that a hook started."""
    folder = notes(world)
    if not folder.is_dir():
        return
    for note in sorted(folder.iterdir()):
        if not note.name.endswith(" ended"):
            ended = note.with_name(f"{note.name} ended")
            code = int(ended.read_text()) if ended.exists() else None
            yield Started(note.name.split(" ")[0], note.read_text(errors="replace"), code)


ACTS = {Act.HOOKS: change}
