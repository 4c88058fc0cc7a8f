"""How syncs are remembered, and how one run at a time writes in a repo, on every hub."""

from datetime import timedelta

import pytest

from custodian_core.commands import (
    Caller,
    RecordSync,
    RecordSyncs,
    RegisterRepo,
    RequestSync,
    ReturnLease,
    SetGoal,
    TakeLease,
)
from custodian_core.errors import BadValue, RepoBusy, UnknownThing
from custodian_core.hub.store import Store
from custodian_core.ports import Hub
from custodian_core.records import HostSync, Lease, Repo, RunHour

from .conftest import NOON, Watch

ME = Caller("me")
SLUG = "marki-docx"


@pytest.fixture
def hub(door: Hub) -> Hub:
    door.do(RegisterRepo(SLUG, "custodian", host="here", path=f"/repos/{SLUG}"), ME)
    return door


def synced(hub: Hub, run: str, outcome: str = "ok", **told: str | int) -> Repo:
    sync = HostSync("here", f"/repos/{SLUG}", outcome=outcome, sealed=True, **told)  # type: ignore[arg-type]
    repo: Repo = hub.do(RecordSync(SLUG, sync, stamp=True, run_id=run, report={"run": run}), ME)
    return repo


def test_what_a_host_saw_is_remembered(hub: Hub) -> None:
    (host,) = synced(hub, "r1", head="a" * 40, digest="d", revision=7).hosts

    assert (host.head, host.digest, host.revision) == ("a" * 40, "d", 7)


def test_the_revision_moves_with_the_repo_and_not_with_its_syncs(hub: Hub) -> None:
    before = hub.repo(SLUG).revision
    after_sync = synced(hub, "r1").revision
    hub.do(SetGoal(SLUG, "Everything in step"), ME)

    assert before == after_sync > 0
    assert hub.repo(SLUG).revision > before
    assert hub.repos(slug=SLUG).items[0].revision == hub.repo(SLUG).revision
    assert hub.reconcile_view(SLUG).repo.revision == hub.repo(SLUG).revision


def test_runs_are_told_the_newest_first_each_with_its_report(hub: Hub, watch: Watch) -> None:
    synced(hub, "r1")
    watch.on(minutes=15)
    synced(hub, "r2", outcome="behind")
    runs = hub.sync_runs(SLUG)

    assert [(run.id, run.outcome, run.report) for run in runs] == [
        ("r2", "behind", {"run": "r2"}),
        ("r1", "ok", {"run": "r1"}),
    ]
    assert hub.sync_runs(SLUG, host="elsewhere") == ()
    assert len(hub.sync_runs(SLUG, limit=1)) == 1


def test_runs_are_counted_hour_by_hour_for_the_repos_that_were_asked_for(
    store: Store, watch: Watch
) -> None:
    slugs = ("a", "marki", SLUG)
    for slug in slugs:
        store.do(RegisterRepo(slug, "custodian"), ME)
    for outcome, sealed in (("ok", True), ("findings", None), ("ok", False), ("offline", None)):
        watch.on(minutes=20)
        syncs = (
            RecordSync(each, HostSync("here", "/x", outcome=outcome, sealed=sealed), False)
            for each in slugs
        )
        store.do(RecordSyncs(tuple(syncs)), ME)
    first, second = NOON, NOON + timedelta(hours=1)

    assert store.run_hours((SLUG, "never-heard-of", SLUG, "a"), NOON) == (
        RunHour("a", first, 2, 0),
        RunHour("a", second, 2, 2),
        RunHour(SLUG, first, 2, 0),
        RunHour(SLUG, second, 2, 2),
    )
    assert store.run_hours(("marki",), second) == (RunHour("marki", second, 2, 2),)
    assert store.run_hours((), NOON) == ()


def test_runs_of_last_week_are_forgotten(hub: Hub, watch: Watch) -> None:
    synced(hub, "r1")
    watch.on(days=7)
    synced(hub, "r2")

    assert [run.id for run in hub.sync_runs(SLUG)] == ["r2"]


def test_only_a_sync_that_tells_something_new_is_an_event(hub: Hub) -> None:
    for number in range(5):
        synced(hub, f"r{number}")
    synced(hub, "r9", outcome="behind")

    assert hub.events(type="repo.synced").total == 2


