"""What stands on the dashboard's pages."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest

from custodian_core.codec import now, stamp
from custodian_core.commands import (
    ChangeRepo,
    ChangeTask,
    ClaimTask,
    NoteSchedule,
    RecordSync,
    RegisterRepo,
    SetGoal,
    UnregisterRepo,
)
from custodian_core.hub.store import Store
from custodian_core.ops.flow import Day
from custodian_core.records import HostSync
from custodian_core.schedule.read import read
from custodian_core.schedule.roster import seen_json
from custodian_server.dashboard.flow import plot
from custodian_server.dashboard.rendering import when

from .conftest import ME
from .test_sessions import csrf_in

PAGES = (
    "/",
    "/work",
    "/questions",
    "/repo/stuck",
    "/schedules",
    "/approvals",
    "/flow",
    "/log",
    "/about",
    "/docs",
    "/login",
)


def rows(page: str) -> list[str]:
    """The repos of the health page, in order."""
    return re.findall(r'<tbody id="r-([^"]+)"', page)


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every element of the page as a browser reads it, with its attributes."""
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(page)
    return found


def row(page: str, slug: str) -> str:
    return page.partition(f'<tbody id="r-{slug}"')[2].partition("\n</tbody>\n")[0]


@pytest.mark.parametrize("path", PAGES)
def test_f108_what_people_wrote_is_text_on_every_page(browser: httpx.Client, path: str) -> None:
    page = browser.get(path)

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize("path", PAGES)
def test_f108_a_page_runs_and_loads_nothing_but_files_of_its_own(
    browser: httpx.Client, path: str
) -> None:
    page = browser.get(path)

    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for tag, attributes in elements(page.text):
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for address in (attributes.get("src"), attributes.get("href")):
            assert address is None or re.match(r"/(?!/)|#", address)


def test_files_are_kept_by_browsers_and_their_address_changes_with_them(
    browser: httpx.Client,
) -> None:
    page = browser.get("/").text
    addresses = re.findall(r'"(/static/[^"]+)"', page)

    answers = [browser.get(address) for address in addresses]

    assert len(addresses) >= 4
    assert all(each.status_code == 200 for each in answers)
    assert all("immutable" in each.headers["cache-control"] for each in answers)
    assert browser.get("/static/../app.py").status_code == 404


def test_the_worst_repo_stands_first_and_each_tells_its_age_in_word_and_shape(
    browser: httpx.Client,
) -> None:
    page = browser.get("/").text

    assert rows(page) == ["stuck", "new", "calm"]
    assert "fresh</span>" in row(page, "calm")
    assert "<circle" in row(page, "calm")
    assert "never</span>" in row(page, "new")
    assert "no checkout" not in row(page, "new")
    assert "not sealed" in row(page, "stuck")
    assert "C-17" in row(page, "stuck")
    assert "2 ahead" in row(page, "stuck")


@pytest.mark.parametrize(
    ("hours", "word"), [(0.5, "fresh"), (1.5, "ageing"), (23.9, "ageing"), (24.1, "stale")]
)
def test_a_sync_is_green_for_an_hour_orange_for_a_day_then_red(
    browser: httpx.Client, fleet: Store, hours: float, word: str
) -> None:
    at = stamp(now() - timedelta(hours=hours))
    fleet.do(ChangeRepo("calm", {"last_state_synced_at": at}), ME)
    page = browser.get("/?search=calm").text

    assert f'class="mark {word}"' in row(page, "calm")
    assert f'title="{at}"' in row(page, "calm")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("show=trouble", ["stuck"]),
        ("show=unsealed", ["stuck"]),
        ("show=questions", ["stuck"]),
        ("show=never", ["stuck", "new"]),
        ("show=fresh", ["calm"]),
        ("search=C-17", ["stuck"]),
        ("search=cust+alm", ["calm"]),
        ("order=repo", ["calm", "new", "stuck"]),
        ("order=newest", ["calm", "new", "stuck"]),
        ("order=open", ["stuck", "calm", "new"]),
        ("domain=elsewhere", []),
        ("host=here&show=fresh", ["calm"]),
    ],
)
def test_rows_are_found_by_state_words_domain_host_and_put_in_order(
    browser: httpx.Client, query: str, found: list[str]
) -> None:
    page = browser.get(f"/?{query}").text

    assert rows(page) == found
    if not found:
        assert "No repo is so" in page


def test_a_word_that_is_no_choice_is_told_with_the_choices(browser: httpx.Client) -> None:
    page = browser.get("/?show=green")

    assert page.status_code == 422
    assert "it must be one of all, trouble" in page.text


def test_an_empty_hub_says_how_to_begin(browser: httpx.Client, fleet: Store) -> None:
    for slug in ("calm", "stuck", "new"):
        fleet.do(UnregisterRepo(slug), ME)

    assert "custodian register ." in browser.get("/").text
    assert "custodian register PATH" in browser.get("/work").text


