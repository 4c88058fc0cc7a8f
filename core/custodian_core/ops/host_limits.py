"""From where on a host is worrying: numbers that a setting can move, each by its name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from custodian_core.errors import BadValue
from custodian_core.text import printable

SETTING = "CUSTODIAN_HOST_LIMITS"

GIB = 1024**3
_SIZE = re.compile(r"\s*([\d.]{1,30})\s*([kKMGT]?)(i?)B?\b")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_PROGRAM = re.compile(r"[A-Za-z0-9._-]{1,15}")
_MOST = 1_000_000
#: what is a size in bytes, written as 500MiB
SIZES = frozenset({"memory_min", "swap_max", "memory_ample", "reclaimable"})
#: what each says
MEANING = {
    "memory_min": "less memory available than this is P0",
    "swap_max": "more swap used than this is P0, where memory is not ample",
    "memory_ample": "much swap is no worry where this is available",
    "disk_pct": "a disk that is fuller is P1",
    "fill_days": "a disk that will be full sooner, as it grows, is P3",
    "restarts": "a container that was started again more often is P3",
    "reclaimable": "more that docker could give back is P4",
    "build_minutes": "a build that runs longer is P2",
    "pending_minutes": "a build that waits longer is P2",
    "rebase_minutes": "a rebase or merge that was left half done for longer is P2",
    "lock_minutes": "a git lock that is older, whose owner is gone, is P2",
    "process_hours": "an agent's process that lives longer is P4",
    "worktree_hours": "a worktree in which nothing has happened for longer is P4",
    "agent_minutes": "work that could be begun, with no agent about for longer, is P2",
    "pull_minutes": "a green pull request in which nothing has happened for longer is idle",
    "pull_looks": "as many times longer passes before an idle pull request is P3",
    "dependency_days": "a task that others wait for, and that is open for longer, is P3",
    "programs": "what agents' processes are called, with blanks between",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is worrying."""

    memory_min: int = 500 * 1024**2
    swap_max: int = 3 * GIB
    memory_ample: int = 2 * GIB
    disk_pct: int = 80
    fill_days: int = 7
    restarts: int = 5
    reclaimable: int = 10 * GIB
    build_minutes: int = 20
    pending_minutes: int = 30
    rebase_minutes: int = 30
    lock_minutes: int = 10
    process_hours: int = 3
    worktree_hours: int = 72
    agent_minutes: int = 20
    pull_minutes: int = 20
    pull_looks: int = 3
    dependency_days: int = 30
    programs: str = "claude codex gemini aider opencode"


def limits_of(said: str | Iterable[str], limits: Limits | None = None, what: str = "") -> Limits:
    """The limits with those moved that `said` names, as `disk_pct=90, memory_min=1GiB`."""
    pairs = said.split(",") if isinstance(said, str) else said
    moved: dict[str, int | str] = {}
    for pair in pairs:
        if pair.strip():
            name, value = _pair(pair, what or SETTING)
            moved[name] = value
    return replace(limits or Limits(), **moved)  # type: ignore[arg-type]


def moved_limits(limits: Limits) -> frozenset[str]:
    """The names of those that are not as they are by themselves."""
    usual = Limits()
    names = (field.name for field in fields(Limits))
    return frozenset(name for name in names if getattr(limits, name) != getattr(usual, name))


def _pair(pair: str, what: str) -> tuple[str, int | str]:
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or name not in MEANING:
        known = ", ".join(MEANING)
        raise BadValue(what, f"'{printable(pair.strip(), 60)}' is no limit; there are {known}")
    if name == "programs":
        if not all(map(_PROGRAM.fullmatch, words := value.split())) or not words:
            raise BadValue(what, "programs are names, with blanks between: claude codex")
        return name, " ".join(words)
    if name in SIZES:
        size = read_size(value)
        if size is None:
            raise BadValue(what, f"{name} is a size; write it as 500MiB or 2GB")
        return name, size
    most = 100 if name == "disk_pct" else _MOST
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= most):
        raise BadValue(what, f"{name} is a whole number from 1 to {most}")
    return name, int(value)


def read_size(said: object) -> int | None:
    """Bytes, out of sizes as 1.2GB or 3.4MiB; None where it is no size."""
    found = _SIZE.match(str(said))
    if found is None or found[1].count(".") > 1 or not found[1].strip("."):
        return None
    return int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].upper()])
