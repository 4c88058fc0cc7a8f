"""Line-exact edits of a tree: what a change does not speak of stays, byte for byte."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import TypeAlias

from custodian_core.errors import BadValue, Conflict, NotEditable, UnknownThing
from custodian_core.ops.markdown import decoded, encoded
from custodian_core.ops.references import numbers
from custodian_core.text import printable

from .tree import (
    ANNOTATION,
    CLOSED,
    STATE,
    STATUS,
    UPDATED,
    VAULT,
    Item,
    Objective,
    Tree,
    Word,
    read_tree,
)

_BOX = re.compile(r"([ \t]*[-*+][ \t]+\[)[ xX]")
_VAULT_PATH = re.compile(r"vault/(?:pending|approved)/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.md")
#: how long a reason may be: it is one line that people read
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class SetBox:
    """The box on that line is ticked, or not; an annotation that says otherwise follows."""

    line: int
    ticked: bool


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The objective that begins on that line has this status and reason."""

    line: int
    word: Word
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WaitForVault:
    """The prerequisite on that line waits for the vault item with that path."""

    line: int
    path: str


Change: TypeAlias = SetBox | SetStatus | WaitForVault


# --- what is to change


def objective_named(tree: Tree, name: str) -> Objective:
    """The objective of that name, label or issue."""
    wanted = name.strip().casefold()
    refs = numbers(name) if name.startswith("#") else ()
    found = [
        each
        for each in tree.objectives
        if wanted in (each.label.casefold(), each.name.casefold()) or set(refs) & set(each.refs)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(f"line {each.line}" for each in found)
        raise Conflict(f"objective '{name}'", f"there are {len(found)} of that name, on {places}")
    near = get_close_matches(name, [each.name for each in tree.objectives], 3)
    raise UnknownThing("objective", name, tuple(near))


def items_named(tree: Tree, name: str, objective: str | None = None) -> list[Item]:
    """The prerequisite of that name, or all that are that issue; perhaps of one objective."""
    scope = [objective_named(tree, objective)] if objective else tree.objectives
    items = [item for each in scope for item in each.items]
    refs = numbers(name) if name.startswith("#") else ()
    if refs:
        found = [item for item in items if set(refs) & set(item.refs)]
    else:
        wanted = " ".join(name.split()).casefold()
        found = [item for item in items if item.label.casefold() == wanted]
        if len(found) > 1:
            places = ", ".join(f"line {item.line}" for item in found)
            why = f"{len(found)} have that name, on {places}; name the objective too"
            raise Conflict(f"prerequisite '{name}'", why)
    if not found:
        near = get_close_matches(name, [item.label for item in items], 3)
        raise UnknownThing("prerequisite", name, tuple(near))
    return found


def tick(items: Sequence[Item], *, ticked: bool, reason: str = "") -> list[SetBox]:
    """The changes after which the items are ticked, or not; taking a tick back needs a reason."""
    wrong = [item for item in items if item.ticked is not ticked or item.closed is (not ticked)]
    if any(item.ticked for item in wrong) and not ticked and not reason.strip():
        why = "it is ticked; say with --reason why it is not any more"
        raise Conflict(f"prerequisite '{items[0].label}'", why)
    return [SetBox(item.line, ticked) for item in wrong]


def set_status(objective: Objective, word: Word, reason: str = "") -> list[SetStatus]:
    """The change after which the objective has that status, where it can truly be said."""
    reason = _one_line(reason)
    if objective.status is word and objective.reason == reason:
        return []
    open_items = [item for item in objective.items if not item.ticked]
    what = f"objective '{objective.label}'"
    if word is Word.DONE and open_items:
        raise Conflict(what, f"it is not done: '{open_items[0].label}' is not ticked (PT02)")
    if word is Word.READY and (blocked := [item for item in open_items if item.blocked]):
        raise Conflict(what, f"it is not ready: '{blocked[0].label}' is blocked (PT11)")
    if word is Word.BLOCKED and not reason:
        raise Conflict(what, "say with --reason what blocks it (PT04)")
    if objective.status is Word.DONE and word is not Word.DONE and not reason:
        raise Conflict(what, "it is done; say with --reason why it is not any more")
    return [SetStatus(objective.line, word, reason)]


def wait_for_vault(items: Sequence[Item], path: str) -> list[WaitForVault]:
    """The changes after which the items wait for that vault item."""
    if not _VAULT_PATH.fullmatch(path):
        raise BadValue("vault item", f"'{printable(path, 60)}' is not vault/pending/NAME.md")
    if ticked := [item for item in items if item.ticked]:
        raise Conflict(f"prerequisite '{ticked[0].label}'", "it is ticked and waits for nothing")
    return [WaitForVault(item.line, path) for item in items if item.vault != path]


def _one_line(reason: str) -> str:
    reason = reason.strip()
    if reason != printable(reason):
        raise BadValue("reason", "it must be one line of text")
    if len(reason) > LONGEST_REASON:
        raise BadValue("reason", f"it may have {LONGEST_REASON} characters")
    if reason.endswith(("*", "_")):
        raise BadValue("reason", "it cannot end with * or _, which a status line may stand between")
    return reason


# --- changing it


def edit(data: bytes, changes: Sequence[Change], today: date) -> bytes:
    """The bytes after the changes, with the tree's date at `today`; the same bytes for none."""
    before = read_tree(data)
    rows = decoded(data).split("\n")
    inserted: dict[int, str] = {}
    for change in changes:
        match change:
            case SetBox(line, ticked):
                rows[line - 1] = _with_box(rows[line - 1], ticked=ticked)
            case WaitForVault(line, path):
                rows[line - 1] = _with_vault(rows[line - 1], path)
            case SetStatus():
                _put_status(before, rows, inserted, change)
    if not inserted and encoded("\n".join(rows)) == data:
        return data
    if before.updated_line is not None:
        rows[before.updated_line - 1] = _with_date(rows[before.updated_line - 1], today)
    for line in sorted(inserted, reverse=True):
        _insert(rows, line, inserted[line])
    result = encoded("\n".join(rows))
    _prove(before, changes, read_tree(result))
    return result


def _with_box(row: str, *, ticked: bool) -> str:
    row = _BOX.sub(rf"\g<1>{'x' if ticked else ' '}", row, count=1)
    return ANNOTATION.sub(lambda mark: _with_state(mark, ticked=ticked), row)


def _with_state(mark: re.Match[str], *, ticked: bool) -> str:
    """The annotation, its state `closed` for what is ticked and `open` for what is not."""
    said = mark[0]
    found = STATE.search(mark[1])
    if not found or bool(CLOSED.match(found[1].strip())) is ticked:
        return said
    first = found[1].partition(",")[0].rstrip()
    at = mark.start(1) - mark.start() + found.start(1)
    return f"{said[:at]}{'closed' if ticked else 'open'}{said[at + len(first) :]}"


def _with_vault(row: str, path: str) -> str:
    said = row.rstrip()
    if found := VAULT.search(row):
        if found[1] is not None:
            return row[: found.start(1)] + path + row[found.end(1) :]
        return f"{row[: found.end()]} ({path}){row[found.end() :]}"
    return f"{said} blocked-on-vault ({path}){row[len(said) :]}"


def _put_status(tree: Tree, rows: list[str], inserted: dict[int, str], change: SetStatus) -> None:
    objective = next(each for each in tree.objectives if each.line == change.line)
    said = f"{change.word} — {change.reason}" if change.reason else change.word.value
    if len(objective.statuses) > 1:
        lines = ", ".join(str(each.line) for each in objective.statuses)
        raise NotEditable(f"status of '{objective.label}'", f"it stands on lines {lines}")
    if not objective.statuses:
        last = objective.items[-1].line if objective.items else objective.line
        inserted[last] = f"Status: {said}"
        return
    row = rows[objective.statuses[0].line - 1]
    found = STATUS.match(row)
    assert found  # noqa: S101 - the tree was read from it
    tail = row[len(row.rstrip("*_ \t\r")) :]
    rows[objective.statuses[0].line - 1] = row[: found.start(1)] + said + tail


def _with_date(row: str, today: date) -> str:
    found = UPDATED.search(row)
    assert found  # noqa: S101 - the tree was read from it
    return row[: found.start(1)] + today.isoformat() + row[found.end(1) :]


def _insert(rows: list[str], line: int, text: str) -> None:
    """The text stands below that line, which ends as its neighbours do."""
    ends = "\r" if rows[0].endswith("\r") else ""
    if line < len(rows):
        rows.insert(line, text + ends)
    else:  # the last line has no end: now it has one, and the new one has none
        rows[line - 1] += ends
        rows.append(text)


def _prove(before: Tree, changes: Sequence[Change], after: Tree) -> None:
    """Raise unless `after` says what `before` said, but for what the changes speak of."""
    old = [item for _, item in before.prerequisites()]
    new = [item for _, item in after.prerequisites()]
    touched = {change.line for change in changes if not isinstance(change, SetStatus)}
    kept = len(old) == len(new) and all(
        one.line in touched or one._replace(line=0) == other._replace(line=0)
        for one, other in zip(old, new, strict=True)
    )
    names = [(each.label, each.refs) for each in before.objectives]
    kept = kept and names == [(each.label, each.refs) for each in after.objectives]
    if not kept or not all(_holds(before, change, after) for change in changes):
        raise NotEditable("the tree", "reading the result shows another difference than was asked")


def _holds(before: Tree, change: Change, after: Tree) -> bool:
    if isinstance(change, SetStatus):
        place = [each.line for each in before.objectives].index(change.line)
        objective = after.objectives[place]
        return (objective.status, objective.reason) == (change.word, change.reason)
    place = [item.line for _, item in before.prerequisites()].index(change.line)
    item = list(after.prerequisites())[place][1]
    if isinstance(change, SetBox):
        return item.ticked is change.ticked and item.closed is not (not change.ticked)
    return item.vault == change.path
