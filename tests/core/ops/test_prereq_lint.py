"""Each rule finds what it is there for, and nothing in a tree that is well."""

from datetime import date

import pytest

from custodian_core.ops.prereq.lint import NOTHING_AROUND, Around, lint
from custodian_core.ops.prereq.tree import read_tree

from .trees import TREE, objective, tree

DAY = date(2026, 5, 2)
AROUND = Around(
    today=DAY,
    committed=DAY,
    vault={"acme-signing-key.md": "pending", "old.md": "fired", "no.md": "rejected"},
    unblocks={"acme-signing-key.md": (14,)},
    evidence={12: frozenset({"a.json", "b.json"})},
    closed={12: True, 14: False, 15: False},
)


def codes(data: bytes, around: Around = NOTHING_AROUND) -> list[tuple[str, int | None]]:
    return [(each.code, each.line) for each in lint(read_tree(data), around)]


def test_a_tree_that_is_well_has_nothing_amiss() -> None:
    assert codes(TREE.encode(), AROUND) == []
    assert AROUND.unknown == ()


def test_what_nobody_looked_up_is_told_and_not_guessed() -> None:
    assert [why.partition(":")[0] for why in NOTHING_AROUND.unknown] == [
        "PT12",
        "PT12",
        "PT06, PT07",
        "PT08",
        "PT16",
        "PT17",
    ]


RULES: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "all ticked": (objective("A", "READY", "[x] a"), [("PT01", 6)]),
    "all ticked without a status": (
        "## Objective: A\n- [x] a\n",
        [("PT01", 4), ("PT03", 4)],
    ),
    "done and open": (objective("A", "DONE", "[x] a", "[ ] b"), [("PT02", 6)]),
    "no status": ("## Objective: A\n- [ ] a\n", [("PT03", 4)]),
    "two statuses": (objective("A", "READY\nStatus: DONE", "[ ] a"), [("PT03", 6)]),
    "another word": (objective("A", "Paused", "[ ] a"), [("PT03", 6)]),
    "blocked by nobody": (objective("A", "BLOCKED", "[ ] a"), [("PT04", 6)]),
    "ready, but": (objective("A", "READY — waits for Tom", "[ ] a"), [("PT04", 6)]),
    "closed and not ticked": (objective("A", "READY", "[ ] a (#1 — closed)"), [("PT05", 5)]),
    "open and ticked": (objective("A", "DONE", "[x] a (#1 — backlog)"), [("PT05", 5)]),
    "a reason that is closed": (
        objective("A", "BLOCKED — #1", "[x] a (#1 — closed)", "[ ] b (#2)"),
        [("PT09", 7)],
    ),
    "a reason that nobody knows": (objective("A", "BLOCKED — #9", "[ ] b (#2)"), [("PT09", 6)]),
    "a reason that is waited for": (
        objective("A", "BLOCKED — #9", "[ ] b (#2 — depends on #9)"),
        [],
    ),
    "ready and blocked": (objective("A", "READY", "[ ] a (#1 — blocked)"), [("PT11", 5)]),
    "ready and on the vault": (objective("A", "READY", "[ ] a blocked-on-vault"), [("PT11", 5)]),
    "no prerequisites": ("## Objective: A\nStatus: READY\n", [("PT13", 4)]),
    "a circle": (
        objective("A", "READY", "[ ] a (#1 — depends on #2)", "[ ] b (#2 — depends on #1)"),
        [("PT14", 5)],
    ),
    "a milestone too early": (
        objective("A", "READY", "[ ] a") + "## --- M MILESTONE: DONE ---\n",
        [("PT15", 7)],
    ),
}


@pytest.mark.parametrize("case", RULES.values(), ids=RULES.keys())
def test_each_rule_finds_its_fault(case: tuple[str, list[tuple[str, int]]]) -> None:
    text, found = case

    assert codes(tree(text)) == found


def test_a_partial_update_is_found_from_both_sides() -> None:
    data = tree(
        objective("A", "BLOCKED — #425 is open", "[x] a (#425 — closed)", "[ ] b (#2)"),
        objective("B", "BLOCKED — #425 is open", "[ ] a (#425 — backlog)"),
    )

    assert codes(data) == [("PT09", 7), ("PT10", 10), ("PT09", 11)]


def test_an_objective_written_twice_is_found() -> None:
    data = tree(objective("A b", "READY", "[ ] x"), objective("a B", "READY", "[ ] y"))

    assert codes(data) == [("PT13", 8)]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("vault/pending/acme-signing-key.md", None),
        ("acme-signing-key.md", None),
        ("vault/pending/nowhere.md", "PT06"),
        ("../../vault/pending/acme-signing-key.md", "PT06"),
        ("/vault/pending/acme-signing-key.md", "PT06"),
        ("vault/fired/old.md", "PT07"),
        ("vault/pending/no.md", "PT07"),
    ],
)
def test_a_vault_item_must_be_there_and_open(path: str, code: str | None) -> None:
    text = objective("A", "BLOCKED — Tom", f"[ ] a (#14 — blocked) blocked-on-vault ({path})")
    around = Around(vault=AROUND.vault)

    assert [found for found, _ in codes(tree(text), around)] == ([code] if code else [])


def test_a_vault_item_that_would_unblock_the_tree_is_not_forgotten() -> None:
    text = objective("A", "READY", "[ ] a (#14)")

    assert codes(tree(text), Around(unblocks={"key.md": (14, 15), "x.md": (9,)})) == [
        ("PT08", None)
    ]


@pytest.mark.parametrize(
    ("said", "around", "found"),
    [
        ("2026-05-02", Around(today=DAY, committed=DAY), False),
        ("2026-05-03", Around(today=DAY), False),  # it is tomorrow already, east of here
        ("2026-05-04", Around(today=DAY), True),
        ("2026-05-01", Around(committed=DAY), True),
        ("2026-05-01", Around(today=DAY), False),
        ("May 1st", Around(), True),
    ],
)
def test_the_date_is_the_day_of_the_last_change(said: str, around: Around, found: bool) -> None:
    data = tree(objective("A", "READY", "[ ] a"), date=said)

    assert codes(data, around) == ([("PT12", 2)] if found else [])


def test_a_tree_without_a_date_is_told() -> None:
    assert codes(objective("A", "READY", "[ ] a").encode()) == [("PT12", 1)]


def test_done_wants_evidence() -> None:
    data = tree(objective("A (#31)", "DONE", "[x] a (#12)"), objective("B", "DONE", "[x] b (#9)"))

    assert codes(data, Around(evidence=AROUND.evidence)) == [("PT16", 8)]


def test_the_issue_itself_is_believed() -> None:
    text = objective(
        "A",
        "IN PROGRESS",
        "[x] a (#1 — closed)",
        "[ ] b (#2 — backlog)",
        "[x] c (#3)",
        "[ ] d (#4)",
        "[ ] e (#5)",
    )
    live = {1: False, 2: True, 3: False, 4: False}

    assert codes(tree(text), Around(closed=live)) == [("PT17", 5), ("PT17", 6), ("PT17", 7)]
