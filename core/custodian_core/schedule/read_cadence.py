"""Reading a cadence: in words or as cron, made into cron's five fields."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from custodian_core.yamltree import Node

from . import cadence
from .grammar import CADENCES, DAILY, LAST_DAY, MONTHLY, TIME, WEEKDAYS, WEEKLY
from .words import Notes


def read_cadence(tree: Mapping[str, Node], entry: Node, what: str, notes: Notes) -> tuple[str, str]:
    """What cron is told, and how the schedule says it."""
    node = tree.get("cadence", Node(None, entry.line, entry.line))
    said = node.content
    words = "it must be daily, weekly, monthly, or five fields of cron"
    if not isinstance(said, str):
        notes.wrong(what, "cadence", node, words)
        return "", ""
    if said in CADENCES:
        return _worded(said, tree, node, what, notes)
    for key in ("weekday", "day", "time"):
        if key in tree:
            notes.wrong(what, key, tree[key], f"it goes with {', '.join(CADENCES)}, not with cron")
    if trouble := cadence.cron_trouble(said):
        near = get_close_matches(said.casefold(), CADENCES, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else f"{words}: {trouble}"
        notes.wrong(what, "cadence", node, trouble if " " in said else hint)
    return said, said


def _worded(
    word: str, tree: Mapping[str, Node], cadence_: Node, what: str, notes: Notes
) -> tuple[str, str]:
    """A cadence in words, as cron has it."""
    minute, hour = _time(tree, cadence_, what, notes)
    at = f"at {hour:02d}:{minute:02d}"
    weekday, day = tree.get("weekday"), tree.get("day")
    if word == WEEKLY and weekday:
        number = _weekday(weekday, what, notes)
        _refuse(day, "day", f"it goes with {MONTHLY}", what, notes)
        return f"{minute} {hour} * * {number}", f"weekly on {WEEKDAYS[number]} {at}"
    if word == WEEKLY:
        notes.wrong(what, "weekday", Node(None, cadence_.line, 0), "say which, as monday")
        return "", ""
    if word == DAILY:
        _refuse(weekday, "weekday", f"it goes with {WEEKLY} and {MONTHLY}", what, notes)
        _refuse(day, "day", f"it goes with {MONTHLY}", what, notes)
        return f"{minute} {hour} * * *", f"daily {at}"
    if weekday:
        number = _weekday(weekday, what, notes)
        _refuse(day, "day", "it or weekday, not both", what, notes)
        return f"{minute} {hour} * * {number}#1", f"monthly on the first {WEEKDAYS[number]} {at}"
    if day is None:
        why = "say which, as 1 or last, or a weekday for the first such day"
        notes.wrong(what, "day", Node(None, cadence_.line, 0), why)
        return "", ""
    return _of_month(day, minute, hour, what, notes)


def _refuse(node: Node | None, key: str, why: str, what: str, notes: Notes) -> None:
    if node is not None:
        notes.wrong(what, key, node, why)


def _of_month(node: Node, minute: int, hour: int, what: str, notes: Notes) -> tuple[str, str]:
    said = node.content
    at = f"at {hour:02d}:{minute:02d}"
    if said == LAST_DAY:
        return f"{minute} {hour} L * *", f"monthly on the last day {at}"
    if not isinstance(said, str) or not re.fullmatch("0?[1-9]|[12][0-9]|3[01]", said):
        notes.wrong(what, "day", node, f"it must be from 1 to 31, or {LAST_DAY}")
        return "", ""
    day = int(said)
    if day > 28:
        why = f"months without day {day} are left out; `day: {LAST_DAY}` is each month's last"
        notes.add("K-05", node.line, what=what, why=why)
    return f"{minute} {hour} {day} * *", f"monthly on day {day} {at}"


def _time(tree: Mapping[str, Node], cadence_: Node, what: str, notes: Notes) -> tuple[int, int]:
    node = tree.get("time", Node(None, cadence_.line, 0))
    if isinstance(node.content, str) and re.fullmatch(TIME, node.content):
        hour, minute = node.content.split(":")
        return int(minute), int(hour)
    notes.wrong(what, "time", node, 'it must be from "00:00" to "23:59"')
    return 0, 0


def _weekday(node: Node, what: str, notes: Notes) -> int:
    """The number of the day, as cron counts; a word may be cut to three letters."""
    said = node.content.casefold() if isinstance(node.content, str) else ""
    for number, name in enumerate(WEEKDAYS):
        if said in (name, name[:3]):
            return number
    notes.wrong(what, "weekday", node, f"it must be one of {', '.join(WEEKDAYS)}")
    return 0
