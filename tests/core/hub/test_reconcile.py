"""One read that a sync needs, one write that is whole or not at all, on each database."""

from dataclasses import replace

import pytest

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    ApplyPlan,
    AskHuman,
    Caller,
    ChangeTask,
    RegisterRepo,
    SetGoal,
    TaskWrite,
    WorkstreamWrite,
)
from custodian_core.errors import Conflict, ForeignHub, Regression
from custodian_core.ports import Hub
from custodian_core.records import ReconcileView, Snapshot
from custodian_core.status import Priority, Status

ME = Caller("sync")
STREAM = WorkstreamWrite("MRKD-WP-0001", "A plan", "workplans/a.md", Status.TODO, 1)
TASK = TaskWrite(
    key="MRKD-WP-0001-T01",
    workstream_key="MRKD-WP-0001",
    title="First",
    description="What to do.",
    acceptance=("it works",),
    status=Status.TODO,
    priority=Priority.HIGH,
    position=1,
    depends_on=("OTHER-1",),
    needs_human=False,
)


@pytest.fixture
def hub(door: Hub) -> Hub:
    door.do(RegisterRepo("marki-docx", "custodian"), ME)
    return door


def plan(hub: Hub, **more: object) -> ApplyPlan:
    return replace(ApplyPlan("marki-docx", hub.health().hub_id), **more)  # type: ignore[arg-type]


def test_a_key_that_many_repos_use_means_the_plans_own_repo(hub: Hub) -> None:
    for repo in ("a", "b", "c", "d", "z"):
        hub.do(RegisterRepo(repo, "custodian"), ME)
        hub.do(plan(hub, repo=repo, workstreams=(STREAM,), tasks=(TASK,)), ME)
    moved = replace(TASK, status=Status.DONE, version=1)
    hub.do(plan(hub, repo="z", tasks=(moved,), bases={TASK.key: Snapshot(Status.DONE)}), ME)

    found = {task.repo_slug: (task.status, task.base is None) for task in hub.tasks().items}
    assert found == dict.fromkeys("abcd", (Status.TODO, True)) | {"z": (Status.DONE, False)}


def test_a_new_plan_is_taken_in_whole(hub: Hub) -> None:
    view: ReconcileView = hub.do(plan(hub, workstreams=(STREAM,), tasks=(TASK,)), ME)

    (stream,), (task,) = view.workstreams, view.tasks
    assert (stream.key, stream.workplan_file) == ("MRKD-WP-0001", "workplans/a.md")
    assert (task.workstream_id, task.acceptance, task.depends_on) == (
        stream.id,
        ("it works",),
        ("OTHER-1",),
    )
    assert hub.reconcile_view("marki-docx") == view


def test_the_view_holds_all_that_a_sync_needs(hub: Hub) -> None:
    goal = hub.do(SetGoal("marki-docx", "Level 1"), ME)
    asked = hub.do(AskHuman("Which?", repo="marki-docx"), ME)
    view = hub.reconcile_view("marki-docx")

    assert (view.hub_id, view.goal, view.open_interventions) == (
        hub.health().hub_id,
        goal,
        (asked,),
    )
    assert (view.workstreams, view.tasks, view.repo.slug) == ((), (), "marki-docx")


def test_one_version_that_moved_refuses_the_whole_plan(hub: Hub) -> None:
    view = hub.do(plan(hub, workstreams=(STREAM,), tasks=(TASK,)), ME)
    hub.do(ChangeTask(TASK.key, {"title": "Moved"}), Caller("you"))
    new = replace(TASK, key="MRKD-WP-0001-T02")
    stale = replace(TASK, title="Mine", version=view.tasks[0].version)

    with pytest.raises(Conflict, match="MRKD-WP-0001-T01: it moved"):
        hub.do(plan(hub, tasks=(new, stale)), ME)
    assert [task.title for task in hub.reconcile_view("marki-docx").tasks] == ["Moved"]


def test_a_plan_for_another_hub_is_refused(hub: Hub) -> None:
    with pytest.raises(ForeignHub, match="the plan was made for hub"):
        hub.do(replace(plan(hub, workstreams=(STREAM,)), hub_id="another"), ME)
    assert hub.reconcile_view("marki-docx").workstreams == ()


def test_a_plan_cannot_regress_a_task_but_can_reopen_it(hub: Hub) -> None:
    hub.do(plan(hub, workstreams=(STREAM,), tasks=(replace(TASK, status=Status.DONE),)), ME)
    version = hub.task(TASK.key).version
    back = replace(TASK, status=Status.TODO, version=version)
    with pytest.raises(Regression):
        hub.do(plan(hub, tasks=(back,)), ME)

    hub.do(plan(hub, tasks=(replace(back, reopen_reason="trailer in 1a2b3c"),)), ME)
    task = hub.task(TASK.key)
    assert (task.status, task.epoch) == (Status.TODO, 1)
    assert hub.events(type="task.reopened").items[0].reason == "trailer in 1a2b3c"


def test_what_lost_a_merge_stays_in_the_tasks_history(hub: Hub) -> None:
    hub.do(plan(hub, workstreams=(STREAM,), tasks=(TASK,)), ME)
    lost = replace(TASK, version=1, status=Status.CANCELLED, overruled=Status.DONE)
    hub.do(plan(hub, tasks=(lost,)), ME)

    (event,) = hub.events(type="task.overruled").items
    assert event.after == {"overruled": "done", "status": "cancelled"}


def test_sealed_bases_are_remembered_without_moving_versions(hub: Hub) -> None:
    view = hub.do(plan(hub, workstreams=(STREAM,), tasks=(TASK,)), ME)
    base = Snapshot(Status.TODO, epoch=0, seq=1, commit="1a2b3c", blob="4d5e6f")
    after = hub.do(plan(hub, bases={TASK.key: base, STREAM.key: base}), ME)

    assert (after.tasks[0].base, after.workstreams[0].base) == (base, base)
    assert after.tasks[0].version == view.tasks[0].version
    with pytest.raises(Conflict, match="no task or workstream"):
        hub.do(plan(hub, bases={"UNKNOWN": base}), ME)


def test_what_is_in_the_hub_already_is_not_added_again(hub: Hub) -> None:
    hub.do(AddWorkstream("marki-docx", STREAM.key, "Before"), ME)
    hub.do(AddTask(STREAM.key, TASK.key, "Before"), ME)

    for again in (plan(hub, workstreams=(STREAM,)), plan(hub, tasks=(TASK,))):
        with pytest.raises(Conflict, match="it is in the hub already"):
            hub.do(again, ME)


def test_a_plan_that_changes_nothing_writes_nothing(hub: Hub) -> None:
    view = hub.do(plan(hub, workstreams=(STREAM,), tasks=(TASK,)), ME)
    events = hub.events().total
    same = plan(hub, workstreams=(replace(STREAM, version=1),), tasks=(replace(TASK, version=1),))

    assert hub.do(same, ME) == view
    assert hub.events().total == events
