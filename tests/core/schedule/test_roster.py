"""The roster as it is shown: the broken first, the soonest first, and a week of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from custodian_core.records import Repo, RepoStatus
from custodian_core.schedule.read import read
from custodian_core.schedule.roster import MOST_A_DAY, Roster, roster, seen_json, week

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday
HEAD = "version: 1\ntimezone: Europe/Berlin\n"
WEEKLY = HEAD + "entries:\n- {agent: coach, cadence: weekly, weekday: mon, time: '09:00'}\n"
DAILY = HEAD + "entries:\n- {agent: daily, cadence: daily, time: '06:30', jitter_minutes: 20}\n"


def repo(slug: str, *, flag: bool = True) -> Repo:
    return Repo(slug, slug, "docs", RepoStatus.ACTIVE, NOW, NOW, 1, kaizen_schedule_enabled=flag)


def seen(text: str) -> dict[str, Any]:
    return {"blob": "b", "schedule": seen_json(read(text.encode()), "here")}


def shown(**texts: str) -> Roster:
    repos = [repo(slug) for slug in texts]
    prepared = {("a", "coach"): NOW - timedelta(days=5)}
    return roster(repos, {slug: seen(text) for slug, text in texts.items()}, prepared, NOW)


def test_the_soonest_run_comes_first_and_each_is_late_by_its_own_time() -> None:
    found = shown(a=WEEKLY, b=DAILY, c=DAILY)

    at = [row.next_run_at for row in found.due if row.next_run_at]
    begin = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
    first, second = (each - begin for each in at[:2])
    assert timedelta() <= first < second <= timedelta(minutes=20)
    assert at[2] == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert found.due[-1].repo == "a"
    assert found.due[-1].last_prepared_at == NOW - timedelta(days=5)


def test_what_cannot_be_used_comes_first_and_nothing_is_passed_over() -> None:
    texts = {
        "broken": WEEKLY.replace("mon", "mno"),
        "off": f"enabled: false\n{WEEKLY}",
        "other": WEEKLY,
    }
    told = {slug: seen(text) for slug, text in texts.items()}
    told["strange"] = {"schedule": {"enabled": True, "entries": [{"agent": 1}]}}
    repos = [repo("other", flag=False), *map(repo, ("off", "strange", "unknown", "broken"))]
    found = roster(repos, told, {}, NOW)

    assert [(each.repo, each.reason) for each in found.left_out] == [
        ("broken", "invalid"),
        ("off", "disabled"),
        ("other", "not-registered"),
        ("strange", "unseen"),
        ("unknown", "unseen"),
    ]
    assert found.due == ()
    (broken,) = found.invalid
    assert broken.why.startswith("line 4: weekday of entry coach is 'mno'")
    assert broken.findings[0].line == 4


def test_a_repo_that_never_had_to_do_with_schedules_is_not_told_of() -> None:
    assert roster([repo("plain", flag=False)], {}, {}, NOW) == Roster(())


def test_of_what_is_due_only_the_soonest_may_be_asked_for() -> None:
    found = shown(a=WEEKLY, b=DAILY)

    assert [row.repo for row in found.within(NOW, timedelta(hours=24)).due] == ["b"]
    assert found.within(NOW, timedelta(minutes=5)).due == ()


def test_an_entry_that_is_switched_off_is_told_and_never_runs() -> None:
    (row,) = shown(a=WEEKLY.replace("'09:00'", "'09:00', enabled: false")).due

    assert (row.enabled, row.next_run_at) == (False, None)
    assert all(day.runs == () for day in week([row], date(2026, 11, 23)))


def test_a_week_shows_each_day_as_its_zone_has_it() -> None:
    days = week(shown(a=WEEKLY, b=DAILY).due, date(2026, 11, 23), "Europe/Berlin")

    assert [day.date for day in days][::6] == [date(2026, 11, 23), date(2026, 11, 29)]
    assert [[runs.agent for runs in day.runs] for day in days] == [
        ["daily", "coach"],
        *([["daily"]] * 6),
    ]
    assert days[0].runs[1].at == (datetime(2026, 11, 23, 8, tzinfo=UTC),)


def test_a_day_of_the_week_begins_at_its_own_midnight() -> None:
    at_midnight = WEEKLY.replace("'09:00'", "'00:00'").replace("mon", "tue")
    row = shown(a=at_midnight).due

    assert [bool(day.runs) for day in week(row, date(2026, 11, 23), "Europe/Berlin")][:3] == [
        False,
        True,
        False,
    ]
    # (midnight in Berlin is still the evening before in UTC)
    assert [bool(day.runs) for day in week(row, date(2026, 11, 23))][:2] == [True, False]


def test_a_run_at_midnight_is_on_one_day_only() -> None:
    row = shown(a=DAILY.replace("06:30", "00:00").replace("20", "0")).due

    assert [len(day.runs[0].at) for day in week(row, date(2026, 11, 23), "Europe/Berlin")] == [
        1
    ] * 7


def test_of_very_many_runs_on_a_day_the_first_are_told() -> None:
    each_minute = HEAD + "entries:\n- {agent: a, cadence: '* * * * *'}\n"
    days = week(shown(a=each_minute).due, date(2026, 11, 23))

    assert all(len(day.runs[0].at) == MOST_A_DAY and day.runs[0].more for day in days)


def test_the_week_in_which_clocks_change_has_all_its_runs() -> None:
    night = HEAD + "entries:\n- {agent: a, cadence: daily, time: '02:30'}\n"
    days = week(shown(a=night).due, date(2027, 3, 22), "Europe/Berlin")

    assert [len(day.runs) for day in days] == [1] * 7
    assert days[6].runs[0].at == (datetime(2027, 3, 28, 1, 0, tzinfo=UTC),)
