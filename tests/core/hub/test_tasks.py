"""What every hub promises of tasks and workstreams, and of the log of what was done."""

import pytest

from custodian_core.commands import (
    AskHuman,
    Caller,
    ChangeTask,
    ChangeWorkstream,
    NoteTask,
    ReopenTask,
)
from custodian_core.errors import BadValue, Conflict, Regression, UnknownThing
from custodian_core.ports import Hub
from custodian_core.status import Priority, Status

from .made import ME, YOU, a_repo, tasks, types


def test_a_task_is_found_by_key_and_by_id(hub: Hub) -> None:
    (task,) = tasks(hub, "T01")

    assert hub.task("T01") == hub.task(task.id) == task
    with pytest.raises(UnknownThing, match="near it: T01"):
        hub.task("T011")


def test_a_key_that_two_repos_use_is_named_by_id(hub: Hub) -> None:
    (one,) = tasks(hub, "T01", repo="alpha")
    tasks(hub, "T01", repo="beta")

    with pytest.raises(Conflict, match="several repos have it"):
        hub.task("T01")
    assert hub.task(one.id).repo_slug == "alpha"
    with pytest.raises(Conflict):
        tasks(hub, "T01", repo="beta")


def test_tasks_are_filtered_and_paged(hub: Hub) -> None:
    tasks(hub, *(f"T{number:02d}" for number in range(7)), T03=Priority.HIGH)
    hub.do(ChangeTask("T05", {"status": "done", "needs_human": True}), ME)

    assert [t.key for t in hub.tasks(status="done").items] == ["T05"]
    assert [t.key for t in hub.tasks(priority="high").items] == ["T03"]
    assert [t.key for t in hub.tasks(needs_human=True).items] == ["T05"]
    page = hub.tasks(repo="marki-docx", limit=3, after=hub.tasks(limit=3).cursor)
    assert ([t.key for t in page.items], page.total) == (["T03", "T04", "T05"], 7)
    for nowhere in ("nowhere", ""):
        with pytest.raises(UnknownThing):
            hub.tasks(repo=nowhere)
    with pytest.raises(BadValue):
        hub.tasks(limit=0)
    with pytest.raises(BadValue):
        hub.tasks(after="nonsense")


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("todo", "done", True),
        ("in_progress", "blocked", True),
        ("blocked", "in_progress", True),
        ("done", "cancelled", True),
        ("in_progress", "todo", False),
        ("done", "in_progress", False),
        ("cancelled", "todo", False),
    ],
)
def test_a_change_never_lowers_a_tasks_rank(hub: Hub, old: str, new: str, allowed: bool) -> None:
    tasks(hub, "T01")
    hub.do(ChangeTask("T01", {"status": old}), ME)

    if allowed:
        assert hub.do(ChangeTask("T01", {"status": new}), ME).status == new
    else:
        with pytest.raises(Regression) as refused:
            hub.do(ChangeTask("T01", {"status": new}), ME)
        assert (refused.value.old, refused.value.new) == (old, new)
        assert hub.task("T01").status == old


def test_reopening_takes_a_reason_and_begins_an_epoch(hub: Hub) -> None:
    tasks(hub, "T01")
    hub.do(ChangeTask("T01", {"status": "done"}), ME)
    reopened = hub.do(ReopenTask("T01", "it broke again"), YOU)

    assert (reopened.status, reopened.epoch) == (Status.TODO, 1)
    event = hub.events(type="task.reopened").items[0]
    assert (event.actor, event.reason, event.before) == (
        "you",
        "it broke again",
        {"status": "done"},
    )
    with pytest.raises(BadValue):
        hub.do(ReopenTask("T01", "  "), ME)
    with pytest.raises(Conflict, match="is no reopening"):
        hub.do(ReopenTask("T01", "again"), ME)


def test_a_note_is_the_tasks_last_word(hub: Hub) -> None:
    tasks(hub, "T01")
    hub.do(NoteTask("T01", "tests are green"), ME)

    assert hub.task("T01").note == "tests are green"
    assert types(hub, "T01") == ["task.added", "task.note"]


def test_a_workstream_changes_like_a_task_does(hub: Hub) -> None:
    tasks(hub, "T01")
    (stream,) = hub.workstreams(repo="marki-docx").items
    hub.do(ChangeWorkstream(stream.key, {"status": "done", "title": "Done"}), ME)

    assert (hub.workstream(stream.id).title, hub.workstream(stream.key).status) == ("Done", "done")
    with pytest.raises(Regression):
        hub.do(ChangeWorkstream(stream.key, {"status": "todo"}), ME)


def test_events_can_be_read_from_a_cursor_without_gaps(hub: Hub) -> None:
    tasks(hub, "T01")
    hub.do(ChangeTask("T01", {"title": "Better"}), Caller("me", request_id="r-1"))
    seen: list[int] = []
    after = 0
    while (page := hub.events(after=after, limit=2)).items:
        seen += [event.seq for event in page.items]
        after = page.items[-1].seq

    assert seen == list(range(1, len(seen) + 1))
    assert hub.events(type="task.changed").items[0].request_id == "r-1"


def test_a_place_in_the_log_that_no_database_can_count_to_is_refused(hub: Hub) -> None:
    tasks(hub, "T01")
    with pytest.raises(BadValue, match="after"):
        hub.events(after=2**63)

    assert hub.events(after=2**31 - 1).items == ()


def test_a_command_that_changes_nothing_logs_nothing(hub: Hub) -> None:
    tasks(hub, "T01")
    before = hub.events().total
    hub.do(ChangeTask("T01", {"title": "Title of T01"}), ME)

    assert hub.events().total == before


def test_a_repeated_command_gets_the_first_answer(hub: Hub) -> None:
    a_repo(hub)
    once = Caller("me", idempotency_key="k-1")
    first = hub.do(AskHuman("Really?", repo="marki-docx"), once)
    again = hub.do(AskHuman("Really?", repo="marki-docx"), once)

    assert again == first
    assert hub.interventions().total == 1
    assert hub.do(AskHuman("Really?", repo="marki-docx"), Caller("you", "k-1")) != first
    with pytest.raises(Conflict, match="it was used for another command"):
        hub.do(AskHuman("Something else?", repo="marki-docx"), once)


def test_a_refused_command_leaves_nothing_behind(hub: Hub) -> None:
    tasks(hub, "T01")
    before = hub.events().total
    with pytest.raises(BadValue):
        hub.do(ChangeTask("T01", {"title": "New", "status": "nonsense"}), ME)

    assert (hub.events().total, hub.task("T01").title) == (before, "Title of T01")


def test_a_text_that_no_database_keeps_is_refused_and_the_hub_goes_on(hub: Hub) -> None:
    tasks(hub, "T01")

    with pytest.raises(BadValue, match="no text can have"):
        hub.do(NoteTask("T01", "cut\0off"), ME)
    with pytest.raises(BadValue, match="no text can have"):
        hub.do(ChangeTask("T01", {"title": "cut\0off"}), ME)
    assert hub.do(NoteTask("T01", "whole"), ME).note == "whole"
