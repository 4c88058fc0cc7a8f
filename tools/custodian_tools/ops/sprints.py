"""Sprints: looking at them, and filing their work as hub tasks or as issues of a forge."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from custodian_core.codec import to_json
from custodian_core.commands import AddTask, AddWorkstream
from custodian_core.errors import BadValue, Conflict, CustodianError, UnknownThing
from custodian_core.findings import Finding, Severity, failed
from custodian_core.ops.filer import Entry
from custodian_core.ops.filing import Filed, Filing, body, plan_filing
from custodian_core.ops.layout import not_there
from custodian_core.ops.marks import FiledLine
from custodian_core.ops.sprints import Sprint, read_sprint, unread_sprint
from custodian_core.ports import Forge
from custodian_core.secrets import redact, scan
from custodian_core.status import Status
from custodian_tools.checkouts import Target
from custodian_tools.hub import every
from custodian_tools.sync.bench import Bench

from .ground import Ground, OnDisk, read_or_why

#: every issue of a repo is looked at: one that is missed would be filed twice
ALL_ISSUES = 1_000_000
FOLDER = "sprints/"


#: what the pull request of a sprint's pitch says of its filing; an error where that is not known
Heard = Callable[[Sprint], FiledLine | None]


class Board(Protocol):
    """Where work is filed."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def there(self) -> Sequence[Filed]:
        """All the work that is there; an error where that cannot be said for certain."""
        ...

    def labels(self) -> frozenset[str] | None:
        """The labels that it knows; None where it takes any."""
        ...

    def file(self, sprint: Sprint, entry: Entry, text: str, refs: dict[str, str]) -> str:
        """The entry is filed with that text; what it is called there."""
        ...


def list_sprints(target: Target) -> list[Sprint]:
    """Every sprint of the ops repo."""
    return sprints_of(OnDisk(target.path))


def sprints_of(ground: Ground) -> list[Sprint]:
    """Every sprint that lies there; of one that cannot be read, why."""
    read = {
        path: read_or_why(ground, path)
        for path in sorted({*ground.paths(), *ground.others()})
        if path.startswith(FOLDER) and path.endswith(".md") and path.count("/") == 1
    }
    return [
        unread_sprint(path, data) if isinstance(data, str) else read_sprint(data, path)
        for path, data in read.items()
    ]


def absent(target: Target) -> tuple[Finding, ...]:
    """That there is no folder of sprints, where that is so."""
    return not_there(OnDisk(target.path).paths(), FOLDER, "sprints")


def show(target: Target, name: str) -> Sprint:
    """One sprint, by slug or path."""
    sprints = list_sprints(target)
    for sprint in sprints:
        if name in (sprint.slug, sprint.path):
            return sprint
    near = tuple(each.slug for each in sprints if name.casefold() in each.slug.casefold())[:5]
    raise UnknownThing("sprint", name, near)


def sprint_json(sprint: Sprint) -> dict[str, Any]:
    """A sprint as `--json` and tools show it."""
    return {
        "path": sprint.path,
        "slug": sprint.slug,
        "title": sprint.title,
        "vision": sprint.vision,
        "fileable": sprint.fileable,
        "filed_before": to_json(sprint.filed),
        "entries": [
            {**to_json(entry), "issues": [str(each) for each in entry.issues]}
            for entry in sprint.entries
        ],
    }


