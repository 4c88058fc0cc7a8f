import subprocess
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.timing import (
    Job,
    every,
    is_silent,
    next_run,
    said_every,
    scheduled,
    service,
    shown_every,
    timer,
    unscheduled,
)

JOB = Job("/opt/custodian", every("15m"))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

CRONTABS = st.lists(
    st.sampled_from([b"# mine", b"\n", b"5 4 * * * backup\n", b"MAILTO=ada\n", b"\r\n", b"\xff"])
).map(b"".join)


@pytest.mark.parametrize(
    ("text", "minutes", "shown"),
    [
        ("5m", 5, "5m"),
        ("15m", 15, "15m"),
        (" 030m ", 30, "30m"),
        ("60m", 60, "1h"),
        ("1h", 60, "1h"),
        ("120m", 120, "2h"),
        ("24h", 1440, "24h"),
    ],
)
def test_an_interval_is_minutes_or_hours(text: str, minutes: int, shown: str) -> None:
    assert every(text) == timedelta(minutes=minutes)
    assert shown_every(every(text)) == shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it must be like 15m or 1h"),
        ("15", "it must be like 15m or 1h"),
        ("-15m", "it must be like 15m or 1h"),
        ("1d", "it must be like 15m or 1h"),
        ("٣m", "it must be from 5m to 24h"),
        ("4m", "it must be from 5m to 24h"),
        ("0m", "it must be from 5m to 24h"),
        ("25h", "it must be from 5m to 24h"),
        ("9999h", "it must be from 5m to 24h"),
        ("7m", "it must divide an hour or a day"),
        ("90m", "it must divide an hour or a day"),
        ("5h", "it must divide an hour or a day"),
    ],
)
def test_an_interval_that_no_timer_keeps_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadValue) as refused:
        every(text)

    assert refused.value.reason.startswith(why)


@pytest.mark.parametrize(
    ("interval", "calendar", "cron"),
    [
        ("5m", "*:0/5", "*/5 * * * * "),
        ("15m", "*:0/15", "*/15 * * * * "),
        ("1h", "*-*-* 0/1:00:00", "0 * * * * "),
        ("6h", "*-*-* 0/6:00:00", "0 */6 * * * "),
        ("24h", "*-*-* 0:00:00", "0 0 * * * "),
    ],
)
def test_the_interval_is_told_as_each_timer_spells_it(
    interval: str, calendar: str, cron: str
) -> None:
    job = Job("/opt/custodian", every(interval))

    assert f"\nOnCalendar={calendar}\n" in timer(job).decode()
    assert (
        f"\n{cron}/opt/custodian fix --all --remote --background " in scheduled(None, job).decode()
    )
    assert said_every(timer(job)) == said_every(scheduled(None, job)) == job.every
    assert said_every(b"# every 5m\n") is said_every(None) is None


@given(CRONTABS)
def test_a_crontab_is_as_it_was_when_our_lines_are_gone(crontab: bytes) -> None:
    with_lines = scheduled(crontab, JOB)
    other = scheduled(with_lines, Job("/elsewhere/custodian", every("1h")))

    assert with_lines.startswith(crontab)
    assert scheduled(with_lines, JOB) == scheduled(other, JOB) == with_lines
    assert unscheduled(with_lines) == unscheduled(other) == unscheduled(crontab) == crontab


def test_a_crontab_that_was_not_there_is_gone_afterwards() -> None:
    assert unscheduled(scheduled(None, JOB)) is None
    assert unscheduled(scheduled(b"", JOB)) == b""
    assert unscheduled(None) is None


def test_half_our_lines_in_a_crontab_are_refused() -> None:
    half = scheduled(b"mine\n", JOB).replace(b"# <<< custodian-sync <<<\n", b"")

    for refuse in (partial(scheduled, half, JOB), partial(unscheduled, half)):
        with pytest.raises(BadValue, match="a block begins in line 2 and does not end"):
            refuse()


@pytest.mark.parametrize("value", ["a b", "it's", "100%", '"$HOME"', "`x`;&|", "\\", "ünï"])
def test_what_the_shell_of_cron_is_given_is_what_was_meant(tmp_path: Path, value: str) -> None:
    program = tmp_path / f"a {value}" / "custodian"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$CUSTODIAN_HOST" "$@" >"$0.said"\n')
    program.chmod(0o755)
    job = Job(str(program), every("5m"), (("CUSTODIAN_HOST", value),))
    (line,) = [row for row in scheduled(None, job).decode().splitlines() if row[0] == "*"]
    command = line.removeprefix("*/5 * * * * ").replace("\\%", "%")  # as cron reads it
    subprocess.run(["sh", "-c", command], check=True)

    told = program.with_name("custodian.said").read_text().splitlines()
    assert told == [value, "fix", "--all", "--remote", "--background"]


def test_systemd_is_given_what_was_meant() -> None:
    job = Job("/opt/a 100%/custodian", every("5m"), (("CUSTODIAN_HOST", 'a "b"\\ %h'),))
    unit = service(job).decode()

    assert 'ExecStart="/opt/a 100%%/custodian" fix --all --remote --background\n' in unit
    assert 'Environment="CUSTODIAN_HOST=a \\"b\\"\\\\ %%h"\n' in unit


@pytest.mark.parametrize("program", ["/it's/x", '/a"/x', "/a\\/x"])
def test_a_path_that_systemd_would_not_start_is_refused(program: str) -> None:
    with pytest.raises(BadValue, match="quotes"):
        service(Job(program, every("5m")))


@pytest.mark.parametrize("text", ["/a\nExecStart=/bin/evil", "/a\r", "/a\0"])
def test_a_line_break_cannot_come_into_a_unit(text: str) -> None:
    for program, value in ((text, "x"), ("/x", text)):
        with pytest.raises(BadValue, match="line break"):
            Job(program, every("5m"), (("CUSTODIAN_HOST", value),))


def test_a_line_that_cron_would_cut_is_refused() -> None:
    with pytest.raises(BadValue, match=r"config\.toml"):
        scheduled(None, Job("/x", every("5m"), (("CUSTODIAN_ROOTS", "/x" * 500),)))


@pytest.mark.parametrize(
    ("interval", "at", "upcoming"),
    [
        ("15m", "12:00", "12:15"),
        ("15m", "12:14", "12:15"),
        ("1h", "12:01", "13:00"),
        ("6h", "12:01", "18:00"),
        ("24h", "12:01", "00:00"),
        ("5m", "23:56", "00:00"),
    ],
)
def test_cron_runs_next_at_a_round_time_of_this_host(interval: str, at: str, upcoming: str) -> None:
    here = timezone(timedelta(hours=5, minutes=45))
    now = datetime.fromisoformat(f"2026-11-21T{at}").replace(tzinfo=here)
    found = next_run(every(interval), now)

    assert (f"{found:%H:%M}", found.tzinfo) == (upcoming, here)
    assert now < found <= now + every(interval)


@pytest.mark.parametrize(
    ("last", "since", "silent"),
    [(0, 999, False), (45, 999, False), (46, 999, True), (None, 45, False), (None, 46, True)],
)
def test_three_intervals_without_a_run_are_silence(
    last: int | None, since: int, silent: bool
) -> None:
    at = None if last is None else NOON - timedelta(minutes=last)

    assert is_silent(at, NOON - timedelta(minutes=since), every("15m"), NOON) is silent
