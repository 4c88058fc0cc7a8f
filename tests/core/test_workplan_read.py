from pathlib import Path

import pytest

from custodian_core.findings import Severity
from custodian_core.status import Priority, Status
from custodian_core.workplan.criteria import Criterion
from custodian_core.workplan.model import Reading, Task, Workplan
from custodian_core.workplan.read import read

from .plans import FRONT, HUB_ID, block, plan

SEEDS = Path(__file__).parent / "data"


def read_plan(data: bytes) -> Workplan:
    workplan = read(data, "workplans/x.md").workplan
    assert workplan
    return workplan


def only_task(body: str) -> Task:
    (task,) = read_plan(plan(body)).tasks
    return task


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings if finding.severity is Severity.FAIL]


def test_the_first_seed_plan_reads_as_its_author_meant_it() -> None:
    workplan = read_plan((SEEDS / "repo-sync-automation.md").read_bytes())

    assert (workplan.id, workplan.status) == ("CUST-WP-0014", Status.DONE)
    assert workplan.title == "Repo Sync Automation & Gitea Inventory"
    assert workplan.state_hub_workstream_id == "27ea80bd-76bf-44a7-b0ed-e09748d5390b"
    assert [(t.id, t.title, t.status, t.priority) for t in workplan.tasks] == [
        (f"CUST-WP-0014-T0{number}", title, Status.TODO, Priority(priority))
        for number, title, priority in (
            (1, "Add `last_state_synced_at` to managed_repos", "high"),
            (2, "Git post-commit hook installer", "high"),
            (3, "Periodic cron sync (belt-and-suspenders)", "medium"),
            (4, "Gitea repo discovery tool", "high"),
            (5, "Dashboard — Repo Sync Health page", "medium"),
            (6, "Dispatch endpoint", "low"),
        )
    ]
    assert workplan.tasks[1].state_hub_task_id == "97c831d9-d915-4b77-9dd6-929ff24dfd5e"
    assert workplan.tasks[1].acceptance == (
        Criterion("commit in `marki-docx` → `last_state_synced_at` updates within 2s."),
    )


def test_the_second_seed_plan_reads_as_its_author_meant_it() -> None:
    workplan = read_plan((SEEDS / "distributed-consistency.md").read_bytes())

    assert (workplan.id, workplan.status) == ("CUST-WP-0026", Status.DONE)
    assert [(t.id, t.title, t.status, t.priority) for t in workplan.tasks] == [
        (f"CUST-WP-0026-T0{number}", title, Status.DONE, Priority(priority))
        for number, title, priority in (
            (1, "No-regress rule in consistency_check.py", "high"),
            (2, "Git pull gate before --fix", "high"),
            (3, "DB→file status writeback", "medium"),
            (4, "Session protocol update", "medium"),
            (5, "Makefile: fix-consistency-remote target", "low"),
        )
    ]
    assert workplan.tasks[4].acceptance == ()


@pytest.mark.parametrize(
    ("heading", "title"),
    {
        "## Task: Build it": "Build it",
        "## task: build it": "build it",
        "### T01 — Build it": "Build it",
        "### T01 - Build it": "Build it",
        "### T01 – Build it": "Build it",  # noqa: RUF001 - an en dash on purpose
        "### T01: Build it": "Build it",
        "### T01. Build it": "Build it",
        "### T01 Build it": "Build it",
        "### CUST-WP-0001-T01 — Build it": "Build it",
        "### `T01` — Build it": "Build it",
        "### [T01] Build it": "Build it",
        "### Task T01: Build it": "Build it",
        "### 1) Build it": "Build it",
        "### T01) Build it": "Build it",
        "### (T01) Build it": "Build it",
        "### Task 7 - Build it": "Build it",
        "### T7 — Build it": "Build it",
        "### 7. Build it": "Build it",
        "### Build it ###": "Build it",
        "### Build: all of it": "Build: all of it",
        "### Build — all of it": "Build — all of it",
        "### Task force report": "Task force report",
        "### Tasks: all": "Tasks: all",
        "### Learn C#": "Learn C#",
        "### T01": "T01",
        "###": "CUST-WP-0001-T01",
        "not a heading": "CUST-WP-0001-T01",
    }.items(),
)
def test_a_title_is_the_heading_without_its_number(heading: str, title: str) -> None:
    assert only_task(f"{heading}\n\n{block('CUST-WP-0001-T01')}").title == title


def test_a_title_in_the_block_beats_the_heading() -> None:
    assert only_task("## Task: From above\n" + block(more="title: From within\n")).title == (
        "From within"
    )


def test_a_heading_over_two_blocks_names_neither() -> None:
    workplan = read_plan(plan("## Work\n" + block("T01") + block("T02")))

    assert [task.title for task in workplan.tasks] == ["T01", "T02"]


