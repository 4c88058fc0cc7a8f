"""What a schedule says, as values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from custodian_core.findings import Finding

from .codes import HARMLESS
from .grammar import VERSION


@dataclass(frozen=True, slots=True)
class Input:
    """One kind of thing that an agent is given."""

    #: prompt, memory, metrics or files
    part: str
    #: relative to the repo's top folder; all that are there where `written`, else the first
    paths: tuple[str, ...]
    #: the schedule names the paths; they are the usual ones where it does not
    written: bool = False
    #: no run is prepared without it
    required: bool = False
    #: where the schedule says so
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """When an agent runs in the repo, and on what."""

    agent: str
    #: in five fields, as cron is told it
    cron: str
    #: as the schedule says it: `weekly on monday at 09:00`
    cadence: str
    #: by how much the run of this repo and agent may be late, so that not all begin at once
    jitter_minutes: int = 0
    enabled: bool = True
    inputs: tuple[Input, ...] = ()
    budget_minutes: int | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which agents run in a repo, and when."""

    enabled: bool
    timezone: str
    entries: tuple[Entry, ...]
    version: int = VERSION

    def entry(self, agent: str) -> Entry | None:
        """The entry of that agent, if it has one."""
        return next((each for each in self.entries if each.agent == agent), None)

    @property
    def active(self) -> tuple[Entry, ...]:
        """What runs."""
        return tuple(each for each in self.entries if each.enabled) if self.enabled else ()

    def to_json(self) -> dict[str, Any]:
        """The schedule as `--json` shows it."""
        return {
            "version": self.version,
            "enabled": self.enabled,
            "timezone": self.timezone,
            "entries": [entry_json(each) for each in self.entries],
        }


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as `--json` shows it."""
    return {
        "agent": entry.agent,
        "cadence": entry.cadence,
        "cron": entry.cron,
        "jitter_minutes": entry.jitter_minutes,
        "enabled": entry.enabled,
        "inputs": {each.part: list(each.paths) for each in entry.inputs},
        "required": [each.part for each in entry.inputs if each.required],
        "budget_minutes": entry.budget_minutes,
        "tags": list(entry.tags),
        "notes": entry.notes,
        "line": entry.line,
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a schedule: it counts only where nothing in it fails."""

    path: str
    schedule: Schedule | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def why(self) -> str:
        """Why nothing is scheduled by it, where that is so: the first of what is wrong."""
        return first_fault(self.findings)


def first_fault(findings: Iterable[Finding]) -> str:
    """The first finding that keeps a schedule from being used, with its line."""
    for each in findings:
        if each.code != HARMLESS:
            return f"line {each.line}: {each.message}" if each.line else each.message
    return "its findings are lost"
