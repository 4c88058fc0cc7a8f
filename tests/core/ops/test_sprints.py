"""Sprints: people's YAML is read as they mean it, and what was filed is never filed again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.findings import Severity
from custodian_core.ops.deps import dependencies
from custodian_core.ops.filing import Filed, Filing, body, marker, plan_filing, vision
from custodian_core.ops.sprints import Sprint, read_sprint

ENTRIES = """\
- id: csv-writer
  title: "vision(#31): CSV writer"
  labels: [backlog]
  depends_on: []
  body: |
    ## Goal
    Write rows.

    ## Acceptance criteria
    - [ ] header is quoted

    ## Affected files
    - src/csv.py
- id: cli-flag
  title: "vision(#31): --csv flag"
  labels: [backlog, priority]
  depends_on: [csv-writer]
  body: |
    ## Goal
    Expose it.

    ## Acceptance criteria
    - [ ] --csv is there

    ## Affected files
    - `src/cli.py`
"""
PITCH = """\
# Sprint: CSV export

## Vision issues
- #31 — CSV export

## What this enables
## What exists today
## Complexity
## Risks
## Cost — new infra to maintain
## Recommendation

## Sub-issues
"""
PATH = "sprints/csv-export.md"


def sprint(entries: str = ENTRIES, pitch: str = PITCH) -> Sprint:
    text = f"{pitch}<!-- filer:begin -->\n{entries}<!-- filer:end -->\n"
    return read_sprint(text.encode(), PATH)


def codes(told: Sprint) -> list[str]:
    return [finding.code for finding in told.findings]


def lines(told: Sprint) -> list[tuple[str, int | None]]:
    """The findings with their lines counted within the block."""
    first = PITCH.count("\n") + 1
    return [(each.code, each.line and each.line - first) for each in told.findings]


def test_a_good_sprint_is_read_whole() -> None:
    told = sprint()

    assert told.findings == ()
    assert told.fileable
    assert (told.slug, told.title, told.vision) == ("csv-export", "CSV export", 31)
    writer, flag = told.entries
    assert (writer.title, writer.labels) == ("vision(#31): CSV writer", ("backlog",))
    assert writer.body.startswith("## Goal\nWrite rows.\n\n## Acceptance criteria\n- [ ] header")
    assert (flag.labels, flag.depends_on) == (("backlog", "priority"), ("csv-writer",))


def entry(*rows: str) -> str:
    return "".join(f"{row}\n" for row in ("- id: a", *(f"  {row}" for row in rows)))


# what another parser did with each, measured: lost, cut short, refused or took for something else
WRITTEN: dict[str, tuple[str, str]] = {
    "a colon": ("title: fix(#6): x", "fix(#6): x"),
    "a hash": ("title: First thing #6", "First thing #6"),
    "code first": ("title: `code` first", "`code` first"),
    "a day": ("title: 2026-01-01", "2026-01-01"),
    "a word of YAML": ("title: yes", "yes"),
    "nothing's word": ("title: null", "null"),
    "a quote within": ("title: it's done", "it's done"),
    "an anchor's mark": ("title: &a x", "&a x"),
    "a bracket": ("title: [wip] x", "[wip] x"),
    "in quotes": ('title: "a: b"', "a: b"),
    "in single quotes": ("title: 'it''s'", "it's"),
}


@pytest.mark.parametrize(("row", "title"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_title_says_what_is_written(row: str, title: str) -> None:
    (found,) = sprint(entry(row, "labels: [backlog]")).entries

    assert found.title == title


def test_what_yaml_would_read_otherwise_is_told() -> None:
    told = sprint(entry("title: First thing #6", "labels: [backlog]"))

    assert ("SP08", 2) in lines(told)
    assert "First thing" in next(f.message for f in told.findings if f.code == "SP08")
    assert "SP08" not in codes(sprint(entry('title: "First thing #6"', "labels: [backlog]")))


LISTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "on one line": (("labels: [backlog, priority]",), ("backlog", "priority")),
    "in quotes": (("labels: ['backlog', \"tech-debt\"]",), ("backlog", "tech-debt")),
    "on lines": (("labels:", "  - backlog", "  - in: triage"), ("backlog", "in: triage")),
    "on lines without indent": (("labels:", "- backlog"), ("backlog",)),
    "words of YAML": (("labels: [yes, no, on]",), ("yes", "no", "on")),
    "with commas": (("labels: backlog, priority",), ("backlog", "priority")),
    "a path": (("labels: [prediction/unreviewed]",), ("prediction/unreviewed",)),
    "none": (("labels: []",), ()),
}


@pytest.mark.parametrize(("rows", "labels"), LISTS.values(), ids=LISTS.keys())
def test_a_list_says_what_is_written(rows: tuple[str, ...], labels: tuple[str, ...]) -> None:
    (found,) = sprint(entry("title: x", *rows)).entries

    assert found.labels == labels


def test_issues_may_stand_among_the_dependencies() -> None:
    (found,) = sprint(entry("title: x", "depends_on: [#5, owner/r#6]")).entries

    assert [str(each) for each in found.issues] == ["#5", "owner/r#6"]


def test_blank_lines_of_a_body_stay_and_one_line_is_a_body_too() -> None:
    (one,) = sprint(entry("title: x", "body: Do it: now #3")).entries
    (two,) = sprint(entry("title: x", "body: |-", "  a", "", "  ```", "  b: c", "  ```")).entries

    assert one.body == "Do it: now #3"
    assert two.body == "a\n\n```\nb: c\n```"


def test_an_entry_may_begin_with_any_key_and_the_list_may_be_indented() -> None:
    told = sprint("  - title: x\n    id: a\n  - title: y\n    id: b\n")

    assert [(each.id, each.title) for each in told.entries] == [("a", "x"), ("b", "y")]


@pytest.mark.parametrize(
    "entries",
    [
        "- id: a\n\ttitle: T\n\tlabels: [backlog]\n\tbody: |\n\t\t## Goal\n\t\t- [ ] x\n",
        "\t- id: a\n\t\ttitle: T\n\t\tlabels:\n\t\t\t- backlog\n"
        "\t\tbody: |\n\t\t\t## Goal\n\t\t\t- [ ] x\n",
        "-\tid: a\n\ttitle: T\n\tlabels: [backlog]\n\tbody: |\n\t\t## Goal\n\t\t- [ ] x\n",
        "- id: a\n  title: T\n  labels: [backlog]\n  body: |\n\t## Goal\n\t- [ ] x\n",
        "- id: a\n\n  title: T\n  labels: [backlog]\n  body: |\n\t\t## Goal\n\t\t- [ ] x\n",
    ],
)
def test_a_block_that_is_indented_by_tabs_is_read(entries: str) -> None:
    told = sprint(entries)

    assert [each for each in told.findings if each.severity is Severity.FAIL] == []
    (entry,) = told.entries
    assert (entry.title, entry.labels, entry.body) == ("T", ("backlog",), "## Goal\n- [ ] x")


def test_tabs_within_a_body_stay() -> None:
    (entry,) = sprint("- id: a\n  title: T\n  body: |\n    ```go\n    \tfoo()\n    ```\n").entries

    assert entry.body == "```go\n\tfoo()\n```"


@pytest.mark.parametrize("name", ["mein sprint", "a,b", "a\tb"])
def test_a_sprint_whose_name_cannot_be_found_again_is_not_filed(name: str) -> None:
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
    told = read_sprint(text.encode(), f"sprints/{name}.md")

    assert "SP19" in codes(told)
    assert not told.fileable
    assert "SP19" not in codes(read_sprint(text.encode(), "sprints/größe.md"))


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("labels: [yes, backlog]", "'yes' for a boolean"),
        ("title: 2026-01-01", "'2026-01-01' for a date"),
        ("title: 014", "'014' for a number"),
        ("labels:\n    - off", "'off' for a boolean"),
    ],
)
def test_what_yaml_would_take_for_another_kind_is_told(row: str, kind: str) -> None:
    title = "" if row.startswith("title") else "  title: T\n"
    told = sprint(f"- id: a\n{title}  {row}\n  body: |\n    - no\n    title: 2026-01-01\n")

    assert [each.message for each in told.findings if each.code == "SP08"] == [
        f"{row.partition(':')[0]} of 'a' is read as it is written; YAML would take {kind}"
    ]


def test_several_blocks_are_one_list() -> None:
    text = (
        f"{PITCH}<!-- filer:begin -->\n- id: a\n  title: x\n<!-- filer:end -->\ntext\n"
        "<!-- filer:begin -->\n- id: b\n  title: y\n  depends_on: [a]\n<!-- filer:end -->"
    )

    assert [each.id for each in read_sprint(text.encode(), PATH).entries] == ["a", "b"]


def test_a_block_in_a_fence_is_an_example() -> None:
    text = f"{PITCH}```\n<!-- filer:begin -->\n- id: a\n  title: x\n<!-- filer:end -->\n```\n"
    told = read_sprint(text.encode(), PATH)

    assert (told.entries, told.has_filer) == ((), False)


FAULTS: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "no id": ("- title: x\n  labels: [a]\n", [("SP03", 1)]),
    "no title": ("- id: x\n  labels: [a]\n", [("SP03", 1)]),
    "an id with blanks": ("- id: a b\n  title: x\n", [("SP03", 1)]),
    "an id that leads away": ("- id: ../x\n  title: x\n", [("SP03", 1)]),
    "one id twice": ("- id: a\n  title: x\n- id: a\n  title: y\n", [("SP04", 3)]),
    "one key twice": ("- id: a\n  title: x\n  title: y\n", [("SP02", 3)]),
    "an unknown entry": ("- id: a\n  title: x\n  depends_on: [b]\n", [("SP05", 1)]),
    "waits for itself": ("- id: a\n  title: x\n  depends_on: [a]\n", [("SP06", 1)]),
    "a circle": (
        "- id: a\n  title: x\n  depends_on: [b]\n- id: b\n  title: y\n  depends_on: a\n",
        [("SP06", 1)],
    ),
    "an alias": ("- id: a\n  title: x\n  extra: *b\n", [("SP02", 3)]),
    "text before": ("hello\n- id: a\n  title: x\n", [("SP02", 1)]),
    "nothing": ("", []),
    "a mapping for labels": ("- id: a\n  title: x\n  labels: {a: b}\n", [("SP03", 3)]),
    "an open fence": ("- id: a\n  title: x\n  body: |\n    ```\n", [("SP02", 1)]),
    "a marker": (
        "- id: a\n  title: x\n  body: <!-- decomposed-from: #1, sprint: s, id: i -->\n",
        [("SP02", 1)],
    ),
}


@pytest.mark.parametrize(("entries", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_is_told_with_its_line(entries: str, found: list[tuple[str, int]]) -> None:
    told = sprint(entries)
    failures = [f for f in told.findings if f.severity is Severity.FAIL]
    first = PITCH.count("\n") + 1

    assert not told.fileable
    if entries:
        assert [(each.code, (each.line or 0) - first) for each in failures] == found
    else:
        assert [each.code for each in failures] == ["SP01"]


def test_a_broken_entry_costs_only_itself() -> None:
    told = sprint("- id: a\n  title: x\n  title: y\n- id: b\n  title: z\n")

    assert [each.id for each in told.entries] == ["b"]
    assert "entry 'a'" in next(f.message for f in told.findings if f.code == "SP02")


BROKEN: dict[str, tuple[str, str]] = {
    "no block": ("text\n", "missing"),
    "no end": ("<!-- filer:begin -->\n- id: a\n", "has no end"),
    "no beginning": ("<!-- filer:end -->\n", "does not begin"),
    "two beginnings": ("<!-- filer:begin -->\n<!-- filer:begin -->\n<!-- filer:end -->", "no end"),
}


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_a_block_that_is_broken_or_missing_is_told(text: str, why: str) -> None:
    found = [f for f in read_sprint((PITCH + text).encode(), PATH).findings if f.code == "SP01"]

    assert any(why in finding.message for finding in found)


def test_a_vision_is_not_guessed() -> None:
    told = sprint(pitch="# Sprint: x\n\nSee #31.\n")

    assert told.vision is None
    assert "SP07" in codes(told)
    assert not told.fileable


def test_the_gate_of_the_backlog_is_foreseen() -> None:
    many = "".join(f"    - [ ] {n}\n" for n in range(6)) + "    ## Affected files\n"
    many += "".join(f"    - src/{n}.py\n" for n in range(4))
    told = sprint(
        "- id: a\n  title: x\n  colour: red\n"
        f"- id: b\n  title: y\n  labels: [backlog]\n  body: |\n{many}"
    )

    assert codes(told) == ["SP13"] * 0 + ["SP09", "SP11", "SP12", "SP10", "SP10"]
    assert told.fileable


# --- filing


def filed(told: Sprint, first: int = 41) -> list[Filed]:
    """All of the sprint as a forge has it after it was filed in order."""
    there: list[Filed] = []
    for step in plan_filing(told, []).steps:
        refs = plan_filing(told, there).refs
        text = body(told, step.entry, refs)
        there.append(Filed(f"#{first + len(there)}", text))
    return there


def ids(filing: Filing) -> list[str]:
    return [each.id for each in filing.new]


def test_what_others_wait_for_is_filed_first_with_real_numbers() -> None:
    turned = ENTRIES.partition("- id: cli-flag")
    told = sprint("".join([turned[1], turned[2], turned[0]]))

    assert ids(plan_filing(told, [])) == ["csv-writer", "cli-flag"]
    flag = filed(told)[1].body
    assert (
        "## Dependencies\n- #41\n\n<!-- decomposed-from: #31, sprint: csv-export, id: cli" in flag
    )
    assert dependencies(flag).numbers == (41,)


def test_what_was_filed_is_not_filed_again() -> None:
    told = sprint()
    there = filed(told)

    assert ids(plan_filing(told, there)) == []
    assert ids(plan_filing(told, there[:1])) == ["cli-flag"]
    assert plan_filing(told, there).refs == {"csv-writer": "#41", "cli-flag": "#42"}
    assert plan_filing(told, there).findings == ()
    closed = [Filed(each.ref, each.body.replace("\n", "\r\n"), closed=True) for each in there]
    assert plan_filing(told, closed).findings == ()


def test_a_body_that_was_edited_is_told_and_not_filed_again() -> None:
    told = sprint()
    there = filed(told)
    plan = plan_filing(sprint(ENTRIES.replace("Expose it", "Hide it")), there)

    assert ids(plan) == []
    assert [(each.code, "#42" in each.message) for each in plan.findings] == [("SP14", True)]


def test_the_same_ids_of_another_sprint_or_vision_are_not_ours() -> None:
    told = sprint()
    there = [
        Filed("#1", marker(told, told.entries[0]).replace("csv-export", "csv-import")),
        Filed("#2", marker(told, told.entries[0]).replace("#31", "#3")),
        Filed("#3", marker(told, told.entries[0]).replace("csv-writer", "csv-writer-2")),
    ]

    assert ids(plan_filing(told, there)) == ["csv-writer", "cli-flag"]


def test_an_entry_that_was_filed_twice_is_told() -> None:
    told = sprint()
    there = filed(told)
    plan = plan_filing(told, [*there, Filed("#50", there[0].body)])

    assert [(each.code, "#41 and #50" in each.message) for each in plan.findings] == [
        ("SP15", True)
    ]


def test_a_label_that_the_forge_does_not_know_is_told_before_it_is_dropped() -> None:
    plan = plan_filing(sprint(), [], labels=frozenset({"backlog"}))

    assert [(each.code, "'priority'" in each.message) for each in plan.findings] == [("SP16", True)]


def test_what_a_body_says_it_depends_on_is_not_said_twice() -> None:
    told = sprint(entry("title: x", "depends_on: [#5, #6, o/r#7]", "body: Depends on #5, o/r#7"))

    assert body(told, told.entries[0], {}) == (
        "Depends on #5, o/r#7\n\n## Dependencies\n- #6\n\n" + marker(told, told.entries[0]) + "\n"
    )


def test_a_vision_has_the_children_that_name_it_exactly() -> None:
    there = [
        *filed(sprint()),
        Filed("#50", "Decomposed from #3\n", closed=True),
        Filed("#51", "see #31"),
    ]

    assert [child.ref for child in vision(31, there).children] == ["#41", "#42"]
    assert [child.ref for child in vision(3, there).children] == ["#50"]
    assert [vision(n, there).state for n in (31, 3, 9)] == ["in-progress", "closed", "open"]


@given(st.permutations(["a", "b", "c", "d"]), st.integers(0, 4))
def test_a_run_that_stopped_anywhere_is_finished_by_the_next(order: list[str], done: int) -> None:
    waits = {"a": "b", "b": "c", "c": "", "d": "a"}
    told = sprint("".join(f"- id: {n}\n  title: x\n  depends_on: [{waits[n]}]\n" for n in order))
    whole = filed(told)
    plan = plan_filing(told, whole[:done])

    assert [step.entry.id for step in plan.steps] == [
        step.entry.id for step in plan_filing(told, whole).steps
    ]
    assert len(plan.new) == 4 - done
    assert [f.code for f in plan.findings] == []


PIECES = st.sampled_from(
    [
        *(
            "- id: ",
            "a",
            "\n",
            "  ",
            "title: ",
            "labels: ",
            "[",
            "]",
            "body: |",
            ":",
            "#",
            "'",
            '"',
        ),
        *("<!-- filer:begin -->\n", "<!-- filer:end -->\n", "- ", "```", "\t", "\r", "*", "&", "{"),
        *("## Vision issues\n- #3\n", "é", "\ufeff", "\x00", "|", ">", "---\n", "depends_on: "),
        "## Filed: #4 #5\n",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_is_read(text: str) -> None:
    told = read_sprint(text.encode(), PATH)

    assert all((each.line or 1) <= text.count("\n") + 2 for each in told.findings)
    if told.fileable:
        assert ids(plan_filing(told, filed(told))) == []


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
def test_any_plain_title_says_what_is_written(title: str) -> None:
    title = " ".join(title.split())
    if not title or title[0] in "\"'|>" or not title.isprintable():
        return
    (found,) = sprint(entry(f"title: {title}")).entries

    assert found.title == title
