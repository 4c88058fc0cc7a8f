"""Measuring: ours and its floor or peer in turn, in one run, told as CPU time and as a ratio."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One speed we claim: what was done, how long it took, and what it is held against."""

    name: str
    #: CPU milliseconds for one piece of work, the least of all rounds
    ours_ms: float
    peer: str
    peer_ms: float | None
    #: what must hold, and whether it did
    bar: str
    holds: bool
    rounds: int

    @property
    def ratio(self) -> float | None:
        """How many times the peer's CPU time is ours."""
        return self.peer_ms / self.ours_ms if self.peer_ms is not None else None


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
        raise SystemExit(f"{' '.join(command)} ended with {code}")
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


def report(rows: list[Row]) -> None:
    """Print the rows as a table, or as JSON with `--json`; exit 1 where a bar does not hold."""
    if "--json" in sys.argv:
        data = {"load": os.getloadavg()[0], "rows": [{**asdict(r), "ratio": r.ratio} for r in rows]}
        print(json.dumps({"schema_version": 1, "kind": "benchmarks", "data": data, "findings": []}))
    else:
        print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]}")
        print(f"{'work':<44}{'ours ms':>10}{'peer ms':>10}{'ratio':>8}  bar")
        for row in rows:
            peer = f"{row.peer_ms:10.3f}" if row.peer_ms is not None else " " * 10
            ratio = f"{row.ratio:8.2f}" if row.ratio is not None else " " * 8
            said = "holds" if row.holds else "FALLS SHORT"
            print(f"{row.name:<44}{row.ours_ms:10.3f}{peer}{ratio}  {row.bar}: {said}")
            print(f"{'':<44}against {row.peer}, least of {row.rounds}")
    sys.exit(0 if all(row.holds for row in rows) else 1)


ROOT = Path(__file__).parent.parent
