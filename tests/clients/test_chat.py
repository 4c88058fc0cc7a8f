"""The page of the chat in a real browser, framed by the official bridge, over our own server."""

import json
import os
import shlex
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from custodian_core.codec import now
from custodian_core.commands import Caller, RecordSync, RegisterRepo
from custodian_core.hub import open_store
from custodian_core.hub.store import Store
from custodian_core.records import HostSync
from tests.core.forge.fake import Switch
from tests.forges import Standing, standing
from tests.server.serving import settings_of

from .conftest import HERE, Machine

pytestmark = pytest.mark.clients

CHROMIUM = os.environ.get("CUSTODIAN_TEST_CHROMIUM") or shutil.which("chromium")
ROOT = Path(__file__).parents[2]
#: where the screenshots of a run are found afterwards
SCREENS = ROOT / ".artefacts" / "chat"
ME = Caller("ada")
HOSTILE = "<img src=x onerror=alert(2)></script><script>alert(1)</script>"
AMISS = {"code": "C-17", "severity": "FAIL", "message": HOSTILE, "path": None, "line": None}
INLINE = {"displayMode": "inline", "containerDimensions": {"maxHeight": 500}}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "install Debian's chromium, or say CUSTODIAN_TEST_CHROMIUM=/path/to/it"
    with sync_playwright() as playwright:
        # (in a container the sandbox of Chromium has nothing to stand on)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def forge(forge_server: tuple[Switch, str], tmp_path: Path, machine: Machine) -> Iterator[Standing]:
    with standing(*forge_server, tmp_path) as forge:
        machine.env |= {"GITEA_URL": forge.url, "GITEA_TOKEN": forge.token()}
        yield forge


@pytest.fixture
def hub(machine: Machine) -> Iterator[Store]:
    """What the machine's own server will find: a calm repo, and one whose commits are kept here."""
    machine.env |= {"CUSTODIAN_HOME": str(machine.home / "data")}
    store = open_store(settings_of(machine.home / "data"))
    for slug in ("calm", "stuck", "new"):
        store.do(RegisterRepo(slug, "papers", host="laptop", path=f"/src/{slug}"), ME)
    at = now()
    calm = HostSync("laptop", "/src/calm", at, at, "ok", True, 0, 0)
    stuck = HostSync("laptop", "/src/stuck", at, None, "unpushed", False, 2, 0, (AMISS, AMISS))
    store.do(RecordSync("calm", calm, stamp=True), ME)
    store.do(RecordSync("stuck", stuck, stamp=False), ME)
    yield store
    store.close()


@contextmanager
def chatting(
    chromium: Browser, machine: Machine, words: dict[str, Any] | None = None, **context: Any
) -> Generator[Page]:
    """A chat with the page in it, in which nothing may go wrong or elsewhere unheard."""
    said = (json.dumps(INLINE | context), json.dumps(words or {}))
    width = context.get("containerDimensions", {}).get("width", 720)
    with machine.serving(shlex.join(["node", str(HERE / "chat_host.mjs"), *said])) as url:
        scheme = context.get("theme", "light")
        page = chromium.new_page(
            base_url=url, color_scheme=scheme, viewport={"width": width, "height": 500}
        )
        wrong: list[str] = []
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
        page.on("request", lambda to: None if to.url.startswith(url) else wrong.append(to.url))
        page.goto("/")
        yield page
        page.close()
    assert wrong == []


