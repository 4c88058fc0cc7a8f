"""What reconciling one repo would do, as values: facts in, a plan out, and nothing is touched."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .commands import TaskWrite, WorkstreamWrite
from .findings import Finding, Mode, Severity, found
from .matching import Linked, LinkedTask, match
from .records import ReconcileView, Snapshot, Task, Workstream
from .screening import screened
from .status import Base, Merge, Side, Status, rank, regresses, three_way, two_way
from .workplan.model import Reading, Workplan
from .workplan.model import Task as FileTask


@dataclass(frozen=True, slots=True)
class Source:
    """One workplan's file in the commit that is reconciled."""

    path: str
    blob: str
    reading: Reading
    #: the file on disk says something else
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What only the repo's history can tell."""

    #: the bases' commits that the file's history holds
    ancestors: frozenset[str] = frozenset()
    #: why a task or workplan was reopened in the file, by its id
    reopens: Mapping[str, str] = field(default_factory=dict[str, str])
    #: the bases' commits that it does not hold
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A status whose merge needs the repo's history: what stands in `path` since `commit`."""

    key: str
    path: str
    commit: str
    #: the file went back, so that only a deliberate reopen makes it count
    back: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """What a file's front matter (`task` is None) or task block is to say."""

    path: str
    task: str | None
    #: under which key the hub knows it, for the id that is written in
    key: str
    link: bool = False
    old: Status | None = None
    new: Status | None = None
    line: int | None = None

    @property
    def what(self) -> str:
        """What is edited, by its key."""
        return self.task or self.key


@dataclass(frozen=True, slots=True)
class Agreed:
    """What file and hub will both hold when the plan is carried out."""

    key: str
    path: str
    base: Base
    known: Snapshot | None

    def snapshot(self, commit: str) -> Snapshot:
        """The base to remember for the next merge."""
        return Snapshot(self.base.status, self.base.epoch, self.base.seq, commit)

    def is_known(self, lost: frozenset[str]) -> bool:
        """Whether the hub remembers this base already, at a commit of this history."""
        if self.known is None or self.known.commit in lost:
            return False
        return Base(self.known.status, self.known.epoch, self.known.seq) == self.base


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one reconcile would do, and all that it found."""

    workstreams: tuple[WorkstreamWrite, ...] = ()
    tasks: tuple[TaskWrite, ...] = ()
    edits: tuple[Edit, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def writes_hub(self) -> bool:
        """Whether the hub is to be written."""
        return bool(self.workstreams or self.tasks)


@dataclass(frozen=True, slots=True)
class Wanted:
    """In which manner a plan is made."""

    mode: Mode
    writeback: bool = True
    #: an id that this hub does not know counts as none
    relink: bool = False
    #: another hub has written its ids here: they are not replaced unless that is asked for
    claimed: bool = False


def doubts(view: ReconcileView, sources: Iterable[Source]) -> Iterator[Doubt]:
    """What the repo's history has to tell before these can be merged."""
    linked, _ = match(view, [s.reading for s in sources], Mode.CHECK)
    for each in linked:
        plan, stream = each.plan, each.stream
        if stream and stream.base and stream.base.commit and plan.status:
            yield from _doubt(each.plan.id, plan.path, stream.base, plan.status, stream.status, 0)
        for task in each.tasks:
            known = task.known
            if known and known.base and known.base.commit:
                status = task.file.status
                yield from _doubt(
                    task.file.id, plan.path, known.base, status, known.status, known.epoch
                )


