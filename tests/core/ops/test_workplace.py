"""What stands around where agents work is worrying from its limit on, and what is unknown never."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.ops.host import Disk, Docker, Host, Memory, Probe
from custodian_core.ops.host_limits import GIB, MEANING, Limits, limits_of, moved_limits
from custodian_core.ops.host_trend import judge_trend, trend
from custodian_core.ops.workplace import (
    Build,
    Builds,
    BuildState,
    Lock,
    Place,
    Places,
    Process,
    Processes,
    Work,
    Worktree,
    judge_work,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = 3600


def work(*places: Place, builds: tuple[Build, ...] = (), agents: tuple[Process, ...] = ()) -> Work:
    return Work(
        Places(Probe.OK, None, places),
        Processes(Probe.OK, None, agents),
        Builds(Probe.OK, None, builds),
    )


def codes(told: Work) -> list[tuple[str, str]]:
    return [(each.p, each.code) for each in judge_work(told, Limits(), NOW)]


def place(**more: object) -> Place:
    return Place("api", "/srv/api", Probe.OK, **more)  # type: ignore[arg-type]


def test_a_lock_is_dead_when_it_is_old_and_no_git_works_there() -> None:
    old, young = 11 * 60, 9 * 60
    locks = (Lock("a", old, owned=False), Lock("b", old, owned=True), Lock("c", old, owned=None))
    (alarm,) = judge_work(work(place(locks=(*locks, Lock("d", young, owned=False)))), Limits(), NOW)

    assert (alarm.p, alarm.code, alarm.where) == ("P2", "lock_dead", "a")


def test_a_rebase_that_was_left_half_done_is_told_and_one_that_goes_on_is_not() -> None:
    assert codes(work(place(half_done="rebase", half_done_s=31 * 60))) == [
        ("P2", "rebase_half_done")
    ]
    assert codes(work(place(half_done="merge", half_done_s=29 * 60))) == []


def test_a_worktree_is_old_by_what_happened_in_it_and_gone_without_its_folder() -> None:
    trees = (
        Worktree("a", 73 * HOUR),
        Worktree("b", HOUR),
        Worktree("c", None),
        Worktree("d", None, gone=True),
    )

    assert codes(work(place(worktrees=trees))) == [("P4", "worktree_old"), ("P4", "worktree_gone")]


def test_builds_that_run_or_wait_too_long_are_told_apart() -> None:
    builds = tuple(
        Build("api", f"ci {minutes}", state, NOW - timedelta(minutes=minutes))
        for state in BuildState
        for minutes in (19, 29, 31)
    )

    assert codes(work(builds=builds)) == [("P2", "build_stuck")] * 2 + [("P2", "build_pending")]


def test_an_agent_that_lives_for_hours_is_told_by_its_name_and_number() -> None:
    told = work(agents=(Process(7, "claude", 4 * HOUR), Process(8, "claude", 3 * HOUR)))
    (alarm,) = judge_work(told, Limits(), NOW)

    assert (alarm.p, alarm.where, alarm.evidence) == ("P4", "claude (7)", "4 h > 3 h")


def test_a_checkout_that_does_not_answer_is_worrying_and_none_that_was_not_asked() -> None:
    silent = Place("api", "/srv/api", Probe.TIMEOUT, "git did not answer within 5 s")

    assert codes(work(silent)) == [("P2", "checkout_silent")]
    failed = Work(
        Places(Probe.FAILED, "x"), Processes(Probe.FAILED, "x"), Builds(Probe.DENIED, "x")
    )
    assert codes(failed) == []


def test_limits_are_moved_by_name_and_what_is_none_is_refused_with_what_there_is() -> None:
    limits = limits_of("disk_pct=90, memory_min=1GiB,programs= claude  my-agent")

    assert (limits.disk_pct, limits.memory_min, limits.programs) == (90, GIB, "claude my-agent")
    assert moved_limits(limits) == {"disk_pct", "memory_min", "programs"}
    assert limits_of(["disk_pct=95"], limits).memory_min == GIB
    wrong = (
        "disk=90",
        "disk_pct=101",
        "disk_pct",
        "lock_minutes=0",
        "swap_max=lots",
        "programs=a/b",
    )
    for said in wrong:
        with pytest.raises(BadValue, match="CUSTODIAN_HOST_LIMITS"):
            limits_of(said)


def test_every_limit_says_what_it_means() -> None:
    assert MEANING.keys() == set(Limits.__slots__)


@given(st.text(max_size=60))
def test_no_setting_ends_in_anything_but_limits_or_a_refusal(said: str) -> None:
    with suppress(BadValue):
        assert isinstance(limits_of(said), Limits)


HOST = Host(
    memory=Memory(16 * GIB, 8 * GIB, 0, 0),
    load=None,
    cores=2,
    disks=(Disk("/", 100 * GIB, 60 * GIB, 40 * GIB), Disk("/new", 1, 0, 1)),
    not_asked=(),
    docker=Docker(Probe.ABSENT),
    btrfs=(),
)


def told(used: int, hours: int = 24) -> dict[str, object]:
    at = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    disk = [{"mount": "/", "used": used}, {"mount": "/gone", "used": 1}]
    return {"ts": at, "disk": disk, "memory": {"available": 9 * GIB}}


def test_a_disk_that_grows_says_when_it_will_be_full_and_worries_before_that() -> None:
    found = trend({"kind": "host_telemetry", "data": told(50 * GIB)}, NOW, HOST, "--since")
    (disk,) = found.disks

    assert (disk.mount, disk.grown, disk.full_in_days) == ("/", 10 * GIB, 4.0)
    assert found.memory_available == -GIB
    assert [each.code for each in judge_trend(found, Limits())] == ["disk_fills"]
    assert [*judge_trend(found, Limits(fill_days=4))] == []


def test_of_a_disk_that_shrank_or_of_times_too_close_nothing_is_foretold() -> None:
    for before in (told(70 * GIB), told(50 * GIB, hours=0) | {"ts": "2026-11-21T11:30:00Z"}):
        (disk,) = trend(before, NOW, HOST, "--since").disks
        assert disk.full_in_days is None


@pytest.mark.parametrize(
    "before", [None, [], {}, {"ts": 1}, {"data": 3}, {"ts": "2027-01-01T00:00:00Z"}]
)
def test_what_no_telemetry_told_is_refused(before: object) -> None:
    with pytest.raises(BadValue, match="--since"):
        trend(before, NOW, HOST, "--since")
