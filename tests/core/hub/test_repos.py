"""What every hub promises of repos, domains, topics and goals."""

import pytest

from custodian_core.commands import (
    AddDomain,
    AddTopic,
    AnswerHuman,
    AskHuman,
    ChangeRepo,
    ChangeTask,
    EndGoal,
    RecordSync,
    RegisterRepo,
    ReleaseClaim,
    SetGoal,
    UnregisterRepo,
)
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.ports import Hub
from custodian_core.records import GoalStatus, HostSync, RepoCounts, RepoStatus

from .conftest import NOON, Watch
from .made import ME, YOU, a_repo, claim, tasks, types


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


def test_what_there_is_in_each_repo_is_counted_at_once(hub: Hub) -> None:
    tasks(hub, "A01", "A02", "A03", repo="alpha")
    a_repo(hub, "beta")
    claim(hub, "A01")
    hub.do(ChangeTask("A02", {"status": "done"}), ME)
    hub.do(AskHuman("Which?", repo="alpha"), ME)

    assert hub.counts() == (
        RepoCounts("alpha", {"in_progress": 1, "done": 1, "todo": 1}, 1, 1),
        RepoCounts("beta", {}, 0, 0),
    )


def test_only_what_goes_on_is_counted_as_going_on(hub: Hub, watch: Watch) -> None:
    tasks(hub, "A01", "A02", "A03", repo="alpha")
    a_repo(hub, "beta")
    released, _lapsing, _parked = (claim(hub, key, ttl_s=60) for key in ("A01", "A02", "A03"))
    hub.do(ReleaseClaim(released.id, released.fence), ME)
    hub.do(AskHuman("Which?", task="A03"), ME)
    answered = hub.do(AskHuman("Which?", repo="beta"), ME)
    hub.do(AnswerHuman(answered.id, "That."), ME)
    watch.on(days=1)

    going_on = {each.repo_slug: (each.live_claims, each.open_questions) for each in hub.counts()}

    assert going_on == {"alpha": (1, 1), "beta": (0, 0)}


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
