"""How work flowed, asked of a hub: what was before the window counts for what it still meant."""

from datetime import timedelta

import pytest

from custodian_core.commands import ChangeTask, RecordSync, ReopenTask
from custodian_core.errors import BadValue, UnknownThing
from custodian_core.ops.flow import Spread
from custodian_core.ports import Hub
from custodian_core.records import HostSync

from .conftest import NOON, Watch
from .made import ME, a_repo, tasks

HOUR = 3600


def move(hub: Hub, key: str, status: str) -> None:
    hub.do(ChangeTask(key, {"status": status}), ME)


def test_a_window_tells_what_ended_in_it_and_how_long_ago_that_began(
    hub: Hub, watch: Watch
) -> None:
    tasks(hub, "A", "B", "C")
    move(hub, "A", "blocked")
    move(hub, "C", "done")
    watch.on(days=10)
    move(hub, "A", "in_progress")
    watch.on(hours=5)
    move(hub, "A", "done")
    hub.do(ReopenTask("C", "it was not"), ME)
    tasks(hub, "D")
    watch.on(hours=1)
    move(hub, "D", "blocked")
    hub.do(RecordSync("marki-docx", HostSync("here", "/r", sealed=False), stamp=False), ME)
    watch.on(hours=3)
    told = hub.flow(watch.now - timedelta(days=2), watch.now)

    assert (told.added, told.done, told.reopened, told.blocked_now) == (1, 1, 1, 1)
    assert told.lead == Spread(1, *[(10 * 24 + 5) * HOUR] * 3)
    # (of A's ten days, those in the window; D is blocked to this hour)
    assert told.blocked == Spread(2, 3 * HOUR, (48 - 9) * HOUR, (48 - 9) * HOUR)
    assert (told.syncs, told.seal_failures) == (1, 1)


def test_the_same_is_told_whether_the_window_begins_before_the_log_or_cuts_it(
    hub: Hub, watch: Watch
) -> None:
    tasks(hub, "A", "B")
    for key, status in (("A", "in_progress"), ("B", "blocked"), ("A", "done"), ("B", "todo")):
        watch.on(hours=7)
        if status != "todo":
            move(hub, key, status)
    every = hub.flow(NOON - timedelta(days=9), watch.now)
    cut = hub.flow(NOON + timedelta(hours=10), watch.now)

    assert (every.lead, every.blocked) == (cut.lead, cut.blocked)
    assert (every.added, cut.added) == (2, 0)


def test_of_one_repo_nothing_of_another_is_told(hub: Hub, watch: Watch) -> None:
    tasks(hub, "A")
    a_repo(hub, "other")
    watch.on(hours=1)

    assert hub.flow(NOON - timedelta(days=1), watch.now, repo="marki-docx").added == 1
    assert hub.flow(NOON - timedelta(days=1), watch.now, repo="other").added == 0
    with pytest.raises(UnknownThing):
        hub.flow(NOON - timedelta(days=1), watch.now, repo="nowhere")


def test_without_an_event_since_then_what_is_blocked_still_is(hub: Hub, watch: Watch) -> None:
    tasks(hub, "A")
    move(hub, "A", "blocked")
    watch.on(days=3)
    told = hub.flow(watch.now - timedelta(hours=2), watch.now)

    assert (told.blocked, told.blocked_now) == (Spread(1, *[2 * HOUR] * 3), 1)


def test_a_time_that_is_none_or_longer_than_anybody_needs_is_refused(hub: Hub) -> None:
    for since in (NOON, NOON + timedelta(1), NOON - timedelta(days=9999)):
        with pytest.raises(BadValue):
            hub.flow(since, NOON)
