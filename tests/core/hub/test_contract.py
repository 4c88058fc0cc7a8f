"""What every hub promises, on each database, in process and over HTTP."""

from dataclasses import replace

import pytest

from custodian_core.commands import (
    AddDomain,
    AddTask,
    AddTopic,
    AddWorkstream,
    AnswerHuman,
    AskHuman,
    Caller,
    ChangeRepo,
    ChangeTask,
    ChangeWorkstream,
    ClaimTask,
    EndGoal,
    NoteTask,
    RecordSync,
    RegisterRepo,
    ReleaseClaim,
    RenewClaim,
    ReopenTask,
    SetGoal,
    UnregisterRepo,
)
from custodian_core.errors import (
    BadValue,
    Claimed,
    Conflict,
    NothingToDo,
    Regression,
    StaleFence,
    UnknownThing,
)
from custodian_core.ports import Hub
from custodian_core.records import (
    Claim,
    ClaimKind,
    GoalStatus,
    HostSync,
    Intervention,
    Repo,
    RepoStatus,
    Task,
)
from custodian_core.status import Priority, Status

from .conftest import NOON, Watch

ME = Caller("me")
YOU = Caller("you")


@pytest.fixture
def hub(door: Hub) -> Hub:
    return door


def a_repo(hub: Hub, slug: str = "marki-docx") -> Repo:
    repo: Repo = hub.do(RegisterRepo(slug, "custodian", host="here", path=f"/repos/{slug}"), ME)
    return repo


def tasks(hub: Hub, *keys: str, repo: str = "marki-docx", **more: Priority) -> list[Task]:
    """Tasks of one workstream, in that order; `more` gives the priority of some."""
    if not hub.repos(slug=repo).items:
        a_repo(hub, repo)
    plan = f"{repo[:4].upper()}-WP-0001"
    if plan not in [w.key for w in hub.workstreams(repo=repo).items]:
        hub.do(AddWorkstream(repo, plan, "A plan", "workplans/a.md"), ME)
    return [
        hub.do(AddTask(plan, key, f"Title of {key}", priority=more.get(key, Priority.MEDIUM)), ME)
        for key in keys
    ]


def claim(hub: Hub, task: str, holder: str = "me", **more: int) -> Claim:
    granted: Claim = hub.do(ClaimTask(holder, task=task, ttl_s=more.get("ttl_s")), Caller(holder))
    return granted


def types(hub: Hub, subject: str) -> list[str]:
    return [event.type for event in hub.events(subject=subject).items]


# --- repos


def test_a_registered_repo_is_found_with_its_host_paths(hub: Hub) -> None:
    registered = a_repo(hub)

    assert hub.repo("marki-docx") == registered
    assert registered.host_paths == {"here": "/repos/marki-docx"}
    assert (registered.status, registered.created_at, registered.version) == ("active", NOON, 1)
    assert registered.last_state_synced_at is None
    assert [domain.slug for domain in hub.domains()] == ["custodian"]


def test_registering_again_adds_a_host_and_keeps_what_is_known(hub: Hub) -> None:
    first = a_repo(hub)
    hub.do(ChangeRepo("marki-docx", {"remote_url": "https://git.example/x.git"}), ME)
    again = hub.do(RegisterRepo("marki-docx", "custodian", host="there", path="/else"), YOU)

    assert again.id == first.id
    assert again.host_paths == {"here": "/repos/marki-docx", "there": "/else"}
    assert again.remote_url == "https://git.example/x.git"
    assert hub.repos().total == 1


def test_a_path_is_registered_with_its_host_or_not_at_all(hub: Hub) -> None:
    with pytest.raises(BadValue, match="host: say on which host the path is"):
        hub.do(RegisterRepo("marki-docx", "custodian", path="/repos/marki-docx"), ME)
    with pytest.raises(BadValue, match="host: it must be up to 255 printable characters"):
        hub.do(RegisterRepo("marki-docx", "custodian", host="h" * 256, path="/repos/x"), ME)

    assert hub.repos().total == 0


def test_an_unknown_repo_is_told_with_near_names(hub: Hub) -> None:
    a_repo(hub)

    with pytest.raises(UnknownThing) as unknown:
        hub.repo("marki-doc")
    assert unknown.value.near == ("marki-docx",)
    assert str(unknown.value) == "there is no repo 'marki-doc'; near it: marki-docx"


