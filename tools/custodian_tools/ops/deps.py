"""What a text says it depends on, and which issue of a forge's repo comes next by that."""

from dataclasses import dataclass
from typing import Any

from custodian_core.forge.records import Issue
from custodian_core.ops.deps import Item, blockers, dependencies, suggestion
from custodian_core.ports import Forge

from .sprints import ALL_ISSUES

#: the label of what is to be done, and of what goes first
BACKLOG, PRIORITY = "backlog", "priority"


def parse(body: str) -> dict[str, Any]:
    """The issues and tasks that the text depends on, with the line that says so first."""
    told = dependencies(body)
    named = [(str(each.on), each.line, each.via) for each in told.found]
    named += [(each.name, each.line, each.via) for each in told.tasks]
    return {
        "issues": list(told.numbers),
        "external": list(told.external),
        "tasks": [each.name for each in told.tasks],
        "found": [
            {"ref": ref, "line": line, "via": via.value}
            for ref, line, via in sorted(named, key=lambda each: each[1])
        ],
    }


@dataclass(frozen=True, slots=True)
class Ready:
    """An open issue that waits for nothing."""

    number: int
    title: str
    priority: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open issue that waits, and what to do first for it, where anything can be done."""

    number: int
    title: str
    waits_for: tuple[str, ...]
    suggestion: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The open issues of a label: what can be begun, what is to be done first, and what waits."""

    ready: tuple[Ready, ...]
    waiting: tuple[Waiting, ...]


def backlog(forge: Forge, repo: str, label: str = BACKLOG) -> Backlog:
    """What comes next in a repo of the forge; what nobody can say to be closed is waited for."""
    issues = forge.issues(repo, state="all", limit=ALL_ISSUES)
    told = {each.number: _read(each, repo) for each in issues}
    items = {number: item for number, (item, _) in told.items()}
    wanted = [each for each in issues if each.state != "closed" and label in each.labels]
    ready, waiting = list[Ready](), list[Waiting]()
    for issue in sorted(wanted, key=_urgency):
        item, elsewhere = told[issue.number]
        waits = (*(f"#{each}" for each in blockers(item, items)), *elsewhere)
        if waits:
            first = suggestion(item, items)
            waiting.append(Waiting(issue.number, issue.title, waits, first))
        else:
            ready.append(Ready(issue.number, issue.title, PRIORITY in issue.labels))
    return Backlog(tuple(ready), tuple(waiting))


def _read(issue: Issue, repo: str) -> tuple[Item, tuple[str, ...]]:
    """The issue as choosing sees it, and what of other repos it waits for."""
    told, own = dependencies(issue.body), f"{repo}#".casefold()
    inside = [each for each in told.external if each.casefold().startswith(own)]
    numbers = {*told.numbers, *(int(each[len(own) :]) for each in inside)} - {issue.number}
    item = Item(issue.number, issue.state == "closed", tuple(sorted(numbers)))
    return item, tuple(each for each in told.external if each not in inside)


def _urgency(issue: Issue) -> tuple[bool, int]:
    return PRIORITY not in issue.labels, issue.number
