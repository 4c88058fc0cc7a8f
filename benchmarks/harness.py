"""Measuring: ours and its floor or peer in turn, in one run, told as CPU time and as a ratio."""

import os
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent.parent


class CannotMeasure(Exception):
    """What a measure needs is not here, or did not do its work."""


@dataclass(frozen=True, slots=True)
class Row:
    """One speed we claim: what was done, how long it took, and what it is held against."""

    name: str
    #: CPU milliseconds for one piece of work, the least of all rounds, where `unit` says no other
    ours_ms: float
    peer: str
    peer_ms: float | None
    #: what must hold, and whether it did
    bar: str
    holds: bool
    rounds: int
    unit: str = "ms"
    #: the least wall time of a row that is held to CPU time, and the peer's
    wall_ms: float | None = None
    peer_wall_ms: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times ours is the peer's figure."""
        return self.peer_ms / self.ours_ms if self.peer_ms is not None and self.ours_ms else None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took: CPU time, user and system, and the time until it was done."""

    cpu_ms: float
    wall_ms: float

    @classmethod
    def least(cls, costs: Iterable[Self]) -> Self:
        """The least of each: what the machine can do when it is left alone."""
        all_ = list(costs)
        return cls(min(each.cpu_ms for each in all_), min(each.wall_ms for each in all_))


def spent(work: Callable[[], Any]) -> Cost:
    """The cost of one call, in this process and in those that it started and waited for."""
    begin, used = time.perf_counter(), _used_ms()
    work()
    return Cost(_used_ms() - used, (time.perf_counter() - begin) * 1000)


def spent_by(command: list[str], env: dict[str, str] | None = None) -> Cost:
    """The cost of one run of `command`, its output thrown away."""
    begin = time.perf_counter()
    cpu = child_cpu_ms(command, env)
    return Cost(cpu, (time.perf_counter() - begin) * 1000)


def spent_by_children(work: Callable[[], Any]) -> Cost:
    """The cost of the processes that the call starts and waits for, and not of starting them."""
    begin, used = time.perf_counter(), _children_ms()
    work()
    return Cost(_children_ms() - used, (time.perf_counter() - begin) * 1000)


def _used_ms() -> float:
    return time.process_time() * 1000 + _children_ms()


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def compared(ours: Callable[[], Cost], peer: Callable[[], Cost], rounds: int) -> tuple[Cost, Cost]:
    """The least of each, measured in turn so that a slow spell of the machine meets both."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return Cost.least(mine for mine, _ in pairs), Cost.least(theirs for _, theirs in pairs)


def held(name: str, costs: tuple[Cost, Cost], peer: str, bar: str, holds: bool, rounds: int) -> Row:
    """A row of CPU time beside its peer's, with the wall time of both."""
    ours, theirs = costs
    return Row(
        name, ours.cpu_ms, peer, theirs.cpu_ms, bar, holds, rounds,
        wall_ms=ours.wall_ms, peer_wall_ms=theirs.wall_ms,
    )  # fmt: skip


def cpu_ms(work: Callable[[], Any]) -> float:
    """CPU time of one call, of this process."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def child_cpu_ms(command: list[str], env: dict[str, str] | None = None) -> float:
    """CPU time, user and system, of one run of `command`."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
        pid = os.posix_spawnp(command[0], command, env or dict(os.environ), file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
    finally:
        os.close(null)
    code = os.waitstatus_to_exitcode(status)
    if code:
        told = " ".join([Path(command[0]).name, *command[1:]])
        raise CannotMeasure(f"{told} ended with {code}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def least(measure: Callable[[], float], rounds: int) -> float:
    """The least of `rounds` measures: what the machine can do when it is left alone."""
    return min(measure() for _ in range(rounds))


def in_turn(
    ours: Callable[[], float], peer: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """The least of each, measured in turn so that a slow spell of the machine meets both."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return min(mine for mine, _ in pairs), min(theirs for _, theirs in pairs)


def alone(name: str, ours_ms: float, bar_ms: float, rounds: int) -> Row:
    """A row that is held against a fixed bar."""
    holds = ours_ms <= bar_ms
    return Row(name, ours_ms, "the bar alone", None, f"<= {bar_ms} ms", holds, rounds)