def view(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def facts(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = page.request.get("/facts").json()
    return told


def test_the_page_shakes_hands_and_shows_what_the_model_was_told(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with chatting(chromium, machine) as page:
        rows = view(page).get_by_label("Repos", exact=True).get_by_role("listitem")

        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("stuck papers")
        expect(rows.nth(0)).to_contain_text("not sealed")
        expect(rows.nth(0)).to_contain_text("laptop: unpushed")
        expect(rows.nth(1)).to_contain_text("fresh")
        expect(rows.nth(2)).to_contain_text("never")
        expect(view(page).locator("#sum")).to_contain_text("3 repos, 1 to look at, as of ")
        assert facts(page)["view"]["name"] == "custodian-health"
        assert facts(page)["kind"] == "text/html;profile=mcp-app"
        assert page.request.post("/teardown").json() == {}


def test_a_person_reads_what_to_do_by_the_keyboard(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with chatting(chromium, machine) as page:
        view(page).get_by_role("listitem").locator("summary").focus()
        page.keyboard.press("Enter")

        expect(view(page).locator("dt")).to_have_text("C-17")
        expect(view(page).locator("dd")).not_to_be_empty()


def test_refresh_asks_what_the_model_asked_again(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with chatting(chromium, machine, {"domain": "papers"}) as page:
        expect(view(page).locator("#sum")).to_contain_text("3 repos")
        hub.do(RegisterRepo("fresh-one", "papers"), ME)
        hub.do(RegisterRepo("elsewhere", "code"), ME)
        view(page).get_by_role("button", name="Refresh").click()

        expect(view(page).locator("#sum")).to_contain_text("4 repos")
        expect(view(page).locator("body")).not_to_contain_text("elsewhere")


def test_more_repos_come_when_they_are_asked_for_and_stay(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    for number in range(30):
        hub.do(RegisterRepo(f"repo-{number}", "papers"), ME)
    with chatting(chromium, machine) as page:
        expect(view(page).locator("#sum")).to_contain_text("20 of 33 repos")
        view(page).get_by_role("button", name="Show more").click()
        expect(view(page).locator("#sum")).to_contain_text("33 repos")
        view(page).get_by_role("button", name="Refresh").click()
        expect(view(page).get_by_role("button", name="Refresh")).to_be_enabled()

        expect(view(page).locator("#sum")).to_contain_text("33 repos")


def test_a_repo_of_the_forge_is_registered_and_the_model_hears_of_it(
    chromium: Browser, machine: Machine, hub: Store, forge: Standing
) -> None:
    forge.knows.add_repo("coulomb/docs", description=HOSTILE)
    forge.knows.add_repo("coulomb/other")
    with chatting(chromium, machine) as page:
        view(page).locator("#forge summary").click()
        view(page).get_by_role("button", name="Ask the forge").click()
        expect(view(page).locator("#stock")).to_contain_text("2 repos of")
        expect(view(page).locator("#unregistered")).to_contain_text(HOSTILE)
        view(page).get_by_role("button", name="Register coulomb/docs").click()

        expect(view(page).locator("#unregistered")).to_contain_text(
            "is in Custodian's care as docs"
        )
        expect(view(page).locator("#sum")).to_contain_text("4 repos")
        told = facts(page)["told"]
    assert hub.repo("docs").slug == "docs"
    assert told == [
        "A person registered coulomb/docs from the health view; it is the repo docs now."
    ]


def test_what_cannot_be_done_is_said_where_it_was_asked(
    chromium: Browser, machine: Machine, hub: Store, forge: Standing
) -> None:
    forge.knows.add_repo("coulomb/docs")
    with chatting(chromium, machine) as page:
        view(page).locator("#forge summary").click()
        view(page).get_by_role("button", name="Ask the forge").click()
        expect(view(page).locator("#stock")).to_contain_text("1 repo of")
        forge.knows.repos.clear()
        view(page).get_by_role("button", name="Register coulomb/docs").click()

        expect(view(page).locator("#unregistered [role=alert]")).to_contain_text("coulomb/docs")
        expect(view(page).get_by_role("button", name="Register coulomb/docs")).to_be_enabled()


def test_a_forge_that_nobody_named_is_told_of(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with chatting(chromium, machine) as page:
        view(page).locator("#forge summary").click()
        view(page).get_by_role("button", name="Ask the forge").click()

        expect(view(page).get_by_role("alert").first).to_contain_text("GITEA_URL")


@pytest.mark.parametrize("width", [720, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_its_place_in_light_and_dark_wide_and_narrow(
    chromium: Browser, machine: Machine, hub: Store, theme: str, width: int
) -> None:
    for number in range(30):
        hub.do(RegisterRepo(f"a-repo-whose-name-is-rather-long-{number}", "papers"), ME)
    SCREENS.mkdir(parents=True, exist_ok=True)
    room = {"maxHeight": 500, "width": width}
    with chatting(chromium, machine, theme=theme, containerDimensions=room) as page:
        expect(view(page).locator("#sum")).to_contain_text("20 of 33 repos")
        page.screenshot(path=SCREENS / f"health-{theme}-{width}.png")
        (_, framed) = page.frames

        for part in ("document.documentElement", "document.querySelector('main')"):
            assert framed.evaluate(f"{part}.scrollWidth - {part}.clientWidth") <= 0
        assert framed.evaluate("document.documentElement.scrollHeight") <= 500
        assert framed.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
        clear = "getComputedStyle(document.documentElement).backgroundColor"
        assert framed.evaluate(clear) == "rgba(0, 0, 0, 0)"
        assert facts(page)["sizes"][-1]["height"] <= 500


def test_the_page_changes_its_colours_and_its_height_with_the_chat(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with chatting(chromium, machine, theme="light") as page:
        expect(view(page).locator("#sum")).to_contain_text("3 repos")
        variables = {"--color-text-primary": "rgb(9, 8, 7)"}
        room = {"maxHeight": 120}
        told = {"theme": "dark", "styles": {"variables": variables}, "containerDimensions": room}
        page.request.post("/context", data=INLINE | told)

        expect(view(page).locator("h1")).to_have_css("color", "rgb(9, 8, 7)")
        expect(view(page).locator("html")).to_have_css("color-scheme", "dark")
        expect(view(page).locator("body")).to_have_css("max-height", "120px")


def test_the_hub_shows_the_same_page_to_a_browser(
    chromium: Browser, machine: Machine, hub: Store
) -> None:
    with machine.serving("custodian serve --port 0") as url:
        page = chromium.new_page(base_url=url)
        wrong: list[str] = []
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.goto("/chat/health")

        expect(page.locator("#sum")).to_contain_text("3 repos, 1 to look at")
        expect(page.get_by_role("link", name="What is on the forge")).to_be_visible()
        expect(page.locator("#forge")).to_be_hidden()
        page.close()
    assert wrong == []


def test_the_inspector_finds_the_page_of_the_tool(machine: Machine) -> None:
    line = "mcp-inspector --cli custodian-mcp --method tools/list --format json"
    told = machine.say(f"{line} --app-info --advertise-apps")

    assert "ui://custodian/health" in told
