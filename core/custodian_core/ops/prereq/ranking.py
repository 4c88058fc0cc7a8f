"""What holds most objectives up, and the tree as nodes and edges."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from custodian_core.ops.graph import beyond

from .tree import Item, Tree, Word


@dataclass(frozen=True, slots=True)
class Constraint:
    """An open prerequisite, and the objectives that cannot be reached without it."""

    #: the issue; None where the prerequisite names none
    ref: int | None
    label: str
    #: where it stands
    lines: tuple[int, ...]
    blocks: tuple[str, ...]
    #: it waits for a person: nothing may be filed for it
    waits_for_vault: bool


def constraints(tree: Tree) -> list[Constraint]:
    """The open prerequisites, those first that hold up most objectives."""
    edges = _downstream(tree)
    places: defaultdict[str, list[Item]] = defaultdict(list)
    for _, item in tree.prerequisites():
        for key in _keys(item) if not item.ticked else ():
            places[key].append(item)
    labels = [each.label for each in tree.objectives]
    marks = {_goal(each.line): 1 << place for place, each in enumerate(tree.objectives)}
    held = beyond(edges, marks)
    found: list[Constraint] = []
    for key, items in places.items():
        found.append(
            Constraint(
                ref=int(key[1:]) if key.startswith("#") else None,
                label=items[0].label,
                lines=tuple(item.line for item in items),
                blocks=tuple(labels[place] for place in _places(held.get(key, 0))),
                waits_for_vault=any(item.vault is not None for item in items),
            )
        )
    return sorted(found, key=lambda each: (-len(each.blocks), each.lines))


def _places(bits: int) -> Iterator[int]:
    """Which bits are set, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _downstream(tree: Tree) -> dict[str, set[str]]:
    """What cannot be had without each open prerequisite and each open objective."""
    edges: defaultdict[str, set[str]] = defaultdict(set)
    for objective in tree.objectives:
        if objective.status is Word.DONE:
            continue
        goal = _goal(objective.line)
        edges[goal].update(f"#{ref}" for ref in objective.refs)
        for item in objective.items:
            if item.ticked:
                continue
            for key in _keys(item):
                edges[key].add(goal)
                for ref in item.depends_on:
                    edges[f"#{ref}"].add(key)
    return edges


def _goal(line: int) -> str:
    return f"objective:{line}"


def _keys(item: Item) -> Iterable[str]:
    """What the prerequisite is known by: its issues, or the line of what names none."""
    return [f"#{ref}" for ref in item.refs] or [f"item:{item.line}"]


class Node(NamedTuple):
    """A thing in the picture of the tree."""

    id: str
    #: objective, prerequisite, issue or milestone
    kind: str
    label: str
    state: str
    #: where it stands; None for an issue that is only named
    line: int | None


class Edge(NamedTuple):
    """The first is needed for the second, or closes it as a milestone does."""

    source: str
    target: str
    kind: str


class Graph(NamedTuple):
    """The tree as a picture needs it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(tree: Tree) -> Graph:
    """The tree's nodes, each once, and its edges, each once."""
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for objective in tree.objectives:
        goal = _goal(objective.line)
        state = objective.status or "unclear"
        nodes[goal] = Node(goal, "objective", objective.label, state, objective.line)
        for item in objective.items:
            for key in _keys(item):
                known = nodes.get(key)
                if known is None or known.line is None:
                    state = _state(item)
                    nodes[key] = Node(key, "prerequisite", item.label, state, item.line)
                edges[Edge(key, goal, "blocks")] = None
                for ref in item.depends_on:
                    nodes.setdefault(f"#{ref}", Node(f"#{ref}", "issue", f"#{ref}", "named", None))
                    edges[Edge(f"#{ref}", key, "depends")] = None
    for milestone in tree.milestones:
        key = f"milestone:{milestone.line}"
        nodes[key] = Node(key, "milestone", milestone.name, milestone.said, milestone.line)
        for objective in milestone.objectives:
            edges[Edge(_goal(objective.line), key, "reaches")] = None
    return Graph(tuple(nodes.values()), tuple(edges))


def _state(item: Item) -> str:
    if item.ticked:
        return "done"
    if item.vault is not None:
        return "waits for the vault"
    return "blocked" if item.blocked else "open"
