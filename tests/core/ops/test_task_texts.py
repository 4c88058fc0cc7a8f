"""Workplans are linted by the one parser of bodies; each trap caught another parser."""

import pytest

from custodian_core.ops.task_texts import missing_tasks
from custodian_core.workplan.model import Workplan
from custodian_core.workplan.read import read


def plan(body: str, *, fields: str = "", number: int = 1) -> Workplan:
    """A plan of two tasks, of which the first says `body`."""
    told = read(
        f"""---
id: CUST-WP-000{number}
type: workplan
title: A plan
status: todo
---

# A plan

## T01 — The first

```task
id: CUST-WP-000{number}-T01
status: todo
{fields}```

{body}

## T02 — The second

```task
id: CUST-WP-000{number}-T02
status: todo
```
""".encode(),
        f"workplans/{number}.md",
    ).workplan
    assert told
    return told


def found(*plans: Workplan) -> list[tuple[int | None, str]]:
    return [(each.line, each.message.split(", and")[0]) for each in missing_tasks(plans)]


MISSING: dict[str, tuple[str, list[int]]] = {
    "a sibling": ("Depends on T07.", [17]),
    "one that is there": ("Depends on T02 and CUST-WP-0001-T02.", []),
    "by its whole id": ("Words.\n\nBlocked by CUST-WP-0001-T07.", [19]),
    "of a plan that is not there": ("Depends on CUST-WP-0099-T01", [17]),
    "of another repo": ("Depends on ATL-WP-0001-T01", []),
    "an issue": ("Depends on #14 and owner/repo#15", []),
    "a section": ("### Dependencies\n- T02\n- T08 — the schema", [19]),
    "the next heading ends a section": ("### Dependencies\n- T02\n### Notes\nsee T08", []),
    "a section in a fence": ("```\n### Dependencies\n- T08\n```", []),
    "no longer": ("No longer depends on T08.", []),
    "not": ("Not depends on anything, see T08", []),
    "code": ("Depends on `T08`", []),
    "related": ("### Related\n- T08", []),
    "a list below": ("Depends on:\n- T02\n- T08", [19]),
    "any case, two phrases": ("DEPENDS ON T02, blocked by T08", [17]),
    "a word that only looks like one": ("Depends on T-shirts, a/T08, T08.md and T1a", []),
    "no phrase": ("T08 comes later.", []),
}


@pytest.mark.parametrize(("body", "lines"), MISSING.values(), ids=MISSING.keys())
def test_a_text_that_depends_on_a_task_that_is_not_there_is_found_by_line(
    body: str, lines: list[int]
) -> None:
    assert [line for line, _ in found(plan(body))] == lines


def test_a_field_is_judged_by_the_same_rule() -> None:
    asked = plan("", fields="depends_on: [CUST-WP-0001-T02, CUST-WP-0001-T09, ATL-WP-0001-T01]\n")

    assert found(asked) == [(15, "CUST-WP-0001-T01 waits for CUST-WP-0001-T09")]


def test_a_task_of_another_plan_in_the_folder_is_there() -> None:
    one, other = plan("Depends on CUST-WP-0002-T02."), plan("", number=2)

    assert found(one, other) == []
    assert len(found(one)) == 1


def test_a_task_that_cannot_be_read_is_not_taken_for_absent() -> None:
    asked = plan("", fields="depends_on: [CUST-WP-0001-T03]\n")
    broken = plan("", fields="depends_on: [CUST-WP-0002-T01]\nstatus: finsihed\n", number=2)

    assert len(found(asked)) == 1
    assert found(broken) == []


def test_windows_lines_keep_their_numbers() -> None:
    data = plan("Depends on T08.").document.data.replace(b"\n", b"\r\n")
    told = read(data, "x.md").workplan
    assert told

    assert [line for line, _ in found(told)] == [17]
