"""What the parts of an ops repo show together, and that a missing part is loud."""

from custodian_core.ops.defects import Defects, Facts, Source, TaskFact, structural_defects
from custodian_core.ops.prereq.tree import read_tree
from custodian_core.ops.procurement import read_request
from custodian_core.ops.sprints import read_sprint

from .trees import TREE, objective, tree

SOURCES = (Source("prerequisites.md", "objectives", 1),)


def sprint(slug: str, vision: int, *entries: str) -> str:
    rows = "".join(f"- id: {each}\n" for each in entries)
    block = f"<!-- filer:begin -->\n{rows}<!-- filer:end -->\n"
    return f"# Sprint: {slug}\n## Vision issues\n- #{vision}\n{block}"


def found(facts: Facts) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in structural_defects(facts).findings]


def test_a_missing_input_is_loud_and_an_empty_one_is_told() -> None:
    facts = Facts(
        (
            Source("prerequisites.md", "objectives", None),
            Source("sprints/", "sprints", 0),
            Source("vault/pending/", "requests", 2),
        )
    )
    defects = structural_defects(facts)

    assert [(each.code, each.severity.value) for each in defects.findings] == [
        ("DF01", "FAIL"),
        ("DF02", "WARN"),
    ]
    assert "prerequisites.md was not found" in defects.findings[0].message
    assert not defects.complete


def test_a_repo_that_is_well_has_no_defects() -> None:
    text = sprint("csv", 31, "writer\n  title: x")
    defects = structural_defects(
        Facts(
            SOURCES,
            read_tree(TREE.encode()),
            (read_sprint(text.encode(), "sprints/csv.md"),),
            evidence={},
        )
    )

    assert defects == Defects(SOURCES, 6, 6, ())


def test_a_circle_across_tree_and_sprint_is_found() -> None:
    data = tree(objective("CSV (#31)", "READY", "[ ] writer (#14)", "[ ] x (#15)"))
    text = sprint("csv", 14, "a\n  title: x\n  depends_on: [#31]")
    facts = Facts(SOURCES, read_tree(data), (read_sprint(text.encode(), "sprints/csv.md"),))
    (circle,) = [message for code, message in found(facts) if code == "DF03"]

    assert {"objective 'CSV'", "#14", "csv/a", "#31"} == set(circle.partition(": ")[2].split(" → "))


def test_an_objective_whose_own_issue_is_among_its_items_is_no_circle() -> None:
    data = tree(objective("CSV (#31)", "READY", "[ ] close it (#31)", "[ ] x (#15)"))

    assert [code for code, _ in found(Facts(SOURCES, read_tree(data)))] == []


def test_a_task_that_waits_for_itself_or_for_nobody() -> None:
    tasks = (
        TaskFact("A-T1", "workplans/a.md", 9, ("A-T1",)),
        TaskFact("A-T2", "workplans/a.md", 19, ("B-T9",)),
    )
    defects = structural_defects(Facts(SOURCES, tasks=tasks))

    assert [(each.code, each.path, each.line) for each in defects.findings] == [
        ("DF07", "workplans/a.md", 19)
    ]


def test_what_nothing_in_the_tree_leads_to_is_told() -> None:
    facts = Facts(
        SOURCES,
        read_tree(TREE.encode()),
        (read_sprint(sprint("tsv", 3, "a\n  title: x").encode(), "sprints/tsv.md"),),
        (
            read_request(b"# Request: x\n## Unblocks\n- #99\n", "vault/pending/hammer.md"),
            read_request(b"# Request: y\n## Unblocks\n- #12\n", "vault/pending/saw.md"),
            read_request(b"# Request: z\n", "vault/pending/acme-signing-key.md"),
        ),
    )

    assert [(code, message.partition(" ")[0]) for code, message in found(facts)] == [
        ("DF04", "sprint"),
        ("DF04", "request"),
    ]


def test_done_on_little_is_told_and_what_was_not_looked_at_is_not_held_against_it() -> None:
    told = read_tree(tree(objective("A (#1)", "DONE", "[x] a (#2)"), objective("B", "READY", "x")))
    evidence = {"evidence/holdout/1.json": frozenset({2})}

    assert found(Facts(SOURCES, told)) == [("DF05", "'B' is READY with no issues")]
    assert found(Facts(SOURCES, told, evidence=evidence)) == [
        ("DF05", "'A' is DONE with 1 evidence"),
        ("DF05", "'B' is READY with no issues"),
    ]


def test_what_much_waits_for_is_told() -> None:
    names = ("A", "B", "C")
    data = tree(
        *(objective(f"{n} (#{i})", "BLOCKED — #9", "[ ] key (#9)") for i, n in enumerate(names, 1))
    )

    assert found(Facts(SOURCES, read_tree(data))) == [("DF06", "'#9 key' holds up 3 objectives")]
