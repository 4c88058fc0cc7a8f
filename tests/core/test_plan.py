"""The rules by which files and hub come to say the same, over views and files made by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.commands import TaskWrite
from custodian_core.findings import Mode, Severity
from custodian_core.merging import Evidence, doubts
from custodian_core.plan import Plan, Source, Wanted
from custodian_core.planning import make_plan
from custodian_core.records import ReconcileView, Repo, RepoStatus, Snapshot, Task, Workstream
from custodian_core.secrets import HIDDEN
from custodian_core.status import Base, Priority, Side, Status, rank, three_way, two_way
from custodian_core.workplan.read import read

AT = datetime(2026, 4, 21, tzinfo=UTC)
CHECK, FIX = Wanted(Mode.CHECK), Wanted(Mode.FIX)
PATH = "workplans/x.md"
STREAM = "32de6210-ce1e-4cba-ad1f-fdeba462030d"
T1, T2 = "CUST-WP-0001-T01", "CUST-WP-0001-T02"
ID = {T1: "34a76f4c-ad3f-4780-ad62-1e788ceca224", T2: "5b1b8b0c-8f3e-4a57-9d0c-0d3d2a4f1c11"}
TODO, IN_PROGRESS, BLOCKED, DONE, CANCELLED = Status

FRONT = """\
---
id: CUST-WP-0001
type: workplan
title: A plan
domain: custodian
repo: the-custodian
status: {status}
{link}---
"""


def block(
    key: str = T1, status: str = "todo", link: str | None = "known", more: str = "priority: high\n"
) -> str:
    if link:
        more += f"state_hub_task_id: {ID[key] if link == 'known' else link}\n"
    return f"\n### {key} — Do it\n```task\nid: {key}\nstatus: {status}\n{more}```\n"


def source(
    *blocks: str, status: str = "active", link: str | None = STREAM, dirty: bool = False
) -> Source:
    stream = f"state_hub_workstream_id: {link}\n" if link else ""
    text = FRONT.format(status=status, link=stream) + "".join(blocks)
    return Source(PATH, "b" * 40, read(text.encode(), PATH), dirty)


def task(key: str = T1, status: Status = TODO, base: Snapshot | None = None) -> Task:
    """A task as the hub knows it."""
    return Task(
        id=ID[key],
        repo_slug="the-custodian",
        workstream_id=STREAM,
        key=key,
        title="Do it",
        description="",
        acceptance=(),
        status=status,
        priority=Priority.HIGH,
        position=0,
        depends_on=(),
        needs_human=False,
        epoch=0,
        fence=0,
        created_at=AT,
        updated_at=AT,
        version=7,
        base=base,
    )


STREAM_RECORD = Workstream(
    id=STREAM,
    repo_slug="the-custodian",
    key="CUST-WP-0001",
    title="A plan",
    workplan_file=PATH,
    status=IN_PROGRESS,
    position=0,
    created_at=AT,
    updated_at=AT,
    version=3,
)
REPO = Repo("r1", "the-custodian", "custodian", RepoStatus.ACTIVE, AT, AT, 1)


def view(*tasks: Task, stream: Workstream | None = STREAM_RECORD) -> ReconcileView:
    return ReconcileView("h1", REPO, None, (stream,) if stream else (), tasks, ())


def planned(
    known: ReconcileView,
    *sources: Source,
    wanted: Wanted = FIX,
    reopens: Mapping[str, str] | None = None,
    ancestors: frozenset[str] = frozenset({"c1"}),
) -> Plan:
    return make_plan(known, sources, Evidence(ancestors, reopens or {}), wanted)


def told(plan: Plan) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in plan.findings]


def written(plan: Plan) -> TaskWrite:
    (only,) = plan.tasks
    return only


# --- what agrees


def test_what_agrees_changes_nothing() -> None:
    plan = planned(view(task()), source(block()))

    assert not plan.writes_hub
    assert (plan.edits, plan.findings) == ((), ())


@pytest.mark.parametrize("mode", [CHECK, FIX], ids=["check", "fix"])
def test_p10_without_a_base_each_pair_ends_as_the_seed_says(mode: Wanted) -> None:
    for file, hub in product(Status, Status):
        plan = planned(view(task(status=hub)), source(block(status=file)), wanted=mode)
        merge = two_way(file, hub)

        assert [each.status for each in plan.tasks] == ([file] if merge.write_hub else [])
        assert [(e.old, e.new) for e in plan.edits] == ([(file, hub)] if merge.write_file else [])
        if merge.write_hub:
            severity = Severity.FAIL if mode is CHECK else Severity.FIXED
            assert told(plan) == [("C-11", severity)]
        elif merge.write_file:
            assert told(plan)[0] == ("C-13", Severity.WARN)
        else:
            assert told(plan) == []


bases = st.builds(Snapshot, st.sampled_from(Status), st.integers(0, 2), st.integers(0, 2))


@given(bases, st.sampled_from(Status), st.sampled_from(Status), st.booleans(), st.booleans())
def test_with_a_base_in_this_history_each_merge_is_the_three_way_one(
    base: Snapshot, file: Status, hub: Status, reopened: bool, reopen_there: bool
) -> None:
    epoch = base.epoch + reopen_there
    known = replace(task(status=hub, base=replace(base, commit="c1")), epoch=epoch)
    reopens = {T1: "it broke"} if reopened else {}
    plan = planned(view(known), source(block(status=file)), reopens=reopens)
    merge = three_way(
        Base(base.status, base.epoch, base.seq),
        Side(file, base.epoch + 1 if reopened else None),
        Side(hub, epoch),
    )

    assert [each.status for each in plan.tasks] == (
        [merge.status] if merge.write_hub or merge.overruled else []
    )
    assert [each.new for each in plan.edits] == ([merge.status] if merge.write_file else [])


@given(
    st.none() | bases,
    st.sampled_from(Status),
    st.sampled_from(Status),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_p1_no_plan_takes_a_task_back_without_a_reason(
    base: Snapshot | None, file: Status, hub: Status, reopened: bool, lost: bool, dirty: bool
) -> None:
    base = replace(base, commit="c1") if base else None
    known = replace(task(status=hub, base=base), epoch=base.epoch if base else 0)
    reopens = {T1: "it broke"} if reopened else {}
    ancestors = frozenset[str]() if lost else frozenset({"c1"})
    files = source(block(status=file), dirty=dirty)
    plan = planned(view(known), files, reopens=reopens, ancestors=ancestors)

    for each in plan.tasks:
        assert rank(each.status) >= rank(hub) or each.reopen_reason == "it broke"
        assert each.version == 7
    assert dirty <= (plan.edits == ())


@given(st.none() | bases, st.sampled_from(Status), st.sampled_from(Status), st.booleans())
def test_p2_a_plan_that_is_carried_out_leaves_nothing_to_plan(
    base: Snapshot | None, file: Status, hub: Status, reopened: bool
) -> None:
    base = replace(base, commit="c1") if base else None
    known = replace(task(status=hub, base=base), epoch=base.epoch if base else 0)
    reopens = {T1: "it broke"} if reopened else {}
    plan = planned(view(known), source(block(status=file)), reopens=reopens)
    for each in plan.tasks:
        back = each.reopen_reason is not None
        known = replace(known, status=each.status, epoch=known.epoch + back)
    for edit in plan.edits:
        file = edit.new or file
    (agreed,) = [each for each in plan.agreed if each.key == T1]
    known = replace(known, base=agreed.snapshot("c2"))
    again = planned(view(known), source(block(status=file)), ancestors=frozenset({"c1", "c2"}))

    assert file == known.status
    assert not again.writes_hub
    assert again.edits == ()
    assert [each.code for each in again.findings] == []


def test_a_base_of_another_history_counts_for_nothing() -> None:
    known = task(status=DONE, base=Snapshot(DONE, commit="gone"))
    plan = planned(view(known), source(block(status="todo")), reopens={T1: "it broke"})

    assert plan.tasks == ()
    assert [each.new for each in plan.edits] == [DONE]


def test_only_a_status_that_moved_makes_history_speak() -> None:
    same = task(base=Snapshot(TODO, commit="c1"))
    moved = task(T2, DONE, base=Snapshot(DONE, commit="c2"))
    files = [source(block(), block(T2, "todo"))]

    (doubt,) = doubts(view(same, moved), [each.reading for each in files])
    assert (doubt.key, doubt.path, doubt.commit, doubt.back) == (T2, PATH, "c2", True)


def test_a_reopen_in_the_file_goes_to_the_hub_with_its_reason() -> None:
    known = task(status=DONE, base=Snapshot(DONE, commit="c1"))
    plan = planned(view(known), source(block(status="todo")), reopens={T1: "it broke"})

    assert (written(plan).status, written(plan).reopen_reason) == (TODO, "it broke")
    assert [(f.code, f.reason) for f in plan.findings] == [("C-11", "reopen")]


def test_what_lost_a_merge_is_kept_for_the_tasks_history() -> None:
    known = task(status=CANCELLED, base=Snapshot(TODO, commit="c1"))
    plan = planned(view(known), source(block(status="done")))

    assert written(plan).overruled == DONE
    assert [code for code, _ in told(plan)] == ["C-13", "C-20"]


# --- files that are not written


def test_a_file_with_uncommitted_changes_is_read_and_not_written() -> None:
    plan = planned(
        view(task(status=DONE), task(T2)),
        source(block(), block(T2, "in_progress"), dirty=True),
    )

    assert plan.edits == ()
    assert [(each.key, each.status) for each in plan.tasks if each.key == T2] == [(T2, IN_PROGRESS)]
    assert ("C-14", Severity.WARN) in told(plan)
    assert ("T01", Severity.INFO) in told(plan)
    assert T1 not in {each.key for each in plan.agreed}


def test_without_writeback_no_file_is_written_and_ids_are_told_as_missing() -> None:
    wanted = replace(FIX, writeback=False)
    plan = planned(view(stream=None), source(block(link=None), link=None), wanted=wanted)

    assert plan.edits == ()
    assert [each.key for each in plan.tasks] == [T1]
    assert told(plan) == [("C-02", Severity.WARN), ("C-03", Severity.WARN)]


# --- ids


def test_a_secret_in_a_file_does_not_get_into_the_hub_and_is_no_difference_afterwards() -> None:
    secret = source(block(more="priority: high\n").replace("Do it", f"Use gh{'p_' + 'a1B2' * 9}"))
    first = planned(view(task()), secret)
    same = planned(view(replace(task(), title=written(first).title)), secret)

    assert written(first).title == f"Use {HIDDEN}"
    assert [each.message for each in first.findings if "p_a1B2" in each.message] == []
    assert (same.writes_hub, same.edits, same.findings) == (False, (), ())


def test_what_the_hub_does_not_know_is_made_and_linked() -> None:
    plan = planned(view(stream=None), source(block(link=None), link=None))

    (stream,) = plan.workstreams
    assert (stream.key, stream.version, stream.status) == ("CUST-WP-0001", None, IN_PROGRESS)
    assert (written(plan).version, written(plan).workstream_key) == (None, "CUST-WP-0001")
    assert [(each.task, each.link) for each in plan.edits] == [(None, True), (T1, True)]
    assert told(plan) == [("C-02", Severity.FIXED), ("C-03", Severity.FIXED)]


def test_what_the_hub_knows_by_its_key_is_linked_and_not_made_again() -> None:
    plan = planned(view(task()), source(block(link=None), link=None))

    assert not plan.writes_hub
    assert [(each.task, each.link) for each in plan.edits] == [(None, True), (T1, True)]


def test_c05_a_workstream_that_this_hub_does_not_know_is_left_out() -> None:
    plan = planned(view(stream=None), source(block(), link=ID[T2]))

    assert told(plan) == [("C-05", Severity.FAIL)]
    assert not plan.writes_hub
    assert plan.edits == ()


def test_c06_a_task_that_this_hub_does_not_know_is_left_out_and_the_others_are_synced() -> None:
    plan = planned(view(task(T2)), source(block(link=STREAM), block(T2, "done")))

    assert ("C-06", Severity.FAIL) in told(plan)
    assert (written(plan).key, written(plan).status) == (T2, DONE)


def test_c05_and_c06_are_linked_anew_by_their_keys_where_that_can_be() -> None:
    plan = planned(view(task()), source(block(link=ID[T2]), link=ID[T2]))

    assert told(plan) == [("C-05", Severity.WARN), ("C-06", Severity.WARN)]
    assert [(each.task, each.link) for each in plan.edits] == [(None, True), (T1, True)]
    assert not plan.writes_hub


def test_with_relink_an_id_that_is_not_known_counts_as_none() -> None:
    wanted = replace(FIX, relink=True)
    plan = planned(view(stream=None), source(block(), link=ID[T2]), wanted=wanted)

    assert [each.key for each in plan.tasks] == [T1]
    assert [(each.task, each.link) for each in plan.edits] == [(None, True), (T1, True)]


def test_c07_a_task_whose_block_is_gone_is_told_and_kept() -> None:
    plan = planned(view(task(), task(T2)), source(block()))

    assert told(plan) == [("C-07", Severity.WARN)]
    assert not plan.writes_hub


@pytest.mark.parametrize("status", [DONE, CANCELLED])
def test_c07_a_task_that_has_ended_may_leave_the_file(status: Status) -> None:
    assert told(planned(view(task(), task(T2, status)), source(block()))) == []


def test_c07_is_not_told_of_a_block_that_cannot_be_read() -> None:
    broken = f"```task\nid: {T2}\nstatus: nonsense\n```\n"
    plan = planned(view(task(), task(T2)), source(block(), broken))

    assert "C-07" not in [code for code, _ in told(plan)]
    assert "C-12" in [code for code, _ in told(plan)]


@pytest.mark.parametrize("left", ["", "# Only prose is left\n"])
def test_c07_is_told_of_a_plan_that_was_emptied(left: str) -> None:
    emptied = Source(PATH, "b1", read(left.encode(), PATH))

    (finding,) = planned(view(task(), task(T2)), emptied).findings
    assert (finding.code, finding.path) == ("C-07", PATH)
    assert "1 more" in finding.message


def test_c08_another_repo_or_domain_than_the_registered_one_is_told() -> None:
    repo = replace(REPO, slug="other", domain="work")
    plan = planned(replace(view(task()), repo=repo), source(block()))

    assert told(plan) == [("C-08", Severity.WARN), ("C-08", Severity.WARN)]
    assert not plan.writes_hub


def test_c08_a_task_that_was_renamed_in_the_file_keeps_its_history() -> None:
    known = replace(task(), key="OLD-T01")
    plan = planned(view(known), source(block(status="done")))

    assert written(plan).key == "OLD-T01"
    assert ("C-08", Severity.WARN) in told(plan)


def test_c04_an_id_that_is_used_twice_is_told_and_synced_nowhere() -> None:
    plan = planned(view(task()), source(block(status="done"), block(T2, "done", link=ID[T1])))

    assert ("C-04", Severity.FAIL) in told(plan)
    assert plan.tasks == ()


# --- what is said, and what is left unsaid


def test_a_file_whose_status_is_no_word_leaves_the_hubs_alone() -> None:
    plan = planned(view(task()), source(block(), status="nonsense"))

    assert plan.workstreams == ()
    assert [code for code, _ in told(plan)] == ["C-12"]


def test_a_plan_whose_status_is_no_word_is_made_as_todo() -> None:
    plan = planned(view(stream=None), source(status="nonsense", link=None))

    assert [each.status for each in plan.workstreams] == [TODO]


def test_what_a_block_leaves_unsaid_stays_as_the_hub_has_it() -> None:
    known = replace(task(), priority=Priority.LOW, depends_on=(T2,), needs_human=True)
    plan = planned(view(known, task(T2)), source(block(more="", status="done"), block(T2)))
    new = next(each for each in plan.tasks if each.key == T1)

    assert (new.priority, new.depends_on, new.needs_human) == (Priority.LOW, (T2,), True)
    assert "C-10" not in [code for code, _ in told(plan)]


def test_what_a_block_says_is_the_hubs_from_now_on() -> None:
    known = replace(task(), priority=Priority.LOW, depends_on=(T2,), needs_human=True)
    more = "priority: critical\nneeds_human: false\ndepends_on: []\n"
    plan = planned(view(known, task(T2)), source(block(more=more), block(T2)))
    new = next(each for each in plan.tasks if each.key == T1)

    assert (new.priority, new.depends_on, new.needs_human) == (Priority.CRITICAL, (), False)
    assert told(plan)[0] == ("C-10", Severity.FIXED)


def test_a_title_that_differs_is_the_files() -> None:
    plan = planned(view(replace(task(), title="Old")), source(block()))

    assert written(plan).title == "Do it"
    assert told(plan) == [("C-10", Severity.FIXED)]


def test_c09_a_workplans_own_status_is_merged_by_the_rule_for_tasks() -> None:
    forward = planned(view(task()), source(block(), status="archived"))
    behind = planned(
        view(task(), stream=replace(STREAM_RECORD, status=DONE)), source(block(), status="draft")
    )

    assert [each.status for each in forward.workstreams] == [DONE]
    assert [(each.task, each.old, each.new) for each in behind.edits] == [(None, TODO, DONE)]
    for plan in (forward, behind):
        assert "C-09" in [code for code, _ in told(plan)]


def test_a_file_that_cannot_be_read_changes_nothing_and_loses_nothing() -> None:
    broken = Source(PATH, "b" * 40, read(b"---\nid: [\ntype: workplan\n---\n", PATH))
    plan = planned(view(task()), broken)

    assert not plan.writes_hub
    assert [code for code, _ in told(plan)] == ["C-01"]


def test_a_check_and_a_fix_plan_the_same() -> None:
    known, files = view(task(status=DONE)), source(block(), block(T2, "done", link=None))
    looked, acted = planned(known, files, wanted=CHECK), planned(known, files)

    assert (looked.tasks, looked.edits, looked.agreed) == (acted.tasks, acted.edits, acted.agreed)