def _doubt(
    key: str, path: str, base: Snapshot, file: Status, hub: Status, epoch: int
) -> Iterator[Doubt]:
    if file == hub == base.status and epoch <= base.epoch:
        return
    assert base.commit is not None  # noqa: S101 - the callers looked
    yield Doubt(key, path, base.commit, back=regresses(base.status, file))


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
        merge = self._merge(
            plan.id,
            plan.status,
            stream.status if stream else None,
            stream.base if stream else None,
        )
        new = WorkstreamWrite(
            key=each.key,
            title=plan.title,
            workplan_file=plan.path,
            status=merge.status,
            position=place,
            version=stream.version if stream else None,
        )
        # (the hub holds no secret, so that a text which has one differs in nothing else: it is
        # looked through only where it differs)
        if stream is None or _moved(new, stream, merge):
            new = screened(new)
        if stream is None or _moved(new, stream, merge):
            self.workstreams.append(new)
        status_line = plan.lines.get("status", 1)
        back = merge.write_file and plan.status is not None
        if stream and (merge.write_hub or back) and plan.status:
            why = f"its status is {plan.status} in the file and {stream.status} in the hub"
            severity = None if merge.write_hub or self.writes(plan.path) else Severity.WARN
            self._find("C-09", plan.path, status_line, workplan=plan.id, why=why, severity=severity)
        written = self._edit(
            Edit(
                plan.path,
                None,
                each.key,
                link=each.link,
                old=plan.status if back else None,
                new=merge.status if back else None,
                line=status_line,
            )
        )
        if plan.status and (written or not back):
            self.agreed.append(
                Agreed(each.key, plan.path, merge.base, stream.base if stream else None)
            )

    # --- tasks

    def plan_task(self, each: Linked, task: LinkedTask, position: int) -> None:
        file, known = task.file, task.known
        merge = self._merge(
            file.id,
            file.status,
            known.status if known else None,
            known.base if known else None,
            known.epoch if known else 0,
        )
        writes = self.writes(each.plan.path)
        new = _task_write(each, task, position, merge, self.evidence.reopens.get(file.id), writes)
        other = known is not None and known.workstream_id != each.hub_id
        if known is None or other or _task_moved(new, known, merge):
            new = screened(new)
        if known is None or other or _task_moved(new, known, merge):
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
            self.agreed.append(
                Agreed(task.key, each.plan.path, merge.base, known.base if known else None)
            )

    def _merge(
        self,
        key: str,
        file: Status | None,
        hub: Status | None,
        base: Snapshot | None,
        epoch: int = 0,
    ) -> Merge:
        if file is None:  # it says no word that is known: the hub's stands
            return Merge(
                hub or Status.TODO, write_hub=False, write_file=False, base=Base(hub or Status.TODO)
            )
        if hub is None:
            return Merge(file, write_hub=True, write_file=False, base=Base(file))
        agreed = base is not None and file == hub == base.status and epoch <= base.epoch
        if base is None or not (agreed or base.commit in self.evidence.ancestors):
            merge = two_way(file, hub)
            return Merge(
                merge.status,
                write_hub=merge.write_hub,
                write_file=merge.write_file,
                base=Base(merge.status, epoch),
            )
        reopened = base.epoch + 1 if key in self.evidence.reopens else None
        return three_way(
            Base(base.status, base.epoch, base.seq), Side(file, reopened), Side(hub, epoch)
        )

    def _find_drift(self, plan: Workplan, file: FileTask, known: Task, new: TaskWrite) -> None:
        for name, was, is_ in (
            ("title", known.title, new.title),
            ("priority", known.priority, new.priority),
        ):
            if was != is_:
                line = file.lines.get(name, file.heading or file.block.first)
                self._find("C-10", plan.path, line, field=name, task=file.id, file=is_, hub=was)

    def _find_status(self, plan: Workplan, file: FileTask, known: Task, merge: Merge) -> None:
        line = file.lines.get("status")
        facts = {
            "title": file.title,
            "task": file.id,
            "db_status": known.status,
            "file_status": file.status,
            "status": merge.status,
        }
        if merge.write_hub:
            reason = "reopen" if merge.reopened else None
            self.findings.append(
                found("C-11", facts, self.wanted.mode, path=plan.path, line=line, reason=reason)
            )
        elif merge.write_file:
            reason = "reopen" if merge.reopened else None
            self.findings.append(
                found("C-13", facts, self.wanted.mode, path=plan.path, line=line, reason=reason)
            )
            if merge.unmarked_file or not self.writes(plan.path):
                self._act("T01", plan.path, line, facts)
        if merge.ended_twice:
            self.findings.append(found("C-20", facts, self.wanted.mode, path=plan.path, line=line))

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
        severity: Severity | None = None,
        **facts: str,
    ) -> None:
        mode = self.wanted.mode
        self.findings.append(found(code, facts, mode, path=path, line=line, severity=severity))

    def _act(self, code: str, path: str, line: int | None, facts: Mapping[str, str]) -> None:
        """An action line, which only a run that acts has."""
        if self.wanted.mode is Mode.FIX:
            self.findings.append(found(code, facts, Mode.FIX, path=path, line=line))


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
