"""Who may look at the dashboard and act there, and what nobody can make them do."""

import re

import httpx
import pytest

from custodian_core.commands import RevokeToken
from custodian_core.hub.store import Store
from custodian_core.records import Intervention, Scope

from .conftest import ME, token


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def question(store: Store) -> Intervention:
    return store.interventions(is_open=None).items[0]


def answer(client: httpx.Client, store: Store, csrf: str, **headers: str) -> httpx.Response:
    form = {"answer": "80", "csrf": csrf}
    return client.post(f"/questions/{question(store).id}", data=form, headers=headers)


def log_in(client: httpx.Client, secret: str, to: str = "/") -> httpx.Response:
    return client.post("/login", data={"token": secret, "next": to})


def test_on_this_machine_nobody_logs_in_and_acts_as_the_dashboard_there(
    browser: httpx.Client, fleet: Store
) -> None:
    page = browser.get("/questions")

    answered = answer(browser, fleet, csrf_in(page.text))

    assert (answered.status_code, answered.headers["location"]) == (303, "/questions")
    assert question(fleet).answer == "80"
    assert question(fleet).answered_by == "dashboard@here"


@pytest.mark.parametrize(
    ("headers", "secure"),
    [
        ({"Origin": "https://localhost"}, True),
        ({"X-Forwarded-Proto": "https"}, True),
        ({"Origin": "http://localhost"}, False),
        ({}, False),
    ],
)
def test_a_browser_that_speaks_tls_to_a_balancer_shows_its_cookie_over_nothing_else(
    stranger: httpx.Client, fleet: Store, headers: dict[str, str], secure: bool
) -> None:
    form = {"token": token(fleet, Scope.WORK), "next": "/"}
    let_in = stranger.post("/login", data=form, headers=headers)
    cookie = let_in.headers["set-cookie"].partition(";")[0]
    about = stranger.get("/about", headers={**headers, "Cookie": cookie})

    assert let_in.status_code == 303
    assert ("; Secure" in let_in.headers["set-cookie"]) is secure
    assert ("https://localhost" in about.text) is secure


def test_elsewhere_a_page_leads_to_the_login_and_from_there_back(
    stranger: httpx.Client, fleet: Store
) -> None:
    asked = stranger.get("/questions?repo=stuck")
    form = stranger.get(asked.headers["location"])
    secret = token(fleet, Scope.WORK)

    let_in = log_in(stranger, secret, "/questions?repo=stuck")
    page = stranger.get(let_in.headers["location"])

    assert asked.status_code == 303
    assert 'value="/questions?repo=stuck"' in form.text
    assert page.status_code == 200
    assert "grace" in page.text


def test_what_is_done_stands_in_the_log_under_the_name_of_the_token(
    stranger: httpx.Client, fleet: Store
) -> None:
    log_in(stranger, token(fleet, Scope.WORK))

    answer(stranger, fleet, csrf_in(stranger.get("/questions").text))

    event = fleet.latest_events(type="human.answered")[0]
    assert event.actor == "grace"


def test_the_cookie_is_for_this_hub_alone_and_holds_no_token(
    stranger: httpx.Client, fleet: Store
) -> None:
    secret = token(fleet, Scope.WORK)

    set_ = log_in(stranger, secret).headers["set-cookie"].lower()

    assert "httponly" in set_
    assert "samesite=lax" in set_
    assert secret.lower() not in set_


def test_a_wrong_token_lets_nobody_in_and_says_so(stranger: httpx.Client) -> None:
    refused = log_in(stranger, "cust_wrong")

    assert refused.status_code == 403
    assert "opens nothing here" in refused.text
    assert stranger.get("/").status_code == 303


def test_a_revoked_token_ends_its_sessions_at_once(stranger: httpx.Client, fleet: Store) -> None:
    log_in(stranger, token(fleet, Scope.WORK))
    assert stranger.get("/").status_code == 200

    fleet.do(RevokeToken("grace"), ME)

    assert stranger.get("/").status_code == 303


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_session_that_was_tampered_with_opens_nothing(
    stranger: httpx.Client, fleet: Store, part: int
) -> None:
    log_in(stranger, token(fleet, Scope.READ))
    (name, cookie), *_ = stranger.cookies.items()
    parts = cookie.split(".")
    parts[part] = parts[part][:-1] + ("1" if parts[part][-1] != "1" else "2")

    stranger.cookies.clear()
    stranger.cookies.set(name, ".".join(parts))

    assert stranger.get("/").status_code == 303


def test_who_may_only_read_sees_no_forms_and_changes_nothing(
    stranger: httpx.Client, fleet: Store
) -> None:
    log_in(stranger, token(fleet, Scope.READ))
    page = stranger.get("/questions").text
    csrf = csrf_in(page)  # that of logging out

    refused = answer(stranger, fleet, csrf)

    assert "<textarea" not in page
    assert refused.status_code == 403
    assert "scope work" in refused.text
    assert question(fleet).is_open


@pytest.mark.parametrize("csrf", ["", "0" * 32])
def test_f103_a_form_that_the_dashboard_did_not_make_changes_nothing(
    browser: httpx.Client, fleet: Store, csrf: str
) -> None:
    browser.get("/questions")

    refused = answer(browser, fleet, csrf)

    assert refused.status_code == 403
    assert "load the page again" in refused.text
    assert question(fleet).is_open


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_f103_a_form_of_another_page_changes_nothing_even_with_the_right_word(
    browser: httpx.Client, fleet: Store, headers: dict[str, str]
) -> None:
    csrf = csrf_in(browser.get("/questions").text)

    refused = answer(browser, fleet, csrf, **headers)

    assert refused.status_code == 403
    assert question(fleet).is_open


def test_the_cookie_of_the_dashboard_opens_no_route_of_the_api(
    stranger: httpx.Client, fleet: Store
) -> None:
    log_in(stranger, token(fleet, Scope.ADMIN))

    assert stranger.get("/").status_code == 200
    assert stranger.get("/repos/").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb"])
def test_logging_in_leads_nowhere_else(stranger: httpx.Client, fleet: Store, to: str) -> None:
    let_in = log_in(stranger, token(fleet, Scope.READ), to)

    assert let_in.headers["location"] == "/"


def test_logging_out_forgets_the_session(stranger: httpx.Client, fleet: Store) -> None:
    log_in(stranger, token(fleet, Scope.READ))
    csrf = csrf_in(stranger.get("/").text)

    stranger.post("/logout", data={"csrf": csrf})

    assert stranger.get("/").status_code == 303
