"""What reconciling one repo would do, as values; nothing is touched by making one."""

from dataclasses import dataclass

from .commands import TaskWrite, WorkstreamWrite
from .findings import Finding, Mode
from .records import Snapshot
from .status import Base, Status
from .workplan.model import Reading


@dataclass(frozen=True, slots=True)
class Source:
    """One workplan's file in the commit that is reconciled."""

    path: str
    blob: str
    reading: Reading
    #: the file on disk says something else
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """In which manner a plan is made."""

    mode: Mode
    writeback: bool = True
    #: an id that this hub does not know counts as none
    relink: bool = False
    #: another hub has written its ids here: they are not replaced unless that is asked for
    claimed: bool = False


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
