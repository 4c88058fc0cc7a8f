"""The tree as people and planners have written it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.ops.prereq.tree import Annotation, Word, item_of, read_tree

from .trees import TREE, objective, tree


def test_the_template_is_read_whole() -> None:
    told = read_tree(TREE.encode())
    (adoption,) = told.objectives

    assert told.updated == date(2026, 5, 2)
    assert (adoption.group, adoption.name, adoption.refs) == ("Adoption", "CSV export", (31,))
    assert (adoption.status, adoption.reason) == (Word.BLOCKED, "#14 waits for a human")
    assert [(item.line, item.ticked, item.label) for item in adoption.items] == [
        (5, True, "Row schema agreed"),
        (6, False, "Signing key for releases"),
        (7, False, "Streaming writer"),
    ]
    assert adoption.items[1].vault == "vault/pending/acme-signing-key.md"
    assert adoption.items[2].depends_on == (14,)
    assert [(m.name, m.said, m.objectives) for m in told.milestones] == [
        ("ADOPTION", "IN PROGRESS", (adoption,))
    ]


ITEMS = {
    "no annotation": ("Write it down", "Write it down", (), None, ()),
    "only a ref": ("Write it (#4)", "Write it", (4,), None, ()),
    "several refs": ("Both (#425, #688 — closed)", "Both", (425, 688), "closed", ()),
    "a run": ("All (#73-#77)", "All", (73, 74, 75, 76, 77), None, ()),
    "a pull request": ("Merge (PR #9 — closed 2026-04-15)", "Merge", (9,), "closed 2026-04-15", ()),
    "all closed": ("Parts (#1, #2 — all closed)", "Parts", (1, 2), "all closed", ()),
    "two words": ("Bug (#5 — blocked, bug-report)", "Bug", (5,), "blocked, bug-report", ()),
    "a plus": ("Do (#6 — backlog+priority)", "Do", (6,), "backlog+priority", ()),
    "a hyphen for a dash": ("Do (#6 - backlog)", "Do", (6,), "backlog", ()),
    "an en dash": ("Do (#6 \u2013 in-progress, vision)", "Do", (6,), "in-progress, vision", ()),
    "waits": ("Do (#6 — depends on #7)", "Do", (6,), "depends on #7", (7,)),
    "only waits": ("Do (depends on #7)", "Do", (), None, (7,)),
    "trailing blanks": ("Do (#6 — closed)  \r", "Do", (6,), "closed", ()),
    "an emoji in front": ("\u23f3 Do (#6)", "Do", (6,), None, ()),
    "other parentheses": ("Do (soon) (#6)", "Do (soon)", (6,), None, ()),
    "a ref in the text": ("See #9 first", "See #9 first", (), None, ()),
}


@pytest.mark.parametrize("case", ITEMS.values(), ids=ITEMS.keys())
def test_a_prerequisite_says_its_issues_and_their_state(
    case: tuple[str, str, tuple[int, ...], str | None, tuple[int, ...]],
) -> None:
    text, label, refs, state, depends_on = case
    item = item_of(1, ticked=False, text=text)

    assert (item.label, item.refs, item.depends_on) == (label, refs, depends_on)
    assert item.states == ((state,) if state else ())


@pytest.mark.parametrize(
    ("text", "vault"),
    [
        ("Key (#1) blocked-on-vault (vault/pending/a.md)", "vault/pending/a.md"),
        ("Key (#1) \u23f3 blocked-on-vault (vault/pending/a.md)", "vault/pending/a.md"),
        ("Key (#1) — blocked-on-vault", ""),
        ("Key (#1)", None),
    ],
)
def test_a_prerequisite_says_what_it_waits_for(text: str, vault: str | None) -> None:
    item = item_of(1, ticked=False, text=text)

    assert (item.label, item.refs, item.vault) == ("Key", (1,), vault)


def test_several_annotations_are_each_read() -> None:
    item = item_of(1, ticked=False, text="Two (#1 — closed) (#2 — backlog)")

    assert item.annotations == (
        Annotation((1,), "closed", (), True),
        Annotation((2,), "backlog", (), False),
    )
    assert item.closed is False


HEADINGS = {
    "plain": ("Faster", None, "Faster", ()),
    "an arrow of issues": ("Roll out (#10 → #11 → #12)", None, "Roll out", (10, 11, 12)),
    "text after the issue": ("Faster (#10) — phase 2", None, "Faster", (10,)),
    "a group with a hyphen": ("Core - Faster (#10)", "Core", "Faster", (10,)),
    "a hyphen in a word": ("Re-do it", None, "Re-do it", ()),
    "an empty name": ("", None, "", ()),
}


@pytest.mark.parametrize("case", HEADINGS.values(), ids=HEADINGS.keys())
def test_an_objective_says_its_name_group_and_issues(
    case: tuple[str, str | None, str, tuple[int, ...]],
) -> None:
    said, group, name, refs = case
    (found,) = read_tree(f"## Objective: {said}\n".encode()).objectives

    assert (found.group, found.name, found.refs) == (group, name, refs)


@pytest.mark.parametrize(
    ("line", "word", "reason"),
    [
        ("Status: DONE", Word.DONE, ""),
        ("Status: IN PROGRESS — half of it", Word.IN_PROGRESS, "half of it"),
        ("Status: BLOCKED - by #3", Word.BLOCKED, "by #3"),
        ("Status: BLOCKED by #3  \r", Word.BLOCKED, "by #3"),
        ("**Status:** READY", Word.READY, ""),
        ("**Status: READY**", Word.READY, ""),
        ("Status: READYISH", None, ""),
        ("Status: done", None, ""),
        ("Status:", None, ""),
    ],
)
def test_a_status_is_one_of_four_words_and_a_reason(
    line: str, word: Word | None, reason: str
) -> None:
    (found,) = read_tree(f"## Objective: X\n{line}\n".encode()).objectives

    assert [(each.word, each.reason) for each in found.statuses] == [(word, reason)]


def test_boxes_are_ticked_by_either_letter_and_stand_below_any_bullet() -> None:
    (found,) = read_tree(b"## Objective: X\n- [X] a\n* [x] b\n  + [ ] c\n-[x] d\n").objectives

    assert [(item.ticked, item.label) for item in found.items] == [
        (True, "a"),
        (True, "b"),
        (False, "c"),
    ]


def test_the_status_may_stand_before_the_items_and_below_the_milestone() -> None:
    before = read_tree(b"## Objective: X\nStatus: READY\n- [ ] a\n")
    below = read_tree(
        b"## Objective: X\n- [ ] a\n## --- M MILESTONE: DONE ---\nStatus: READY\n"
        b"## Objective: Y\n## --- N MILESTONE: BLOCKED ---"
    )

    assert [(o.status, len(o.items)) for o in before.objectives] == [(Word.READY, 1)]
    assert below.objectives[0].status is Word.READY
    assert [(m.name, [o.name for o in m.objectives], m.done) for m in below.milestones] == [
        ("M", ["X"], True),
        ("N", ["Y"], False),
    ]


def test_another_heading_ends_an_objective() -> None:
    (found,) = read_tree(b"## Objective: X\n- [ ] a\n## Notes\n- [ ] b\nStatus: DONE\n").objectives

    assert (len(found.items), found.status) == (1, None)


def test_what_is_quoted_or_commented_out_is_no_part_of_the_tree() -> None:
    data = b"```\n## Objective: Q\n```\n## Objective: X\n<!--\n- [ ] a\n-->\n~~~\n- [ ] b\n~~~\n"
    (found,) = read_tree(data).objectives

    assert (found.name, found.items) == ("X", ())


def test_windows_lines_a_byte_order_mark_and_odd_bytes_change_nothing() -> None:
    plain = read_tree(TREE.encode())
    odd = read_tree(b"\xef\xbb\xbf" + TREE.replace("\n", "\r\n").rstrip().encode())
    latin = read_tree(TREE.encode().replace(b"TSV", b"caf\xe9"))

    assert odd == plain
    assert latin == plain


def test_a_date_that_is_none_is_told_apart_from_no_date() -> None:
    assert read_tree(tree(date="yesterday")).updated_said == "yesterday"
    assert read_tree(tree(date="yesterday")).updated is None
    assert read_tree(b"# Tree\n").updated_said is None


PIECES = st.sampled_from(
    [
        *("## Objective: ", "- [ ] ", "- [x] ", "Status: ", "DONE", "BLOCKED — ", "(#1 — closed)"),
        *("(#2)", "#3", "\n", "\r\n", " ", "## --- M MILESTONE: DONE ---", "```", "<!--", "-->"),
        *("<!-- Last updated: 2026-01-01 -->", "blocked-on-vault", "(vault/pending/a.md)", "name"),
        *("depends on #1", "é", "\u2028", "(", ")", "—"),
    ]
)
TEXTS = st.lists(PIECES, max_size=50).map("".join)


@given(st.one_of(TEXTS.map(str.encode), st.binary(max_size=200)))
def test_any_bytes_are_read(data: bytes) -> None:
    told = read_tree(data)

    assert all(1 <= item.line <= data.count(b"\n") + 1 for _, item in told.prerequisites())


@given(TEXTS)
def test_an_everyday_item_is_read_as_any_other(text: str) -> None:
    # (a blank at the end keeps it from being taken for one of the everyday kind)
    for each in (
        text,
        f"Some name (#12 — {text})",
        f"{text} (#12 — closed)",
        f"Some name (#12 — {text}, depends on #3)",
    ):
        line = each.replace("\n", "").rstrip()
        assert item_of(1, ticked=True, text=line) == item_of(1, ticked=True, text=line + " ")


def test_identical_items_of_two_objectives_stay_two() -> None:
    told = read_tree(tree(objective("A", "READY", "[ ] same"), objective("B", "READY", "[ ] same")))

    assert [(o.name, i.line) for o, i in told.prerequisites()] == [("A", 5), ("B", 9)]
