"""Giving meaning to what a schedule says; what has none becomes a finding with its line."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from custodian_core.findings import Finding, Mode, found
from custodian_core.text import printable
from custodian_core.yamltree import Node

from .codes import HARMLESS
from .grammar import MAX_FINDINGS
from .model import Reading


class Notes:
    """The findings of one schedule, as they come up."""

    def __init__(self, path: str, mode: Mode) -> None:
        self.path = path
        self.mode = mode
        #: nothing was found that keeps the schedule from being used
        self.clean = True
        self._findings: list[Finding] = []

    def add(self, code: str, line: int | None, **facts: str | int) -> None:
        """Add one finding."""
        self.clean = self.clean and code == HARMLESS
        self._findings.append(found(code, facts, self.mode, path=self.path, line=line))

    def wrong(self, what: str, name: str, node: Node, why: str) -> None:
        """Add K-03 for what `name` of `what` says."""
        value = shown(node)
        self.add("K-03", node.line, field=name, what=what, value=value, why=why)

    def unreadable(self, line: int | None, why: str) -> Reading:
        """What is read of a file that cannot be read."""
        self.add("K-01", line, why=why)
        return Reading(self.path, None, tuple(self._findings))

    def ordered(self) -> tuple[Finding, ...]:
        """The findings by line; past the limit one that counts the others."""
        found = sorted(self._findings, key=lambda finding: finding.line or 0)
        if len(found) > MAX_FINDINGS:
            rest = found[MAX_FINDINGS:]
            self._findings = found[:MAX_FINDINGS]
            self.add("K-01", rest[0].line, why=f"{len(rest)} more findings are not told")
            return tuple(self._findings)
        return tuple(found)


def shown(node: Node) -> str:
    """The value as a message may hold it: short and on one line."""
    if isinstance(node.content, str):
        return f"'{printable(node.content, 60)}'"
    if node.content is None:
        return "empty"
    return "a list" if isinstance(node.content, list) else "a mapping"


def keys(tree: Mapping[str, Node], known: Iterable[str], what: str, notes: Notes) -> None:
    known = tuple(known)
    for key, node in tree.items():
        if key not in known:
            near = get_close_matches(key.casefold(), known, 3, 0.6)
            hint = f"; near it: {', '.join(near)}" if near else f"; it has {', '.join(known)}"
            shown = printable(key, 40)
            notes.add("K-02", node.key_line, what=what, key=shown, hint=hint)


def items(tree: Mapping[str, Node], key: str, what: str, most: int, notes: Notes) -> list[Node]:
    """The items of the list under `key`."""
    node = tree.get(key)
    if node is None or node.content is None:
        return []
    if not isinstance(node.content, list):
        notes.wrong(what, key, node, "it must be a list")
        return []
    if len(node.content) > most:
        notes.add(
            "K-03",
            node.content[most].line,
            field=key,
            what=what,
            value=f"a list of {len(node.content)}",
            why=f"it may have {most}",
        )
    return node.content[:most]


def truth(tree: Mapping[str, Node], key: str, what: str, notes: Notes) -> bool:
    """Whether `key` says yes; so it does where nothing is written."""
    node = tree.get(key)
    if node is None:
        return True
    if isinstance(node.content, str) and node.content.lower() in ("true", "false"):
        return node.content.lower() == "true"
    notes.wrong(what, key, node, "it must be true or false")
    return False


def number(
    tree: Mapping[str, Node], key: str, least: int, most: int, what: str, notes: Notes
) -> int | None:
    node = tree.get(key)
    if node is None:
        return None
    said = node.content
    if isinstance(said, str) and re.fullmatch("[0-9]{1,4}", said) and least <= int(said) <= most:
        return int(said)
    notes.wrong(what, key, node, f"it must be a number from {least} to {most}")
    return None
