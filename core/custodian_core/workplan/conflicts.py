"""What a merge conflict touches that nobody resolved: none of it is to be trusted."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from .grammar import MAX_FINDINGS
from .outline import Note, Outline, Part

_CONFLICT = re.compile(rb"\n(<{7}|>{7}) [^\n]*")


def distrust_conflicts(outline: Outline) -> None:
    """Mark what an unresolved merge conflict touches as not to be trusted."""
    padded = outline.padded
    if not _may_conflict(padded):
        return
    for first, last in _conflicts(padded, outline.quotes):
        line = padded.count(b"\n", 0, first + 1)
        problem = (line, f"a merge conflict is not resolved on line {line}")
        outline.notes.append(Note(line, "workplan", "a merge conflict is not resolved"))
        if outline.front and outline.front.open < last and first < outline.front.close:
            outline.front = _troubled(outline.front, problem)
        outline.blocks[:] = [
            _troubled(part, problem) if part.open < last and first < part.close else part
            for part in outline.blocks
        ]


def _may_conflict(padded: bytes) -> bool:
    # (one byte is sought much faster than eight)
    return (b"<" in padded and b"\n<<<<<<< " in padded) or (
        b">" in padded and b"\n>>>>>>> " in padded
    )


def _conflicts(padded: bytes, quotes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The (start, end) of each conflict outside `quotes`; past the limit the rest is all one."""
    opened: tuple[int, int] | None = None
    told = 0
    for mark in _CONFLICT.finditer(padded):
        before = bisect_right(quotes, (mark.start(), len(padded))) - 1
        if before >= 0 and mark.start() < quotes[before][1]:
            continue
        told += 1
        if told >= MAX_FINDINGS:
            yield (opened or mark.span())[0], len(padded)
            return
        if mark[1].startswith(b">"):
            yield (opened or mark.span())[0], mark.end()
            opened = None
        else:
            if opened:
                yield opened
            opened = mark.span()
    if opened:
        yield opened


def _troubled(part: Part, problem: tuple[int, str]) -> Part:
    return part if part.problem else part._replace(problem=problem)
