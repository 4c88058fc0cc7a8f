"""Which status both sides are to hold, and what the repo's history has to tell before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .findings import Mode
from .matching import match
from .records import ReconcileView, Snapshot
from .status import Base, Merge, Side, Status, regresses, three_way, two_way
from .workplan.model import Reading


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


def doubts(view: ReconcileView, readings: Sequence[Reading]) -> Iterator[Doubt]:
    """What the repo's history has to tell before these can be merged."""
    linked, _ = match(view, readings, Mode.CHECK)
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


def merged(
    key: str,
    file: Status | None,
    hub: Status | None,
    base: Snapshot | None,
    evidence: Evidence,
    epoch: int = 0,
) -> Merge:
    """The status of what has that key; a side that says none leaves it to the other."""
    if file is None:  # it says no word that is known: the hub's stands
        stands = hub or Status.TODO
        return Merge(stands, write_hub=False, write_file=False, base=Base(stands))
    if hub is None:
        return Merge(file, write_hub=True, write_file=False, base=Base(file))
    agreed = base is not None and file == hub == base.status and epoch <= base.epoch
    if base is None or not (agreed or base.commit in evidence.ancestors):
        merge = two_way(file, hub)
        return replace(merge, base=Base(merge.status, epoch))
    reopened = base.epoch + 1 if key in evidence.reopens else None
    return three_way(
        Base(base.status, base.epoch, base.seq), Side(file, reopened), Side(hub, epoch)
    )