def test_a_refresh_tells_only_rows_that_changed_since(browser: httpx.Client, fleet: Store) -> None:
    page = browser.get("/").text
    asked = re.search(r'hx-get="(/live[^"]+)"', page)
    assert asked
    quiet = stamp(now() + timedelta(hours=1))
    address = asked[1].replace("&amp;", "&")

    unchanged = browser.get(re.sub(r"since=[^&]+", f"since={quiet}", address)).text
    fleet.clock = lambda: now() + timedelta(hours=2)
    sync = HostSync("here", "/elsewhere/new", fleet.clock(), None, "offline")
    fleet.do(RecordSync("new", sync, stamp=False), ME)
    changed = browser.get(re.sub(r"since=[^&]+", f"since={quiet}", address)).text

    assert rows(unchanged) == []
    assert 'id="numbers"' in unchanged
    assert rows(changed) == ["new"]
    assert "offline" in changed
    assert "The order has changed" not in unchanged


def test_a_refreshed_row_draws_the_runs_of_its_day(browser: httpx.Client, fleet: Store) -> None:
    fleet.do(RecordSync("new", HostSync("here", "/new", now(), None, "offline"), stamp=False), ME)
    page = browser.get("/").text
    asked = re.search(r'hx-get="(/live[^"]+)"', page)
    assert asked

    refreshed = browser.get(asked[1].replace("&amp;", "&")).text

    drawn = re.search(r'<svg class="spark".*?</svg>', row(page, "new"))
    assert drawn
    assert "1 run in 24 hours, 1 with trouble" in drawn[0]
    assert drawn[0] in refreshed


def test_a_time_is_told_anew_as_it_gets_older() -> None:
    at = now()

    assert ">1m</time>" in when(at, at + timedelta(seconds=119))
    assert ">2m</time>" in when(at, at + timedelta(seconds=120))
    assert "never" in when(None, at)


def test_a_refresh_says_when_rows_would_stand_in_another_order(
    browser: httpx.Client, fleet: Store
) -> None:
    page = browser.get("/").text
    asked = re.search(r'hx-get="(/live[^"]+)"', page)
    assert asked

    fleet.do(RegisterRepo("another", "custodian"), ME)

    assert "The order has changed" in browser.get(asked[1].replace("&amp;", "&")).text


def test_a_thousand_repos_stand_on_pages_of_a_hundred(browser: httpx.Client, fleet: Store) -> None:
    for number in range(130):
        fleet.do(RegisterRepo(f"repo-{number:03}", "custodian"), ME)

    first, second = browser.get("/").text, browser.get("/?page=2").text

    assert (len(rows(first)), len(rows(second))) == (100, 33)
    assert not set(rows(first)) & set(rows(second))
    assert '<a href="/?page=2" rel="next">' in first


def test_questions_that_hold_up_the_most_come_first_and_are_answered_in_place(
    browser: httpx.Client, fleet: Store
) -> None:
    page = browser.get("/questions").text
    asked = fleet.interventions().items[0]

    answered = browser.post(
        f"/questions/{asked.id}",
        data={"csrf": csrf_in(page), "choice": "0"},
        headers={"HX-Request": "true"},
    )

    assert "2 tasks wait for it" in page
    assert answered.status_code == 200
    assert "Answered: <strong>80</strong>" in answered.text
    assert "<html" not in answered.text
    assert "Nobody waits for an answer" in browser.get("/questions").text


def test_an_answer_to_what_is_answered_already_is_told_beside_the_form(
    browser: httpx.Client, fleet: Store
) -> None:
    page = browser.get("/questions").text
    asked = fleet.interventions().items[0]
    form = {"csrf": csrf_in(page), "answer": "80"}
    browser.post(f"/questions/{asked.id}", data=form)

    again = browser.post(
        f"/questions/{asked.id}",
        data={**form, "answer": "443"},
        headers={"HX-Request": "true", "HX-Trigger": f"answer-{asked.id}"},
    )

    assert again.status_code == 409
    assert again.headers["hx-retarget"] == f"#answer-{asked.id} .trouble"
    assert "<html" not in again.text


def test_nothing_said_is_no_answer(browser: httpx.Client, fleet: Store) -> None:
    page = browser.get("/questions").text
    asked = fleet.interventions().items[0]

    refused = browser.post(f"/questions/{asked.id}", data={"csrf": csrf_in(page), "answer": " "})

    assert refused.status_code == 422
    assert fleet.interventions().total == 1


def test_work_shows_claims_progress_and_what_would_be_next(
    browser: httpx.Client, fleet: Store
) -> None:
    fleet.do(ClaimTask("claude-1", task="ST-WP-0001-T01"), ME)

    page = browser.get("/work").text

    assert "claude-1" in page
    assert "0 of 2 tasks" in page
    assert "No goal is set" in page


