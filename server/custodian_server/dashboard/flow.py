"""How work flows: what was begun, done and came back each day, and how long things took."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from custodian_core.errors import BadValue
from custodian_core.ops.flow import Day
from custodian_tools.ops.metrics import metrics

if TYPE_CHECKING:
    from .app import View

#: the windows that may be looked at, in days
WINDOWS = (7, 30, 90)
#: how high a plot is, and how wide the bar of a day with its gap
HIGH, WIDE, GAP = 60, 8, 2
#: what is plotted: the field of a day, and its name
PLOTS = (
    ("added", "Tasks begun"),
    ("done", "Tasks done"),
    ("reopened", "Came back"),
    ("seal_failures", "Syncs not sealed"),
)


@dataclass(frozen=True, slots=True)
class Plot:
    """One number a day, as bars."""

    field: str
    name: str
    path: str
    total: int
    most: int
    width: int


def show(view: "View") -> Response:
    """The flow within a window, of all repos or of one."""
    said = view.wanted.get("days", "30")
    if said not in map(str, WINDOWS):
        raise BadValue("days", f"it must be one of {', '.join(map(str, WINDOWS))}")
    repo = view.wanted.get("repo", "").strip() or None
    flow = metrics(view.hub, view.now, int(said), repo)
    return view.page(
        "flow.html",
        flow=flow,
        plots=[plot(flow.days, field, name) for field, name in PLOTS],
        windows=WINDOWS,
        window=int(said),
        repo=repo or "",
        high=HIGH,
    )


def plot(days: Sequence[Day], field: str, name: str) -> Plot:
    """A bar for each day on which it happened, the tallest as high as the plot."""
    counts: list[int] = [getattr(day, field) for day in days]
    most = max(counts, default=0)
    bars = (
        f"M{place * (WIDE + GAP)} {HIGH}v-{max(2, round(HIGH * count / most))}h{WIDE}V{HIGH}z"
        for place, count in enumerate(counts)
        if count
    )
    width = max(1, len(counts)) * (WIDE + GAP)
    return Plot(field, name, "".join(bars), sum(counts), most, width)