@dataclass(frozen=True, slots=True)
class Planned:
    """What filing would do, or did."""

    board: str
    filing: Filing
    #: what this run filed, by the entries' ids
    filed: dict[str, str]
    #: why it ended early, with the rest not filed
    stopped: str | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is amiss with the sprint and with what was filed of it."""
        return (*self.filing.sprint.findings, *self.filing.findings, *self._secrets())

    def _secrets(self) -> Iterator[Finding]:
        """What of the new entries looks like a secret, and is not filed with them."""
        path = self.filing.sprint.path
        for entry in self.filing.new:
            for hit in scan(f"{entry.title}\n{entry.body}"):
                yield replace(hit.finding, severity=Severity.WARN, path=path, line=entry.line)

    def to_json(self) -> dict[str, Any]:
        """The plan as `--json` and tools show it."""
        return {
            "sprint": self.filing.sprint.slug,
            "board": self.board,
            "steps": [
                {
                    "id": step.entry.id,
                    "title": step.entry.title,
                    "depends_on": list(step.entry.depends_on),
                    "ref": step.ref or self.filed.get(step.entry.id),
                    "action": "keep" if step.ref or step.older else "file",
                    "filed_before": step.older,
                    "filed_now": step.entry.id in self.filed,
                    "drifted": step.drifted,
                }
                for step in self.filing.steps
            ],
            "stopped": self.stopped,
        }


def plan(sprint: Sprint, board: Board, heard: Heard = lambda _sprint: None) -> Planned:
    """What would be filed, in order; nothing is.

    `heard` tells what the pull request of the pitch says of an older filing; it is asked only
    where something would be filed.
    """
    _refuse_unfit(sprint)
    there, labels = board.there(), board.labels()
    filing = plan_filing(sprint, there, labels)
    older = heard(sprint) if filing.new else None
    return Planned(board.name, plan_filing(sprint, there, labels, older) if older else filing, {})


def file(
    sprint: Sprint,
    board: Board,
    heard: Heard = lambda _sprint: None,
    progress: Callable[[str], None] = lambda _text: None,
) -> Planned:
    """Everything of the sprint is filed, each after what it waits for; nothing is filed twice."""
    planned = plan(sprint, board, heard)
    if failed(planned.filing.findings):
        raise Conflict(f"sprint {sprint.slug}", planned.filing.findings[0].message)
    refs, done = planned.filing.refs, dict[str, str]()
    for entry in planned.filing.new:
        progress(entry.id)
        try:
            done[entry.id] = board.file(sprint, entry, body(sprint, entry, refs), refs)
        except CustodianError as error:
            if not done:
                raise
            why = f"{entry.id}: {error}; run it again, what was filed is known"
            return Planned(board.name, planned.filing, done, why)
        refs[entry.id] = done[entry.id]
    return Planned(board.name, planned.filing, done)


def _refuse_unfit(sprint: Sprint) -> None:
    if sprint.fileable:
        return
    wrong = [each.message for each in sprint.findings if each.severity == "FAIL"]
    why = wrong[0] if wrong else "it has no entries to file"
    raise BadValue(f"sprint {sprint.slug}", f"{why}; `custodian sprint validate` tells all")


@dataclass(frozen=True, slots=True)
class HubBoard:
    """A repo's tasks in the hub: a workstream a sprint, a task an entry."""

    bench: Bench
    repo: str

    @property
    def name(self) -> str:
        """What people call it."""
        return f"tasks of {self.repo}"

    def there(self) -> Sequence[Filed]:
        """Every task of the repo."""
        ended = (Status.DONE, Status.CANCELLED)
        return [
            Filed(task.key, task.description, task.status in ended, task.title)
            for task in every(self.bench.hub.tasks, repo=self.repo)
        ]

    def labels(self) -> frozenset[str] | None:
        """Tasks have no labels to be unknown."""
        return None

    def file(self, sprint: Sprint, entry: Entry, text: str, refs: dict[str, str]) -> str:
        """The task is there, in the sprint's workstream."""
        workstream = f"{self.repo}.{sprint.slug}"
        known = {each.key for each in every(self.bench.hub.workstreams, repo=self.repo)}
        if workstream not in known:
            title = redact(sprint.title or sprint.slug)
            self.bench.hub.do(AddWorkstream(self.repo, workstream, title), self.bench.by)
        waits = tuple(refs[each] for each in entry.depends_on)
        key = f"{workstream}.{entry.id}"
        title = redact(entry.title)
        command = AddTask(workstream, key, title, description=text, depends_on=waits)
        self.bench.hub.do(command, self.bench.by)
        return key


@dataclass(frozen=True, slots=True)
class ForgeBoard:
    """The issues of a repo on the forge."""

    forge: Forge
    repo: str

    @property
    def name(self) -> str:
        """What people call it."""
        return f"issues of {self.repo}"

    def there(self) -> Sequence[Filed]:
        """Every issue, open and closed, on every page."""
        issues = self.forge.issues(self.repo, state="all", limit=ALL_ISSUES)
        return [
            Filed(f"#{each.number}", each.body, each.state == "closed", each.title)
            for each in issues
        ]

    def labels(self) -> frozenset[str] | None:
        """The labels of the repo and its organization."""
        return frozenset(label.name for label in self.forge.labels(self.repo))

    def file(self, sprint: Sprint, entry: Entry, text: str, refs: dict[str, str]) -> str:
        """The issue is there."""
        issue = self.forge.create_issue(self.repo, redact(entry.title), text, entry.labels)
        return f"#{issue.number}"
