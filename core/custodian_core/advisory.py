"""What workplans alone tell an agent to do, while the hub does not answer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from .records import ActiveWorkstream, Dispatch, PendingTask, Task
from .status import Priority, Status, rank
from .workplan.model import Task as Written
from .workplan.model import Workplan

_URGENCY = {priority: place for place, priority in enumerate(Priority)}


def advise(repo: str, plans: Sequence[Workplan], at: datetime) -> Dispatch:
    """The dispatch that the files make: a task that nobody began, the most urgent one.

    Who works on what only the hub knows, so what somebody began is left to them.
    """
    open_plans = [plan for plan in plans if plan.status and rank(plan.status) < rank(Status.DONE)]
    known = {task.id: task.status for plan in plans for task in plan.tasks}
    ready = [
        (plan, place, task)
        for plan in open_plans
        for place, task in enumerate(plan.tasks)
        if task.status is Status.TODO
        and not task.needs_human
        and all(known.get(key) is Status.DONE for key in task.depends_on)
    ]
    first = min(ready, key=lambda each: (_URGENCY[each[2].priority], each[1]), default=None)
    return Dispatch(
        hub_id="",
        repo_slug=repo,
        active_goal=None,
        active_workstreams=tuple(_streams(open_plans)),
        human_interventions=(),
        last_state_synced_at=None,
        directive="work" if first else "none",
        reason="the files say so; the hub does not answer"
        if first
        else "the files show nothing that can be begun; the hub does not answer",
        task=_task(repo, *first, at) if first else None,
    )


def _streams(plans: Iterable[Workplan]) -> Iterator[ActiveWorkstream]:
    for plan in plans:
        pending = [task for task in plan.tasks if rank(task.status) < rank(Status.DONE)]
        if pending:
            rows = tuple(map(_pending, pending))
            id_ = plan.state_hub_workstream_id or ""
            yield ActiveWorkstream(id_, plan.id, plan.title, plan.path, rows, len(rows))


def _pending(task: Written) -> PendingTask:
    return PendingTask(
        id=task.state_hub_task_id or "",
        key=task.id,
        title=task.title,
        status=task.status,
        priority=task.priority,
        needs_human=task.needs_human,
        depends_on=tuple(task.depends_on),
    )


def _task(repo: str, plan: Workplan, place: int, task: Written, at: datetime) -> Task:
    return Task(
        id=task.state_hub_task_id or "",
        repo_slug=repo,
        workstream_id=plan.state_hub_workstream_id or "",
        key=task.id,
        title=task.title,
        description=task.description,
        acceptance=tuple(criterion.text for criterion in task.acceptance),
        status=task.status,
        priority=task.priority,
        position=place,
        depends_on=tuple(task.depends_on),
        needs_human=task.needs_human,
        epoch=0,
        fence=0,
        created_at=at,
        updated_at=at,
        version=0,
    )
