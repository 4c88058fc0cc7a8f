"""Starting the command line, against the bare interpreter that carries it."""

import sys
from functools import partial
from pathlib import Path

from harness import Row, child_cpu_ms, in_turn

_BIN = Path(sys.executable).parent
_BAR_MS = 100


def rows(rounds: int = 20) -> list[Row]:
    """`custodian --version` and `custodian --help`."""
    found: list[Row] = []
    for flag in ("--version", "--help"):
        ours = partial(child_cpu_ms, [str(_BIN / "custodian"), flag])
        floor = partial(child_cpu_ms, [sys.executable, "-c", "pass"])
        mine, bare = in_turn(ours, floor, rounds)
        bar = f"<= {_BAR_MS} ms CPU"
        name = f"custodian {flag}"
        found.append(Row(name, mine, "a bare interpreter", bare, bar, mine <= _BAR_MS, rounds))
    return found
