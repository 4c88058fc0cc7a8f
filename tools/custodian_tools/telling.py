"""Telling what people should know, once, however many servers would."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from custodian_core.commands import Caller
from custodian_core.notices import DueNotice, Notice
from custodian_core.ports import Clock

#: who writes down what was told
BY = Caller("custodian")


class Notices(Protocol):
    """The hub of the process that tells."""

    clock: Clock

    def gather_notices(self, silent: timedelta, by: Caller) -> int:
        """How many more notices wait, now that the log was read on to its end."""
        ...

    def due_notices(self) -> tuple[DueNotice, ...]:
        """The notices whose time has come."""
        ...

    def take_notice(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is the caller's to tell: of all who ask, one is let."""
        ...

    def notice_told(self, wanted: DueNotice, by: Caller) -> None:
        """It was taken, and is told nobody again."""
        ...

    def notice_not_told(self, wanted: DueNotice, by: Caller) -> bool:
        """Whether it is tried again, now that this try has failed."""
        ...


class Tells(Protocol):
    """What carries a notice to whoever wants to know."""

    def tell(self, notice: Notice, now: datetime) -> str | None:
        """Why it was not taken; None where it was."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one notice."""

    notice: Notice
    #: why it was not taken; None where it was
    trouble: str | None
    #: whether it is tried again
    again: bool = False


def tell_due(hub: Notices, teller: Tells, silent: timedelta) -> Iterator[Told]:
    """Each notice whose time has come is told, where no other server does it already."""
    hub.gather_notices(silent, BY)
    for due in hub.due_notices():
        if not hub.take_notice(due, BY):
            continue
        trouble = teller.tell(due.notice, hub.clock())
        if trouble is None:
            hub.notice_told(due, BY)
        yield Told(due.notice, trouble, trouble is not None and hub.notice_not_told(due, BY))
