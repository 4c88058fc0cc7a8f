"""Where the parts of a workplan lie: front matter, task fences, headings, by byte and by line.

Works on bytes and splits on line feeds only, so that every offset holds in the file as it is.
Fences follow CommonMark. What looks like a task and is none is noted, never passed over.
"""

import re
from typing import NamedTuple

from custodian_core.findings import Severity

from .conflicts import distrust_conflicts
from .grammar import MAX_BLOCKS, MAX_FINDINGS, MAX_FRONT_MATTER, TASK_WORD
from .outline import Note, Outline, Part

BOM = b"\xef\xbb\xbf"

# Each pattern starts with the line feed before the line: a literal prefix that `re` finds fast.
# The everyday task block is matched whole, which is most of the speed; what it does not fit is
# taken line by line.
_MARK = re.compile(
    rb"""\n(?:
        ```task[ \t]*\r?\n ((?:[A-Za-z_][^\n]*+\n)*+) ```[ \t]*+\r?(?=\n|\Z)
      | ([ \t]*+ (?=[`~<*+\-0-9]) (?:(?:[-+*]|\d{1,9}[.)])[ \t]++)*+)
        (?: (`{3,}|~{3,}) ([^\n]*) | <!-- )
      | ([ \t]*+ (?:>|\xc2\xa0) [^`~\n]*+) (?:`{3,}|~{3,}) [ \t]*+ task(?![\w-])
    )""",
    re.VERBOSE,
)
# the last group that took part tells which alternative it was
_WHOLE_TASK, _FENCE, _HELD = 1, 4, 5
_FENCE_LINE = re.compile(rb"\n([ \t]*)(`{3,}|~{3,})([^\n]*)")
_FRONT_OPEN = re.compile(rb"---[ \t]*\r?\n")
_FRONT_CLOSE = re.compile(rb"\n(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)")
_LIST_ITEM = re.compile(rb"([ \t]*)([-+*]|\d{1,9}[.)])([ \t]+|\r?$)")
_TASK = TASK_WORD.encode()
_NEARLY_TASK = re.compile(rb"\W*task(?![A-Za-z0-9_-])", re.IGNORECASE)

#: how far up a deeply indented fence is sought for the list item it belongs to
_LIST_REACH = 400


class _Fence(NamedTuple):
    """A fence whose end is sought."""

    open: int
    start: int
    line: int
    indent: int
    run: bytes
    is_task: bool


def scan(data: bytes) -> Outline:
    """The outline of `data`."""
    # The line feed in front takes the place of a byte order mark where there is one.
    padded = b"   \n" + data[3:] if data.startswith(BOM) else b"\n" + data
    outline = Outline(padded)
    front = _front_matter(data)
    if isinstance(front, Part):
        outline.front = front
        outline.body = front.close
    elif front:
        outline.notes.append(front)
    _Walk(outline, len(data)).run()
    distrust_conflicts(outline)
    return outline


def _front_matter(data: bytes) -> Part | Note | None:
    begin = 3 if data.startswith(BOM) else 0
    opening = _FRONT_OPEN.match(data, begin)
    if not opening:
        return None
    start = opening.end()
    # from the line feed that ends the opening line: front matter may be empty
    closing = _FRONT_CLOSE.search(data, start - 1, start + MAX_FRONT_MATTER + 8)
    if closing is None:
        size = f"within {MAX_FRONT_MATTER // 1024} KiB"
        return Note(1, "front matter", f"it is opened on line 1 and not closed {size}")
    end = closing.start() + 1
    last = 2 + data.count(b"\n", start, end)
    return Part(begin, start, end, closing.end(), 1, last)


