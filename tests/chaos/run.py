"""Stories, one after the other: each is lived, brought to rest and judged."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import agents, drafts, faults, hooked, people
from .judge import Breach
from .moves import Move, shape_of, story
from .rest import judged
from .world import World

#: how many breaches are told: the others mostly follow from the first few
TOLD = 8
ACTS = people.ACTS | drafts.ACTS | hooked.ACTS | agents.ACTS | faults.ACTS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one story went."""

    seed: int
    steps: int
    tally: Counter[str]
    breaches: tuple[Breach, ...]

    @property
    def replay(self) -> str:
        """What lives it again."""
        return f"make chaos SEED={self.seed} STEPS={self.steps}"

    @property
    def told(self) -> str:
        """The first of the breaches, and how to see them again."""
        rows = "\n".join(f"  {str(each)[:600]}" for each in self.breaches[:TOLD])
        return f"{len(self.breaches)} promises were broken:\n{rows}\nreplay: {self.replay}"


def live(seed: int, steps: int, databases: Iterator[str], *, keep: Path | None = None) -> Outcome:
    """The story of that seed, as far as it is told, and what the judge says."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-")) if keep is None else keep
    try:
        world = World(shape_of(seed), folder, databases)
        try:
            hooked.begin(world)
            for move in story(seed, steps):
                _make(world, move)
            breaches = tuple(judged(world))
            _count(world)
        finally:
            world.close()
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return Outcome(seed, steps, world.tally, breaches)


def _make(world: World, move: Move) -> None:
    host, repo = world.hosts[move.host], world.repos[move.repo]
    world.tally["operations"] += 1
    world.tally[f"did: {move.act}"] += 1
    if move.act in drafts.SWEEPING:
        drafts.taken_up(world, host, repo)
    ACTS[move.act](world, host, repo, move)
    time.sleep(move.pause_s)


def _count(world: World) -> None:
    world.tally["processes"] = len(world.runs)
    world.tally["killed"] = sum(run.process.returncode == -9 for run in world.runs)
    world.tally["claims won"] = len(world.won)
    world.tally["worlds"] = 1
    world.tally["runs of hooks"] = len(tuple(hooked.started(world)))
    for hit in world.folder.glob("hit-*"):  # (a run that never came to that command was not killed)
        of_git = hit.name.endswith("-git")
        world.tally[f"fault: kill {'of git' if of_git else 'at a git command'}"] += 1


def summed(total: Counter[str]) -> str:
    """What was done, what went wrong, and that every promise held."""
    faults = {name.removeprefix("fault: "): n for name, n in total.items() if "fault: " in name}
    told = ", ".join(f"{number} {name}" for name, number in sorted(faults.items()) if number)
    return (
        f"{total['worlds']} worlds, {total['operations']} operations, {total['processes']}"
        f" processes of which {total['killed']} were killed, {total['runs of hooks']} that hooks"
        f" started, {total['claims won']} claims won, {total['drafts']} drafts,"
        f" {sum(faults.values())} faults ({told}), 0 promises broken"
    )
