"""Files, hub and remote come to say the same, and nothing goes back."""

from pathlib import Path

import pytest

from custodian_core.commands import ChangeWorkstream, RegisterRepo, ReopenTask
from custodian_core.findings import Severity
from custodian_core.hub.databases import SQLite
from custodian_core.hub.portable import export
from custodian_core.hub.store import Store
from custodian_core.secrets import HIDDEN
from custodian_core.status import Status

from .conftest import ME, SLUG, T1, T2, T3, Clone, World, codes, git


def even(clone: Clone) -> bool:
    """Whether local is remote, and nothing on disk differs."""
    remote = git(clone.world.remote, "rev-parse", "main")
    return clone.head == remote and clone.git("status", "--porcelain") == ""


def test_a_new_plan_is_taken_in_linked_and_sealed_by_one_commit(a: Clone, world: World) -> None:
    before = a.head
    report = a.fix()

    assert (report.outcome, report.sealed, len(report.commits)) == ("ok", True, 1)
    assert a.git("rev-list", "--count", f"{before}..HEAD") == "1"
    assert even(a)
    task = world.task(T1)
    assert f'state_hub_task_id: "{task.id}"' in a.plan.read_text()
    stream = world.hub.workstream("MRKD-WP-0001")
    assert f'state_hub_workstream_id: "{stream.id}"' in a.plan.read_text()
    assert (task.title, task.description) == ("Task 1", f"Prose of {T1}.")
    assert codes(report).count("C-03") == 3
    assert {f.severity for f in report.findings} == {Severity.FIXED}


def test_a_second_run_finds_nothing_and_does_nothing(a: Clone, world: World) -> None:
    a.fix()
    head, events = a.head, world.hub.events(limit=1000).total
    report = a.fix()

    assert (report.unchanged, report.findings, report.actions) == (True, (), ())
    assert report.sealed
    assert a.head == head
    assert world.hub.events(limit=1000).total == events


