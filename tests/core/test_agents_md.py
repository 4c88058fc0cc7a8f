import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.agents_md import installed, reads, state, unfit, uninstalled
from custodian_core.fenced import State

PIECES = [b"# Agents\n", b"text", b"\r\n", b"\n", b"\xef\xbb\xbf", b"\xff", b"<!-- note -->\n", b""]
TEXTS = st.lists(st.sampled_from(PIECES)).map(b"".join)


@given(TEXTS)
def test_what_is_installed_is_taken_out_without_a_trace(data: bytes) -> None:
    new = installed("marki-docx", data)

    assert new.startswith(data)
    assert installed("marki-docx", new) == new
    assert state("marki-docx", new) == (State.INSTALLED, None)
    assert uninstalled(new) == data


@given(TEXTS, TEXTS)
def test_what_was_written_around_the_lines_stays(before: bytes, after: bytes) -> None:
    data = installed("marki-docx", before + b"\n") + after
    other = installed("another", data)

    assert uninstalled(data) == uninstalled(other) == before + b"\n" + after
    assert state("another", data)[0] is State.OUTDATED


def test_a_file_that_was_not_there_is_gone_afterwards() -> None:
    new = installed("marki-docx", None)

    assert uninstalled(new) is None
    assert uninstalled(new + b"mine\n") == b"mine\n"
    assert uninstalled(installed("marki-docx", b"")) == b""


@pytest.mark.parametrize("repo", ["marki-docx", "x" * 100])
def test_the_lines_are_short(repo: str) -> None:
    text = installed(repo, None).decode()

    assert len(text.split()) <= 110
    assert len(text) <= 600
    # a word is a token, and so is each mark; long words are counted as several
    tokens = sum((len(word) + 5) // 6 for word in re.findall(r"\w+", text.replace(repo, "docs")))
    assert tokens + len(re.findall(r"[^\w\s`]+", text)) <= 150


def test_the_lines_tell_how_to_begin_report_and_close() -> None:
    text = installed("marki-docx", None).decode()

    for told in (
        "custodian dispatch marki-docx",
        "get_repo_dispatch",
        "custodian task status",
        "custodian task note",
        "custodian human ask",
        "git pull --ff-only",
        "custodian fix marki-docx",
        "state_hub_*",
    ):
        assert told in text


def test_older_lines_are_replaced_in_place() -> None:
    older = b"before\n<!-- BEGIN custodian v0 -->\nold\n<!-- END custodian -->\nafter\n"
    new = installed("marki-docx", older)

    assert new.startswith(b"before\n<!-- BEGIN custodian v1")
    assert new.endswith(b"<!-- END custodian -->\nafter\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (
            b"x\n<!-- BEGIN custodian v1 -->\n",
            "a block begins in line 2 and does not end; mend it by hand",
        ),
        (
            b"<!-- END custodian -->\n",
            "a block ends in line 1 and does not begin; mend it by hand",
        ),
        (
            b"<!-- BEGIN custodian v1 -->\n<!-- END custodian -->\n" * 2,
            "blocks begin in lines 1, 3 and end in lines 2, 4; there can be one; mend it by hand",
        ),
        (
            b"<!-- begin custodian -->\n",
            "line 1 looks like a mark of ours and is none; mend it by hand",
        ),
        ("# Agents".encode("utf-16"), "it is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_told_with_the_line(data: bytes, why: str) -> None:
    assert unfit(data) == why
    assert state("marki-docx", data) == (State.FOREIGN, why)


def test_the_blocks_of_other_programs_are_none_of_ours() -> None:
    others = b"<!-- BEGIN custodian-like v1 -->\n<!-- END custodian-like -->\n"

    assert unfit(others) is None
    assert state("marki-docx", others) == (State.ABSENT, None)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"@AGENTS.md\n", True),
        (b"# Claude\r\n@./AGENTS.md\r\n", True),
        (b"see @AGENTS.md\n", False),
        (b"@AGENTS.md.bak", False),
    ],
)
def test_a_file_that_takes_in_the_other_is_known(data: bytes, found: bool) -> None:
    assert reads(data, "AGENTS.md") is found
