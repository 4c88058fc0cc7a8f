"""A block of ours in a file that is somebody else's: found by its marks, put in, taken out.

Nothing outside the marks changes: line ends, a byte order mark, a missing last newline stay.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

#: said in the first mark: there was no file; the line before had no end
NEW, GLUED = "new", "glued"


class State(StrEnum):
    """How a block of ours stands in a file."""

    INSTALLED = "installed"
    #: ours, but not as it would be written now
    OUTDATED = "outdated"
    ABSENT = "absent"
    #: the file is such that nothing can be put in or taken out
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Marks:
    """How the first and the last line of a block are known.

    `begin` has a group `said` with the words that remember how the block was put in. A line in
    which `word` is found and that is neither is a sign of damage.
    """

    begin: re.Pattern[bytes]
    end: re.Pattern[bytes]
    word: re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it stands in the file, from its first mark to the end of the last."""

    start: int
    stop: int
    text: bytes
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class Damaged:
    """The marks do not make one block, and why, with the numbers of the lines."""

    why: str


def find(data: bytes, marks: Marks) -> Block | Damaged | None:
    """The one block of the file, none, or what is wrong with its marks."""
    begins: list[tuple[int, int, re.Match[bytes]]] = []
    ends: list[tuple[int, int]] = []
    at = 0
    for number, row in enumerate(data.split(b"\n"), 1):
        line = row.removesuffix(b"\r")
        if first := marks.begin.fullmatch(line):
            begins.append((number, at, first))
        elif marks.end.fullmatch(line):
            ends.append((number, at + len(line)))
        elif marks.word.search(line):
            return Damaged(f"line {number} looks like a mark of ours and is none")
        at += len(row) + 1
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0][0] > ends[0][0]:
        return Damaged(_amiss([n for n, _, _ in begins], [n for n, _ in ends]))
    (_, start, first), (_, stop) = begins[0], ends[0]
    said = frozenset(first["said"].decode("ascii", "replace").split())
    return Block(start, stop, data[start:stop], said)


def _amiss(begins: list[int], ends: list[int]) -> str:
    def lines(numbers: list[int]) -> str:
        return ("line " if len(numbers) == 1 else "lines ") + ", ".join(map(str, numbers))

    if not ends:
        return f"a block begins in {lines(begins)} and does not end"
    if not begins:
        return f"a block ends in {lines(ends)} and does not begin"
    return f"blocks begin in {lines(begins)} and end in {lines(ends)}; there can be one"


def put(
    data: bytes | None,
    marks: Marks,
    write: Callable[[frozenset[str]], bytes],
    at: int | None = None,
) -> bytes:
    """The file with the block that `write` makes: in its place where there is one, else at `at`.

    `write` is told what the first mark has to remember. None stands for a file that is not there.
    `at` is the beginning of a line, or the end of the file; it is the end where it is not said.
    """
    before = data or b""
    block = find(before, marks)
    assert not isinstance(block, Damaged)  # noqa: S101 - the caller has refused that
    if block:
        text = write(block.said).replace(b"\n", _line_end(block.text))
        return before[: block.start] + text + before[block.stop :]
    at = len(before) if at is None else at
    end = _line_end(before[: before.find(b"\n") + 1])
    glued = at > 0 and before[at - 1 : at] != b"\n"
    said = frozenset([NEW] * (data is None) + [GLUED] * glued)
    text = write(said).replace(b"\n", end)
    return before[:at] + end * glued + text + end + before[at:]


def take_out(data: bytes, block: Block) -> bytes:
    """The file as it would be without the block."""
    before, after = data[: block.start], data[block.stop :]
    after = re.sub(rb"\A\r?\n", b"", after)
    if GLUED in block.said and not after:
        before = before.removesuffix(_line_end(block.text))
    return before + after


def _line_end(text: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in text else b"\n"
