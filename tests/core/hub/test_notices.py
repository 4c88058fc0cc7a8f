"""What people are told of by themselves: everything once, by whichever server comes first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from custodian_core.commands import AskHuman, Caller, RecordSync, RegisterRepo
from custodian_core.hub.databases import Database
from custodian_core.hub.store import Store
from custodian_core.notices import PAUSES, NoticeKind
from custodian_core.records import HostSync

from .conftest import NOON, Watch

ME = Caller("me")
DAY = timedelta(days=1)


@pytest.fixture
def hub(store: Store) -> Store:
    """A hub that was read from before, and knows one repo."""
    store.do(RegisterRepo("docs", "papers", host="laptop", path="/docs"), ME)
    assert gathered(store) == 0
    return store


def gathered(hub: Store, silent: timedelta = DAY) -> int:
    return hub.gather_notices(silent, ME)


def ran(hub: Store, *, sealed: bool | None, outcome: str = "ok", ahead: int = 0) -> None:
    at = hub.clock()
    sync = HostSync("laptop", "/docs", at, outcome=outcome, sealed=sealed, ahead=ahead)
    hub.do(RecordSync("docs", sync, stamp=False), ME)


def told(hub: Store) -> list[tuple[NoticeKind, str]]:
    return [(due.notice.kind, due.notice.text) for due in hub.due_notices()]


def test_a_question_is_told_with_its_repo(hub: Store) -> None:
    hub.do(AskHuman("Which fonts?", repo="docs"), ME)

    assert gathered(hub) == 1
    (due,) = hub.due_notices()
    assert (due.notice.kind, due.notice.text) == (NoticeKind.QUESTION, "Which fonts?")
    assert (due.notice.repo, due.notice.at) == ("docs", NOON)


def test_what_happened_before_anybody_wanted_to_know_is_not_told(store: Store) -> None:
    store.do(RegisterRepo("docs", "papers"), ME)
    store.do(AskHuman("Which fonts?", repo="docs"), ME)

    assert gathered(store) == 0
    assert gathered(store) == 0


def test_a_failed_seal_is_told_once_however_often_it_fails(hub: Store) -> None:
    ran(hub, sealed=True)
    ran(hub, sealed=False, outcome="offline", ahead=1)
    ran(hub, sealed=False, outcome="offline", ahead=2)
    ran(hub, sealed=None, outcome="busy")
    assert gathered(hub) == 1
    text = "docs on laptop: what is committed there is not pushed (offline)"
    assert told(hub) == [(NoticeKind.UNSEALED, text)]

    ran(hub, sealed=True)
    ran(hub, sealed=False, outcome="refused", ahead=1)
    assert gathered(hub) == 1


@pytest.mark.parametrize(
    ("outcome", "ahead"),
    [
        # another host is at it, and has just pushed
        ("busy", 0),
        # so is it here, and what was committed is pushed when that one has ended
        ("busy", 1),
        ("behind", 0),
        ("in-progress", 0),
    ],
)
def test_a_host_that_only_lags_or_waits_for_its_turn_has_failed_at_nothing(
    hub: Store, outcome: str, ahead: int
) -> None:
    ran(hub, sealed=True)
    ran(hub, sealed=False, outcome=outcome, ahead=ahead)

    assert gathered(hub) == 0


def test_a_push_that_fails_after_its_host_had_to_wait_is_told(hub: Store) -> None:
    ran(hub, sealed=False, outcome="busy", ahead=1)
    ran(hub, sealed=False, outcome="unpushed", ahead=1)

    assert gathered(hub) == 1


def test_a_refused_push_whose_commit_was_taken_back_is_told(hub: Store) -> None:
    ran(hub, sealed=False, outcome="unpushed", ahead=0)

    assert gathered(hub) == 1


def test_a_host_that_runs_nothing_is_told_once_for_each_silence(hub: Store, watch: Watch) -> None:
    ran(hub, sealed=True)
    watch.on(hours=24)
    assert gathered(hub) == 0
    watch.on(seconds=1)
    assert [gathered(hub), gathered(hub)] == [1, 0]
    ((kind, text),) = told(hub)
    assert (kind, text[:50]) == (
        NoticeKind.SILENT,
        "laptop has synced nothing since 2026-11-21T12:00:0",
    )

    ran(hub, sealed=True)
    watch.on(hours=25)
    assert gathered(hub) == 1


def test_a_host_whose_clock_is_ahead_falls_silent_like_any_other(hub: Store, watch: Watch) -> None:
    ahead = hub.clock() + timedelta(days=365)
    sync = HostSync("laptop", "/docs", ahead, ahead, outcome="ok", sealed=True)
    hub.do(RecordSync("docs", sync, stamp=True), ME)
    (known,) = hub.repo("docs").hosts
    (run,) = hub.sync_runs("docs")
    watch.on(hours=25)

    assert (known.last_run_at, known.last_ok_at, run.at) == (NOON, NOON, NOON)
    assert gathered(hub) == 1
    assert told(hub)[0][0] is NoticeKind.SILENT


def test_what_a_server_of_a_later_version_has_kept_is_understood(
    hub: Store, database: Database
) -> None:
    once = Caller("me", idempotency_key="k-1")
    asked = hub.do(AskHuman("Which fonts?", repo="docs"), once)
    gathered(hub)
    with database.writing() as connection:
        for table, column in (("answers", "answer"), ("notices", "body")):
            more = f"update {table} set {column} = replace({column}, '{{', '{{\"colour\": 1, ')"  # noqa: S608
            connection.execute(more)

    assert hub.do(AskHuman("Which fonts?", repo="docs"), once) == asked
    assert told(hub) == [(NoticeKind.QUESTION, "Which fonts?")]


def test_of_many_who_would_tell_a_notice_one_is_let(hub: Store, database: Database) -> None:
    hub.do(AskHuman("Which fonts?", repo="docs"), ME)

    def round_(_number: int) -> tuple[int, int]:
        found = gathered(hub)
        return found, sum(hub.take_notice(due, ME) for due in hub.due_notices())

    with ThreadPoolExecutor(8) as pool:
        rounds = list(pool.map(round_, range(16)))
    assert sum(found for found, _ in rounds) == 1
    assert sum(taken for _, taken in rounds) == 1


def test_a_notice_whose_teller_ended_midway_is_told_by_another(hub: Store, watch: Watch) -> None:
    hub.do(AskHuman("Which fonts?", repo="docs"), ME)
    gathered(hub)
    (due,) = hub.due_notices()
    assert hub.take_notice(due, ME)
    assert not hub.due_notices()
    assert not hub.take_notice(due, ME)

    watch.on(seconds=PAUSES[0].total_seconds())
    (again,) = hub.due_notices()
    assert (again.notice, again.tries) == (due.notice, 1)
    assert hub.take_notice(again, ME)
    hub.notice_told(again, ME)
    watch.on(days=2)
    assert not hub.due_notices()


def test_what_nobody_takes_is_tried_ever_more_seldom_and_given_up(hub: Store, watch: Watch) -> None:
    hub.do(AskHuman("Which fonts?", repo="docs"), ME)
    gathered(hub)
    waits: list[timedelta] = []
    while hub.due_notices():
        (due,) = hub.due_notices()
        assert hub.take_notice(due, ME)
        if not hub.notice_not_told(due, ME):
            break
        waits.append(PAUSES[due.tries])
        watch.on(seconds=waits[-1].total_seconds())

    assert waits == list(PAUSES)
    watch.on(days=30)
    assert not hub.due_notices()


def test_notices_are_forgotten_and_not_found_again(hub: Store, watch: Watch) -> None:
    ran(hub, sealed=True)
    hub.do(AskHuman("Which fonts?", repo="docs"), ME)
    gathered(hub)
    watch.on(days=8)
    hub.do(AskHuman("And which colours?", repo="docs"), ME)

    assert gathered(hub) == 2  # (the second question, and a host that fell silent)
    assert gathered(hub) == 0
