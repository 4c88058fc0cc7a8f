"""The prerequisite tree of an ops repo, drawn: what is needed for what, and what holds most up."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from custodian_core.text import printable
from custodian_tools.checkouts import named
from custodian_tools.ops.prerequisites import graph, look

if TYPE_CHECKING:
    from .app import View

#: the columns of the picture, from what is needed to what it is needed for
COLUMNS = ("issue", "prerequisite", "objective", "milestone")
#: how large a node is, how far apart they stand, and how much of a label fits
WIDE, HIGH, GAP_X, GAP_Y, FITS = 230, 30, 70, 10, 32
#: how many nodes are drawn; a picture of more tells nobody anything
MOST = 300


@dataclass(frozen=True, slots=True)
class Drawn:
    """A node in its place."""

    x: int
    y: int
    label: str
    whole: str
    kind: str
    state: str


def show(view: "View") -> Response:
    """The tree as a picture, what holds most objectives up, and what is amiss in it."""
    slug = view.name("slug")
    (target,) = named(view.hub, view.settings, [slug])
    looked = look(target, view.now.date())
    told = graph(target)
    nodes, lines, width, height = drawn(told)
    return view.page(
        "prerequisites.html",
        slug=slug,
        looked=looked,
        nodes=nodes,
        lines=lines,
        width=width,
        height=height,
        total=len(told["nodes"]),
        most=MOST,
        wide=WIDE,
        high=HIGH,
    )


def drawn(told: dict[str, Any]) -> tuple[list[Drawn], list[str], int, int]:
    """Each node in the column of its kind, each edge as a line between; and the picture's size."""
    by_id = {node["id"]: node for node in told["nodes"][:MOST]}
    edges = [e for e in told["edges"] if e["source"] in by_id and e["target"] in by_id]
    place: dict[str, tuple[int, int]] = {}
    tallest = 0
    for column, ids in enumerate(_columns(by_id, edges)):
        for row, id_ in enumerate(ids):
            place[id_] = (column * (WIDE + GAP_X), row * (HIGH + GAP_Y))
        tallest = max(tallest, len(ids))
    nodes = [
        Drawn(*place[id_], *_labels(node["label"]), node["kind"], _word(node["state"]))
        for id_, node in by_id.items()
    ]
    lines = [_line(place[edge["source"]], place[edge["target"]]) for edge in edges]
    used = max((x for x, _ in place.values()), default=0) + WIDE
    return nodes, lines, used, max(1, tallest) * (HIGH + GAP_Y)


def _columns(by_id: dict[str, Any], edges: list[Any]) -> list[list[str]]:
    """The nodes by kind, each column in the order of what its nodes lead to: few lines cross."""
    columns = [[id_ for id_, node in by_id.items() if node["kind"] == kind] for kind in COLUMNS]
    shown = [column for column in columns if column]
    rights: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        rights[edge["source"]].append(edge["target"])
    place: dict[str, float] = {}
    for column in reversed(shown):
        middle = {
            id_: sum(place[t] for t in targets) / len(targets)
            for id_ in column
            if (targets := [t for t in rights[id_] if t in place])
        }
        column.sort(key=lambda id_: middle.get(id_, float("inf")))
        place |= {id_: float(row) for row, id_ in enumerate(column)}
    return shown


def _labels(label: str) -> tuple[str, str]:
    return printable(label, FITS), printable(label, 300)


def _word(state: str) -> str:
    """The state as a class of the picture's style."""
    known = ("done", "ready", "blocked", "open", "named")
    word = state.lower()
    if word.startswith("waits"):
        return "waits"
    return word if word in known else "unclear"


def _line(source: tuple[int, int], target: tuple[int, int]) -> str:
    x1, y1 = source[0] + WIDE, source[1] + HIGH // 2
    x2, y2 = target[0], target[1] + HIGH // 2
    if target[0] <= source[0]:  # within a column: out to the left and back
        x1, bend = source[0], source[0] - GAP_X // 2
        return f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
