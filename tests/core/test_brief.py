import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.brief import HEAD, LONGEST, LONGEST_GOAL, render, told
from custodian_core.records import (
    Goal,
    GoalStatus,
    Intervention,
    ReconcileView,
    Repo,
    RepoStatus,
    Task,
    Workstream,
)
from custodian_core.status import Priority, Status

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
REPO = Repo("id-1", "marki-docx", "documents", RepoStatus.ACTIVE, NOON, NOON, 1)
GOAL = Goal("id-2", "marki-docx", "Level 1 by Friday", "", GoalStatus.ACTIVE, NOON)
EMPTY = ReconcileView("hub", REPO, None, (), (), ())


def a_stream(number: int = 1, **more: Any) -> Workstream:
    key = f"MRKD-WP-{number:04d}"
    file = f"workplans/{key}.md"
    status = Status.IN_PROGRESS
    made = Workstream(
        f"ws-{number}", "marki-docx", key, "Level 1", file, status, number, NOON, NOON, 1
    )
    return replace(made, **more)


def a_task(number: int, stream: int = 1, **more: Any) -> Task:
    made = Task(
        id=f"row-{stream}-{number}",
        repo_slug="marki-docx",
        workstream_id=f"ws-{stream}",
        key=f"MRKD-WP-{stream:04d}-T{number:02d}",
        title=f"Title {number}",
        description="",
        acceptance=(),
        status=Status.TODO,
        priority=Priority.MEDIUM,
        position=number,
        depends_on=(),
        needs_human=False,
        epoch=0,
        fence=0,
        created_at=NOON,
        updated_at=NOON,
        version=1,
    )
    return replace(made, **more)


def a_question(number: int, question: str = "Which fonts?", **more: Any) -> Intervention:
    made = Intervention(f"q-{number}", "marki-docx", question, "", (), "me", NOON)
    return replace(made, **more)


def section(view: ReconcileView, title: str) -> list[str]:
    parts = render(view).decode().split("\n## ")
    (found,) = [part for part in parts if part.startswith(f"{title}\n\n")]
    return found.rstrip("\n").splitlines()[2:]


def test_a_brief_tells_goal_workplans_tasks_and_questions() -> None:
    done = a_task(1, status=Status.DONE)
    view = replace(
        EMPTY,
        goal=GOAL,
        workstreams=(a_stream(),),
        tasks=(done, a_task(2), a_task(3, priority=Priority.HIGH)),
        open_interventions=(a_question(1, task_key="MRKD-WP-0001-T02"),),
    )

    assert render(view).decode() == (
        f"{HEAD}\n# marki-docx\n\nDomain: documents\n\n"
        "## Goal\n\nLevel 1 by Friday\n\n"
        "## Active workplans\n\n"
        "- MRKD-WP-0001: Level 1 (in_progress, 1 of 3 tasks done, workplans/MRKD-WP-0001.md)\n\n"
        "## Next tasks\n\n"
        "- MRKD-WP-0001-T03: Title 3 (high, todo)\n"
        "- MRKD-WP-0001-T02: Title 2 (medium, todo)\n\n"
        "## Open questions to people\n\n"
        "- MRKD-WP-0001-T02: Which fonts?\n"
    )


def test_an_empty_brief_says_that_there_is_nothing() -> None:
    assert section(EMPTY, "Goal") == ["None is set."]
    for title in ("Active workplans", "Next tasks", "Open questions to people"):
        assert section(EMPTY, title) == ["None."]


@pytest.mark.parametrize("said", ["(unknown)", "unknown", "", " "])
def test_the_domain_is_never_unknown(said: str) -> None:
    view = replace(EMPTY, repo=replace(REPO, domain=said))

    assert "\nDomain: marki-docx\n" in render(view).decode()


def test_the_domain_stays_when_every_workplan_is_done() -> None:
    ended = a_stream(status=Status.DONE), (a_task(1, status=Status.DONE),)
    view = replace(EMPTY, workstreams=(ended[0],), tasks=ended[1])

    assert "\nDomain: documents\n" in render(view).decode()
    assert section(view, "Active workplans") == ["None."]


def test_tasks_that_can_be_worked_on_come_before_those_that_cannot() -> None:
    view = replace(
        EMPTY,
        workstreams=(a_stream(),),
        tasks=(
            a_task(1, priority=Priority.CRITICAL, depends_on=("MRKD-WP-0001-T04", "X-9")),
            a_task(2, priority=Priority.CRITICAL, needs_human=True),
            a_task(3, priority=Priority.CRITICAL, status=Status.BLOCKED),
            a_task(4, priority=Priority.LOW),
            a_task(5, priority=Priority.LOW, status=Status.IN_PROGRESS),
        ),
    )

    assert section(view, "Next tasks") == [
        "- MRKD-WP-0001-T05: Title 5 (low, in_progress)",
        "- MRKD-WP-0001-T04: Title 4 (low, todo)",
        "- MRKD-WP-0001-T03: Title 3 (critical, blocked, cannot go on)",
        "- MRKD-WP-0001-T01: Title 1 (critical, todo, waits for MRKD-WP-0001-T04 and 1 more)",
        "- MRKD-WP-0001-T02: Title 2 (critical, todo, needs a person)",
    ]


