"""Findings: what was found, where, and the catalogue of all that there can be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .checks import Check, Mode, Severity
from .errors import BadValue
from .ops.codes import RULES
from .schedule.codes import SCHEDULES
from .sync_codes import SYNC
from .text import printable

__all__ = [
    "CATALOGUE",
    "LASTING",
    "LONGEST",
    "Check",
    "Finding",
    "Mode",
    "Severity",
    "failed",
    "found",
    "lookup",
]


#: how long a message may be: what it quotes comes from files that anybody may have written
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, and where."""

    code: str
    severity: Severity
    message: str
    path: str | None = None
    line: int | None = None
    #: a word for programs, where one code has several causes (C-15, C-17)
    reason: str | None = None

    @property
    def check(self) -> Check:
        """The catalogue's entry."""
        return CATALOGUE[self.code]

    @property
    def where(self) -> str:
        """`path:line`, as far as known."""
        return ":".join(str(part) for part in (self.path, self.line) if part is not None)

    def to_json(self) -> dict[str, object]:
        """The finding as every `--json` answer, API answer and tool shows it."""
        return {
            "code": self.code,
            "aliases": list(self.check.aliases),
            "severity": self.severity.value,
            "path": self.path,
            "line": self.line,
            "reason": self.reason,
            "message": self.message,
            "todo": self.check.todo,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Finding | None":
        """The finding that was told so; None where this program knows no such code."""
        if told.get("code") not in CATALOGUE or told.get("severity") not in tuple(Severity):
            return None
        return cls(
            told["code"],
            Severity(told["severity"]),
            str(told.get("message")),
            told.get("path"),
            told.get("line"),
            told.get("reason"),
        )


def found(
    code: str,
    facts: Mapping[str, str | int],
    mode: Mode = Mode.LINT,
    *,
    path: str | None = None,
    line: int | None = None,
    reason: str | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding of `code`, its message filled with `facts`; `severity` beats the catalogue's."""
    entry = CATALOGUE[code]
    grave = severity or entry.severity(mode)
    if grave is None:
        raise BadValue(code, f"it is not used in {mode} mode")
    message = printable(entry.message.format_map(facts), LONGEST)
    return Finding(code, grave, message, path, line, reason)


def failed(findings: Iterable[Finding]) -> bool:
    """Whether any finding makes the run fail."""
    return any(finding.severity is Severity.FAIL for finding in findings)


def lookup(name: str) -> list[Check]:
    """The checks that answer to `name`, by code or alias, any case; none if nobody does."""
    wanted = name.upper()
    return [c for c in CATALOGUE.values() if wanted == c.code or wanted in c.aliases]


#: what stays found for as long as neither file nor hub changes
_LASTING = ("C-01", "C-04", "C-05", "C-06", "C-07", "C-08", "C-09", "C-12", "C-21")
LASTING = frozenset((*_LASTING, *(check.code for check in SCHEDULES)))

#: every code, in the order in which people read them
CATALOGUE = {check.code: check for check in (*SYNC, *RULES, *SCHEDULES)}