@pytest.mark.parametrize("slug", ["", "A", "a b", "../x", "-x", "a/b", "é", "x" * 101])
def test_a_slug_that_is_none_is_refused(hub: Hub, slug: str) -> None:
    with pytest.raises(BadValue):
        hub.do(RegisterRepo(slug, "custodian"), ME)


def test_repos_are_listed_in_pages_with_a_total(hub: Hub) -> None:
    for number in range(5):
        a_repo(hub, f"repo-{number}")

    first = hub.repos(limit=2)
    second = hub.repos(limit=2, after=first.cursor)
    last = hub.repos(limit=2, after=second.cursor)
    slugs = [repo.slug for page in (first, second, last) for repo in page.items]
    assert slugs == [f"repo-{number}" for number in range(5)]
    assert (first.total, last.cursor) == (5, None)


def test_repos_are_filtered(hub: Hub, watch: Watch) -> None:
    a_repo(hub, "one")
    hub.do(RegisterRepo("two", "other", host="there", path="/two"), ME)
    hub.do(ChangeRepo("two", {"kaizen_schedule_enabled": True}), ME)
    hub.do(RecordSync("two", HostSync("there", "/two", outcome="ok", sealed=True), stamp=True), ME)
    watch.on(hours=2)

    def found(**wanted: object) -> list[str]:
        return [repo.slug for repo in hub.repos(**wanted).items]  # type: ignore[arg-type]

    assert found(domain="other") == ["two"]
    assert found(kaizen_schedule_enabled=True, domain="other") == ["two"]
    assert found(kaizen_schedule_enabled=False) == ["one"]
    assert found(host="here") == ["one"]
    assert found(slug="two") == ["two"]
    assert found(synced_before=NOON) == ["one"]
    assert found(synced_before=watch.now) == ["one", "two"]


def test_a_change_says_what_was_and_what_is(hub: Hub) -> None:
    a_repo(hub)
    changed = hub.do(ChangeRepo("marki-docx", {"default_branch": "main"}, version=1), ME)

    assert (changed.default_branch, changed.version) == ("main", 2)
    event = hub.events(type="repo.changed").items[0]
    assert (event.actor, event.before, event.after) == (
        "me",
        {"default_branch": None},
        {"default_branch": "main"},
    )


def test_a_change_of_what_moved_meanwhile_is_refused(hub: Hub) -> None:
    a_repo(hub)
    hub.do(ChangeRepo("marki-docx", {"default_branch": "main"}, version=1), ME)

    with pytest.raises(Conflict, match="you read version 1, it is 2 now"):
        hub.do(ChangeRepo("marki-docx", {"default_branch": "dev"}, version=1), YOU)
    assert hub.repo("marki-docx").default_branch == "main"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slug": "x"}, "it cannot be changed"),
        ({"status": "gone"}, "it must be one of active, archived, out_of_scope"),
        ({"kaizen_schedule_enabled": "yes"}, "it must be a truth"),
        ({"last_state_synced_at": "yesterday"}, "is not a time"),
        ({"last_state_synced_at": "2026-11-21T12:00:00"}, "a time with its zone"),
        ({"status": "out_of_scope"}, "with a reason"),
        ({"host_paths": {"h": 1}}, "it must be text"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    hub: Hub, changes: dict[str, object], told: str
) -> None:
    a_repo(hub)

    with pytest.raises(BadValue, match=told):
        hub.do(ChangeRepo("marki-docx", changes), ME)


def test_out_of_scope_keeps_its_reason(hub: Hub) -> None:
    a_repo(hub)
    changes = {"status": "out_of_scope", "status_reason": "a fork"}
    repo = hub.do(ChangeRepo("marki-docx", changes), ME)

    assert (repo.status, repo.status_reason) == (RepoStatus.OUT_OF_SCOPE, "a fork")
    assert a_repo(hub).status is RepoStatus.ACTIVE