def test_description_and_acceptance_come_from_the_tasks_own_section() -> None:
    body = f"""## Task: One
Before.
{block()}
First paragraph,
two lines.

```bash
# not a heading
- [ ] not a criterion
```

Acceptance: it works
on every machine.
Gate: `make test`

- [ ] ticked later
- [x] ticked already
- no box

### Notes

More.

---

## Task: Two
{block("T02")}
Other.
"""
    one, two = read_plan(plan(body)).tasks

    assert one.description == (
        "Before.\n\nFirst paragraph,\ntwo lines.\n\n```bash\n# not a heading\n"
        "- [ ] not a criterion\n```\n\n\n- no box\n\n### Notes\n\nMore."
    )
    assert one.acceptance == (
        Criterion("it works on every machine."),
        Criterion("`make test`"),
        Criterion("ticked later", met=False),
        Criterion("ticked already", met=True),
    )
    assert (two.description, two.acceptance) == ("Other.", ())


def test_a_section_ends_where_a_deeper_heading_begins_the_next_task() -> None:
    one, two = read_plan(
        plan(f"## Task: One\n{block('T01')}First.\n\n### Task: Two\n{block('T02')}Second.\n")
    ).tasks

    assert (one.description, two.description) == ("First.", "Second.")
    assert one.section.last < two.section.first


@pytest.mark.parametrize(
    "body",
    [
        "Acceptance:\n\n- one\n- two\n",
        "**Acceptance:**\n- one\n- two\n",
        "**Gate**:\n* one\n* two\n",
        "#### Acceptance\n\n1. one\n2. two\n",
        "#### Gate\n\none\n\nAcceptance: two\n",
        "Acceptance:\n\n- one\n\n  and more of it\n\n- two\n",
        "Acceptance:\n- one\n  ```sh\n  ls\n  ```\n- two\n",
        "Acceptance: one\n- two\n\nAfter.\n\n- no criterion\n",
        "<!--\nAcceptance: hidden\n- [ ] hidden\n-->\nAcceptance:\n- one\n- two\n",
        "Acceptance criteria:\n- one\n- two\n\nAfter.\n",
    ],
)
def test_the_list_below_a_bare_label_is_the_criteria(body: str) -> None:
    task = only_task("## Task: One\n" + block() + body)

    assert [criterion.text for criterion in task.acceptance] == ["one", "two"]


def test_the_lines_of_every_part_are_kept() -> None:
    task = only_task(
        "\n## Task: One\n\n" + block(more=f'state_hub_task_id: "{HUB_ID}"\n') + "End\n"
    )

    assert task.heading == 11
    assert (task.block.first, task.block.last) == (13, 18)
    assert (task.section.first, task.section.last) == (11, 19)
    assert task.lines == {"id": 14, "status": 15, "priority": 16, "state_hub_task_id": 17}


@pytest.mark.parametrize("nothing", ["~", "null", "NULL", '""', "''", "", '"~"', "   # later"])
def test_every_way_to_write_no_id_is_no_id(nothing: str) -> None:
    task = only_task(block(more=f"state_hub_task_id: {nothing}\n"))

    assert task.state_hub_task_id is None


def test_unknown_keys_are_kept() -> None:
    task = only_task(block(more="estimate: 3d\nlinks: [a, b]\nnested:\n  deep: yes\n"))

    assert task.fields["estimate"] == "3d"
    assert task.fields["links"] == ["a", "b"]
    assert task.fields["nested"] == {"deep": "yes"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0014", "0014"),
        ("on", "on"),
        ("12:30:00", "12:30:00"),
        ("1.10", "1.10"),
        ("2026-02-31", "2026-02-31"),
        ("0x1f", "0x1f"),
        ("'it''s'", "it's"),
        ('"a\\tb"', "a\tb"),
        ("https://example.org/a#b", "https://example.org/a#b"),
        ("value # comment", "value"),
        ("|\n  two\n  lines", "two\nlines\n"),
        (">-\n  two\n  lines", "two lines"),
        ("two\n  lines", "two lines"),
        ("[]", []),
        ("[a, ~, 'c']", ["a", None, "c"]),
        ("\n- a\n- b", ["a", "b"]),
    ],
)
def test_values_stay_the_text_they_are(text: str, value: object) -> None:
    assert only_task(block(more=f"extra: {text}\n")).fields["extra"] == value


@pytest.mark.parametrize(
    "written", ["[T01, T02]", "T01, T02", "\n  - T01\n  - T02", "[T01, T02, T01]"]
)
def test_depends_on_can_be_written_in_every_usual_way(written: str) -> None:
    assert only_task(block("T09", more=f"depends_on: {written}\n")).depends_on == ("T01", "T02")


