"""Check codes: what Custodian can find, how grave it is, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .checks import Check, Mode, Severity
from .errors import BadValue
from .ops.codes import RULES
from .schedule.codes import SCHEDULES
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

FAIL, WARN, INFO, FIXED = Severity.FAIL, Severity.WARN, Severity.INFO, Severity.FIXED


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
    return any(finding.severity is FAIL for finding in findings)


def lookup(name: str) -> list[Check]:
    """The checks that answer to `name`, by code or alias, any case; none if nobody does."""
    wanted = name.upper()
    return [c for c in CATALOGUE.values() if wanted == c.code or wanted in c.aliases]


_CHECKS = (
    Check(
        "C-01",
        "workplan or task block cannot be read",
        "{what} cannot be read: {why}",
        "Mend the named line; the hub keeps what it last knew until then.",
        check=FAIL,
        fix=FAIL,
        lint=FAIL,
    ),
    Check(
        "C-02",
        "workplan is not linked to a workstream of the hub",
        "workplan {workplan} has no state_hub_workstream_id",
        "Run `custodian fix`: it creates or finds the workstream and writes its id in.",
        check=FAIL,
        fix=FIXED,
        fixable="matches by workplan id, else creates; injects the id",
        lint=INFO,
    ),
    Check(
        "C-03",
        "task is not linked to a task of the hub",
        "task {task} has no state_hub_task_id",
        "Run `custodian fix`: it creates or finds the task and writes its id in.",
        check=FAIL,
        fix=FIXED,
        fixable="matches by task id, else creates; a null field is replaced in place",
        lint=INFO,
    ),
    Check(
        "C-04",
        "one id is used twice",
        "{field} {value} is used {times} times: {places}",
        "Give each its own id; until then none of them is synced.",
        check=FAIL,
        fix=FAIL,
        lint=FAIL,
    ),
    Check(
        "C-05",
        "linked workstream is not in the hub",
        "workstream {hub_id} of workplan {workplan} is not in the hub",
        "Check that this is the right hub; `fix` links again by workplan id where it can.",
        check=FAIL,
        fix=WARN,
        fixable="relinks by workplan id; never creates one anew",
    ),
    Check(
        "C-06",
        "linked task is not in the hub",
        "hub task {hub_id} of task {task} is not in the hub",
        "Check that this is the right hub; `fix` links again by task id where it can.",
        check=FAIL,
        fix=WARN,
        fixable="relinks by task id",
    ),
    Check(
        "C-07",
        "hub task has no block in its workplan",
        "DB task '{title}' ({task}) has no task block in its workplan",
        "Put the block back, or cancel the task in the hub; nothing is ever deleted for you.",
        check=WARN,
        fix=WARN,
    ),
    Check(
        "C-08",
        "workplan says another repo, domain or hub than the registration",
        "{field} is '{file}' in the workplan and '{hub}' in the registration",
        "Change whichever is wrong: the front matter, or `custodian repo set`.",
        check=WARN,
        fix=WARN,
    ),
    Check(
        "C-09",
        "workplan status differs, or it is done with open tasks",
        "workplan {workplan}: {why}",
        "`fix` merges the status; a finished plan with open tasks needs your decision.",
        check=WARN,
        fix=FIXED,
        fixable="the status, by the rule for tasks",
        lint=WARN,
    ),
    Check(
        "C-10",
        "title or priority differs",
        "{field} of task {task} is '{file}' in the file and '{hub}' in the hub",
        "Nothing: `fix` takes the file's.",
        check=INFO,
        fix=FIXED,
        fixable="file to hub",
    ),
    Check(
        "C-11",
        "task status differs, the file is ahead",
        "task '{title}' is ahead of the DB (file={file_status}, db={db_status})",
        "Run `custodian fix`.",
        check=FAIL,
        fix=FIXED,
        fixable="file to hub, guarded by T01",
    ),
    Check(
        "C-12",
        "value is not in the vocabulary",
        "{field} of {what} is {value}; it can be {allowed}",
        "Write one of the allowed words; the block is left out until then.",
        check=FAIL,
        fix=FAIL,
        lint=FAIL,
    ),
    Check(
        "C-13",
        "DB task is ahead of the workplan file, regression prevented",
        "DB task '{title}' is ahead of file (db={db_status}, file={file_status})"
        " — skipped to prevent regression",
        "Nothing: writeback brings the file up. To go back on purpose: `custodian task reopen`.",
        check=WARN,
        fix=WARN,
        fixable="by T03",
    ),
    Check(
        "C-14",
        "workplan has uncommitted changes",
        "workplan has uncommitted changes — skipping writeback",
        "Commit the file; the next run writes it.",
        check=INFO,
        fix=WARN,
    ),
    Check(
        "C-15",
        "repo cannot be synced here",
        "Repo '{slug}' cannot be synced on this host: {why}",
        "Do what the reason names; nothing is written until then.",
        check=WARN,
        fix=WARN,
    ),
    Check(
        "C-16",
        "repo is behind its remote",
        "Repo '{slug}' is behind remote — pull before fixing to avoid clobbering remote progress",
        "Pull, or run `custodian fix --remote`, which pulls fast-forward first.",
        check=INFO,
        fix=WARN,
        fixable="with --remote: fast-forward pull",
        aliases=("C-14",),
    ),
    Check(
        "C-17",
        "local commits could not be pushed",
        "Repo '{slug}' has {ahead} unpushed commit(s) and push failed: {why}",
        "Do what the reason names; every run pushes first and writes nothing more until it can.",
        check=WARN,
        fix=WARN,
        fixable="tried again on each run",
    ),
    Check(
        "C-18",
        "local and remote have diverged",
        "Repo '{slug}' has diverged: {ahead} local and {behind} remote commits; {whose}",
        "Merge or rebase by hand, then run again.",
        check=WARN,
        fix=WARN,
        fixable="only where every local commit is Custodian's own",
    ),
    Check(
        "C-19",
        "state of the remote is unknown",
        "remote of repo '{slug}' was not reached ({why}); results use the fetch of {age}",
        "Nothing: the next run that reaches the remote catches up.",
        check=INFO,
        fix=INFO,
    ),
    Check(
        "C-20",
        "task ended in two ways",
        "task '{title}' was set to done on one side and to cancelled on the other; it is {status}",
        "Say which is right: `custodian task status`.",
        check=WARN,
        fix=WARN,
    ),
    Check(
        "C-21",
        "content is not safe to touch",
        "{what} is left alone: {why}",
        "Replace it by a plain file inside the repo.",
        check=FAIL,
        fix=FAIL,
        lint=FAIL,
    ),
    Check(
        "T01",
        "no-regress",
        "T01 {task}: kept {db_status}, the file says {file_status}",
        "Nothing: a status goes back only through `custodian task reopen`.",
        check=None,
        fix=INFO,
    ),
    Check(
        "T02",
        "pull gate",
        "T02 {slug}: no writes while the checkout is behind",
        "Pull, or run `custodian fix --remote`.",
        check=None,
        fix=INFO,
    ),
    Check(
        "T03",
        "writeback",
        "T03 {task}: {old} → {new}",
        "Nothing: the file now says what the hub says.",
        check=None,
        fix=FIXED,
    ),
    Check(
        "T04",
        "push seal",
        "T04 {outcome}",
        "If not sealed, see C-17 or C-19 beside it.",
        check=None,
        fix=FIXED,
    ),
    Check(
        "C-22",
        "task depends on a task that is not there",
        "{task} {says} {named}, and no workplan here has that task",
        "Correct the name, or take it out: a dispatch waits for what `depends_on` names.",
        check=None,
        fix=None,
        lint=WARN,
    ),
)

#: what stays found for as long as neither file nor hub changes
_LASTING = ("C-01", "C-04", "C-05", "C-06", "C-07", "C-08", "C-09", "C-12", "C-21")
LASTING = frozenset((*_LASTING, *(check.code for check in SCHEDULES)))

#: every code, in the order in which people read them
CATALOGUE = {check.code: check for check in (*_CHECKS, *RULES, *SCHEDULES)}
