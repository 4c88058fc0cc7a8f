"""What is asked of a person is complete, concrete, and asked once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.ops.procurement import (
    asked_before,
    read_request,
    same_ask,
    spell,
    steps,
)
from custodian_core.ops.vault import duplicate

REQUEST = """\
# Request: Signing key for release artefacts
## What
A code-signing key usable by CI.
## Why
Blocks #14 (signed builds), which blocks objective CSV export. Waiting since 2026-04-28.
## Human action
1. Create the key in the vendor console, 2. store it as RELEASE_SIGN_KEY, 3. comment "done" on #14.
## Factory will then
- Re-run the release job
## Unblocks
- #14 — signed builds
"""
PATH = "vault/pending/acme-signing-key.md"


def codes(text: str, path: str = PATH) -> list[tuple[str, str, int | None]]:
    findings = read_request(text.encode(), path).findings
    return [(each.code, each.severity.value, each.line) for each in findings]


def test_a_complete_request_has_nothing_amiss() -> None:
    request = read_request(REQUEST.encode(), PATH)

    assert request.findings == ()
    assert (request.title, request.unblocks) == ("Signing key for release artefacts", (14,))
    assert request.name == "acme-signing-key.md"


def test_the_older_title_and_windows_lines_are_read_too() -> None:
    text = REQUEST.replace("# Request:", "# Procurement Request:").replace("\n", "\r\n")

    assert codes(text) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("## Why\n", "## Because\n", ("VA12", "FAIL", None)),
        ("A code-signing key usable by CI.\n", "", ("VA12", "FAIL", 2)),
        ("# Request: ", "# Wish: ", ("VA12", "FAIL", 1)),
        ("- #14 — signed builds", "- signed builds", ("VA13", "WARN", 10)),
        ("1. Create the key", "1. Decide about the key", ("VA14", "WARN", 6)),
    ],
)
def test_what_a_request_lacks_is_told(old: str, new: str, found: tuple[str, str, int]) -> None:
    assert REQUEST.count(old) == 1
    assert codes(REQUEST.replace(old, new)) == [found]


def test_a_supervisors_short_request_is_let_pass_and_flagged() -> None:
    text = "# Request: Prune\n## What\nx\n## Why\ny\n## Unblocks\n- #3\n"

    assert codes(text, "vault/pending/stale-pr-9.md") == [
        ("VA12", "WARN", None),
        ("VA12", "WARN", None),
    ]
    assert {severity for _, severity, _ in codes(text)} == {"FAIL"}


def test_one_concrete_step_is_enough() -> None:
    text = REQUEST.replace("1. Create the key", "1. Decide who\n2. Create organisation X")

    assert codes(text) == []


def test_steps_are_list_items_or_one_text() -> None:
    assert steps("intro\n1. one\n- [ ] two\n") == ["one", "two"]
    assert steps("do\nthis") == ["do this"]
    assert steps(" \n") == []


def test_a_section_in_a_fence_is_no_section() -> None:
    text = REQUEST.replace("## Unblocks\n", "```\n## Unblocks\n```\n")

    assert ("VA12", "FAIL", None) in codes(text)


def test_the_same_ask_is_known_by_file_or_title() -> None:
    one = read_request(REQUEST.encode(), PATH)
    elsewhere = read_request(b"# Request: other", "vault/fired/Acme-signing-key.md")
    reworded = read_request(b"# Request: signing KEY, for release artefacts!", "vault/fired/x.md")
    another = read_request(b"# Request: a hammer", "vault/fired/y.md")

    assert duplicate(one, [another, elsewhere]) is elsewhere
    assert same_ask(one, reworded)
    assert not same_ask(one, another)
    assert not same_ask(read_request(b"", "a.md"), read_request(b"", "b.md"))
    odd = read_request(b"# Request: ???", "vault/pending/odd.md")
    assert not same_ask(odd, read_request(b"", "b.md"))
    assert asked_before([another, one, reworded, elsewhere, odd]) == {
        reworded.path: one,
        elsewhere.path: one,
    }


TEXT = st.text(st.sampled_from("ab #`~<!->\n\r\té\x1b\u2028."), max_size=40)


@given(TEXT, TEXT, st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=2))
def test_what_is_written_reads_back_complete_or_is_refused(
    title: str, prose: str, human: list[str], unblocks: list[str]
) -> None:
    try:
        data = spell(title, prose, prose, human, ["go on"], unblocks)
    except BadValue:
        return
    request = read_request(data, PATH)

    assert not any(finding.severity == "FAIL" for finding in request.findings)
    assert list(request.said) == ["What", "Why", "Human action", "Factory will then", "Unblocks"]


@given(st.one_of(st.binary(max_size=200), TEXT.map(lambda text: (REQUEST + text).encode())))
def test_any_bytes_are_read(data: bytes) -> None:
    read_request(data, PATH)