def test_the_syncs_of_many_repos_are_told_at_once_or_not_at_all(hub: Hub) -> None:
    hub.do(RegisterRepo("two", "custodian", host="here", path="/repos/two"), ME)
    told = [
        RecordSync(slug, HostSync("here", f"/repos/{slug}", outcome="ok", sealed=True), stamp=True)
        for slug in (SLUG, "two")
    ]
    missing = RecordSync("none", HostSync("here", "/repos/none"), stamp=False)
    with pytest.raises(UnknownThing):
        hub.do(RecordSyncs((told[0], missing)), ME)
    before = hub.repo(SLUG).last_state_synced_at
    recorded = hub.do(RecordSyncs(tuple(told)), ME)

    assert before is None
    assert recorded.count == 2
    assert all(hub.repo(slug).last_state_synced_at for slug in (SLUG, "two"))


def test_runs_of_an_unknown_repo_are_refused_with_near_names(hub: Hub) -> None:
    with pytest.raises(UnknownThing, match=SLUG):
        hub.sync_runs("marki-doc")


def test_one_run_at_a_time_has_the_lease(hub: Hub, watch: Watch) -> None:
    lease: Lease = hub.do(TakeLease(SLUG, "here", "r1"), ME)
    again: Lease = hub.do(TakeLease(SLUG, "here", "r1"), ME)

    assert lease.until == again.until > watch.now
    with pytest.raises(RepoBusy, match="being synced on here"):
        hub.do(TakeLease(SLUG, "there", "r2"), ME)


def test_a_hosts_next_run_takes_over_from_one_that_was_killed(hub: Hub) -> None:
    hub.do(TakeLease(SLUG, "here", "r1"), ME)
    taken: Lease = hub.do(TakeLease(SLUG, "here", "r2"), ME)
    hub.do(ReturnLease(SLUG, "here", "r1"), ME)

    assert taken.run_id == "r2"
    with pytest.raises(RepoBusy):
        hub.do(TakeLease(SLUG, "there", "r3"), ME)


def test_a_returned_or_expired_lease_is_free(hub: Hub, watch: Watch) -> None:
    hub.do(TakeLease(SLUG, "here", "r1"), ME)
    hub.do(ReturnLease(SLUG, "there", "r2"), ME)
    with pytest.raises(RepoBusy):
        hub.do(TakeLease(SLUG, "there", "r2"), ME)
    hub.do(ReturnLease(SLUG, "here", "r1"), ME)
    taken: Lease = hub.do(TakeLease(SLUG, "there", "r2", ttl_s=60), ME)
    watch.on(seconds=61)

    assert taken.run_id == "r2"
    assert hub.do(TakeLease(SLUG, "here", "r3"), ME).run_id == "r3"


def test_a_lease_that_was_taken_before_the_clock_was_set_back_is_free(
    hub: Hub, watch: Watch
) -> None:
    watch.on(days=1)
    hub.do(TakeLease(SLUG, "here", "r1"), ME)
    watch.on(days=-1)

    assert hub.do(TakeLease(SLUG, "there", "r2"), ME).run_id == "r2"


@pytest.mark.parametrize("ttl_s", [0, -1, 3601])
def test_a_lease_has_a_sensible_length(hub: Hub, ttl_s: int) -> None:
    with pytest.raises(BadValue, match="ttl_s"):
        hub.do(TakeLease(SLUG, "here", "r1", ttl_s=ttl_s), ME)


def test_a_sync_that_is_asked_for_is_asked_once_until_a_host_has_run(
    hub: Hub, watch: Watch
) -> None:
    def reasons() -> list[str | None]:
        return [event.reason for event in hub.events(type="sync.requested").items]

    before = hub.repo(SLUG).revision
    hub.do(RequestSync(SLUG, "main was pushed"), ME)
    hub.do(RequestSync(SLUG, "next was pushed"), ME)
    assert reasons() == ["main was pushed"]
    assert hub.repo(SLUG).revision == before

    synced(hub, "r1")  # (within the second in which it was asked: nobody knows what it saw)
    hub.do(RequestSync(SLUG, "next was pushed"), ME)
    assert reasons() == ["main was pushed"]
    watch.on(seconds=1)
    synced(hub, "r2")
    hub.do(RequestSync(SLUG, "next was pushed"), ME)
    assert reasons() == ["main was pushed", "next was pushed"]


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 501])
def test_a_sync_is_asked_for_with_a_reason_that_fits_on_a_line(hub: Hub, reason: str) -> None:
    with pytest.raises(BadValue, match="reason"):
        hub.do(RequestSync(SLUG, reason), ME)


def test_a_sync_of_an_unknown_repo_is_not_asked_for(hub: Hub) -> None:
    with pytest.raises(UnknownThing, match="marki-docx"):
        hub.do(RequestSync("marki-doc", "why not"), ME)
