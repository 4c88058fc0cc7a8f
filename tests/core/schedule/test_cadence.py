"""When runs come round: across clock changes, leap days, and any moment that is asked from."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.schedule.cadence import (
    cron_trouble,
    last_run,
    late_by,
    next_run,
    runs_after,
    zone,
)

#: zones whose clocks change by an hour, by half of one, across midnight, over a whole day, never
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
minutes, hours = st.integers(0, 59), st.integers(0, 23)
crons = st.one_of(
    st.builds("{} {} * * *".format, minutes, hours),
    st.builds("{} {} * * {}".format, minutes, hours, st.integers(0, 6)),
    st.builds("{} {} {} * *".format, minutes, hours, st.integers(1, 31)),
    st.builds("{} {} * * {}#1".format, minutes, hours, st.integers(0, 6)),
    st.builds("{} {} L * *".format, minutes, hours),
    st.builds("{} * * * *".format, minutes),
    st.builds("*/{} * * * *".format, st.integers(5, 59)),
    st.builds("0 */{} * * *".format, st.integers(1, 12)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def first(cron: str, timezone: str, after: str, many: int) -> list[str]:
    found = islice(runs_after(cron, timezone, at(after)), many)
    return [each.astimezone(zone(timezone)).strftime("%m-%d %H:%M %Z") for each in found]


@given(crons, st.sampled_from(ZONES), moments)
def test_the_next_run_is_later_and_none_lies_between(
    cron: str, timezone: str, now: datetime
) -> None:
    run = next_run(cron, timezone, now)

    assert run is not None
    assert run > now
    assert next_run(cron, timezone, run - timedelta(seconds=1)) == run
    after = next_run(cron, timezone, run)
    assert after is not None
    assert after > run
    assert last_run(cron, timezone, run) == run
    before = last_run(cron, timezone, now)
    assert before is not None
    assert before <= now
    assert next_run(cron, timezone, before) == run


@given(crons, st.sampled_from(ZONES), moments)
def test_runs_come_one_after_the_other_and_from_anywhere_alike(
    cron: str, timezone: str, now: datetime
) -> None:
    runs = list(islice(runs_after(cron, timezone, now), 5))

    assert all(a < b for a, b in pairwise(runs))
    assert list(islice(runs_after(cron, timezone, runs[1]), 3)) == runs[2:]


@given(minutes, hours, st.sampled_from(ZONES), moments)
def test_a_daily_run_comes_once_a_day_at_its_time_or_as_a_gap_ends(
    minute: int, hour: int, timezone: str, now: datetime
) -> None:
    runs = [
        run.astimezone(zone(timezone))
        for run in islice(runs_after(f"{minute} {hour} * * *", timezone, now), 10)
    ]

    for run in runs:
        told = run.replace(hour=hour, minute=minute)
        skipped = told.astimezone(UTC).astimezone(zone(timezone)) != told
        assert (run.hour, run.minute) == (hour, minute) or skipped
    days = [run.date() for run in runs]
    # (Samoa had no 30 December 2011; its run is made on the day after, beside that day's own)
    assert all(b - a == timedelta(days=1) for a, b in pairwise(days)) or timezone == "Pacific/Apia"


def test_a_time_that_spring_skips_runs_as_the_gap_ends() -> None:
    assert first("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3) == [
        "03-28 02:30 CET",
        "03-29 03:00 CEST",
        "03-30 02:30 CEST",
    ]


def test_a_time_that_autumn_repeats_runs_once() -> None:
    assert first("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2) == [
        "10-25 02:30 CEST",
        "10-26 02:30 CET",
    ]


def test_asked_within_the_hour_that_autumn_repeats_the_run_is_the_next_days() -> None:
    within = at("2026-10-25T01:15:00Z")  # the second 02:15

    run = next_run("30 2 * * *", "Europe/Berlin", within)
    assert run == at("2026-10-26T01:30:00Z")


def test_what_runs_every_half_hour_does_so_through_both_hours_of_autumn() -> None:
    runs = list(islice(runs_after("*/30 * * * *", "Europe/Berlin", at("2026-10-24T23:59:00Z")), 6))

    assert {b - a for a, b in pairwise(runs)} == {timedelta(minutes=30)}


def test_a_leap_day_comes_every_fourth_year_but_not_at_the_century() -> None:
    runs = islice(runs_after("0 0 29 2 *", "UTC", at("2094-01-01T00:00:00Z")), 2)

    assert [run.year for run in runs] == [2096, 2104]


def test_the_last_day_of_a_month_is_the_29th_in_a_leap_years_february() -> None:
    assert first("0 6 L * *", "UTC", "2028-02-01T00:00:00Z", 2) == [
        "02-29 06:00 UTC",
        "03-31 06:00 UTC",
    ]


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("0 0 30 2 *", "no month that it names has such a day"),
        ("0 0 31 4,6 *", "no month that it names has such a day"),
        ("61 * * * *", "its minute is none"),
        ("0 24 * * *", "its hour is none"),
        ("0 0 32 * *", "its day of month is none"),
        ("0 0 * 13 *", "its month is none"),
        ("0 0 * * 8", "its day of week is none"),
        ("* * * *", "it is not five fields"),
        ("* * * * * *", "it is not five fields"),
        ("@daily", "it is not five fields"),
        ("\u0660 0 * * *", "it is not five fields"),
        ("0 0 * * " + "1," * 60 + "1", "it is not five fields"),
    ],
)
def test_what_never_comes_or_says_nothing_is_told(cron: str, told: str) -> None:
    assert told in str(cron_trouble(cron))


@given(st.text("0123456789*/,-#LWMON ", max_size=30))
def test_no_five_fields_are_believed_that_cannot_be_worked_out(text: str) -> None:
    if cron_trouble(text) is None:
        assert next_run(text, "Europe/Berlin", at("2026-11-21T00:00:00Z"))


@pytest.mark.parametrize(
    "name", ["", "Berlin", "../../etc/passwd", "/etc/localtime", "Europe", "\0"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(BadValue, match="there is no such time zone"):
        zone(name)


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 720))
def test_a_repo_is_always_late_by_the_same_and_never_by_more_than_it_may(
    repo: str, agent: str, jitter: int
) -> None:
    late = late_by(repo, agent, jitter)

    assert timedelta() <= late <= timedelta(minutes=jitter)
    assert late == late_by(repo, agent, jitter)


def test_repos_are_spread_over_the_time_that_they_may_be_late() -> None:
    lates = {late_by(f"repo-{number}", "coach", 30) for number in range(200)}

    assert len(lates) > 25
