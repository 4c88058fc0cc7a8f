"""What an entry of the catalogue of codes is; the codes themselves stand with what they judge."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding is; only FAIL changes an exit code."""

    FAIL = "FAIL"
    WARN = "WARN"
    INFO = "INFO"
    FIXED = "FIXED"


class Mode(StrEnum):
    """Who is looking: `lint` sees files alone, `check` hub and remote too, `fix` also acts."""

    LINT = "lint"
    CHECK = "check"
    FIX = "fix"


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the catalogue."""

    code: str
    title: str
    message: str
    todo: str
    #: None: the code is not used in that mode
    check: Severity | None
    fix: Severity | None
    #: how `fix` puts it right, or "" where it does not
    fixable: str = ""
    lint: Severity | None = None
    aliases: tuple[str, ...] = ()

    def severity(self, mode: Mode) -> Severity | None:
        """How grave this is in `mode`."""
        return {Mode.LINT: self.lint, Mode.CHECK: self.check, Mode.FIX: self.fix}[mode]


def rule(code: str, severity: Severity, title: str, message: str, todo: str) -> Check:
    """A check that is told alike whoever looks, and that nothing puts right by itself."""
    return Check(code, title, message, todo, check=severity, fix=severity, lint=severity)
