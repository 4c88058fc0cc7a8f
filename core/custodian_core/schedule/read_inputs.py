"""Reading what an agent is given: which parts, where they lie, and which it cannot do without."""

from collections.abc import Mapping

from custodian_core.text import printable
from custodian_core.yamltree import Node

from .grammar import MAX_PATHS, PARTS, path_trouble
from .model import Input
from .words import Notes, items, keys


def read_inputs(tree: Mapping[str, Node], agent: str, what: str, notes: Notes) -> tuple[Input, ...]:
    node = tree.get("inputs")
    said: Mapping[str, Node] = {}
    if node is not None and isinstance(node.content, dict):
        said = node.content
        keys(said, PARTS, f"{what} (inputs)", notes)
    elif node is not None and node.content is not None:
        notes.wrong(what, "inputs", node, f"it must be lines, as {', '.join(PARTS)}: PATH")
    required = _required(tree, what, notes)
    found: list[Input] = []
    for part, usual in PARTS.items():
        written = part in said
        paths = (
            _paths(said[part], f"{part} of the inputs", what, notes)
            if written
            else tuple(path.format(agent=agent) for path in usual)
        )
        line = said[part].line if written else None
        if paths or part in required:
            found.append(Input(part, paths, written, part in required, line))
    return tuple(found)


def _required(tree: Mapping[str, Node], what: str, notes: Notes) -> frozenset[str]:
    named: set[str] = set()
    for item in items(tree, "required", what, len(PARTS), notes):
        if isinstance(item.content, str) and item.content in PARTS:
            named.add(item.content)
        else:
            notes.wrong(what, "required", item, f"it can name {', '.join(PARTS)}")
    return frozenset(named)


def _paths(node: Node, name: str, what: str, notes: Notes) -> tuple[str, ...]:
    """The paths that are written there, one or a list, each within the repo."""
    named = node.content if isinstance(node.content, list) else [node]
    if len(named) > MAX_PATHS:
        notes.wrong(what, name, node, f"it may have {MAX_PATHS} paths")
    found: list[str] = []
    for item in named[:MAX_PATHS]:
        path = item.content
        if not isinstance(path, str) or not path.strip():
            notes.wrong(what, name, item, "it must be a path")
        elif why := path_trouble(path):
            shown = printable(path, 100)
            notes.add("K-04", item.line, field=name, what=what, path=shown, why=why)
        else:
            found.append(path.removesuffix("/"))
    return tuple(found)