def test_a_repos_page_tells_its_runs_findings_and_dispatch(browser: httpx.Client) -> None:
    page = browser.get("/repo/stuck").text

    assert "could not be pushed" in page
    assert "unpushed" in page
    assert "As programs get it" in page
    assert "ST-WP-0001" in page


def test_a_goal_is_set_on_its_repos_page(browser: httpx.Client, fleet: Store) -> None:
    csrf = csrf_in(browser.get("/repo/new").text)

    browser.post("/repo/new/goal", data={"csrf": csrf, "title": "Be first", "description": ""})

    assert fleet.goals("new")[0].title == "Be first"
    assert "Be first" in browser.get("/repo/new").text


def test_a_repo_that_is_not_there_is_told_with_near_names(browser: httpx.Client) -> None:
    page = browser.get("/repo/stuk")

    assert page.status_code == 404
    assert "stuck" in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_the_log_is_read_backwards_and_by_repo_kind_and_person(
    browser: httpx.Client, fleet: Store
) -> None:
    for number in range(120):
        fleet.do(SetGoal("new", f"Goal {number}"), ME)

    newest = browser.get("/log?repo=new&type=goal.set").text
    older = re.search(r'rel="next" href="([^"]+)"', newest)
    assert older
    rest = browser.get(older[1].replace("&amp;", "&")).text

    assert "Goal 119" in newest
    assert "Goal 5&" not in newest
    assert "Goal 5" in rest
    assert "No event is so" in browser.get("/log?who=nobody").text


def test_a_form_too_long_is_refused(browser: httpx.Client) -> None:
    csrf = csrf_in(browser.get("/repo/new").text)

    refused = browser.post("/repo/new/goal", data={"csrf": csrf, "title": "x" * 70_000})

    assert refused.status_code == 413


def test_a_head_request_tells_of_a_page_without_it(browser: httpx.Client) -> None:
    assert browser.head("/").status_code == 200


SCHEDULE = """\
version: 1
entries:
  - agent: coach
    cadence: "0 9 * * *"
  - agent: "{agent}"
    cadence: weekly
    weekday: monday
    time: "07:30"
"""


def scheduled(store: Store, slug: str, text: str) -> None:
    """The hub has seen the repo's schedule."""
    reading = read(text.encode())
    told = seen_json(reading, "here")
    store.do(NoteSchedule(slug, "0" * 40, reading.schedule is not None, told), ME)


def test_the_week_shows_each_days_runs_and_what_cannot_be_used_comes_first(
    browser: httpx.Client, fleet: Store
) -> None:
    scheduled(fleet, "calm", SCHEDULE.format(agent="optimizer"))
    scheduled(fleet, "stuck", SCHEDULE.replace("0 9 * * *", "0 9 30 2 *"))

    page = browser.get("/schedules").text
    elsewhere = browser.get("/schedules?timezone=Asia/Tokyo").text

    assert page.index("Cannot be used") < page.index("The next seven days")
    assert "stuck" in page.partition("The next seven days")[0]
    assert page.count(">09:00</time>") == 7
    assert page.count(">07:30</time>") == 1
    assert elsewhere.count(">18:00</time>") == 7
    assert "optimizer" in browser.get("/repo/calm").text


def test_a_time_zone_that_is_none_is_told_with_near_names(browser: httpx.Client) -> None:
    page = browser.get("/schedules?timezone=Europe/Belin")

    assert page.status_code == 422
    assert "Europe/Berlin" in page.text


def test_without_schedules_the_page_says_how_to_begin(browser: httpx.Client) -> None:
    assert "custodian schedule init" in browser.get("/schedules").text


def test_the_flow_tells_what_was_begun_done_and_not_sealed_each_day(
    browser: httpx.Client, fleet: Store
) -> None:
    fleet.do(ChangeTask("ST-WP-0001-T01", {"status": "done"}), ME)

    page = browser.get("/flow?days=7").text
    other = browser.get("/flow?days=7&repo=calm").text

    assert "Tasks begun <strong>2</strong>" in page
    assert "Tasks done <strong>1</strong>" in page
    assert "2, of which 1 were not sealed" in page
    assert "Tasks begun <strong>0</strong>" in other
    assert browser.get("/flow?days=8").status_code == 422


def test_the_tallest_day_of_a_plot_is_as_high_as_the_plot() -> None:
    days = [Day(f"2026-05-0{n}", n, 0, 0, 0) for n in (1, 2, 4)]

    drawn = plot(days, "added", "Tasks begun")

    assert drawn.path == "M0 60v-15h8V60zM10 60v-30h8V60zM20 60v-60h8V60z"
    assert (drawn.total, drawn.most, drawn.width) == (7, 4, 30)
    assert plot(days, "done", "Tasks done").path == ""