def test_work_committed_in_the_file_reaches_the_hub(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done")
    report = a.fix()

    assert world.status(T1) == "done"
    assert codes(report) == ["C-11"]
    assert report.commits == ()
    assert even(a)


def test_hub_ahead_of_the_file_is_written_back_and_pushed(a: Clone, world: World) -> None:
    a.fix()
    world.move(T2, "in_progress")
    report = a.fix()

    assert a.says(T2) == "in_progress"
    assert codes(report) == ["C-13", "T03", "T04"]
    assert report.sealed
    assert even(a)
    text = a.git("log", "-1", "--format=%B")
    assert text.startswith("chore(consistency): sync task status from DB [auto]\n\nUpdated by")
    assert f"- {T2}: todo → in_progress" in text
    assert f"Custodian-Sync: {report.run_id}" in text


def test_a_writeback_changes_the_status_line_and_no_other_byte(a: Clone, world: World) -> None:
    a.fix()
    before = a.plan.read_bytes()
    world.move(T3, "done")
    a.fix()
    place = before.index(f"id: {T3}".encode())

    expected = before[:place] + before[place:].replace(b"status: todo", b"status: done", 1)
    assert a.plan.read_bytes() == expected


def test_what_is_still_to_mend_is_told_by_the_line_it_has_after_the_ids_were_put_in(
    a: Clone,
) -> None:
    a.work(T2, "finsihed")
    report = a.fix()
    lines = a.plan.read_text().splitlines()
    told = [found for found in report.findings if found.code == "C-12"]

    assert report.commits
    assert [lines[found.line - 1] for found in told if found.line] == ["status: finsihed"]
    assert [found for found in a.check().findings if found.code == "C-12"] == told


def test_work_done_on_a_is_never_regressed_by_stale_b(a: Clone, b: Clone, world: World) -> None:
    a.work(T1, "done")
    a.fix()
    head = b.head
    report = b.fix()

    assert world.status(T1) == "done"
    assert codes(report) == ["C-16", "T02"]
    assert (report.outcome, report.sealed) == ("behind", False)
    assert b.head == head
    caught_up = b.fix(pull=True)
    assert b.says(T1) == "done"
    assert caught_up.sealed
    assert even(b)


def test_a_file_that_goes_back_without_a_reason_is_put_right(a: Clone, world: World) -> None:
    a.work(T1, "done")
    a.fix()
    a.work(T1, "todo")
    report = a.fix()

    assert (world.status(T1), a.says(T1)) == ("done", "done")
    assert "C-13" in codes(report)
    assert even(a)


def test_a_commit_that_says_so_reopens_a_task(a: Clone, world: World) -> None:
    a.work(T1, "done")
    a.fix()
    a.set(T1, "todo")
    a.commit(f"again\n\nCustodian-Reopen: {T1} the export is broken")
    report = a.fix()

    assert (world.status(T1), a.says(T1)) == ("todo", "todo")
    assert world.task(T1).epoch == 1
    (event,) = world.hub.events(type="task.reopened").items
    assert event.reason == "the export is broken"
    assert report.sealed
    assert a.fix().unchanged


def test_a_task_reopened_in_the_hub_is_reopened_in_the_file(a: Clone, world: World) -> None:
    a.work(T1, "done")
    a.fix()
    world.hub.do(ReopenTask(T1, "it broke"), ME)
    report = a.fix()

    assert a.says(T1) == "todo"
    assert [f.reason for f in report.findings if f.code == "C-13"] == ["reopen"]
    assert even(a)


@pytest.mark.parametrize(("file", "hub"), [("blocked", "in_progress"), ("in_progress", "blocked")])
def test_a_move_within_a_rank_is_kept(a: Clone, world: World, file: str, hub: str) -> None:
    a.work(T1, hub)
    a.fix()
    a.work(T1, file)
    a.fix()

    assert (world.status(T1), a.says(T1)) == (file, file)


def test_done_here_and_cancelled_there_is_told_to_a_person(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done")
    world.move(T1, "cancelled")
    report = a.fix()

    assert "C-20" in codes(report)
    assert world.status(T1) == a.says(T1)
    assert world.hub.events(type="task.overruled").total == 1


def test_no_writeback_leaves_the_file_alone_and_says_so(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    head = a.head
    report = a.fix(writeback=False)

    assert (a.head, a.says(T1)) == (head, "todo")
    assert codes(report) == ["C-13", "T01"]
    assert world.status(T1) == "done"


def test_uncommitted_edits_are_left_alone_and_told(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    a.set(T2, "blocked")
    text = a.plan.read_text()
    report = a.fix()

    assert "C-14" in codes(report)
    assert a.plan.read_text() == text
    assert report.commits == ()
    assert world.status(T2) == "todo"


@pytest.mark.parametrize("staged", [False, True])
def test_a_workplan_that_nobody_has_committed_is_told_and_left_alone(
    a: Clone, world: World, staged: bool
) -> None:
    a.fix()
    assert a.fix().unchanged
    known = world.hub.tasks(repo="marki-docx").total
    new = a.plan.with_name("MRKD-WP-0002.md")
    new.write_text(a.plan.read_text().replace("MRKD-WP-0001", "MRKD-WP-0002"))
    a.plan.with_name("README.md").write_text("What lies here.\n")
    if staged:
        a.git("add", "workplans")
    looked, fixed = a.check(), a.fix()

    for report in (looked, fixed):
        (told,) = (each for each in report.findings if each.code == "C-14")
        assert (told.path, told.reason) == ("workplans/MRKD-WP-0002.md", "new")
    assert "MRKD-WP-0002" in new.read_text()
    assert world.hub.tasks(repo="marki-docx").total == known
    a.commit("a second plan", "workplans")
    assert "C-14" not in codes(a.fix())


def test_a_workplan_that_git_is_to_ignore_is_nobodys_business(a: Clone) -> None:
    a.fix()
    (a.top / ".gitignore").write_text("mine-*.md\n")
    a.commit("ignore", ".gitignore")
    a.fix()
    a.plan.with_name("mine-1.md").write_text(a.plan.read_text())

    assert codes(a.check()) == []
    assert a.fix().unchanged


def test_staged_work_of_an_agent_never_lands_in_our_commit(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    (a.top / "README.md").write_text("half done\n")
    (a.top / "new.py").write_text("x = 1\n")
    a.git("add", "README.md", "new.py")
    report = a.fix()

    assert a.git("show", "--name-only", "--format=", "HEAD") == "workplans/MRKD-WP-0001.md"
    assert a.git("diff", "--cached", "--name-only") == "README.md\nnew.py"
    assert report.sealed


def test_our_own_commit_is_rebuilt_when_the_remote_moved_on(
    a: Clone, b: Clone, world: World
) -> None:
    world.move(T1, "done")
    a.fix(push=False)
    (b.top / "README.md").write_text("from b\n")
    b.commit("b works", "README.md")
    b.git("push", "-q")
    report = a.fix()

    assert report.sealed
    assert even(a)
    assert (a.says(T1), (a.top / "README.md").read_text()) == ("done", "from b\n")
    assert a.git("log", "--format=%s", "-2").splitlines()[1] == "b works"


def test_commits_of_people_that_diverged_are_told_and_not_touched(
    a: Clone, b: Clone, world: World
) -> None:
    b.work(T1, "done")
    (a.top / "README.md").write_text("from a\n")
    head = a.commit("a works", "README.md")
    report = a.fix()

    assert codes(report) == ["C-16", "C-17", "C-18"]
    assert "Agent of a" in report.findings[2].message
    assert (report.outcome, a.head) == ("diverged", head)
    assert world.status(T1) == "todo"


def test_commits_that_an_agent_left_unpushed_are_pushed_first(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done", push=False)
    report = a.fix()

    assert report.actions[0] == "pushed 1 earlier commit, by Agent of a"
    assert world.status(T1) == "done"
    assert even(a)


def test_check_writes_nothing_anywhere(a: Clone, b: Clone, world: World) -> None:
    b.work(T1, "done")
    world.move(T2, "done")
    before = (git(a.top, "for-each-ref"), a.git("status", "--porcelain"), a.head)
    events = world.hub.events(limit=1000).total
    report = a.check()

    assert codes(report) == ["C-16", "C-13"]
    assert (git(a.top, "for-each-ref"), a.git("status", "--porcelain"), a.head) == before
    assert world.hub.events(limit=1000).total == events
    assert not (a.top / ".git/FETCH_HEAD").exists()


def test_what_a_run_left_unwritten_the_next_one_writes(a: Clone, world: World) -> None:
    a.fix()
    world.hub.do(ChangeWorkstream("MRKD-WP-0001", {"status": Status.DONE}), ME)
    held_back = a.fix(writeback=False)

    assert codes(held_back) == ["C-09"]
    assert "status: active" in a.plan.read_text()
    assert a.fix().sealed
    assert "status: done" in a.plan.read_text().split("---")[1]


def test_f93_two_hubs_do_not_take_a_plan_from_each_other_for_ever(
    a: Clone, world: World, tmp_path: Path
) -> None:
    a.fix()
    first, second = world.hub, Store(SQLite(tmp_path / "second.db"))
    second.do(RegisterRepo(SLUG, "custodian", host="a", path=str(a.top)), ME)
    world.hub = second
    assert codes(a.fix()) == ["C-05", "C-08"]
    assert a.fix(relink=True).sealed
    head = a.head
    told: list[list[str]] = []
    for _ in range(2):
        for world.hub in (first, second):
            report = a.fix()
            told.append(codes(report))
    world.hub = first
    second.close()

    assert a.head == head
    assert told == [["C-05", "C-08"], [], ["C-05", "C-08"], []]


def test_a_hub_that_lost_a_plan_links_it_anew_where_no_other_hub_has_it(
    a: Clone, world: World
) -> None:
    a.fix()
    text = a.plan.read_text()
    stranger = "34a76f4c-ad3f-4780-ad62-1e788ceca224"
    a.plan.write_text(text.replace(world.task(T1).id, stranger))
    a.commit("strange id")
    report = a.fix()

    assert report.sealed
    assert "C-06" in codes(report)
    assert a.plan.read_text() == text


def test_a_secret_in_a_workplan_stays_there_and_is_nowhere_in_the_hub(
    a: Clone, world: World
) -> None:
    token = "gh" + "p_" + "a1B2c3D4" * 5
    theirs = a.plan.read_text().replace(f"Prose of {T1}.", f"Call it with {token}.")
    a.plan.write_text(theirs)
    a.commit(f"With {token}")
    a.fix()
    again = a.fix()

    assert f"Call it with {token}." in a.plan.read_text()
    assert world.task(T1).description == f"Call it with {HIDDEN}."
    assert token not in "\n".join(export(world.hub.database))
    assert (again.unchanged, again.findings) == (True, ())
