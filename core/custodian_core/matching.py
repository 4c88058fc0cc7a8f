"""Which workplan and task of the files is which of the hub's, and what is amiss with that."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .findings import Finding, Mode, Severity, found
from .records import ReconcileView, Task, Workstream
from .status import Status, rank
from .workplan.model import Reading, Workplan
from .workplan.model import Task as FileTask
from .workplan.together import shared_ids

#: what a file's reader says of missing ids is said here again, graver
_TOLD_HERE = frozenset({"C-02", "C-03"})


@dataclass(frozen=True, slots=True)
class LinkedTask:
    """A task block, and the hub's task that it is; none where it has to be made."""

    file: FileTask
    key: str
    known: Task | None
    #: the hub's id has to be written into the block
    link: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """A workplan, and the hub's workstream that it is; none where it has to be made."""

    plan: Workplan
    key: str
    stream: Workstream | None
    link: bool
    tasks: tuple[LinkedTask, ...]

    @property
    def hub_id(self) -> str | None:
        """The workstream's id."""
        return self.stream.id if self.stream else None


def match(
    view: ReconcileView,
    readings: Sequence[Reading],
    mode: Mode,
    *,
    relink: bool = False,
    claimed: bool = False,
    writes: Callable[[str], bool] = lambda _path: True,
) -> tuple[list[Linked], list[Finding]]:
    """Each workplan with its workstream; what is ambiguous is left out and found.

    With `relink`, an id that the hub does not know counts as none; without it, one that another hub
    wrote (`claimed`) stays.
    """
    matching = _Matching(view, mode, relink, claimed, writes)
    plans = [reading.workplan for reading in readings if reading.workplan]
    for reading in readings:
        matching.findings += [f for f in reading.findings if f.code not in _TOLD_HERE]
    matching.leave_out_shared(plans)
    linked = [each for plan in plans if (each := matching.link(plan))]
    matching.find_missing(readings, linked)
    return linked, matching.findings


