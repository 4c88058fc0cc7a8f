"""Making a plan: what the files say and what the hub knows in, and nothing is touched."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from .commands import TaskWrite, WorkstreamWrite
from .findings import Finding, Mode, Severity, found
from .matching import Linked, LinkedTask, match
from .merging import Evidence, merged
from .plan import Agreed, Edit, Plan, Source, Wanted
from .records import ReconcileView, Task, Workstream
from .screening import screened
from .status import Merge, Status, rank
from .workplan.model import Task as FileTask
from .workplan.model import Workplan

T = TypeVar("T")


def make_plan(
    view: ReconcileView, sources: Iterable[Source], evidence: Evidence, wanted: Wanted
) -> Plan:
    """What to write to the hub and to the files so that both say the same, and what was found."""
    sources = tuple(sources)
    readings = [source.reading for source in sources]
    draft = _Draft(evidence, wanted, {s.path: s for s in sources if s.dirty})
    linked, findings = match(
        view,
        readings,
        wanted.mode,
        relink=wanted.relink,
        claimed=wanted.claimed,
        writes=draft.writes,
    )
    draft.findings += findings
    for source in draft.dirty.values():
        if source.reading.workplan:
            draft.findings.append(found("C-14", {}, wanted.mode, path=source.path))
    for place, each in enumerate(linked):
        draft.plan_stream(each, place)
        for position, task in enumerate(each.tasks):
            draft.plan_task(each, task, position)
    return Plan(
        tuple(draft.workstreams),
        tuple(draft.tasks),
        tuple(draft.edits),
        tuple(draft.agreed),
        tuple(draft.findings),
    )


class _Draft:
    """A plan in the making."""

    def __init__(
        self,
        evidence: Evidence,
        wanted: Wanted,
        dirty: Mapping[str, Source],
    ) -> None:
        self.evidence, self.wanted, self.dirty = evidence, wanted, dirty
        self.workstreams: list[WorkstreamWrite] = []
        self.tasks: list[TaskWrite] = []
        self.edits: list[Edit] = []
        self.agreed: list[Agreed] = []
        self.findings: list[Finding] = []

    # --- workstreams

    def plan_stream(self, each: Linked, place: int) -> None:
        plan, stream = each.plan, each.stream
        known, base = (stream.status, stream.base) if stream else (None, None)
        merge = merged(plan.id, plan.status, known, base, self.evidence)
        new = WorkstreamWrite(
            key=each.key,
            title=plan.title,
            workplan_file=plan.path,
            status=merge.status,
            position=place,
            version=stream.version if stream else None,
        )

        def differs(write: WorkstreamWrite) -> bool:
            return stream is None or _moved(write, stream, merge)

        new = _held(new, differs)
        if differs(new):
            self.workstreams.append(new)
        back = merge.write_file and plan.status is not None
        if stream and plan.status and (merge.write_hub or back):
            self._find_stream_status(plan, plan.status, stream.status, merge)
        written = self._edit(
            Edit(
                plan.path,
                None,
                each.key,
                link=each.link,
                old=plan.status if back else None,
                new=merge.status if back else None,
                line=_status_line(plan),
            )
        )
        if plan.status and (written or not back):
            self.agreed.append(Agreed(each.key, plan.path, merge.base, base))

    def _find_stream_status(self, plan: Workplan, file: Status, hub: Status, merge: Merge) -> None:
        why = f"its status is {file} in the file and {hub} in the hub"
        severity = None if merge.write_hub or self.writes(plan.path) else Severity.WARN
        line = _status_line(plan)
        facts = {"workplan": plan.id, "why": why}
        self._find("C-09", plan.path, line, facts, severity=severity)

    # --- tasks

    def plan_task(self, each: Linked, task: LinkedTask, position: int) -> None:
        file, known = task.file, task.known
        hub, base, epoch = (known.status, known.base, known.epoch) if known else (None, None, 0)
        merge = merged(file.id, file.status, hub, base, self.evidence, epoch)
        writes = self.writes(each.plan.path)
        new = _task_write(each, task, position, merge, self.evidence.reopens.get(file.id), writes)

        def differs(write: TaskWrite) -> bool:
            if known is None or known.workstream_id != each.hub_id:
                return True
            return _task_moved(write, known, merge)

        new = _held(new, differs)
        if differs(new):
            self.tasks.append(new)
        if known:
            self._find_drift(each.plan, file, known, new)
            self._find_status(each.plan, file, known, merge)
        back = merge.write_file
        written = self._edit(
            Edit(
                each.plan.path,
                file.id,
                task.key,
                link=task.link,
                old=file.status if back else None,
                new=merge.status if back else None,
                line=file.lines.get("status"),
            )
        )
        if written or not back:
            self.agreed.append(Agreed(task.key, each.plan.path, merge.base, base))

    def _find_drift(self, plan: Workplan, file: FileTask, known: Task, new: TaskWrite) -> None:
        for name, was, is_ in (
            ("title", known.title, new.title),
            ("priority", known.priority, new.priority),
        ):
            if was != is_:
                line = file.lines.get(name, file.heading or file.block.first)
                facts = {"field": name, "task": file.id, "file": is_, "hub": was}
                self._find("C-10", plan.path, line, facts)

    def _find_status(self, plan: Workplan, file: FileTask, known: Task, merge: Merge) -> None:
        line = file.lines.get("status")
        facts = {
            "title": file.title,
            "task": file.id,
            "db_status": known.status,
            "file_status": file.status,
            "status": merge.status,
        }
        reason = "reopen" if merge.reopened else None
        if merge.write_hub:
            self._find("C-11", plan.path, line, facts, reason=reason)
        elif merge.write_file:
            self._find("C-13", plan.path, line, facts, reason=reason)
            if merge.unmarked_file or not self.writes(plan.path):
                self._act("T01", plan.path, line, facts)
        if merge.ended_twice:
            self._find("C-20", plan.path, line, facts)

    # --- what both share

    def writes(self, path: str) -> bool:
        """Whether statuses are written back into that file."""
        return self.wanted.writeback and path not in self.dirty

    def _edit(self, edit: Edit) -> bool:
        """Whether the file gets all that the edit says; an edit that says nothing is none."""
        if not edit.link and edit.new is None:
            return False
        if not self.writes(edit.path):
            return False
        self.edits.append(edit)
        return True

    def _find(
        self,
        code: str,
        path: str,
        line: int | None,
        facts: Mapping[str, str],
        *,
        severity: Severity | None = None,
        reason: str | None = None,
    ) -> None:
        mode = self.wanted.mode
        self.findings.append(
            found(code, facts, mode, path=path, line=line, reason=reason, severity=severity)
        )

    def _act(self, code: str, path: str, line: int | None, facts: Mapping[str, str]) -> None:
        """An action line, which only a run that acts has."""
        if self.wanted.mode is Mode.FIX:
            self.findings.append(found(code, facts, Mode.FIX, path=path, line=line))


def _status_line(plan: Workplan) -> int:
    return plan.lines.get("status", 1)


def _held(new: T, differs: Callable[[T], bool]) -> T:
    """The write as the hub would hold it: with no secret in its texts.

    A text that has one differs from the hub's, if in nothing else, so that only what differs has to
    be looked through.
    """
    return screened(new) if differs(new) else new


def _moved(new: WorkstreamWrite, old: Workstream, merge: Merge) -> bool:
    return merge.write_hub or (new.title, new.workplan_file, new.position) != (
        old.title,
        old.workplan_file,
        old.position,
    )


def _task_write(
    each: Linked, task: LinkedTask, position: int, merge: Merge, reopen: str | None, writes: bool
) -> TaskWrite:
    """The task as the hub is to hold it; what its block leaves unsaid stays as the hub has it."""
    file, known = task.file, task.known
    said = file.fields
    back = known is not None and rank(merge.status) < rank(known.status)
    lost = merge.overruled if writes or merge.write_hub else None
    return TaskWrite(
        key=task.key,
        workstream_key=each.key,
        title=file.title,
        description=file.description,
        acceptance=tuple(criterion.text for criterion in file.acceptance),
        status=merge.status,
        priority=file.priority if known is None or said.get("priority") else known.priority,
        position=position,
        depends_on=file.depends_on if known is None or "depends_on" in said else known.depends_on,
        needs_human=(
            file.needs_human if known is None or "needs_human" in said else known.needs_human
        ),
        version=known.version if known else None,
        reopen_reason=reopen if back else None,
        overruled=lost,
    )


def _task_moved(new: TaskWrite, old: Task, merge: Merge) -> bool:
    names = (
        "title",
        "description",
        "acceptance",
        "priority",
        "position",
        "depends_on",
        "needs_human",
    )
    return (
        merge.write_hub
        or new.overruled is not None
        or any(getattr(new, name) != getattr(old, name) for name in names)
    )
