"""What goes through this process: how soon it answers, and whether it is about to end."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

#: up to how many seconds each bucket counts
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: what leads nowhere is counted under one name, so that nobody can make up names
ELSEWHERE = "elsewhere"
PAGES = "pages"


@dataclass(slots=True)
class Spread:
    """How many answers took how long."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more took so long."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def up_to(self) -> Iterator[tuple[str, int]]:
        """How many took up to each bound, and how many there are."""
        number = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            number += count
            yield bound, number


@dataclass(slots=True)
class Traffic:
    """Counts of this process alone, kept by the one thread that answers."""

    #: a balancer is told to ask elsewhere, and what comes nevertheless is answered
    draining: bool = False
    #: the first segments of the paths that there are
    areas: frozenset[str] = frozenset()
    spreads: dict[tuple[str, str, int], Spread] = field(
        default_factory=dict[tuple[str, str, int], Spread]
    )

    def area(self, path: str) -> str:
        """The part of the API that the path leads to."""
        first = path.lstrip("/").partition("/")[0]
        return first if first in self.areas else ELSEWHERE

    def answered(self, area: str, method: str, status: int, seconds: float) -> None:
        """One more request was answered."""
        self.spreads.setdefault((area, method, status), Spread()).add(seconds)