class _Matching:
    """The hub's side by id and by key, and the findings so far."""

    def __init__(
        self,
        view: ReconcileView,
        mode: Mode,
        relink: bool,
        claimed: bool,
        writes: Callable[[str], bool],
    ) -> None:
        self.view, self.mode, self.writes = view, mode, writes
        self.relink, self.claimed = relink, claimed
        self.findings: list[Finding] = []
        self.left_out: set[tuple[str, str]] = set()
        self.streams = {stream.id: stream for stream in view.workstreams}
        self.streams_by_key = {stream.key: stream for stream in view.workstreams}
        self.tasks = {task.id: task for task in view.tasks}
        self.tasks_by_key = {task.key: task for task in view.tasks}

    def leave_out_shared(self, plans: Iterable[Workplan]) -> None:
        for shared in shared_ids(plans):
            self.findings.append(shared.finding)
            self.left_out.add((shared.field, shared.value))

    def link(self, plan: Workplan) -> Linked | None:
        if ("workplan id", plan.id) in self.left_out:
            return None
        if ("state_hub_workstream_id", plan.state_hub_workstream_id) in self.left_out:
            return None
        self._compare_registration(plan)
        found_stream = self._stream(plan)
        if found_stream is None:
            return None
        stream, link = found_stream
        return Linked(
            plan=plan,
            key=stream.key if stream else plan.id,
            stream=stream,
            link=link,
            tasks=tuple(each for task in plan.tasks if (each := self._task(plan, task))),
        )

    def _compare_registration(self, plan: Workplan) -> None:
        repo = self.view.repo
        for name, hub in (("repo", repo.slug), ("domain", repo.domain)):
            said = plan.text(name)
            if said and said != hub:
                self._add("C-08", plan.path, plan.lines[name], field=name, file=said, hub=hub)

    def _stream(self, plan: Workplan) -> tuple[Workstream | None, bool] | None:
        hub_id, same = plan.state_hub_workstream_id, self.streams_by_key.get(plan.id)
        line = plan.lines.get("state_hub_workstream_id", plan.front_matter.first)
        if hub_id is None:
            self._add_fixed("C-02", plan.path, line, workplan=plan.id)
            return same, True
        known = self.streams.get(hub_id)
        if known and (known is same or same is None):
            if known.key != plan.id:
                self._tell_renamed("workplan id", plan.path, plan.lines["id"], plan.id, known.key)
            return known, False
        facts = {"workplan": plan.id, "hub_id": hub_id}
        if (same is None or self.claimed) and not self.relink:
            self._add("C-05", plan.path, line, Severity.FAIL, **facts)
            return None
        self._add("C-05", plan.path, line, None, **facts)
        return same, True

    def _task(self, plan: Workplan, task: FileTask) -> LinkedTask | None:
        if ("task id", task.id) in self.left_out:
            return None
        if ("state_hub_task_id", task.state_hub_task_id) in self.left_out:
            return None
        hub_id, same = task.state_hub_task_id, self.tasks_by_key.get(task.id)
        line = task.lines.get("state_hub_task_id", task.block.first)
        if hub_id is None:
            self._add_fixed("C-03", plan.path, line, task=task.id)
            return LinkedTask(task, task.id, same, link=True)
        known = self.tasks.get(hub_id)
        if known and (known is same or same is None):
            if known.key != task.id:
                self._tell_renamed("task id", plan.path, task.lines["id"], task.id, known.key)
            return LinkedTask(task, known.key, known, link=False)
        facts = {"task": task.id, "hub_id": hub_id}
        if (same is None or self.claimed) and not self.relink:
            self._add("C-06", plan.path, line, Severity.FAIL, **facts)
            return None
        self._add("C-06", plan.path, line, None, **facts)
        return LinkedTask(task, task.id, same, link=True)

    def _tell_renamed(self, field: str, path: str, line: int, file: str, hub: str) -> None:
        self._add("C-08", path, line, field=field, file=file, hub=hub)

    def find_missing(self, readings: Iterable[Reading], linked: Iterable[Linked]) -> None:
        """C-07 for what is open in the hub, came from a file, and stands in none any more."""
        plans = [reading.workplan for reading in readings if reading.workplan]
        unread = {r.path for r in readings if r.workplan is None and r.not_a_plan is None}
        seen = {task.id for plan in plans for task in plan.tasks}
        seen |= {task.state_hub_task_id or "" for plan in plans for task in plan.tasks}
        broken = {task.id for plan in plans for task in plan.broken}
        here = {each.stream.id: each.plan.path for each in linked if each.stream}
        of_stream: defaultdict[str, list[Task]] = defaultdict(list)
        for task in self.view.tasks:
            if _is_open(task.status) and not {task.id, task.key} & (seen | broken):
                of_stream[task.workstream_id].append(task)
        for stream in self.view.workstreams:
            missing = of_stream[stream.id]
            if stream.id in here:
                for task in missing:
                    self._add("C-07", here[stream.id], None, title=task.title, task=task.key)
            elif stream.workplan_file and stream.workplan_file not in unread and missing:
                title = f"{missing[0].title}' and {len(missing) - 1} more of '{stream.title}"
                if len(missing) == 1:
                    title = missing[0].title
                self._add("C-07", stream.workplan_file, None, title=title, task=missing[0].key)

    def _add_fixed(self, code: str, path: str, line: int | None, **facts: str) -> None:
        """A finding that `fix` mends by writing in the file, where it writes there."""
        held_back = self.mode is Mode.FIX and not self.writes(path)
        self._add(code, path, line, Severity.WARN if held_back else None, **facts)

    def _add(
        self,
        code: str,
        path: str,
        line: int | None,
        severity: Severity | None = None,
        **facts: str,
    ) -> None:
        self.findings.append(found(code, facts, self.mode, path=path, line=line, severity=severity))


def _is_open(status: Status) -> bool:
    return rank(status) < rank(Status.DONE)
