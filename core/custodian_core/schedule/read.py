"""Reading a schedule: bytes in, values and findings with lines out; it never raises over a file."""

import re
from collections.abc import Mapping

from custodian_core.errors import BadValue
from custodian_core.findings import Mode
from custodian_core.yamltree import Node, Unreadable, read_tree

from . import cadence
from .grammar import (
    AGENT,
    AGENT_RULE,
    ENTRY_KEYS,
    KEYS,
    MAX_BUDGET,
    MAX_ENTRIES,
    MAX_FILE,
    MAX_JITTER,
    MAX_NOTES,
    MAX_TAGS,
    PATH,
    TAG,
    VERSION,
)
from .model import Entry, Reading, Schedule
from .read_cadence import read_cadence
from .read_inputs import read_inputs
from .words import Notes, items, keys, number, shown, truth

_BOM = b"\xef\xbb\xbf"


def read(data: bytes, path: str = PATH, mode: Mode = Mode.LINT) -> Reading:
    """The schedule in `data`, with a finding for all that is amiss in it."""
    notes = Notes(path, mode)
    if len(data) > MAX_FILE:
        return notes.unreadable(None, f"it is larger than {MAX_FILE // 1024} KiB")
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        return notes.unreadable(line, "it is not UTF-8")
    tree = read_tree(text.replace("\r\n", "\n"))
    if isinstance(tree, Unreadable):
        return notes.unreadable(tree.line, tree.why)
    schedule = _schedule(tree, notes)
    return Reading(path, schedule if notes.clean else None, notes.ordered())


def unreadable(why: str, path: str = PATH, mode: Mode = Mode.LINT) -> Reading:
    """What is read of a file that cannot be read at all."""
    return Notes(path, mode).unreadable(None, why)


def _schedule(tree: Mapping[str, Node], notes: Notes) -> Schedule:
    what = "the schedule"
    keys(tree, KEYS, what, notes)
    _version(tree, notes)
    timezone = _timezone(tree, notes)
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    for place, node in enumerate(items(tree, "entries", what, MAX_ENTRIES, notes), 1):
        entry = _entry(node, place, notes)
        if entry and entry.agent in seen:
            why = f"it has an entry already, on line {seen[entry.agent]}; an agent has one"
            notes.add(
                "K-03",
                node.line,
                field="agent",
                what=f"entry {place}",
                value=f"'{entry.agent}'",
                why=why,
            )
        elif entry:
            seen[entry.agent] = node.line
            entries.append(entry)
    if "entries" not in tree:
        notes.add("K-05", None, what=what, why="it has no entries, so that nothing runs")
    return Schedule(truth(tree, "enabled", what, notes), timezone, tuple(entries))


def _version(tree: Mapping[str, Node], notes: Notes) -> None:
    node = tree.get("version")
    if node is None:
        notes.add("K-01", 1, why=f"it does not say its version; write `version: {VERSION}`")
    elif node.content != str(VERSION):
        why = f"this Custodian knows version {VERSION}; is the file for a newer one?"
        notes.wrong("the schedule", "version", node, why)


def _timezone(tree: Mapping[str, Node], notes: Notes) -> str:
    node = tree.get("timezone")
    if node is None:
        return "UTC"
    name = node.content
    if not isinstance(name, str):
        notes.wrong("the schedule", "timezone", node, "it must be as Europe/Berlin, or UTC")
        return "UTC"
    try:
        cadence.zone(name)
    except BadValue as error:
        near = cadence.near_zones(name[:100])
        hint = f"; near it: {', '.join(near)}" if near else ""
        notes.wrong("the schedule", "timezone", node, f"{error.reason}{hint}")
    return name


def _entry(node: Node, place: int, notes: Notes) -> Entry | None:
    what = f"entry {place}"
    tree = node.content
    if not isinstance(tree, dict):
        facts = {"field": what, "what": "the schedule", "value": shown(node)}
        notes.add("K-03", node.line, **facts, why="it must be `key: value` lines, as agent: coach")
        return None
    agent = _agent(tree, node, what, notes)
    what = f"entry {agent}" if agent else what
    keys(tree, ENTRY_KEYS, what, notes)
    cron, said = read_cadence(tree, node, what, notes)
    entry = Entry(
        agent=agent,
        cron=cron,
        cadence=said,
        jitter_minutes=number(tree, "jitter_minutes", 0, MAX_JITTER, what, notes) or 0,
        enabled=truth(tree, "enabled", what, notes),
        inputs=read_inputs(tree, agent, what, notes),
        budget_minutes=number(tree, "budget_minutes", 1, MAX_BUDGET, what, notes),
        tags=_tags(tree, what, notes),
        notes=_notes(tree, what, notes),
        line=node.line,
    )
    return entry if agent else None


def _agent(tree: Mapping[str, Node], entry: Node, what: str, notes: Notes) -> str:
    node = tree.get("agent", Node(None, entry.line, entry.line))
    if isinstance(node.content, str) and re.fullmatch(AGENT, node.content):
        return node.content
    notes.wrong(what, "agent", node, f"it must be a name: {AGENT_RULE}")
    return ""


def _tags(tree: Mapping[str, Node], what: str, notes: Notes) -> tuple[str, ...]:
    found: list[str] = []
    for item in items(tree, "tags", what, MAX_TAGS, notes):
        if isinstance(item.content, str) and re.fullmatch(TAG, item.content):
            found.append(item.content)
        else:
            notes.wrong(what, "tags", item, "a tag is a word, as weekly or team:docs")
    return tuple(dict.fromkeys(found))


def _notes(tree: Mapping[str, Node], what: str, notes: Notes) -> str | None:
    node = tree.get("notes")
    if node is None or node.content is None:
        return None
    if isinstance(node.content, str) and len(node.content) <= MAX_NOTES:
        return node.content
    notes.wrong(what, "notes", node, f"it must be text of up to {MAX_NOTES} characters")
    return None
