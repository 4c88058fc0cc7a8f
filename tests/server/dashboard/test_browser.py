"""The dashboard in a real browser: Debian's Chromium, as people use it."""

import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from custodian_core.codec import now, stamp
from custodian_core.commands import RecordSync, RegisterRepo
from custodian_core.hub.store import Store
from custodian_core.records import HostSync, Scope
from tests.core.forge.fake import Fake
from tests.server.serving import served
from tests.tools.ops.conftest import Ops

from .conftest import ME, token
from .test_inventory import forge
from .test_ops import alone, empty, ops, waiting

__all__ = ["alone", "empty", "forge", "ops", "waiting"]

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CUSTODIAN_TEST_CHROMIUM") or shutil.which("chromium")
ROOT = Path(__file__).parents[3]
#: where the screenshots of a run are found afterwards
SCREENS = ROOT / ".artefacts" / "dashboard"

PAGES = {
    "health": "/",
    "work": "/work",
    "questions": "/questions",
    "inventory": "/inventory",
    "repo": "/repo/stuck",
    "schedules": "/schedules",
    "approvals": "/approvals",
    "flow": "/flow",
    "log": "/log",
    "about": "/about",
    "api": "/docs",
    "login": "/login",
}
SIZES = {"wide": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "install Debian's chromium, or say CUSTODIAN_TEST_CHROMIUM=/path/to/it"
    with sync_playwright() as playwright:
        # (in a container the sandbox of Chromium has nothing to stand on)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def hub(fleet: Store, tmp_path: Path) -> Iterator[str]:
    """The address of a real `custodian serve` for that fleet."""
    with served(tmp_path) as (_, url):
        yield url


@contextmanager
def looking(chromium: Browser, url: str, **wanted: Any) -> Generator[Page]:
    """A page of its own, in which nothing may go wrong unheard."""
    context = chromium.new_context(base_url=url, **wanted)
    page = context.new_page()
    wrong: list[str] = []
    # (that a form was refused stands in the console too)
    refused = re.compile(r"status of 4\d\d|Response Status Error Code 4\d\d")
    page.on(
        "console",
        lambda told: (
            wrong.append(told.text)
            if told.type == "error" and not refused.search(told.text)
            else None
        ),
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    page.on("request", lambda asked: None if asked.url.startswith(url) else wrong.append(asked.url))
    yield page
    context.close()
    assert wrong == []


def grave(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds on the page that would keep somebody out."""
    axe: Any = Axe()
    violations: list[dict[str, Any]] = axe.run(page).response["violations"]
    return [
        (each["id"], each["nodes"][0]["html"])
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def page(chromium: Browser, hub: str) -> Iterator[Page]:
    with looking(chromium, hub) as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_all_in_light_and_dark_wide_and_narrow(
    chromium: Browser, hub: str, scheme: str, size: str
) -> None:
    width, height = SIZES[size]
    SCREENS.mkdir(parents=True, exist_ok=True)
    wanted = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    with looking(chromium, hub, **wanted) as page:
        for name, path in PAGES.items():
            page.goto(path)
            page.screenshot(path=SCREENS / f"{name}-{scheme}-{size}.png", full_page=True)

            assert grave(page) == [], name
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, name


def test_a_question_is_answered_in_place(page: Page, fleet: Store) -> None:
    page.goto("/questions")
    question = page.locator("article.question")

    question.get_by_role("button", name="80", exact=True).click()

    expect(page.get_by_text("Answered: 80")).to_be_visible()
    assert page.url.endswith("/questions")
    assert fleet.interventions(is_open=None).items[0].answer == "80"


def test_what_cannot_be_answered_is_told_beside_the_form(page: Page) -> None:
    page.goto("/questions")

    page.get_by_role("button", name="Answer", exact=True).click()

    trouble = page.locator("article.question .trouble")
    expect(trouble).to_contain_text("say something")
    expect(trouble).to_be_visible()


def test_a_goal_is_set(page: Page, fleet: Store) -> None:
    page.goto("/repo/new")
    page.get_by_text("Set a goal").click()

    page.get_by_role("textbox", name="Goal").fill("Be first")
    page.get_by_role("button", name="Set", exact=True).click()

    expect(page.locator("section[aria-labelledby=goal] strong")).to_have_text("Be first")
    assert fleet.goals("new")[0].title == "Be first"


def test_without_scripts_all_is_seen_and_done(chromium: Browser, hub: str, fleet: Store) -> None:
    with looking(chromium, hub, java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_label("Show").select_option("trouble")
        page.get_by_role("button", name="Show").click()
        assert page.locator(".fleet th[scope=row] a").all_inner_texts() == ["stuck"]
        page.locator(".fleet summary").click()
        assert page.get_by_text("2 ahead").is_visible()

        page.goto("/questions")
        page.get_by_label("Or answer in your own words").fill("8080")
        page.get_by_role("button", name="Answer", exact=True).click()

        assert page.get_by_role("cell", name="8080").is_visible()
    assert fleet.interventions(is_open=None).items[0].answer == "8080"


def test_a_choice_filters_at_once(page: Page) -> None:
    page.goto("/")

    page.get_by_label("Show").select_option("never")

    page.wait_for_url("**/?*show=never*")
    expect(page.locator(".fleet th[scope=row] a")).to_have_text(["stuck", "new"])


def asked_since(page: Page) -> str:
    """Since when the page will ask for what changed."""
    return (page.locator("#live").get_attribute("hx-get") or "").partition("since=")[2]


def test_changed_rows_come_by_themselves_and_nothing_else_moves(page: Page, fleet: Store) -> None:
    # (what changed within the second before a page was made may be told once more)
    made = stamp(fleet.repo("new").updated_at)
    page.goto("/?order=repo")
    while made >= asked_since(page)[: len(made)]:
        page.goto("/?order=repo")
    page.clock.install()
    page.goto("/?order=repo")
    page.locator("#r-stuck summary").click()
    page.evaluate(
        """() => {
            window.shifts = [];
            new PerformanceObserver((list) => {
                for (const each of list.getEntries())
                    if (!each.hadRecentInput) window.shifts.push(each.value);
            }).observe({ type: "layout-shift" });
            document.querySelector("#r-new").dataset.seen = "before";
            document.querySelector("#r-calm").dataset.seen = "before";
        }"""
    )
    calm = HostSync("here", "/elsewhere", now(), now(), "offline", True, 0, 0)
    fleet.do(RecordSync("calm", calm, stamp=False), ME)
    stuck = next(host for host in fleet.repo("stuck").hosts)
    fleet.do(RecordSync("stuck", stuck, stamp=False), ME)

    with page.expect_response("**/live?*"):
        page.clock.run_for(15_000)

    expect(page.locator("#r-calm .host small")).to_have_text("offline")
    assert page.locator("#r-calm").get_attribute("data-seen") is None
    assert page.locator("#r-new").get_attribute("data-seen") == "before"
    expect(page.get_by_text("2 ahead")).to_be_visible()
    assert sum(page.evaluate("window.shifts")) < 0.01


def test_a_page_is_used_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    focused = page.evaluate(
        """() => {
            const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            return [document.activeElement.closest("main") !== null, outlineStyle, outlineWidth];
        }"""
    )
    assert focused == [True, "solid", "2px"]


@pytest.fixture
def with_forge(fleet: Store, forge: Fake, tmp_path: Path) -> Iterator[str]:
    """A served hub that knows of a forge."""
    said = {"GITEA_URL": forge.url, "GITEA_TOKEN": forge.forge.add_token("ada")}
    with served(tmp_path, **said) as (_, url):
        yield url


def test_a_repo_of_the_forge_is_taken_in_and_another_left_out_without_leaving_the_page(
    chromium: Browser, with_forge: str, fleet: Store
) -> None:
    with looking(chromium, with_forge) as page:
        page.goto("/inventory")
        page.get_by_role("button", name="Ask http").click()
        page.get_by_role("button", name="Register coulomb/old").click()
        expect(page.get_by_text("Registered as")).to_be_visible()
        page.get_by_text("Out of scope coulomb/empty").click()
        leaving = page.locator("form:has(input[value='coulomb/empty'])").filter(
            has=page.get_by_role("button", name="Decide")
        )
        leaving.get_by_label("Why is it").fill("a <b>try</b>")
        leaving.get_by_role("button", name="Decide").click()

        expect(page.get_by_text("coulomb/empty is out of scope: a <b>try</b>")).to_be_visible()
        page.goto("/")
        expect(page.locator("#forge")).to_contain_text("coulomb/marki-docx")
    assert fleet.repo("old").forge_id is not None
    assert fleet.left_out()[0].full_name == "coulomb/empty"


def test_an_action_is_approved_and_what_became_of_it_is_told(
    chromium: Browser, waiting: Ops
) -> None:
    said = {
        "CUSTODIAN_HOST": "ops",
        "CUSTODIAN_ROOTS": str(waiting.folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    with served(waiting.folder, **said) as (_, url), looking(chromium, url) as page:
        page.goto("/approvals")
        item = page.locator("article").filter(has_text="act-20260509.toml")
        item.get_by_label("Note").fill("go on")
        item.get_by_role("button", name="Approve").click()

        expect(page.get_by_text("vault/pending/act-20260509.toml is approved")).to_be_visible()
        expect(page.get_by_text("pushed")).to_be_visible()
    assert "vault/actions/act-20260509.toml" in waiting.files()


def test_from_elsewhere_one_logs_in_looks_and_logs_out(
    chromium: Browser, fleet: Store, tmp_path: Path
) -> None:
    secret = token(fleet, Scope.WORK)
    with (
        served(tmp_path, "--host", "0.0.0.0") as (_, url),  # noqa: S104 - what is tested
        looking(chromium, f"http://127.0.0.1:{url.rpartition(':')[2]}") as page,
    ):
        page.goto("/log?type=goal.set")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Event log")).to_be_visible()
        assert page.url.endswith("/log?type=goal.set")
        expect(page.locator(".who")).to_contain_text("grace")

        page.get_by_role("button", name="Log out").click()

        expect(page.get_by_label("Token")).to_be_visible()


def test_a_thousand_repos_are_looked_through(page: Page, fleet: Store) -> None:
    for number in range(1000):
        fleet.do(RegisterRepo(f"repo-{number:04}", "custodian"), ME)
    page.goto("/?order=repo")

    page.get_by_label("Search").fill("repo-0777")
    page.keyboard.press("Enter")

    expect(page.locator(".fleet th[scope=row] a")).to_have_text(["repo-0777"])
    page.goto("/?order=repo")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".fleet > tbody")).to_have_count(100)
