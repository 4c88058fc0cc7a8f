import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.fenced import GLUED, NEW, Block, Damaged, Marks, find, put, take_out

MARKS = Marks(
    begin=re.compile(rb"# >>> ours(?P<said>(?: new| glued)*)"),
    end=re.compile(rb"# <<< ours"),
    word=re.compile(rb"[<>]{3} ours"),
)

FILES = st.lists(
    st.sampled_from([b"a line", b"", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\xff", b"# x"])
).map(b"".join)


def written(said: frozenset[str], body: bytes = b"work") -> bytes:
    flags = "".join(f" {word}" for word in sorted(said)).encode()
    return b"# >>> ours" + flags + b"\n" + body + b"\n# <<< ours"


def other(said: frozenset[str]) -> bytes:
    return written(said, b"other\nwork")


def block_of(data: bytes) -> Block:
    block = find(data, MARKS)
    assert isinstance(block, Block)
    return block


def damage_of(data: bytes) -> str:
    damaged = find(data, MARKS)
    assert isinstance(damaged, Damaged)
    return damaged.why


@given(FILES)
def test_what_is_put_in_and_taken_out_leaves_no_trace(data: bytes) -> None:
    installed = put(data, MARKS, written)

    assert put(installed, MARKS, written) == installed
    assert put(put(installed, MARKS, other), MARKS, written) == installed
    assert take_out(installed, block_of(installed)) == data


@given(FILES, FILES)
def test_what_stands_around_the_block_stays_as_it_is(before: bytes, after: bytes) -> None:
    data = put(before + b"\n", MARKS, written) + after
    newer = put(data, MARKS, other)

    assert take_out(data, block_of(data)) == before + b"\n" + after
    assert newer.startswith(before + b"\n")
    assert newer.endswith(after)


@given(FILES)
def test_a_block_can_stand_first(data: bytes) -> None:
    installed = put(data, MARKS, written, at=0)

    assert installed.startswith(b"# >>> ours")
    assert take_out(installed, block_of(installed)) == data


def test_a_file_that_was_not_there_is_remembered_as_new() -> None:
    assert block_of(put(None, MARKS, written)).said == {NEW}
    assert block_of(put(b"", MARKS, written)).said == set()


def test_a_block_uses_the_line_ends_of_its_file() -> None:
    assert put(b"a\r\nb", MARKS, written) == (
        b"a\r\nb\r\n# >>> ours glued\r\nwork\r\n# <<< ours\r\n"
    )


def test_lines_that_were_added_behind_a_glued_block_are_not_joined_to_those_before() -> None:
    data = put(b"before", MARKS, written) + b"behind\n"

    assert block_of(data).said == {GLUED}
    assert take_out(data, block_of(data)) == b"before\nbehind\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x\n# >>> ours\n", "a block begins in line 2 and does not end"),
        (b"# <<< ours\n", "a block ends in line 1 and does not begin"),
        (b"# <<< ours\n# >>> ours", "blocks begin in line 2 and end in line 1; there can be one"),
        (
            b"# >>> ours\n# <<< ours\n" * 2,
            "blocks begin in lines 1, 3 and end in lines 2, 4; there can be one",
        ),
        (b"\n# >>> ours, by hand\n", "line 2 looks like a mark of ours and is none"),
    ],
)
def test_marks_that_make_no_block_are_told_by_line(data: bytes, why: str) -> None:
    assert damage_of(data) == why
