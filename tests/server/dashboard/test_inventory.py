"""What is on the forge, seen and decided about in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from custodian_core.commands import RegisterRepo
from custodian_core.hub.store import Store
from custodian_core.records import RepoStatus
from tests.core.forge.conftest import small
from tests.core.forge.fake import Fake, Switch, faking
from tests.server.serving import browsing, settings_of

from .conftest import ME
from .test_sessions import csrf_in


@pytest.fixture
def forge(forge_server: tuple[Switch, str]) -> Iterator[Fake]:
    with faking(forge_server, small("1.26.4"), "gitea") as fake:
        yield fake


@pytest.fixture
def browser(fleet: Store, forge: Fake, tmp_path: Path) -> Iterator[httpx.Client]:
    token = forge.forge.add_token("ada")
    said = {"GITEA_URL": forge.url, "GITEA_TOKEN": token, "CUSTODIAN_AUTHOR": "A <a@b.example>"}
    settings = settings_of(tmp_path, **said)
    fleet.do(RegisterRepo("own", "custodian", remote_url=f"{forge.url}/ada/own.git"), ME)
    with browsing(fleet, settings) as found:
        yield found


def ask(browser: httpx.Client) -> str:
    """The page after the forge was asked."""
    csrf = csrf_in(browser.get("/inventory").text)
    asked = browser.post("/inventory", data={"csrf": csrf})
    assert (asked.status_code, asked.headers["location"]) == (303, "/inventory")
    return browser.get("/inventory").text


def act(browser: httpx.Client, path: str, **form: str) -> httpx.Response:
    csrf = csrf_in(browser.get("/inventory").text)
    return browser.post(path, data={"csrf": csrf, **form}, headers={"HX-Request": "true"})


def section(page: str, name: str) -> str:
    return page.partition(f"<h2>{name} ")[2].partition("<h2>")[0]


def test_nothing_is_known_before_the_forge_is_asked(browser: httpx.Client) -> None:
    page = browser.get("/inventory").text
    short = browser.get("/inventory", headers={"HX-Request": "true"}).text

    assert "Ask http://127.0.0.1" in page
    assert "was never asked" in short


def test_three_sections_tell_what_is_registered_missing_and_only_in_the_hub(
    browser: httpx.Client,
) -> None:
    page = ask(browser)

    assert "coulomb/marki-docx" in section(page, "Unregistered")
    assert "has workplans" in section(page, "Unregistered")
    assert "newton/secret" not in page
    assert "own" in section(page, "Registered")
    assert "calm" in section(page, "Hub-only")
    assert "as ada" in page


def test_the_front_page_shows_them_in_short(browser: httpx.Client) -> None:
    ask(browser)

    assert 'hx-get="/inventory"' in browser.get("/").text
    short = browser.get("/inventory", headers={"HX-Request": "true"}).text
    assert "<html" not in short
    assert "coulomb/marki-docx" in section(short, "Unregistered")


def test_a_forge_that_does_not_answer_is_told_as_it_is(browser: httpx.Client, forge: Fake) -> None:
    forge.instead("/user/repos", 500, "oops")
    csrf = csrf_in(browser.get("/inventory").text)

    refused = browser.post("/inventory", data={"csrf": csrf})

    assert refused.status_code >= 400
    assert "500" in refused.text


def test_a_repo_is_registered_with_one_button(browser: httpx.Client, fleet: Store) -> None:
    ask(browser)

    done = act(browser, "/inventory/register", name="coulomb/old")

    assert done.status_code == 200
    assert "Registered as" in done.text
    assert fleet.repo("old").forge_id is not None
    event = fleet.latest_events(repo="old", type="repo.registered")[0]
    assert event.actor == "dashboard@here"
    assert "coulomb/old" not in section(browser.get("/inventory").text, "Unregistered")


def test_a_repo_is_put_out_of_scope_once_with_a_reason(browser: httpx.Client, fleet: Store) -> None:
    ask(browser)

    silent = act(browser, "/inventory/out-of-scope", name="coulomb/empty", reason=" ")
    done = act(browser, "/inventory/out-of-scope", name="coulomb/empty", reason="A <b>try</b>")

    assert silent.status_code == 422
    assert done.status_code == 200
    page = browser.get("/inventory").text
    assert "coulomb/empty" not in section(page, "Unregistered")
    assert "A &lt;b&gt;try&lt;/b&gt;" in section(page, "Out of scope")
    assert fleet.repos(status=RepoStatus.OUT_OF_SCOPE.value).total == 0


def test_a_search_finds_by_a_part_of_the_name(browser: httpx.Client) -> None:
    ask(browser)

    page = browser.get("/inventory?search=emp").text

    found = re.findall(r'class="found" id="f-\d+"', section(page, "Unregistered"))
    assert len(found) == 1


def test_an_address_that_is_none_is_no_link(browser: httpx.Client, forge: Fake) -> None:
    forge.forge.root_url = "javascript:alert(1)//"

    page = ask(browser)

    assert 'href="javascript' not in page
    assert "coulomb/marki-docx" in page


def test_without_a_forge_the_page_says_what_to_set(fleet: Store, tmp_path: Path) -> None:
    with browsing(fleet, settings_of(tmp_path)) as browser:
        assert "GITEA_URL" in browser.get("/inventory").text
        short = browser.get("/inventory", headers={"HX-Request": "true"}).text
        assert "GITEA_URL" in short