class _Walk:
    """One pass over the body, from mark to mark."""

    def __init__(self, outline: Outline, size: int) -> None:
        self.outline = outline
        self.padded = outline.padded
        self.size = size
        self.at = outline.body
        # Line feeds are counted from mark to mark; the one put in front is not a line's end.
        self.line = 1
        self.counted = 4 if outline.padded.startswith(b"   \n") else 1
        #: how many more fences may be sought a list item for, which takes the longest
        self.patience = 2_000
        #: the last fence that was found to be in a list: where, and how deep
        self.in_list = (-1, 0)

    def run(self) -> None:
        while self.at < len(self.padded):
            self.at = self._outside()

    def _note_held(self, line: int, before: bytes) -> None:
        """Tell of a task fence that a block quote or an odd blank keeps from being one."""
        if b">" in before:
            self._note(line, "task block", "it stands in a block quote", Severity.INFO)
        else:
            self._note(line, "task block", "a blank that is no space stands before its fence")

    def _line_of(self, start: int) -> int:
        """The number of the line that begins at `start`, which never goes back."""
        self.line += self.padded.count(b"\n", self.counted, start + 1)
        self.counted = start + 1
        return self.line

    def _note(self, line: int, what: str, why: str, severity: Severity = Severity.FAIL) -> None:
        self.outline.notes.append(Note(line, what, why, severity))

    def _outside(self) -> int:
        """Go on where no fence and no comment is open; where to go on from after one that was."""
        padded, blocks, notes = self.padded, self.outline.blocks, self.outline.notes
        for mark in _MARK.finditer(padded, self.at):
            start, end = mark.span()
            kind = mark.lastindex
            if len(blocks) >= MAX_BLOCKS or len(notes) >= 2 * MAX_FINDINGS:
                return self._give_up(start)
            if kind == _WHOLE_TASK:
                first, last = mark.span(1)
                line = self.line + padded.count(b"\n", self.counted, first)
                self.line = line + padded.count(b"\n", first, last)
                self.counted = last
                after = end if end < self.size else self.size
                blocks.append(Part(start, first - 1, last - 1, after, line - 1, self.line))
            elif kind == _FENCE:
                fence = self._opened(start, end, mark[2], mark[3], mark[4].strip())
                if fence:
                    return self._inside(fence)
            elif kind == _HELD:
                self._note_held(self._line_of(start), mark[5])
            elif _columns(mark[2]) < 4:
                return self._inside_comment(start, end)
        return len(self.padded)

    def _give_up(self, start: int) -> int:
        """Leave the rest of the file unread, and say so."""
        more = sum(_is_task(mark[3]) for mark in _FENCE_LINE.finditer(self.padded, start))
        line = self._line_of(start)
        if more:
            why = f"too much came before, {MAX_BLOCKS} blocks at most; {more} more fences follow"
            self._note(line, "rest of the file", why)
        self.outline.hidden.append((start, self.size))
        return len(self.padded)

    def _opened(self, start: int, end: int, blank: bytes, run: bytes, info: bytes) -> _Fence | None:
        """The fence that this line opens, if it opens one."""
        if run.startswith(b"`") and b"`" in info:
            return None
        line = self._line_of(start)
        indent, is_task = _columns(blank), _is_task(info)
        outer = _columns(blank[: len(blank) - len(blank.lstrip())])
        if outer > 3 and not self._in_list(start, outer):
            if is_task and self.patience > 0:
                why = "it is indented by four or more columns, which makes it a quotation"
                self._note(line, "task block", why, Severity.INFO)
            elif is_task:
                why = "it is indented too far below its list to tell whether it is a quotation"
                self._note(line, "task block", why)
            return None
        if not is_task and _NEARLY_TASK.match(info):
            said = info[:40].decode(errors="replace")
            self._note(line, "task block", f"its fence says '{said}' and not '{TASK_WORD}'")
        return _Fence(start, min(end, self.size), line, indent, run, is_task)

    def _in_list(self, start: int, indent: int) -> bool:
        """Whether a line at `indent`, four columns or more, belongs to a list item above it.

        How far up is looked is bounded; past the bound `patience` is gone and nothing is known.
        """
        padded, limit, at = self.padded, indent, start
        for _ in range(_LIST_REACH):
            self.patience -= 1
            above = padded.rfind(b"\n", 0, at)
            if above < 0 or self.patience < 0:
                return False
            text, at = padded[above + 1 : at], above
            if not text.strip():
                continue
            if self.in_list == (at, indent) and limit == indent:
                self.in_list = (start, indent)
                return True
            item = _LIST_ITEM.match(text)
            depth = _columns(item[1] if item else text[: len(text) - len(text.lstrip())])
            if item and depth < limit:
                content = _content_column(item, depth)
                if content <= indent:
                    if indent - content > 3:
                        return False
                    self.in_list = (start, indent)
                    return True
            if depth == 0:
                return False
            limit = min(limit, depth + 1)
        self.patience = 0
        return False

    def _inside(self, fence: _Fence) -> int:
        """Find where `fence` ends; where to go on from."""
        inner: list[tuple[int, bool]] = []
        for mark in _FENCE_LINE.finditer(self.padded, fence.start):
            blank, run, info = mark[1], mark[2], mark[3].strip()
            own_kind = run.startswith(fence.run)
            start, end = mark.span()
            if own_kind and not info and _columns(blank) <= fence.indent + 3:
                self._closed(fence, start, end, inner)
                return end
            if fence.is_task and info and b"`" not in info and (own_kind or _is_task(info)):
                # It was never closed: it ends here, so that the next one is read.
                line = self._line_of(start)
                why = f"its fence is not closed before the fence of line {line}"
                self.outline.blocks.append(_part(fence, start, start, line - 1, (fence.line, why)))
                return start
            if _is_task(info):
                inner.append((self._line_of(start), own_kind))
        self._never_closed(fence, inner)
        return len(self.padded)

    def _closed(self, fence: _Fence, start: int, end: int, inner: list[tuple[int, bool]]) -> None:
        if fence.is_task:
            line = self._line_of(start)
            self.outline.blocks.append(_part(fence, start, min(end, self.size), line, None))
            return
        self.outline.quotes.append((fence.open, end))
        self._note_inner(fence, inner, closed=True)

    def _never_closed(self, fence: _Fence, inner: list[tuple[int, bool]]) -> None:
        if fence.is_task:
            last = self._line_of(self.size - 1)
            why = "its fence is never closed"
            self.outline.blocks.append(_part(fence, self.size, self.size, last, (fence.line, why)))
            return
        self.outline.hidden.append((fence.open, self.size))
        if not inner:
            why = "it is never closed and hides the rest of the file"
            self._note(fence.line, "fence", why, Severity.WARN)
        self._note_inner(fence, inner, closed=False)

    def _note_inner(self, fence: _Fence, inner: list[tuple[int, bool]], *, closed: bool) -> None:
        """Tell of the task fences inside a fence that is no task: quoted, or swallowed by it."""
        swallowed = [line for line, own_kind in inner if own_kind or not closed]
        quoted = [line for line, own_kind in inner if closed and not own_kind]
        for lines, why, severity in (
            (
                swallowed,
                f"it stands inside the fence of line {fence.line}, not closed before it",
                Severity.FAIL,
            ),
            (quoted, f"it is quoted in the fence of line {fence.line}", Severity.INFO),
        ):
            for line in lines[:MAX_FINDINGS]:
                self._note(line, "task block", why, severity)
            if more := lines[MAX_FINDINGS:]:
                self._note(more[0], f"task block and {len(more)} after it", why, severity)

    def _inside_comment(self, start: int, end: int) -> int:
        """Note the tasks that a comment hides; where it ends."""
        line = self._line_of(start)
        closed = self.padded.find(b"-->", end)
        if closed < 0:
            closed = len(self.padded)
            self._note(line, "comment", "it is never closed and hides the rest of the file")
        self.outline.hidden.append((start, closed))
        for mark in _FENCE_LINE.finditer(self.padded, end, closed):
            if _is_task(mark[3]):
                why = f"the comment of line {line} hides it"
                self._note(self._line_of(mark.start()), "task block", why, Severity.INFO)
        return closed


def _content_column(item: re.Match[bytes], depth: int) -> int:
    """Where the content of a list item begins; a tab goes on to the next column of four."""
    mark = depth + len(item[2])
    if not item[3].strip(b"\r"):
        return mark + 1
    content = len(item[0].expandtabs(4))
    return content if content - mark <= 4 else mark + 1


def _is_task(info: bytes) -> bool:
    return info.split(None, 1)[:1] == [_TASK]


def _part(fence: _Fence, end: int, close: int, last: int, problem: tuple[int, str] | None) -> Part:
    start = min(fence.start, end)
    return Part(fence.open, start, end, close, fence.line, last, fence.indent, problem)


def _columns(blank: bytes) -> int:
    return len(blank.expandtabs(4)) if b"\t" in blank else len(blank)