def test_a_sync_is_kept_by_host_and_stamps_only_when_asked(hub: Hub, watch: Watch) -> None:
    a_repo(hub)
    watch.on(minutes=5)
    bad = HostSync(
        "here", "/repos/marki-docx", outcome="behind", behind=2, findings=({"code": "C-16"},)
    )
    after_bad = hub.do(RecordSync("marki-docx", bad, stamp=False), ME)
    good = HostSync("there", "/else", outcome="ok", sealed=True, ahead=0, behind=0)
    after_good = hub.do(RecordSync("marki-docx", good, stamp=True), ME)

    assert after_bad.last_state_synced_at is None
    assert after_good.last_state_synced_at == watch.now
    here, there = after_good.hosts
    assert (here.outcome, here.behind, here.findings) == ("behind", 2, ({"code": "C-16"},))
    assert (there.sealed, there.last_run_at) == (True, watch.now)


def test_an_unregistered_repo_is_gone_and_its_history_stays(hub: Hub) -> None:
    tasks(hub, "T01")
    hub.do(UnregisterRepo("marki-docx"), ME)

    assert hub.repos().total == 0
    with pytest.raises(UnknownThing):
        hub.task("T01")
    assert "repo.unregistered" in types(hub, "marki-docx")
    assert types(hub, "T01") == ["task.added"]


# --- domains, topics, goals


def test_domains_and_topics_are_named_once(hub: Hub) -> None:
    hub.do(AddDomain("custodian", "Custodian"), ME)
    hub.do(AddDomain("custodian"), ME)
    hub.do(AddTopic("sync", "custodian", "Sync"), ME)

    assert [(d.slug, d.title) for d in hub.domains()] == [("custodian", "Custodian")]
    assert [(t.slug, t.title) for t in hub.topics("custodian")] == [("sync", "Sync")]
    with pytest.raises(UnknownThing, match="no topic 'snyc'; near it: sync"):
        hub.do(RegisterRepo("x", "custodian", topic="snyc"), ME)


def test_a_repo_has_one_active_goal_at_a_time(hub: Hub, watch: Watch) -> None:
    a_repo(hub)
    hub.do(SetGoal("marki-docx", "First"), ME)
    watch.on(minutes=1)
    second = hub.do(SetGoal("marki-docx", "Second", "in full"), ME)

    assert [(g.title, g.status) for g in hub.goals("marki-docx")] == [
        ("Second", GoalStatus.ACTIVE),
        ("First", GoalStatus.DROPPED),
    ]
    dispatch = hub.dispatch("marki-docx")
    assert dispatch.active_goal == second
    ended = hub.do(EndGoal("marki-docx"), ME)
    assert (ended.status, ended.ended_at) == (GoalStatus.ACHIEVED, watch.now)
    with pytest.raises(Conflict, match="it has no active goal"):
        hub.do(EndGoal("marki-docx"), ME)


# --- tasks


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
    with pytest.raises(UnknownThing):
        hub.tasks(repo="nowhere")
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


# --- claims


def test_one_of_two_wins_a_task_and_the_other_is_told_who(hub: Hub) -> None:
    tasks(hub, "T01")
    granted = claim(hub, "T01")

    assert (granted.holder, granted.fence, hub.task("T01").status) == ("me", 1, "in_progress")
    with pytest.raises(Claimed) as refused:
        claim(hub, "T01", "you")
    assert refused.value.holder == "me"


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "\x1b[31mred"])
def test_a_holder_is_called_what_a_line_can_show(hub: Hub, name: str) -> None:
    tasks(hub, "T01")
    with pytest.raises(BadValue, match="holder: it must be up to 100 printable characters"):
        hub.do(ClaimTask(name, task="T01"), ME)
    with pytest.raises(BadValue, match="host: it must be up to 255 printable characters"):
        hub.do(ClaimTask("me", task="T01", host="h" * 256), ME)

    assert hub.claims() == ()