@pytest.mark.parametrize(
    ("word", "truth"), [("true", True), ("Yes", True), ("no", False), ("", False)]
)
def test_needs_human_is_yes_or_no(word: str, truth: bool) -> None:
    assert only_task(block(more=f"needs_human: {word}\n")).needs_human is truth


def test_a_missing_priority_is_medium() -> None:
    task = only_task("```task\nid: T01\nstatus: todo\n```\n")

    assert task.priority is Priority.MEDIUM


@pytest.mark.parametrize(
    "fences",
    [
        ("```task", "```"),
        ("~~~task", "~~~"),
        ("````task", "````"),
        ("```  task  ", "```   "),
        ("``` task hidden", "``````"),
        ("   ```task", "  ```"),
    ],
)
def test_every_fence_that_commonmark_knows_holds_a_task(fences: tuple[str, str]) -> None:
    task = only_task(f"{fences[0]}\nid: T01\nstatus: todo\n{fences[1]}\n")

    assert task.id == "T01"


@pytest.mark.parametrize(
    "body",
    [
        "- ```task\n  id: T01\n  status: done\n  ```\n",
        "1. ~~~task\n   id: T01\n   status: done\n   ~~~\n",
        "-\tx\n\n\t```task\n\tid: T01\n\tstatus: done\n\t```\n",
        "1. x\n\n\t```task\n\tid: T01\n\tstatus: done\n\t```\n",
        "1. x\n\n" + "    text\n" * 90 + "\n    ```task\n    id: T01\n    status: done\n    ```\n",
    ],
)
def test_a_task_on_a_list_items_line_or_behind_tabs_is_a_task(body: str) -> None:
    assert only_task(body).status is Status.DONE


def test_a_long_list_of_tasks_holds_them_all() -> None:
    item = "    ```task\n    id: T{}\n    status: todo\n    ```\n\n"
    body = "- x\n\n" + "".join(item.format(number) for number in range(300))

    assert len(read_plan(plan(body)).tasks) == 300


def test_a_fence_inside_a_list_holds_a_task_with_its_indent() -> None:
    deep = "1. one\n   - two\n\n     ```task\n     id: T01\n     status: done\n     ```\n"

    assert only_task(deep).status is Status.DONE
    assert only_task("- one\n\n  ```task\n  id: T01\n  status: done\n  ```\n").status is Status.DONE


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_and_byte_order_marks_make_no_difference(ending: str, mark: bytes) -> None:
    data = plan("## Task: One\n" + block(more="estimate: 3d\n") + "Prose.\n")
    task = read_plan(mark + data.replace(b"\n", ending.encode())).tasks[0]

    assert (task.id, task.title, task.description) == ("T01", "One", "Prose.")
    assert (task.block.first, task.lines["status"], task.lines["estimate"]) == (11, 13, 15)


@pytest.mark.parametrize(("word", "status"), [("active", "in_progress"), ("archived", "done")])
def test_a_workplans_word_is_understood(word: str, status: str) -> None:
    data = FRONT.replace("status: active", f"status: {word}").encode()

    assert read_plan(data).status == status


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it has no front matter"),
        (b"# Readme\n\nProse.\n", "it has no front matter"),
        (b"---\ntitle: x\n---\n", "its front matter has no type"),
        (b"---\ntype: guide\n---\n```task\nid: T01\nstatus: todo\n```\n", "its type is 'guide'"),
    ],
)
def test_prose_is_no_plan_and_says_why(data: bytes, reason: str) -> None:
    assert read(data) == Reading("", None, (), reason)


@pytest.mark.parametrize(
    "start",
    [
        "",
        "---\nid: A\n---\n",
        "---\nid: A\ntype: Workplan\n---\n",
        "---\nid: A\ntype: work-plans\n---\n",
        "\n---\nid: A\ntype: workplan\n---\n",
        "---\nid: A\ntype: workplan\n",
    ],
)
def test_task_blocks_without_a_workplans_front_matter_are_a_failure(start: str) -> None:
    reading = read((start + block()).encode(), "workplans/x.md")

    assert reading.workplan is None
    assert codes(reading) == ["C-01"]
    assert reading.findings[0].path == "workplans/x.md"
    assert reading.findings[0].line


def test_a_plan_without_hub_ids_says_that_they_are_still_to_come() -> None:
    reading = read(FRONT.replace("state_hub_workstream_id", "other").encode() + block().encode())

    assert [(f.code, f.severity) for f in reading.findings] == [
        ("C-02", Severity.INFO),
        ("C-03", Severity.INFO),
    ]


def test_a_finished_plan_with_open_tasks_is_told() -> None:
    reading = read(FRONT.replace("active", "archived").encode() + block().encode())

    assert "C-09" in [finding.code for finding in reading.findings]
