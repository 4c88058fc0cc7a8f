from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.findings import Severity
from custodian_core.status import Status
from custodian_core.workplan.read import read
from custodian_core.workplan.scaffold import Draft, ids_in, next_id, scaffold, slug

titles = st.text(min_size=1, max_size=60).filter(
    lambda text: text.strip() != "" and " ".join(text.split()).isprintable()
)


def draft(title: str = "A plan", tasks: tuple[str, ...] = ()) -> Draft:
    return Draft("CUST-WP-0001", title, tasks, "2026-11-21", domain="custodian", repo="the-repo")


@settings(max_examples=300)
@given(titles, st.lists(titles, max_size=4))
def test_a_new_plan_reads_back_as_what_was_asked_for(title: str, tasks: list[str]) -> None:
    reading = read(scaffold(draft(title, tuple(tasks))), "x.md")

    assert all(finding.severity is Severity.INFO for finding in reading.findings)
    plan = reading.workplan
    assert plan
    assert (plan.id, plan.status, plan.title) == (
        "CUST-WP-0001",
        Status.TODO,
        " ".join(title.split()),
    )
    assert [task.title for task in plan.tasks] == [" ".join(task.split()) for task in tasks]
    assert [task.id for task in plan.tasks] == [
        f"CUST-WP-0001-T{number:02d}" for number in range(1, len(tasks) + 1)
    ]


@pytest.mark.parametrize("title", ["", "  \n ", "a\x00b", "a\x1b[31mb", "a\u202eb"])
def test_a_title_that_cannot_be_shown_is_refused(title: str) -> None:
    with pytest.raises(BadValue):
        scaffold(draft(title))


@pytest.mark.parametrize("field", ["domain", "repo", "owner", "topic_slug"])
@pytest.mark.parametrize("value", ["a\x7fb", "a\udce9", "x" * 301])
def test_a_value_that_would_spoil_the_front_matter_is_refused(field: str, value: str) -> None:
    with pytest.raises(BadValue):
        scaffold(replace(draft(), **{field: value}))  # type: ignore[arg-type]


def test_more_tasks_than_a_plan_holds_are_refused() -> None:
    with pytest.raises(BadValue, match="at most 2000"):
        scaffold(draft(tasks=("x",) * 2001))


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], "CUST-WP-0001"),
        (["CUST-WP-0001", "CUST-WP-0014-T03", "cust-wp-0009-slug"], "CUST-WP-0015"),
        (["OTHER-WP-0099", "CUST-WPX-7", "XCUST-WP-0050"], "CUST-WP-0001"),
        (["CUST-WP-9999"], "CUST-WP-10000"),
    ],
)
def test_the_next_id_follows_the_highest_in_use(taken: list[str], free: str) -> None:
    assert next_id("CUST-WP", taken) == free


def test_ids_of_broken_plans_count_as_taken() -> None:
    data = b'---\nid: "CUST-WP-0007"\n<<<<<<< x\n---\n```task\n  id: CUST-WP-0008-T01\nstatus: *\n'

    assert ids_in(data) == ["CUST-WP-0007", "CUST-WP-0008-T01"]


@pytest.mark.parametrize("prefix", ["", "-x", "a b", "a\n", "../x"])
def test_a_prefix_that_makes_no_id_is_refused(prefix: str) -> None:
    with pytest.raises(BadValue):
        next_id(prefix, [])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Repo Sync: Automation & Inventory!", "repo-sync-automation-inventory"),
        ("Ünïcode ../../etc", "n-code-etc"),
        ("—", ""),
        ("x" * 80, "x" * 50),
    ],
)
def test_a_title_makes_a_safe_file_name(title: str, name: str) -> None:
    assert slug(title) == name
