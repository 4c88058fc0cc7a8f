"""One line changes, every other byte stays."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue, Conflict, NotEditable, Refused, UnknownThing
from custodian_core.ops.prereq import edit as prereq
from custodian_core.ops.prereq.edit import Change, SetBox, SetStatus, WaitForVault, edit
from custodian_core.ops.prereq.lint import lint
from custodian_core.ops.prereq.ranking import constraints, graph
from custodian_core.ops.prereq.tree import Word, read_tree

from .test_prereq_tree import TEXTS
from .trees import TREE, objective, tree

TODAY = date(2026, 5, 9)
DATA = TREE.encode()


def ticked(data: bytes, name: str, *, on: bool = True, reason: str = "") -> bytes:
    items = prereq.items_named(read_tree(data), name)
    return edit(data, prereq.tick(items, ticked=on, reason=reason), TODAY)


def with_status(data: bytes, name: str, word: Word, reason: str = "") -> bytes:
    found = prereq.objective_named(read_tree(data), name)
    return edit(data, prereq.set_status(found, word, reason), TODAY)


def expected(*swaps: tuple[str, str], text: str = TREE) -> bytes:
    for old, new in (*swaps, ("2026-05-02", "2026-05-09")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text.encode()


def test_ticking_changes_box_state_and_date() -> None:
    done = ticked(DATA, "#15")

    assert done == expected(("[ ] Streaming", "[x] Streaming"), ("— backlog", "— closed"))


def test_ticking_what_is_ticked_changes_nothing() -> None:
    assert ticked(DATA, "Row schema  agreed") == DATA


def test_a_tick_is_taken_back_only_with_a_reason() -> None:
    with pytest.raises(Conflict, match="--reason"):
        ticked(DATA, "#12", on=False)

    undone = ticked(DATA, "#12", on=False, reason="the schema lacks a column")
    assert undone == expected(("[x] Row", "[ ] Row"), ("— closed", "— open"))


def test_an_issue_is_ticked_wherever_it_stands() -> None:
    data = tree(
        objective("A", "READY", "[ ] a (#425 — backlog, vision)"),
        objective("B", "READY", "[ ] b (#425)", "[ ] b"),
    )
    done = ticked(data, "#425")

    assert done.decode().count("[x]") == 2
    assert "(#425 — closed, vision)" in done.decode()


def test_a_name_that_two_have_is_refused_with_their_lines() -> None:
    data = tree(objective("A", "READY", "[ ] same"), objective("B", "READY", "[ ] same"))

    with pytest.raises(Conflict, match="line 5, line 9"):
        prereq.items_named(read_tree(data), "same")
    assert [item.line for item in prereq.items_named(read_tree(data), "same", "B")] == [9]


def test_a_name_that_nobody_has_is_told_with_near_ones() -> None:
    with pytest.raises(UnknownThing, match="Streaming writer"):
        ticked(DATA, "Streaming writter")
    with pytest.raises(UnknownThing, match="CSV export"):
        with_status(DATA, "CSV exports", Word.DONE)


def test_a_status_is_replaced_and_the_rest_of_its_line_stays() -> None:
    data = tree(objective("A", "BLOCKED — #9  \r", "[ ] a"))
    done = with_status(data, "A", Word.IN_PROGRESS, "half of it")

    assert done == expected(("BLOCKED — #9", "IN PROGRESS — half of it"), text=data.decode())


def test_a_status_that_is_missing_is_put_below_the_items() -> None:
    data = tree("## Objective: A\r\n- [ ] a\r\n\r\nText.\r").replace(b"\n<", b"\r\n<")
    done = with_status(data.replace(b"Tree\n", b"Tree\r\n"), "A", Word.READY)

    assert b"- [ ] a\r\nStatus: READY\r\n\r\nText." in done


def test_a_status_is_put_at_the_end_of_a_file_without_a_last_line_end() -> None:
    assert with_status(b"## Objective: A\n- [ ] a", "A", Word.READY) == (
        b"## Objective: A\n- [ ] a\nStatus: READY"
    )
    assert with_status(b"## Objective: A\r\n- [ ] a", "A", Word.READY) == (
        b"## Objective: A\r\n- [ ] a\r\nStatus: READY"
    )


@pytest.mark.parametrize(
    ("name", "word", "reason", "why"),
    [
        ("CSV export", Word.DONE, "", "PT02"),
        ("#31", Word.READY, "", "PT11"),
        ("CSV export", Word.BLOCKED, "", "PT04"),
    ],
)
def test_a_status_that_would_not_be_true_is_refused(
    name: str, word: Word, reason: str, why: str
) -> None:
    with pytest.raises(Conflict, match=why):
        with_status(DATA, name, word, reason)


def test_done_is_taken_back_only_with_a_reason() -> None:
    data = tree(objective("A", "DONE", "[x] a"))

    with pytest.raises(Conflict, match="--reason"):
        with_status(data, "A", Word.IN_PROGRESS)
    assert b"IN PROGRESS \xe2\x80\x94 reopened" in with_status(
        data, "A", Word.IN_PROGRESS, "reopened"
    )


def test_two_status_lines_are_not_edited() -> None:
    with pytest.raises(NotEditable, match="lines 6, 7"):
        with_status(tree(objective("A", "READY\nStatus: DONE", "[ ] a")), "A", Word.READY)


@pytest.mark.parametrize("reason", ["two\nlines", "x" * 301, "a\x1b[31m", "see *that*", "for KEY_"])
def test_a_reason_is_one_line(reason: str) -> None:
    with pytest.raises(BadValue):
        with_status(DATA, "CSV export", Word.BLOCKED, reason)


def waiting(data: bytes, name: str, path: str = "vault/pending/key.md") -> bytes:
    items = prereq.items_named(read_tree(data), name)
    return edit(data, prereq.wait_for_vault(items, path), TODAY)


def test_a_prerequisite_is_marked_as_waiting_for_the_vault() -> None:
    assert waiting(DATA, "#15") == expected(
        ("depends on #14)", "depends on #14) blocked-on-vault (vault/pending/key.md)")
    )
    assert waiting(DATA, "#14") == expected(("acme-signing-key", "key"))
    assert waiting(b"## Objective: A\n- [ ] a blocked-on-vault  \r\n", "a") == (
        b"## Objective: A\n- [ ] a blocked-on-vault (vault/pending/key.md)  \r\n"
    )
    assert waiting(DATA, "#14", "vault/pending/acme-signing-key.md") == DATA


def test_only_what_is_open_waits_and_only_for_a_vault_item() -> None:
    with pytest.raises(Conflict, match="ticked"):
        waiting(DATA, "#12")
    for path in ("vault/pending/../x.md", "/etc/x.md", "vault/fired/x.md", "vault/pending/x"):
        with pytest.raises(BadValue):
            waiting(DATA, "#15", path)


@given(TEXTS, st.sampled_from(["\n", "\r\n"]), st.data())
def test_an_edit_changes_only_its_lines_or_is_refused(
    text: str, ends: str, draw: st.DataObject
) -> None:
    data = f"## Objective: A\n- [ ] a (#1)\n{text}".replace("\n", ends).encode() + b"caf\xe9"
    told = read_tree(data)
    items = [item for _, item in told.prerequisites()]
    item = draw.draw(st.sampled_from(items))
    choices: list[Change] = [
        SetBox(item.line, ticked=not item.ticked),
        WaitForVault(item.line, "vault/pending/key.md"),
        SetStatus(told.objectives[0].line, Word.BLOCKED, "by #9"),
    ]
    change = draw.draw(st.sampled_from(choices))
    try:
        after = edit(data, [change], TODAY)
    except Refused:
        return

    statuses = {each.line for each in told.objectives[0].statuses}
    touched = {item.line, told.updated_line, *statuses}
    rows, new = data.split(b"\n"), after.split(b"\n")
    kept = [row for line, row in enumerate(rows, 1) if line not in touched]
    if len(new) == len(rows):
        assert kept == [row for line, row in enumerate(new, 1) if line not in touched]
    else:
        assert len(new) == len(rows) + 1
        assert edit(after, [change], TODAY) == after


def test_the_constraint_that_blocks_most_stands_first() -> None:
    data = tree(
        objective("A (#31)", "BLOCKED — #14", "[ ] key (#14) blocked-on-vault", "[x] x (#12)"),
        objective("B", "READY", "[ ] writer (#15 — backlog, depends on #14)", "[ ] docs"),
        objective("C", "READY", "[ ] adopt (#31)", "[ ] docs"),
        objective("D", "DONE", "[x] key (#14)", "[ ] writer (#15)"),
    )
    found = constraints(read_tree(data))

    assert [(each.ref, each.label, each.blocks) for each in found] == [
        (14, "key", ("A", "B", "C")),
        (15, "writer", ("B",)),
        (None, "docs", ("B",)),
        (31, "adopt", ("C",)),
        (None, "docs", ("C",)),
    ]
    assert [each.waits_for_vault for each in found] == [True, False, False, False, False]


def test_a_circle_does_not_keep_the_ranking_from_ending() -> None:
    data = tree(objective("A (#2)", "READY", "[ ] a (#1 — depends on #2)", "[ ] b (#2)"))

    assert {each.ref for each in constraints(read_tree(data))} == {1, 2}


def test_the_tree_is_a_graph_of_each_thing_once() -> None:
    told = graph(read_tree(DATA))

    assert [(node.id, node.kind, node.state) for node in told.nodes] == [
        ("objective:4", "objective", "BLOCKED"),
        ("#12", "prerequisite", "done"),
        ("#14", "prerequisite", "waits for the vault"),
        ("#15", "prerequisite", "open"),
        ("milestone:11", "milestone", "IN PROGRESS"),
    ]
    assert [(edge.source, edge.target, edge.kind) for edge in told.edges] == [
        ("#12", "objective:4", "blocks"),
        ("#14", "objective:4", "blocks"),
        ("#15", "objective:4", "blocks"),
        ("#14", "#15", "depends"),
        ("objective:4", "milestone:11", "reaches"),
    ]


@given(TEXTS)
def test_any_tree_can_be_linted_ranked_and_drawn(text: str) -> None:
    told = read_tree(text.encode())
    lint(told)
    picture = graph(told)

    known = {node.id for node in picture.nodes}
    assert all({edge.source, edge.target} <= known for edge in picture.edges)
    assert len(constraints(told)) <= sum(1 for _ in told.prerequisites()) * 6
