"""What every hub promises of what comes next, and of questions to people."""

import pytest

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    AnswerHuman,
    AskHuman,
    Caller,
    ChangeTask,
    ClaimTask,
    SetGoal,
)
from custodian_core.errors import Conflict, NothingToDo
from custodian_core.hub.dispatching import SHOWN_STREAMS
from custodian_core.ports import Hub
from custodian_core.records import Claim
from custodian_core.status import Priority

from .conftest import NOON, Watch
from .made import ME, YOU, a_repo, claim, tasks


def next_of(hub: Hub, holder: str) -> str:
    granted: Claim = hub.do(ClaimTask(holder, repo="marki-docx"), Caller(holder))
    return granted.task_key


def test_the_most_urgent_task_comes_first_and_each_asker_gets_another(hub: Hub) -> None:
    tasks(hub, "T01", "T02", "T03", T02=Priority.CRITICAL)

    assert [next_of(hub, holder) for holder in ("a", "b", "c")] == ["T02", "T01", "T03"]
    with pytest.raises(NothingToDo, match="none is free"):
        next_of(hub, "d")
    assert next_of(hub, "b") == "T01"


def test_among_equals_the_task_that_unblocks_most_comes_first(hub: Hub) -> None:
    tasks(hub, "T01", "T02", "T03", "T04")
    for waiting in ("T03", "T04"):
        hub.do(ChangeTask(waiting, {"depends_on": ["T02"]}), ME)

    assert hub.dispatch("marki-docx").task == hub.task("T02")


def test_a_task_is_ready_when_what_it_depends_on_has_ended(hub: Hub) -> None:
    tasks(hub, "T01", "T02", "T03", "T04")
    hub.do(ChangeTask("T01", {"depends_on": ["T02"]}), ME)
    hub.do(ChangeTask("T03", {"depends_on": ["UNKNOWN-1"]}), ME)
    hub.do(ChangeTask("T04", {"needs_human": True}), ME)

    assert next_of(hub, "a") == "T02"
    with pytest.raises(NothingToDo):
        next_of(hub, "b")
    hub.do(ChangeTask("T02", {"status": "done"}), Caller("a"))
    assert next_of(hub, "b") == "T01"