def test_a_dependency_that_has_ended_is_not_waited_for() -> None:
    first = a_task(1, status=Status.DONE)
    tasks = (first, a_task(2, depends_on=(first.key,)), a_task(3, depends_on=(first.id,)))
    view = replace(EMPTY, workstreams=(a_stream(),), tasks=tasks)

    assert not re.search("waits", "\n".join(section(view, "Next tasks")))


def test_long_lists_are_cut_and_say_by_how_much() -> None:
    view = replace(
        EMPTY,
        workstreams=tuple(a_stream(number) for number in range(1, 13)),
        tasks=tuple(a_task(number, number) for number in range(1, 13)),
        open_interventions=tuple(a_question(n, f"Question {n:02d}?") for n in range(15)),
    )

    for title, more in (
        ("Active workplans", 2),
        ("Next tasks", 2),
        ("Open questions to people", 5),
    ):
        lines = section(view, title)
        assert (len(lines), lines[-1]) == (11, f"- and {more} more")


def test_progress_counts_no_cancelled_task() -> None:
    tasks = (a_task(1), a_task(2, status=Status.CANCELLED), a_task(3, status=Status.DONE))
    view = replace(EMPTY, workstreams=(a_stream(),), tasks=tasks)

    assert "1 of 2 tasks done" in section(view, "Active workplans")[0]


def test_the_question_that_waits_longest_comes_first() -> None:
    older = a_question(2, "Which paper?", since=NOON - timedelta(days=1))
    view = replace(EMPTY, open_interventions=(a_question(1), older))

    assert section(view, "Open questions to people") == ["- Which paper?", "- Which fonts?"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("# Head", "\\# Head"),
        ("  - item", "\\- item"),
        ("1. first", "1\\. first"),
        ("12) first", "12\\) first"),
        ("2026 plans", "2026 plans"),
        ("```task", "\\```task"),
        ("a\n# b\r\n---", "a # b ---"),
        ("<!-- x", "\\<!-- x"),
        ("see ![x](http://tracker.example/x)", "see !\\[x](http://tracker.example/x)"),
        ("\x1b[31mred\u202e", "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"),
        ("lone \ud800", "lone \N{REPLACEMENT CHARACTER}"),
        ("x" * 1000, "x" * (LONGEST - 1) + "…"),
        ("", ""),
    ],
)
def test_what_others_wrote_is_text_and_nothing_else(said: str, shown: str) -> None:
    assert told(said) == shown


def test_a_long_goal_is_cut() -> None:
    view = replace(EMPTY, goal=replace(GOAL, description="word " * 1000))

    assert len(section(view, "Goal")[2]) == LONGEST_GOAL


TEXT = st.text(max_size=12)
STATUSES, PRIORITIES = st.sampled_from(list(Status)), st.sampled_from(list(Priority))


def with_title(title: str) -> Goal:
    return replace(GOAL, title=title)


@st.composite
def views(draw: st.DrawFn) -> ReconcileView:
    streams = tuple(
        a_stream(number, title=draw(TEXT), status=draw(STATUSES), position=draw(st.integers(1, 2)))
        for number in range(1, draw(st.integers(1, 4)))
    )
    tasks = tuple(
        a_task(
            number,
            draw(st.integers(1, 3)),
            title=draw(TEXT),
            status=draw(STATUSES),
            priority=draw(PRIORITIES),
            position=draw(st.integers(1, 2)),
            needs_human=draw(st.booleans()),
            depends_on=tuple(draw(st.lists(st.sampled_from(["X", "MRKD-WP-0001-T01"])))),
        )
        for number in range(1, draw(st.integers(1, 14)))
    )
    asked = tuple(
        a_question(number, draw(TEXT), task_key=draw(st.none() | st.just("X")))
        for number in range(draw(st.integers(0, 12)))
    )
    goal = draw(st.none() | TEXT.map(with_title))
    return ReconcileView("hub", REPO, goal, streams, tasks, asked)


@given(views(), st.randoms(use_true_random=False))
def test_the_order_of_the_hubs_rows_changes_nothing(view: ReconcileView, dice: Any) -> None:
    mixed = replace(
        view,
        workstreams=tuple(dice.sample(view.workstreams, len(view.workstreams))),
        tasks=tuple(dice.sample(view.tasks, len(view.tasks))),
        open_interventions=tuple(
            dice.sample(view.open_interventions, len(view.open_interventions))
        ),
    )

    assert render(view) == render(view) == render(mixed)


@given(views())
def test_nothing_but_what_is_told_changes_the_brief(view: ReconcileView) -> None:
    later = NOON + timedelta(days=3)
    other_rows = replace(
        view,
        hub_id="another",
        repo=replace(view.repo, id="x", updated_at=later, revision=9, last_state_synced_at=later),
        tasks=tuple(replace(t, version=9, fence=4, note="n", updated_at=later) for t in view.tasks),
        open_interventions=tuple(
            replace(q, id=f"x{q.id}", since=later, asked_by="you") for q in view.open_interventions
        ),
    )

    assert render(other_rows) == render(view)


@given(views())
def test_every_line_is_one_of_ours(view: ReconcileView) -> None:
    lines = render(view).decode().removeprefix(HEAD).splitlines()

    heads = [line for line in lines if line.startswith("#")]
    assert heads == [
        "# marki-docx",
        "## Goal",
        "## Active workplans",
        "## Next tasks",
        "## Open questions to people",
    ]
    assert all(line.isprintable() for line in lines)
