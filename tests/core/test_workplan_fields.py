from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custodian_core.workplan.fields import Fields, Unreadable, Value, read_fields

from .plans import HUB_ID

keys = st.sampled_from(["id", "status", "title", "on", "null", "k-1", "state_hub_task_id"])
plain = st.text(st.sampled_from("abz019 -_./:#'\"[]{},&*!|>%@`~?=+é—…\u00a0\t"), max_size=14)
quoted = st.one_of(plain.map('"{}"'.format), plain.map("'{}'".format), plain.map("[{}]".format))
lines = st.one_of(
    st.tuples(keys, st.sampled_from([": ", ":", " : ", ":  "]), st.one_of(plain, quoted)).map(
        "".join
    ),
    st.sampled_from(["", "# comment", "  # comment", "   "]),
)


@settings(max_examples=600)
@given(st.lists(lines, max_size=6))
def test_f57_what_the_scanner_reads_is_what_yaml_says(block: list[str]) -> None:
    text = "\n".join(block)
    ours = read_fields(text, 1)
    if isinstance(ours, Unreadable):
        return
    # YAML allows a tab between a key and its value, libyaml not everywhere
    assume("\t" not in text)

    theirs: dict[str, Any] = yaml.load(text, Loader=yaml.CBaseLoader) or {}  # noqa: S506 - text only
    assert {key: _text(value) for key, value in ours.values.items()} == {
        key: _nothing(value) for key, value in theirs.items()
    }


def _text(value: Value) -> object:
    return _nothing(value)


def _nothing(value: Any) -> object:
    """Nulls and the plain words for them alike, since the string-only loader keeps the words."""
    if type(value) is list:
        return [_nothing(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if type(value) is dict:
        return {key: _nothing(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return None if value in ("", "~", "null", "Null", "NULL") else value


EVERYDAY = (
    "id: CUST-WP-0001-T01\nstatus: todo\npriority: high\n" + f'state_hub_task_id: "{HUB_ID}"\n'
)


@pytest.mark.parametrize(
    "text",
    [
        EVERYDAY,
        EVERYDAY.replace('"', "'"),
        EVERYDAY.replace('"', ""),
        EVERYDAY.replace("CUST-WP-0001-T01", "null"),
        EVERYDAY.replace("CUST-WP-0001-T01", "nullable"),
        EVERYDAY.replace("CUST-WP-0001-T01", "1.10"),
    ],
)
def test_the_everyday_block_reads_as_its_lines_in_another_order_do(text: str) -> None:
    quick = read_fields(text, 5)
    slow = read_fields("".join(reversed(text.splitlines(keepends=True))), 5)

    assert isinstance(quick, Fields)
    assert isinstance(slow, Fields)
    assert quick.values == slow.values
    assert quick.lines == {"id": 5, "status": 6, "priority": 7, "state_hub_task_id": 8}


def test_a_quote_that_does_not_match_is_not_taken_for_one() -> None:
    assert isinstance(read_fields(EVERYDAY.replace(f'{HUB_ID}"', HUB_ID), 1), Unreadable)


def test_the_line_of_a_key_is_right_behind_comments_and_scalars() -> None:
    fields = read_fields("# one\nid: x\n\nnote: |\n  a\n  b\nstatus: y\n", 10)

    assert isinstance(fields, Fields)
    assert fields.lines == {"id": 11, "note": 13, "status": 16}


@pytest.mark.parametrize("char", ["\x07", "\x1b", "\x7f", "\ufffe"])
def test_characters_that_yaml_does_not_print_are_refused(char: str) -> None:
    assert isinstance(read_fields(f"id: a{char}b\n", 1), Unreadable)


def test_a_line_separator_inside_a_value_is_left_to_yaml() -> None:
    fields = read_fields("id: a\u2028 b\n", 1)

    assert isinstance(fields, Fields)
    assert fields.values == {"id": "a\u2028b"}
