"""Broken and hostile files: a finding with file, line and code; the rest still works."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodian_core.errors import NotEditable
from custodian_core.findings import Severity
from custodian_core.status import Status
from custodian_core.workplan.edit import SetTaskStatus, edit
from custodian_core.workplan.grammar import MAX_BLOCKS, MAX_FINDINGS
from custodian_core.workplan.model import Reading
from custodian_core.workplan.read import read

from .plans import FRONT, HUB_ID, block, plan

GOOD = block("T99", "done", f'state_hub_task_id: "{HUB_ID}"\n')
FIRST = FRONT.count("\n") + 1  # the line after the front matter


def told(reading: Reading) -> list[tuple[str, str, int | None]]:
    return [(finding.code, finding.severity.value, finding.line) for finding in reading.findings]


def good_tasks(reading: Reading) -> list[str]:
    return [task.id for task in reading.workplan.tasks] if reading.workplan else []


BROKEN_BLOCKS = {
    "no id": ("status: todo\n", "C-01", 0),
    "an id that is none": ("id: two words\nstatus: todo\n", "C-01", 1),
    "an id as a list": ("id: [a]\nstatus: todo\n", "C-01", 1),
    "a hub id that is a list": ("id: T01\nstatus: todo\nstate_hub_task_id: []\n", "C-12", 3),
    "no status": ("id: T01\npriority: high\n", "C-12", 0),
    "a status in another case": ("id: T01\nstatus: Done\n", "C-12", 2),
    "a status that YAML 1.1 takes for yes": ("id: T01\nstatus: on\n", "C-12", 2),
    "a workplan's word as a status": ("id: T01\nstatus: active\n", "C-12", 2),
    "a list as a status": ("id: T01\nstatus: [todo]\n", "C-12", 2),
    "a priority that is none": ("id: T01\nstatus: todo\npriority: urgent\n", "C-12", 3),
    "needs_human: maybe": ("id: T01\nstatus: todo\nneeds_human: maybe\n", "C-12", 3),
    "depends_on a sentence": ("id: T01\nstatus: todo\ndepends_on: the other one\n", "C-12", 3),
    "one key twice": ("id: T01\nstatus: todo\nstatus: done\n", "C-01", 3),
    "one rich key twice": ("id: T01\nstatus: todo\na: {}\nstatus: done\n", "C-01", 4),
    "an anchor": ("id: T01\nstatus: &a todo\n", "C-01", 2),
    "an alias": ("id: T01\na: &a x\nb: *a\n", "C-01", 2),
    "a tag": ("id: T01\nstatus: !!str todo\n", "C-01", 2),
    "a merge key": ("id: T01\n<<: {status: todo}\n", "C-01", 2),
    "a key that is a list": ("id: T01\n? [a]\n: b\n", "C-01", 2),
    "bad quoting": ('id: T01\ntitle: "never closed\n', "C-01", None),
    "a colon too many": ("id: T01\ntitle: one: two\n", "C-01", 2),
    "a tab for indent": ("id: T01\na:\n\t- b\n", "C-01", 3),
    "a list for a mapping": ("- id: T01\n- status: todo\n", "C-01", 1),
    "text for a mapping": ("just text\n", "C-01", 1),
    "two documents": ("id: T01\nstatus: todo\n---\nid: T02\n", "C-01", None),
    "a directive": ("%YAML 1.1\n---\nid: T01\n", "C-01", 1),
    "a NUL byte": ("id: T01\nstatus: to\0do\n", "C-01", 2),
    "deep brackets": ("id: T01\na: " + "[" * 5000 + "\n", "C-01", 2),
    "deep indents": ("id: T01\n" + "".join(" " * n + "a:\n" for n in range(60)), "C-01", None),
    "a conflict": (
        "id: T01\n<<<<<<< HEAD\nstatus: todo\n=======\nstatus: done\n>>>>>>> b\n",
        "C-01",
        2,
    ),
    "more than a block may hold": (
        "id: T01\nstatus: todo\nnote: " + "x" * 17_000 + "\n",
        "C-01",
        0,
    ),
}


@pytest.mark.parametrize("case", BROKEN_BLOCKS.values(), ids=BROKEN_BLOCKS.keys())
def test_a_broken_block_is_told_and_the_others_work(case: tuple[str, str, int | None]) -> None:
    content, code, line = case
    reading = read(plan(f"```task\n{content}```\n\n{GOOD}"), "workplans/x.md")

    failures = [finding for finding in reading.findings if finding.severity is Severity.FAIL]
    assert {finding.code for finding in failures} == {code}
    assert {finding.path for finding in failures} == {"workplans/x.md"}
    assert all(finding.line for finding in failures)
    if line is not None:
        assert FIRST + line in [finding.line for finding in failures]
    assert good_tasks(reading) == ["T99"]
    assert reading.workplan
    assert len(reading.workplan.broken) == 1


def test_f54_a_latin_1_block_is_told_and_the_others_work() -> None:
    bad = b"```task\nid: T01\nstatus: todo\ntitle: caf\xe9\n```\n"
    reading = read(plan("") + bad + GOOD.encode())

    assert ("C-01", "FAIL", FIRST + 3) in told(reading)
    assert good_tasks(reading) == ["T99"]


@pytest.mark.parametrize("odd", [b"caf\xe9\n", b"nul \0 byte\n"])
def test_f54_odd_bytes_in_prose_are_told_and_the_plan_works(odd: bytes) -> None:
    reading = read(plan("One line.\n") + odd + GOOD.encode())

    assert told(reading) == [("C-01", "FAIL", FIRST + 1)]
    assert good_tasks(reading) == ["T99"]


def test_prose_of_a_task_holds_nothing_that_a_hub_cannot_keep() -> None:
    reading = read(plan("") + GOOD.encode() + b"nul \0 byte\n")

    assert reading.workplan
    assert reading.workplan.tasks[-1].description.endswith("nul \ufffd byte")


def test_f54_odd_bytes_in_the_front_matter_make_the_plan_unreadable() -> None:
    reading = read(FRONT.replace("A plan", "caf\xe9").encode("latin-1") + GOOD.encode())

    assert reading.workplan is None
    assert {("C-01", "FAIL", 4)} == set(told(reading))


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("---\n- a\n- b\n---\n", 2),
        ("---\njust text\n---\n", 2),
        ("---\nid: A\ntype: workplan\nid: B\n---\n", 4),
        ("---\nid: A\ntype: workplan\na: *b\n---\n", 4),
        ("---\nid: A\ntype: workplan\n<<<<<<< x\nstatus: todo\n>>>>>>> y\n---\n", 4),
        ("---\ntype: workplan\nstatus: todo\n---\n", 1),
        ("---\nid: -x\ntype: workplan\n---\n", 2),
        ("---\nid: A\ntype: workplan\nbig: " + "x" * 70_000 + "\n---\n", 1),
        ("---\nid: A\ntype: workplan\n" + "k: v\n" * 20_000 + "---\n", 1),
    ],
)
def test_f59_bad_front_matter_is_told_by_line(front: str, line: int) -> None:
    reading = read((front + GOOD).encode())

    assert reading.workplan is None
    assert ("C-01", "FAIL", line) in told(reading)


def test_a_bad_plan_status_is_told_and_its_tasks_work() -> None:
    reading = read(FRONT.replace("active", "Active").encode() + GOOD.encode())

    assert told(reading) == [("C-12", "FAIL", 7)]
    assert good_tasks(reading) == ["T99"]
    assert reading.workplan
    assert reading.workplan.status is None


def test_f55_a_task_fence_that_is_never_closed_is_told() -> None:
    reading = read(plan(GOOD + "\n```task\nid: T01\nstatus: todo\n\nProse.\n"))

    assert told(reading) == [("C-01", "FAIL", FIRST + 7)]
    assert good_tasks(reading) == ["T99"]


@pytest.mark.parametrize("next_fence", ["```bash\nls\n```\n\n", ""])
def test_a_task_fence_that_is_not_closed_leaves_the_next_task_readable(next_fence: str) -> None:
    reading = read(plan(f"```task\nid: T01\nstatus: todo\n\nProse.\n\n{next_fence}{GOOD}"))

    assert told(reading) == [("C-01", "FAIL", FIRST)]
    assert good_tasks(reading) == ["T99"]


def test_a_fence_that_is_not_closed_does_not_swallow_a_task_in_silence() -> None:
    reading = read(plan(f"```bash\nls\n\n{block('T01')}\n{GOOD}"))

    assert told(reading) == [("C-01", "FAIL", FIRST + 3)]
    assert good_tasks(reading) == ["T99"]


def test_a_fence_that_is_open_to_the_end_tells_of_each_task_it_hides() -> None:
    reading = read(plan(f"{GOOD}~~~\n{block('T01')}{block('T02')}"))

    assert told(reading) == [("C-01", "FAIL", FIRST + 7), ("C-01", "FAIL", FIRST + 12)]
    assert good_tasks(reading) == ["T99"]


def test_a_fence_that_is_open_to_the_end_and_hides_no_task_is_a_warning() -> None:
    assert told(read(plan(GOOD + "```bash\nls\n"))) == [("C-01", "WARN", FIRST + 6)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("````markdown\n", "````\n"),
        ("~~~\n", "~~~\n"),
        ("<!--\n", "-->\n"),
        ("Text.\n\n<!-- hidden\n\n", "\n-->\n"),
    ],
)
def test_f55_a_quoted_task_is_no_task_and_is_told(before: str, after: str) -> None:
    reading = read(plan(before + block("T01") + after + GOOD))

    assert told(reading) == [("C-01", "INFO", FIRST + before.count("\n"))]
    assert good_tasks(reading) == ["T99"]


@pytest.mark.parametrize("indent", ["    ", "\t", "        "])
def test_f55_a_task_in_indented_code_is_no_task_and_is_told(indent: str) -> None:
    quoted = "".join(indent + line for line in block("T01").splitlines(keepends=True))
    reading = read(plan(f"An example:\n\n{quoted}\n{GOOD}"))

    assert told(reading) == [("C-01", "INFO", FIRST + 2)]
    assert good_tasks(reading) == ["T99"]


def test_f55_a_comment_that_is_never_closed_is_told() -> None:
    reading = read(plan(GOOD + "<!-- oh\n" + block("T01")))

    assert told(reading) == [("C-01", "FAIL", FIRST + 6), ("C-01", "INFO", FIRST + 7)]


@pytest.mark.parametrize("word", ["Task", "TASK", "task:", "{task}", "task,x"])
def test_a_fence_that_nearly_says_task_is_told(word: str) -> None:
    reading = read(plan(f"```{word}\nid: T01\nstatus: todo\n```\n{GOOD}"))

    assert told(reading) == [("C-01", "FAIL", FIRST)]
    assert good_tasks(reading) == ["T99"]


@pytest.mark.parametrize("word", ["tasks", "taskpaper", "bash", "yaml task"])
def test_a_fence_that_says_another_word_is_left_alone(word: str) -> None:
    assert told(read(plan(f"```{word}\nid: T01\n```\n{GOOD}"))) == []


def test_inline_backticks_open_no_fence() -> None:
    assert good_tasks(read(plan("Use ` ```task ... ``` ` so.\n```a`b\n" + GOOD))) == ["T99"]


@pytest.mark.parametrize("fences", [("````task", "```"), ("~~~task", "```")])
def test_f55_a_task_fence_of_another_kind_does_not_swallow_the_next_task(
    fences: tuple[str, str],
) -> None:
    opening, closing = fences
    reading = read(plan(f"{opening}\nid: T01\nstatus: todo\n{closing}\n\n{GOOD}"))

    assert told(reading)[0] == ("C-01", "FAIL", FIRST)
    assert good_tasks(reading) == ["T99"]


def test_a_task_in_a_block_quote_is_told() -> None:
    quoted = "".join(f"> {line}\n" for line in block("T01").splitlines())
    reading = read(plan(f"{quoted}\n{GOOD}"))

    assert told(reading) == [("C-01", "INFO", FIRST)]
    assert good_tasks(reading) == ["T99"]


def test_a_task_behind_an_odd_blank_is_told() -> None:
    reading = read(plan(f"{GOOD}\n\u00a0{block('T01')}"))

    assert ("C-01", "FAIL", FIRST + 7) in told(reading)
    assert good_tasks(reading) == ["T99"]


@pytest.mark.parametrize(
    "data",
    [
        ("\n" + FRONT + "```Task\nid: T01\n```\n").encode(),
        ("# x\n```\nfoo\n\n" + block()).encode(),
        b"<<<<<<< a\n" + FRONT.encode() + b">>>>>>> b\n",
        (FRONT + block()).encode("utf-16"),
        (FRONT + block()).replace("\n", "\r").encode(),
    ],
)
def test_what_was_meant_as_a_plan_is_never_taken_for_prose(data: bytes) -> None:
    reading = read(data)

    assert (reading.workplan, reading.not_a_plan) == (None, None)
    assert {("C-01", "FAIL")} == {(code, grave) for code, grave, _ in told(reading)}


def test_f56_two_blocks_with_one_id_are_both_left_out() -> None:
    reading = read(plan(block("T01") + block("T01", "done") + GOOD))

    assert ("C-04", "FAIL", FIRST + 5) in told(reading)
    assert good_tasks(reading) == ["T99"]


def test_an_unreadable_block_still_holds_its_id() -> None:
    reading = read(plan(block("T01") + "```task\nid: T01\nstatus: *x\n```\n" + GOOD))

    assert {"C-01", "C-04"} <= {code for code, _, _ in told(reading)}
    assert good_tasks(reading) == ["T99"]


def test_two_blocks_with_one_hub_id_are_both_left_out() -> None:
    shared = f"state_hub_task_id: {HUB_ID.upper()}\n"
    reading = read(
        plan(block("T01", more=shared) + block("T02", more=shared.lower()) + block("T03"))
    )

    assert [code for code, grave, _ in told(reading) if grave == "FAIL"] == ["C-04"]
    assert good_tasks(reading) == ["T03"]


def test_f56_ids_that_begin_alike_are_different() -> None:
    assert good_tasks(read(plan(block("T1") + block("T10")))) == ["T1", "T10"]


def test_a_conflict_around_blocks_leaves_those_out_and_no_others() -> None:
    conflict = f"<<<<<<< HEAD\n{block('T01')}=======\n{block('T02')}>>>>>>> theirs\n"
    reading = read(plan(conflict + GOOD))

    assert ("C-01", "FAIL", FIRST) in told(reading)
    assert good_tasks(reading) == ["T99"]


def test_a_conflict_that_is_only_quoted_is_left_alone() -> None:
    quoted = "```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n```\n"

    assert told(read(plan(quoted + GOOD))) == []


def test_f58_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    reading = read(plan("```task\nid: T01\nl0: &l0 [x]\n" + levels + "```\n" + GOOD))

    assert ("C-01", "FAIL", FIRST + 2) in told(reading)
    assert good_tasks(reading) == ["T99"]


def test_f54_a_file_over_the_limit_is_told_and_not_parsed() -> None:
    reading = read(plan(GOOD) + b"x" * 1024 * 1024, "workplans/x.md")

    assert [(f.code, f.path) for f in reading.findings] == [("C-01", "workplans/x.md")]


def test_f54_blocks_beyond_the_limit_are_counted() -> None:
    many = "".join(f"```task\nid: T{n}\nstatus: todo\n```\n" for n in range(MAX_BLOCKS + 7))
    reading = read(plan(many))

    assert len(good_tasks(reading)) == MAX_BLOCKS
    (over,) = [f for f in reading.findings if "7 more" in f.message and f.severity is Severity.FAIL]
    assert over.line


@pytest.mark.parametrize(
    "piece",
    [
        b"```task\n",
        b"```task\n```\n",
        b"~~~\n```task\n",
        b"```task\nid: A\nstatus: todo\n```\n",
        b"<<<<<<< x\n",
        b">>>>>>> x\n",
        b"<!--\n",
        b"<!-- -->\n",
        b"#\n",
        b"          ```task\n",
        b"- a\n      ```task\n",
        b"\n",
        b"`" * 40 + b"\n",
        b"    \t",
        b"---\n",
        b"\r",
        b"\0",
        b"\xff",
        b"[",
        b"a: &x [*x]\n",
        b'"',
    ],
)
@pytest.mark.parametrize(
    "start", [b"", FRONT.encode(), b"---\n", FRONT.encode() + b"```task\nid: A\n"]
)
def test_f54_a_megabyte_of_anything_is_read_in_bounded_memory(start: bytes, piece: bytes) -> None:
    data = (start + piece * (1024 * 1024 // len(piece)))[: 1024 * 1024]
    tracemalloc.start()
    reading = read(data, "workplans/x.md")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(reading.findings) <= MAX_FINDINGS + 1
    assert peak < 64 * 1024 * 1024


BLANKS = " " * 15_900
ODD_FILES = {
    "blanks before a comment": plan(f"```task\nid: T01\nnote: a{BLANKS}b#1\n```\n" * 60),
    "blanks before a colon": plan(f"```task\nid: T01\nstatus: a{BLANKS}: b\n```\n" * 60),
    "blanks before an anchor": plan(f"```task\nid: T01\nstatus:{BLANKS}&\n```\n" * 60),
    "many comment marks": plan(f"```task\nid: T01\nx: a{' #' * 7900}\x01\n```\n" * 60),
    "blanks in the front matter": FRONT.replace("A plan", f"a{BLANKS * 4}b: c").encode(),
    "a long number": plan(f"# T01{'.' * 100_000}x\n{GOOD}"),
    "a long dash": plan(f"# Task{' ' * 9000}{'-' * 900_000}x\n{GOOD}"),
    "headings behind blocks": plan(
        "# A\n"
        + "".join(f"```task\nid: T{n}\nstatus: todo\n```\n" for n in range(1999))
        + "## x\n" * 180_000
    ),
    "keys and keys": plan(
        "".join(
            "```task\n" + "".join(f"k{n}: v\n" for n in range(1500)) + "k1499: v\n```\n"
            for _ in range(60)
        )
    ),
}


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_f58_no_line_however_odd_is_looked_at_twice(data: bytes) -> None:
    """Each of these once took minutes."""
    reading = read(data)

    if reading.workplan:
        assert all(task.title and task.description is not None for task in reading.workplan.tasks)
    with suppress(NotEditable):
        edit(data, SetTaskStatus("T99", Status.BLOCKED), SetTaskStatus("T01", Status.BLOCKED))


STRUCTURE = (FRONT, GOOD, "```task\n", "```\n", "~~~\n", "````\n", "id: T01\n", "status: todo\n")
MARKUP = ("- ", "  ", "    ", "<!--\n", "-->\n", "# Task: x\n", "---\n", "\r\n", "\n", "a: [", "> ")
ODDITIES = (
    "'",
    '"',
    "&a ",
    "\t",
    "<<<<<<< a\n",
    ">>>>>>> b\n",
    "=======\n",
    "\ufeff",
    "\u2028",
    "é",
)
fragments = st.sampled_from((*STRUCTURE, *MARKUP, *ODDITIES, "state_hub_task_id: ~\n"))


@settings(max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=400), st.lists(fragments, max_size=30).map("".join).map(str.encode)
    )
)
def test_nothing_that_a_file_holds_makes_reading_raise(data: bytes) -> None:
    reading = read(data, "x.md")

    seen = data.count(b"```task\nid: T99")
    if reading.workplan:
        known = len(reading.workplan.tasks) + len(reading.workplan.broken) + len(reading.findings)
        assert not seen or known
        for task in reading.workplan.tasks:
            assert task.title
            assert task.description is not None
            assert task.section.first <= task.block.first <= task.block.last <= task.section.last
