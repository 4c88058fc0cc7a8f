"""How often one caller may ask: more than anybody needs, less than a loop gone wild does."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: how many seconds' worth of requests may come at once
BURST_S = 10.0
#: how many callers are remembered before those who owe nothing are forgotten
MOST = 10_000


@dataclass(slots=True)
class Rates:
    """Each caller has a store of requests, which fills up again as time goes by.

    For each is kept until when it is paid for what it asked; whoever is paid up is not kept.
    """

    #: 0 for no bound
    per_second: int
    clock: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def remembered(self) -> int:
        """How many callers are kept."""
        return len(self._until)

    def wait_s(self, caller: str) -> int:
        """How many whole seconds the caller should wait; 0 where it is let in, which is counted."""
        if not self.per_second:
            return 0
        now = self.clock()
        until = max(self._until.get(caller, 0.0), now) + 1 / self.per_second
        if until - now > BURST_S:
            return max(1, math.ceil(until - now - BURST_S))
        if len(self._until) >= MOST:
            self._until = {each: owed for each, owed in self._until.items() if owed > now}
        self._until[caller] = until
        return 0
