"""What every run on a host needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from custodian_core.codec import now
from custodian_core.commands import Caller, RecordSync
from custodian_core.git.author import Author
from custodian_core.ports import Clock, Hub
from custodian_core.settings import Settings

if TYPE_CHECKING:
    from custodian_core.git.state import Checkout
    from custodian_core.records import Repo
    from custodian_core.workplan.cache import Readings


def _readings() -> "Readings":
    from custodian_core.workplan.cache import Readings

    return Readings()


@dataclass(frozen=True, slots=True)
class Bench:
    """What every run on a host needs."""

    hub: Hub
    by: Caller
    host: str
    author: Author
    clock: Clock = now
    _kept: "list[Readings]" = field(default_factory=list["Readings"], repr=False)
    #: where records of quiet runs are put, for whoever writes them all at once
    later: list[RecordSync] | None = None
    #: is told what the run does just now
    tell: Callable[[str], None] = lambda _text: None
    sleep: Callable[[float], None] = time.sleep
    #: says why a forge refused a push, where it can be asked
    explain: "Callable[[Repo, Checkout], str]" = lambda _repo, _checkout: ""

    @classmethod
    def of(
        cls,
        hub: Hub,
        by: Caller,
        settings: Settings,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> "Bench":
        """What a run needs as the settings say it; the forge they name explains what it refuses."""
        from .refusals import explainer

        author = Author(*settings.author)
        return cls(hub, by, settings.host, author, tell=tell, explain=explainer(settings))

    @property
    def readings(self) -> "Readings":
        """What was read before; made when a workplan is first read."""
        if not self._kept:
            self._kept.append(_readings())
        return self._kept[0]
