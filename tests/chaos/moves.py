"""What happens in a world, chosen from its seed alone: the same seed is the same story."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .hubs import Kind
from .world import TASKS, Shape

T = TypeVar("T")


class Act(StrEnum):
    """One kind of thing that happens."""

    # people in their checkouts
    WORK = "work"
    EDIT = "edit"
    COMMIT = "commit"
    PUSH = "push"
    PULL = "pull"
    ODD = "odd"
    BREAK = "break"
    MEND = "mend"
    REOPEN_IN_FILE = "reopen-in-file"
    FORCE = "force"
    DRAFT = "draft"
    KEEP = "keep"
    DROP = "drop"
    HOOKS = "hooks"
    # people and agents at the hub
    STATUS = "status"
    REOPEN = "reopen"
    RACE = "race"
    RELEASE = "release"
    REQUEST = "request"
    # runs
    FIX = "fix"
    FIX_ALL = "fix-all"
    CHECK = "check"
    # faults
    KILL_AT = "kill-at"
    KILL = "kill"
    KILL_SERVER = "kill-server"
    KILL_WORKER = "kill-worker"
    RESTART = "restart"
    DAMAGE = "damage"
    WEATHER = "weather"
    FULL_DISK = "full-disk"
    CLOCK = "clock"
    #: what fails is put right again
    RELIEF = "relief"


#: what a story's first hub may be
HUBS = (Kind.EMBEDDED, Kind.SERVED, Kind.TEAM, Kind.REPLICAS, Kind.BALANCED)
WEIGHTS = {
    Act.WORK: 9,
    Act.EDIT: 4,
    Act.COMMIT: 3,
    Act.PUSH: 3,
    Act.PULL: 4,
    Act.ODD: 3,
    Act.BREAK: 2,
    Act.MEND: 2,
    Act.REOPEN_IN_FILE: 2,
    Act.FORCE: 1,
    Act.DRAFT: 7,
    Act.KEEP: 2,
    Act.DROP: 2,
    Act.HOOKS: 1,
    Act.STATUS: 9,
    Act.REOPEN: 3,
    Act.RACE: 2,
    Act.RELEASE: 2,
    Act.REQUEST: 2,
    Act.FIX: 10,
    Act.FIX_ALL: 3,
    Act.CHECK: 1,
    Act.KILL_AT: 9,
    Act.KILL: 5,
    Act.KILL_SERVER: 2,
    Act.KILL_WORKER: 2,
    Act.RESTART: 3,
    Act.DAMAGE: 5,
    Act.WEATHER: 5,
    Act.FULL_DISK: 2,
    Act.CLOCK: 3,
    Act.RELIEF: 6,
}


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: where, to what, and a number that decides all the rest."""

    act: Act
    host: int
    repo: int
    task: int
    pick: int
    #: how long until the next one
    pause_s: float

    def choose(self, choices: Sequence[T], salt: int = 0) -> T:
        """The one of these that is meant."""
        return choices[(self.pick >> salt) % len(choices)]


def shape_of(seed: int) -> Shape:
    """The world of that seed."""
    chance = random.Random(f"shape {seed}")  # noqa: S311 - a story, no secret
    hosts = chance.choice((2, 2, 2, 2, 2, 2, 3, 3, 4, 5))
    one = chance.choice(HUBS)
    # (the second is a copy of the first, so a host that goes from one to the other is not at issue)
    hubs = (one, chance.choice((Kind.EMBEDDED, Kind.SERVED))) if chance.random() < 0.2 else (one,)
    repos, workers = chance.choice((1, 1, 1, 1, 2, 3)), chance.choice((0, 1))
    managed = bool(workers) and len(hubs) == 1 and chance.random() < 0.7
    return Shape(hosts, repos, hubs, workers, managed, hooked=chance.choice((0, 0, 1, 2)))


def _weights(shape: Shape) -> dict[Act, int]:
    """How often each thing happens in that world, of those that can."""
    cannot = set[Act]()
    if not shape.managed:
        cannot.add(Act.DAMAGE)
    if not shape.workers:
        cannot.add(Act.KILL_WORKER)
    if not any(hub.servers for hub in shape.hubs):
        cannot |= {Act.KILL_SERVER, Act.RESTART}
    return {act: weight for act, weight in WEIGHTS.items() if act not in cannot}


def story(seed: int, steps: int) -> tuple[Move, ...]:
    """So many moves; a shorter story of the same seed begins in the same way."""
    shape, chance = shape_of(seed), random.Random(f"story {seed}")  # noqa: S311
    weighted = _weights(shape)
    acts, weights = tuple(weighted), tuple(weighted.values())
    return tuple(
        Move(
            act=chance.choices(acts, weights)[0],
            host=chance.randrange(shape.hosts),
            repo=chance.randrange(shape.repos),
            task=chance.randrange(1, TASKS + 1),
            pick=chance.randrange(1 << 30),
            pause_s=chance.choice((0, 0, 0.05, 0.2, 0.5)),
        )
        for _ in range(steps)
    )
