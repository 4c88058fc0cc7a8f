"""Which tasks the tasks of workplans depend on, by field and by text, that no workplan has.

A task of another repo may well be there, and so may an issue, `#14`: files alone cannot tell. What
is judged is what would have to stand in these workplans: a sibling, or a task of their series.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from custodian_core.findings import Finding, found
from custodian_core.text import printable
from custodian_core.workplan.model import Task, Workplan

from .deps import dependencies

#: what a plan says in which the parser could find anything
_SAYS = re.compile(rb"depend(?!s_on\b)|blocked[ \t]+by", re.IGNORECASE)
_SERIES = re.compile(r"(.+-)\d+")
_SHORT = re.compile(r"T\d+")


def missing_tasks(plans: Sequence[Workplan]) -> Iterator[Finding]:
    """C-22 for each task that another waits for, and that these workplans should have and lack."""
    known = _Known.of(plans)
    for plan in plans:
        # (few plans do, and what their tasks say is only worked out when it is asked for)
        talks = bool(_SAYS.search(plan.document.data))
        for task in plan.tasks:
            for line, says, named in _waits(task, talks=talks):
                if known.lacks(plan, named):
                    facts = {"task": task.id, "says": says, "named": printable(named, 100)}
                    yield found("C-22", facts, path=plan.path, line=line)


def _waits(task: Task, *, talks: bool) -> Iterator[tuple[int, str, str]]:
    """What the task waits for, with the line that says so, and how."""
    for named in task.depends_on:
        yield task.lines["depends_on"], "waits for", named
    if talks:
        first, prose = task.prose_by_line
        for each in dependencies(prose).tasks:
            yield first + each.line - 1, "says that it depends on", each.name


@dataclass(frozen=True, slots=True)
class _Known:
    """The tasks of the workplans, and the beginnings of ids that are theirs to give."""

    tasks: frozenset[str]
    plans: frozenset[str]
    series: frozenset[str]

    @classmethod
    def of(cls, plans: Iterable[Workplan]) -> "_Known":
        plans = tuple(plans)
        broken = (task.id for plan in plans for task in plan.broken if task.id)
        ids = frozenset(plan.id for plan in plans)
        marks = map(_SERIES.fullmatch, ids)
        return cls(
            frozenset((*broken, *(task.id for plan in plans for task in plan.tasks))),
            ids,
            frozenset(mark[1] for mark in marks if mark),
        )

    def lacks(self, plan: Workplan, named: str) -> bool:
        """Whether the task would be one of these, and is not."""
        if _SHORT.fullmatch(named):
            return not any(task in self.tasks for task in (named, f"{plan.id}-{named}"))
        owner = named.rpartition("-")[0]
        series = _SERIES.fullmatch(owner)
        ours = owner in self.plans or (series is not None and series[1] in self.series)
        return ours and named not in self.tasks
