"""What every hub promises of claims."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from custodian_core.commands import (
    AddDomain,
    AnswerHuman,
    AskHuman,
    Caller,
    ChangeTask,
    ClaimTask,
    NoteTask,
    ReleaseClaim,
    RenewClaim,
    ReopenTask,
)
from custodian_core.errors import BadValue, Claimed, Conflict, StaleFence
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.ports import Hub
from custodian_core.records import Claim, ClaimKind, Intervention

from .conftest import Watch
from .made import ME, YOU, claim, tasks


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
    watch.on(seconds=500)
    hub.do(NoteTask("T01", "from aside"), YOU)
    assert hub.claims()[0].renewed_at == held.renewed_at
    hub.do(AddDomain("elsewhere"), ME)
    assert hub.claims()[0].renewed_at == watch.now


def test_what_is_written_under_its_fence_renews_a_claim_whoever_sends_it(
    hub: Hub, watch: Watch
) -> None:
    tasks(hub, "T01")
    granted = claim(hub, "T01", ttl_s=600)
    watch.on(seconds=500)
    hub.do(NoteTask("T01", "still at it", fence=granted.fence), Caller("token-of-the-team"))

    assert hub.claims()[0].renewed_at == watch.now


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


def test_a_task_is_not_reopened_under_a_stale_fence(hub: Hub) -> None:
    tasks(hub, "T01")
    hub.do(ChangeTask("T01", {"status": "done"}), ME)
    fence = hub.task("T01").fence

    with pytest.raises(StaleFence):
        hub.do(ReopenTask("T01", "it broke", fence=fence + 1), YOU)
    assert hub.do(ReopenTask("T01", "it broke", fence=fence), YOU).status == "todo"


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


def test_a_working_folder_on_no_host_is_one_and_the_same(hub: Hub) -> None:
    tasks(hub, "T01", "T02")
    hub.do(ClaimTask("me", task="T01", workdir="/repos/marki-docx"), ME)

    with pytest.raises(Conflict, match="use a worktree of your own"):
        hub.do(ClaimTask("you", task="T02", workdir="/repos/marki-docx"), YOU)


ROUNDS = 1000


def wins(act: Callable[[], Claim]) -> bool:
    """Whether the act was allowed; a refusal names who was quicker."""
    try:
        act()
    except (Claimed, StaleFence):
        return False
    return True


def test_of_a_renewal_and_a_reclaim_one_wins_a_thousand_times(
    model: Path, tmp_path: Path, watch: Watch
) -> None:
    shutil.copy(model, tmp_path / "hub.db")
    store, renewals = Store(SQLite(tmp_path / "hub.db"), watch), 0
    tasks(store, "T01")
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            mine = claim(store, "T01", ttl_s=60)
            watch.on(seconds=120)
            racing = number % 4 == 0
            start = Barrier(2 if racing else 1)

            def renew(mine: Claim = mine, start: Barrier = start) -> bool:
                start.wait()
                return wins(lambda: store.do(RenewClaim(mine.id, mine.fence), ME))

            def reclaim(start: Barrier = start) -> bool:
                start.wait()
                return wins(lambda: claim(store, "T01", "you", ttl_s=60))

            if racing:
                first, second = pool.submit(renew), pool.submit(reclaim)
                renewed, reclaimed = first.result(), second.result()
            elif number % 2:
                renewed, reclaimed = renew(), reclaim()
            else:
                reclaimed, renewed = reclaim(), renew()

            assert renewed is not reclaimed, f"round {number}"
            (held,) = store.claims()
            assert held.holder == ("me" if renewed else "you")
            renewals += renewed
            store.do(ReleaseClaim(held.id, held.fence), Caller(held.holder))
    store.close()

    assert 0 < renewals < ROUNDS


def test_a_clock_that_steps_by_ten_minutes_gives_no_second_claim_and_loses_none(
    hub: Hub, watch: Watch
) -> None:
    tasks(hub, "T01")
    mine = hub.do(ClaimTask("me", task="T01", kind=ClaimKind.RUNNER), ME)
    noon, steps = watch.now, (0, 10, -10, -10, 10, 0, -10)
    for minute in range(60):
        watch.now = noon
        watch.on(minutes=minute + steps[minute % len(steps)])
        with pytest.raises(Claimed):
            claim(hub, "T01", "you")
        if minute % 5 == 4:
            assert hub.do(RenewClaim(mine.id, mine.fence), ME).id == mine.id

        assert [held.id for held in hub.claims()] == [mine.id]
        assert hub.task("T01").fence == mine.fence

    watch.on(minutes=50)
    yours = claim(hub, "T01", "you")
    for step in (-10, 20, -10):
        watch.on(minutes=step)
        with pytest.raises(StaleFence):
            hub.do(RenewClaim(mine.id, mine.fence), ME)
        assert [held.id for held in hub.claims()] == [yours.id]