def test_what_was_left_in_progress_is_offered_before_what_is_new(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01", "T02", T01=Priority.HIGH)
    claim(hub, "T02", "gone", ttl_s=60)
    watch.on(seconds=121)
    dispatch = hub.dispatch("marki-docx")

    assert (dispatch.directive, dispatch.task) == ("resume", hub.task("T02"))
    assert next_of(hub, "me") == "T02"


def test_a_dispatch_holds_what_the_seed_names(hub: Hub) -> None:
    tasks(hub, "T01", "T02")
    hub.do(ChangeTask("T02", {"status": "done"}), ME)
    goal = hub.do(SetGoal("marki-docx", "Level 1"), ME)
    asked = hub.do(AskHuman("Which font?", repo="marki-docx"), ME)
    dispatch = hub.dispatch("marki-docx")

    assert (dispatch.repo_slug, dispatch.active_goal) == ("marki-docx", goal)
    (stream,) = dispatch.active_workstreams
    assert (stream.title, stream.workplan_file, stream.pending_total) == (
        "A plan",
        "workplans/a.md",
        1,
    )
    assert [(p.key, p.priority, p.needs_human) for p in stream.pending_tasks] == [
        ("T01", Priority.MEDIUM, False)
    ]
    assert dispatch.human_interventions == (asked,)
    assert (dispatch.directive, dispatch.task) == ("work", hub.task("T01"))


def test_of_very_many_workstreams_the_first_tell_their_tasks_and_all_their_number(hub: Hub) -> None:
    tasks(hub, "A00")
    streams = range(1, SHOWN_STREAMS + 2)
    for number in streams:
        hub.do(AddWorkstream("marki-docx", f"WP-{number:02}", "Another plan"), ME)
        hub.do(AddTask(f"WP-{number:02}", f"B{number:02}", "Do it", needs_human=True), ME)
    shown = hub.dispatch("marki-docx").active_workstreams
    hub.do(ChangeTask("A00", {"status": "done"}), ME)
    nothing = hub.dispatch("marki-docx").active_workstreams

    assert [len(stream.pending_tasks) for stream in shown] == [1] * SHOWN_STREAMS + [0, 0]
    assert [stream.pending_total for stream in shown] == [1] * (SHOWN_STREAMS + 2)
    assert [stream.pending_tasks[0].key for stream in nothing] == [f"B{n:02}" for n in streams]


def test_a_dispatch_with_nothing_to_do_says_why(hub: Hub) -> None:
    a_repo(hub)
    empty = hub.dispatch("marki-docx")
    hub.do(AskHuman("What next?", repo="marki-docx"), ME)
    asked = hub.dispatch("marki-docx")

    assert (empty.directive, empty.reason) == (
        "none",
        "it has no open tasks; its workplans were never synced, custodian fix does that",
    )
    assert asked.directive == "human_needed"


def test_a_question_is_answered_once(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01")
    asked = hub.do(AskHuman("Which one?", task="T01", context="two fit"), ME)
    watch.on(minutes=3)
    answered = hub.do(AnswerHuman(asked.id, "the first"), YOU)

    assert (asked.repo_slug, asked.task_key, asked.since, asked.is_open) == (
        "marki-docx",
        "T01",
        NOON,
        True,
    )
    assert (answered.answer, answered.answered_by, answered.answered_at) == (
        "the first",
        "you",
        watch.now,
    )
    assert hub.interventions().items == ()
    assert hub.interventions(is_open=False).items == (answered,)
    with pytest.raises(Conflict, match="you answered it already: the first"):
        hub.do(AnswerHuman(asked.id, "the second"), ME)


def test_questions_come_oldest_first_in_pages(hub: Hub, watch: Watch) -> None:
    a_repo(hub)
    for number in range(3):
        hub.do(AskHuman(f"Question {number}?", repo="marki-docx"), ME)
        watch.on(minutes=1)

    first = hub.interventions(limit=2)
    rest = hub.interventions(limit=2, after=first.cursor)
    asked = [i.question for page in (first, rest) for i in page.items]
    assert (asked, first.total) == (["Question 0?", "Question 1?", "Question 2?"], 3)


def test_a_claimed_task_comes_with_what_to_do_with_it_and_why(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01", "T02")
    ask = ClaimTask("ada", repo="marki-docx", ttl_s=60)

    first = hub.claim_next(ask, Caller("ada"))
    assert first.task == hub.task("T01")
    assert (first.claim,) == tuple(hub.claims(holder="ada"))
    assert (first.directive, first.reason[:7]) == ("work", "it is t")
    again = hub.claim_next(ask, Caller("ada"))
    assert (again.task, again.directive) == (hub.task("T01"), "resume")
    assert "yours" in again.reason

    watch.on(minutes=10)
    left = hub.claim_next(ClaimTask("bob", repo="marki-docx"), Caller("bob"))
    assert (left.task, left.directive) == (hub.task("T01"), "resume")
    assert "left in progress" in left.reason


def test_whoever_is_overtaken_is_given_another_task_as_one_to_begin(hub: Hub) -> None:
    tasks(hub, "T01", "T02")
    expected = hub.dispatch("marki-docx").task
    assert expected
    claim(hub, expected.key, YOU.name)

    given = hub.claim_next(ClaimTask("ada", repo="marki-docx"), Caller("ada"))
    assert given.task == hub.task("T02")
    assert given.directive == "work"
    assert [each.status for each in given.active_workstreams[0].pending_tasks] == 2 * [
        "in_progress"
    ]


def test_a_repeated_key_claims_nothing_more_and_tells_what_was_claimed(hub: Hub) -> None:
    tasks(hub, "T01", "T02")
    by = Caller("ada", "the same key")

    first = hub.claim_next(ClaimTask("ada", repo="marki-docx"), by)
    again = hub.claim_next(ClaimTask("ada", repo="marki-docx"), by)
    assert (again.claim, again.task) == (first.claim, first.task)
    assert again.directive == "resume"
    assert len(hub.claims()) == 1
