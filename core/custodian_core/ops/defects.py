"""Structural defects: what an ops repo's parts, taken together, show to be wrong.

What each grammar's own rules find is not told here. An input that is missing is a defect itself:
of what nobody could read, nothing is known to be well.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from custodian_core.findings import Finding, found
from custodian_core.text import printable

from .graph import circles
from .prereq.lint import ENOUGH
from .prereq.lint import PATH as TREE
from .prereq.ranking import constraints
from .prereq.tree import Item, Objective, Tree, Word
from .procurement import Request
from .sprints import Sprint

#: how many objectives wait for what is worth telling, and how many of these are told
MANY, TOLD = 3, 10


@dataclass(frozen=True, slots=True)
class Source:
    """An input: where it was looked for, and how much was there; None where it was not found."""

    path: str
    what: str
    count: int | None
    #: whether it is well that there is nothing
    may_be_empty: bool = False


class TaskFact(NamedTuple):
    """A task of a workplan, as the structure sees it."""

    id: str
    path: str
    line: int | None
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was found; an input that was not found is said so among the sources."""

    sources: tuple[Source, ...]
    tree: Tree | None = None
    sprints: tuple[Sprint, ...] = ()
    #: those that wait for a person
    requests: tuple[Request, ...] = ()
    #: the issues that each evidence file names, by its path
    evidence: Mapping[str, frozenset[int]] | None = None
    tasks: tuple[TaskFact, ...] = ()
    #: of what an input could not be read, and why
    unread: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Defects:
    """What was looked at, and what is wrong with it."""

    sources: tuple[Source, ...]
    nodes: int
    edges: int
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether every input was found."""
        return all(source.count is not None for source in self.sources)


def structural_defects(facts: Facts) -> Defects:
    """The defects of all parts together."""
    waits = _waits(facts)
    findings = [
        *_inputs(facts.sources),
        *facts.unread,
        *_circles(waits),
        *_missing(facts),
        *_orphans(facts),
        *(_thin(facts.tree, facts) if facts.tree else ()),
        *(_bottlenecks(facts.tree) if facts.tree else ()),
    ]
    nodes = {*waits, *(other for others in waits.values() for other in others)}
    edges = sum(len(set(others)) for others in waits.values())
    return Defects(facts.sources, len(nodes), edges, tuple(findings))


def _inputs(sources: Iterable[Source]) -> Iterator[Finding]:
    for source in sources:
        facts = {"path": source.path, "what": source.what}
        if source.count is None:
            yield found("DF01", facts, path=source.path)
        elif source.count == 0 and not source.may_be_empty:
            yield found("DF02", facts, path=source.path)


def _waits(facts: Facts) -> dict[str, list[str]]:
    """What each thing waits for, by the names that people would give them."""
    waits: defaultdict[str, list[str]] = defaultdict(list)
    for objective in facts.tree.objectives if facts.tree else ():
        own = [key for item in objective.items for key in _keys(item)]
        waits[_goal(objective)] += own
        for ref in objective.refs:  # its issue is closed when it is reached
            if f"#{ref}" not in own:
                waits[f"#{ref}"].append(_goal(objective))
        for item in objective.items:
            for key in _keys(item):
                waits[key] += [f"#{ref}" for ref in item.depends_on]
    for sprint in facts.sprints:
        for entry in sprint.entries:
            name = f"{sprint.slug}/{entry.id}"
            waits[name] += [f"{sprint.slug}/{each}" for each in entry.depends_on]
            waits[name] += [str(each) for each in entry.issues]
            waits[f"#{sprint.vision}"].append(name)
    for task in facts.tasks:
        waits[task.id] += task.depends_on
    return waits


def _goal(objective: Objective) -> str:
    return f"objective '{objective.label}'"


def _keys(item: Item) -> list[str]:
    return [f"#{ref}" for ref in item.refs] or [f"'{item.label}'"]


def _circles(waits: Mapping[str, list[str]]) -> Iterator[Finding]:
    for circle in circles(waits):
        shown = [printable(each, 80) for each in (*circle[:TOLD], circle[0])]
        yield found("DF03", {"cycle": " → ".join(shown)})


def _missing(facts: Facts) -> Iterator[Finding]:
    """Tasks that wait for tasks that no plan has."""
    known = {task.id for task in facts.tasks}
    for task in facts.tasks:
        for other in task.depends_on:
            if other not in known:
                told = {"what": f"task {task.id}", "missing": f"task {printable(other, 80)}"}
                yield found("DF07", told, path=task.path, line=task.line)


def _orphans(facts: Facts) -> Iterator[Finding]:
    """Sprints, requests and evidence that speak of nothing in the tree."""
    tree = facts.tree
    if tree is None:
        return
    for sprint in facts.sprints:
        if sprint.vision is not None and sprint.vision not in tree.refs:
            why = f"breaks down #{sprint.vision}, which the tree does not name"
            yield found("DF04", {"what": f"sprint {sprint.slug}", "why": why}, path=sprint.path)
    waiting = {item.vault.rpartition("/")[2] for _, item in tree.prerequisites() if item.vault}
    for request in facts.requests:
        if request.name not in waiting and not tree.refs.intersection(request.unblocks):
            why = "waits for a person, and nothing in the tree waits for it"
            what = f"request {printable(request.name, 100)}"
            yield found("DF04", {"what": what, "why": why}, path=request.path)


def _thin(tree: Tree, facts: Facts) -> Iterator[Finding]:
    """Objectives that are done or ready on the word of hardly anybody."""
    by_issue: defaultdict[int, set[str]] = defaultdict(set)
    for path, refs in (facts.evidence or {}).items():
        for ref in refs:
            by_issue[ref].add(path)
    for objective in tree.objectives:
        status = objective.status
        if status is not Word.DONE and status is not Word.READY:
            continue
        issues = {*objective.refs, *(ref for item in objective.items for ref in item.refs)}
        evidence = set[str]().union(*(by_issue[ref] for ref in issues))
        lacking = [_counted(len(issues))] * (len(issues) < ENOUGH)
        if facts.evidence is not None and status is Word.DONE and len(evidence) < ENOUGH:
            lacking.append(f"{len(evidence) or 'no'} evidence")
        if lacking:
            told = {"objective": objective.label, "status": status.value}
            why = " and ".join(lacking)
            yield found("DF05", {**told, "why": why}, path=TREE, line=objective.line)


def _counted(issues: int) -> str:
    return f"{issues or 'no'} issue{'' if issues == 1 else 's'}"


def _bottlenecks(tree: Tree) -> Iterator[Finding]:
    for constraint in constraints(tree)[:TOLD]:
        if len(constraint.blocks) >= MANY:
            name = f"#{constraint.ref} {constraint.label}" if constraint.ref else constraint.label
            told: dict[str, str | int] = {"item": name, "count": len(constraint.blocks)}
            yield found("DF06", told, path=TREE, line=constraint.lines[0])