def test_the_holder_who_asks_again_gets_the_same_claim_renewed(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01")
    first = claim(hub, "T01")
    watch.on(hours=1)
    again = claim(hub, "T01")

    assert (again.id, again.fence) == (first.id, first.fence)
    assert again.expires_at > first.expires_at


def test_how_long_a_claim_lives_depends_on_who_works(hub: Hub) -> None:
    tasks(hub, "T01", "T02", "T03")
    runner = hub.do(ClaimTask("bot", task="T01", kind=ClaimKind.RUNNER), Caller("bot"))

    assert (runner.ttl_s, claim(hub, "T02").ttl_s) == (15 * 60, 4 * 60 * 60)
    with pytest.raises(BadValue):
        hub.do(ClaimTask("bot", task="T03", ttl_s=0), Caller("bot"))


def test_an_expired_claim_frees_the_task_after_its_grace_and_leaves_the_status(
    hub: Hub, watch: Watch
) -> None:
    tasks(hub, "T01")
    claim(hub, "T01", ttl_s=600)
    watch.on(seconds=601)
    with pytest.raises(Claimed):
        claim(hub, "T01", "you")
    watch.on(seconds=600)

    taken = claim(hub, "T01", "you")
    assert (taken.holder, hub.task("T01").status) == ("you", "in_progress")
    expired = hub.events(type="claim.expired").items[0]
    assert expired.before == {"holder": "me", "fence": 1}


def test_a_late_write_under_a_lost_claim_is_refused(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01")
    mine = claim(hub, "T01", ttl_s=60)
    watch.on(seconds=121)
    claim(hub, "T01", "you")

    with pytest.raises(StaleFence) as stale:
        hub.do(ChangeTask("T01", {"status": "done"}, fence=mine.fence), ME)
    assert stale.value.holder == "you holds it now"
    with pytest.raises(StaleFence):
        hub.do(RenewClaim(mine.id, mine.fence), ME)
    with pytest.raises(StaleFence):
        hub.do(NoteTask("T01", "late", fence=mine.fence), ME)


def test_whatever_its_holder_does_renews_a_claim(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01")
    granted = claim(hub, "T01", ttl_s=600)
    watch.on(seconds=500)
    hub.do(NoteTask("T01", "still at it"), ME)

    (held,) = hub.claims()
    assert held.expires_at > granted.expires_at
    hub.do(NoteTask("T01", "from aside"), YOU)
    assert hub.claims()[0].renewed_at == held.renewed_at


def test_a_released_task_is_free_at_once(hub: Hub) -> None:
    tasks(hub, "T01")
    mine = claim(hub, "T01")
    released = hub.do(ReleaseClaim(mine.id, mine.fence, note="half done"), ME)

    assert (released.end_reason, hub.task("T01").note) == ("released", "half done")
    assert claim(hub, "T01", "you").fence > mine.fence
    with pytest.raises(StaleFence):
        hub.do(ReleaseClaim(mine.id, mine.fence), ME)


def test_a_task_that_ends_lets_its_claim_go(hub: Hub) -> None:
    tasks(hub, "T01")
    mine = claim(hub, "T01")
    hub.do(ChangeTask("T01", {"status": "done"}, fence=mine.fence), ME)

    assert hub.claims() == ()
    assert hub.claims(live=False)[0].end_reason == "done"
    with pytest.raises(Conflict, match="nothing left to claim"):
        claim(hub, "T01", "you")


def test_a_reopened_task_belongs_to_nobody(hub: Hub) -> None:
    tasks(hub, "T01")
    mine = claim(hub, "T01")
    hub.do(ReopenTask("T01", "start over"), YOU)

    assert hub.claims() == ()
    with pytest.raises(StaleFence):
        hub.do(ChangeTask("T01", {"status": "done"}, fence=mine.fence), ME)


def test_a_claim_waits_without_expiring_while_a_person_is_asked(hub: Hub, watch: Watch) -> None:
    tasks(hub, "T01")
    claim(hub, "T01", ttl_s=60)
    asked: Intervention = hub.do(AskHuman("Which one?", task="T01", options=("a", "b")), ME)
    watch.on(days=3)
    with pytest.raises(Claimed):
        claim(hub, "T01", "you")

    hub.do(AnswerHuman(asked.id, "a"), YOU)
    (held,) = hub.claims()
    assert (held.parked, held.expires_at > watch.now) == (False, True)


def test_two_claims_in_one_working_folder_are_refused(hub: Hub) -> None:
    tasks(hub, "T01", "T02")
    there = ClaimTask("me", task="T01", workdir="/repos/marki-docx", host="here")
    hub.do(there, ME)

    with pytest.raises(Conflict, match="use a worktree of your own"):
        hub.do(replace(there, holder="you", task="T02"), YOU)
    assert hub.do(replace(there, holder="you", task="T02", host="elsewhere"), YOU)


# --- dispatch


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


# --- questions


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


# --- the log, and repeated commands


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
