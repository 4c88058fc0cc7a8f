"""What must hold before a task is done: which of a task's prose says so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BULLET = r"(?:[-*+]|\d{1,9}[.)])[ \t]+"
_CHECKBOX = re.compile(rf"[ \t]*{_BULLET}\[([ xX])\][ \t]+(\S.*)")
_LIST_ITEM = re.compile(rf"([ \t]*){_BULLET}(\S.*)")
_LABEL = re.compile(
    r"""[ \t]{0,3}(?:\*\*|__)?(?:Acceptance(?:[ ]criteria)?|Gate)(?:\*\*|__)?:(?:\*\*|__)?[ \t]*(.*)
      | [ ]{0,3}\#{1,6}[ \t]+(?:Acceptance(?:[ ]criteria)?|Gate):?[ \t]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_RULE = re.compile(r" {0,3}-{3,}[ \t]*")
_BREAK = re.compile(
    r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|#{1,6}(?:[ \t].*)?)$"
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that must hold before a task is done; `met` is None where there is no checkbox."""

    text: str
    met: bool | None = None


def split_prose(prose: str) -> Iterator[tuple[str, Criterion | None]]:
    """The prose in pieces: (line, None) as it stands, or (text, criterion) for what must hold.

    A label's paragraph ends at an empty line, a list, a fence, a heading or a rule. The list that
    follows a label is read as one criterion an item; an empty line may stand between the two only
    where the label says nothing itself. Fences are prose, whatever they hold.
    """
    lines = [line.removesuffix("\r") for line in prose.split("\n")]
    # in a label's list; whether empty lines may stand in it; below a heading that is a label
    place, listing, bare, headed = 0, False, False, False
    while place < len(lines):
        line = lines[place]
        last = _quoted_until(lines, place)
        if last is not None:
            yield "\n".join(lines[place : last + 1]), None
            place, listing = last + 1, listing and line[:1].isspace()
            continue
        box, label, item = _CHECKBOX.match(line), _LABEL.match(line), _LIST_ITEM.match(line)
        if headed and line.strip() and not (box or label or item):
            after = _paragraph_end(lines, place + 1)
            text = " ".join(" ".join(lines[place:after]).split())
            yield text, Criterion(text)
            place, headed = after, False
            continue
        if not (box or label or (listing and item)):
            # what is empty or indented still belongs to the item above
            listing = listing and bare and (not line.strip() or line[:1].isspace())
            if not _RULE.fullmatch(line):
                yield line, None
            place += 1
            continue
        headed = label is not None and line.lstrip().startswith("#")
        first = box[2] if box else label[1] or "" if label else item[2] if item else ""
        after = _paragraph_end(lines, place + 1)
        if label:
            listing, bare = True, not first.strip() and after == place + 1
        elif listing:
            bare = True
        text = " ".join(" ".join([first, *lines[place + 1 : after]]).split())
        if text:
            yield text, Criterion(text, box[1] != " " if box else None)
        place = after


def _paragraph_end(lines: list[str], place: int) -> int:
    """The line after the paragraph that goes on at `place`."""
    while place < len(lines):
        line = lines[place]
        if not line.strip() or any(
            pattern.match(line) for pattern in (_LIST_ITEM, _FENCE, _LABEL, _BREAK)
        ):
            return place
        place += 1
    return place


def _quoted_until(lines: list[str], place: int) -> int | None:
    """The last line of the fence or comment that begins at `place`, if one does."""
    fence = _FENCE.match(lines[place])
    if fence:
        return _fence_end(lines, place, fence[1])
    if not lines[place].lstrip().startswith("<!--"):
        return None
    closed = (later for later in range(place, len(lines)) if "-->" in lines[later])
    return next(closed, len(lines) - 1)


def _fence_end(lines: list[str], place: int, run: str) -> int:
    """The line that closes the fence opened at `place`, or the last line."""
    closing = re.compile(rf"[ \t]*{re.escape(run)}{re.escape(run[0])}*[ \t]*")
    for later in range(place + 1, len(lines)):
        if closing.fullmatch(lines[later]):
            return later
    return len(lines) - 1
