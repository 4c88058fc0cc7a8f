"""Ops repos in a browser: what waits for a person, and the tree of prerequisites."""

from collections.abc import Iterator

import httpx
import pytest

from custodian_core.commands import RegisterRepo
from custodian_core.ops.actions import Action
from custodian_server.dashboard.prerequisites import drawn
from custodian_server.demo.forge import DemoRepo
from custodian_server.demo.forge_shapes import pull_json
from custodian_tools.ops import vault
from tests.core.forge.fake import Fake
from tests.server.serving import browsing, settings_of
from tests.tools.ops.conftest import SLUG, Ops, alone, empty, fake, ops
from tests.tools.ops.test_vault_proposals import AT, NAME, on_forge, repo
from tests.tools.ops.test_vault_tools import POLICY

from .conftest import ME
from .test_sessions import csrf_in

__all__ = ["alone", "empty", "fake", "on_forge", "ops", "repo"]

AUTHOR = {"CUSTODIAN_AUTHOR": "A <a@b.example>", "CUSTODIAN_HOST": "ops"}


@pytest.fixture
def waiting(ops: Ops) -> Ops:
    """An ops repo whose vault holds a risky action, and one that nobody can read."""
    ops.commit({"vault/policy.toml": POLICY, "vault/actions/broken.toml": "id = \n"})
    asked = Action("act-20260509", "release", "Because <b>x</b>.", ("DEPLOY_KEY",))
    vault.request_action(ops.bench, ops.target, asked)
    return ops


@pytest.fixture
def browser(waiting: Ops) -> Iterator[httpx.Client]:
    hub = waiting.bench.hub
    with browsing(hub, settings_of(waiting.folder, **AUTHOR)) as found:  # type: ignore[arg-type]
        yield found


def decide(browser: httpx.Client, outcome: str, note: str = "") -> httpx.Response:
    csrf = csrf_in(browser.get("/approvals").text)
    form = {"csrf": csrf, "name": "act-20260509", "outcome": outcome, "note": note}
    return browser.post(f"/approvals/{SLUG}", data=form, headers={"HX-Request": "true"})


def test_what_waits_is_shown_with_its_tier_and_what_is_invalid_with_why(
    browser: httpx.Client,
) -> None:
    page = browser.get("/approvals").text

    assert '<strong class="bad">high tier</strong>' in page
    assert "Because &lt;b&gt;x&lt;/b&gt;." in page
    assert "vault/actions/broken.toml" in page.partition("<h3>Invalid, or not known</h3>")[2]


def test_an_approval_is_committed_pushed_and_closes_its_question(
    browser: httpx.Client, waiting: Ops
) -> None:
    before = waiting.bench.hub.interventions().total

    done = decide(browser, "approved", "go on")

    assert done.status_code == 200
    assert "pushed" in done.text
    assert "vault/actions/act-20260509.toml" in waiting.files()
    assert waiting.counts() == (0, 0)
    assert waiting.bench.hub.interventions().total == before - 1
    assert "dashboard@ops" in waiting.git("log", "-1", "--format=%B")


def test_a_rejection_needs_a_reason(browser: httpx.Client, waiting: Ops) -> None:
    silent = decide(browser, "rejected")
    said = decide(browser, "rejected", "not now")

    assert silent.status_code == 422
    assert said.status_code == 200
    assert "vault/rejected/act-20260509.toml" in waiting.files()


def test_an_action_of_low_tier_stands_in_the_log(browser: httpx.Client, waiting: Ops) -> None:
    asked = Action("sort-20260509", "triage", "Two issues wait.", ())
    vault.request_action(waiting.bench, waiting.target, asked)
    page = browser.get("/log?type=vault.asked").text

    assert f"{SLUG}/sort-20260509" in page
    assert "&#34;tier&#34;: &#34;low&#34;" in page


def test_what_a_pull_request_proposes_is_shown_with_its_address_and_decided_there(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    repo.pulls.append(pull_json(fake.forge, repo, "vault/asked-1", "bob", AT))
    forge = {"GITEA_URL": fake.url, "GITEA_TOKEN": fake.forge.add_token("ada")}
    with browsing(on_forge.bench.hub, settings_of(on_forge.folder, **AUTHOR, **forge)) as found:  # type: ignore[arg-type]
        page = found.get("/approvals").text

    assert f'href="http://forge.example/{NAME}/pulls/1" rel="noreferrer">Pull request 1</a>' in page
    assert "of bob is open; it is decided there" in page
    assert "Ship asked-1" in page
    assert '<button class="main" name="outcome"' not in page


def test_a_forge_that_was_not_asked_is_no_empty_page(on_forge: Ops) -> None:
    with browsing(on_forge.bench.hub, settings_of(on_forge.folder, **AUTHOR)) as found:  # type: ignore[arg-type]
        page = found.get("/approvals").text

    assert "Nothing waits for a person that is known of here." in page
    assert "Pull requests: forge not asked: GITEA_URL is not set." in page
    assert "unknown: forge not asked" in page.partition("Invalid, or not known")[2]


def test_a_word_that_is_neither_yes_nor_no_decides_nothing(
    browser: httpx.Client, waiting: Ops
) -> None:
    assert decide(browser, "fired").status_code == 422
    assert "vault/pending/act-20260509.toml" in waiting.files()


def test_the_tree_is_drawn_and_stands_as_a_list_below(browser: httpx.Client) -> None:
    page = browser.get(f"/repo/{SLUG}/prerequisites").text

    assert f'href="/repo/{SLUG}/prerequisites"' in browser.get(f"/repo/{SLUG}").text
    assert 'class="node objective' in page
    assert page.count('class="edge"') >= 3
    assert "Signing key for releases" in page.partition("As a list")[2]
    assert "holds up 1 objective" in page


def test_a_repo_without_a_tree_is_told_how_to_begin_one(
    browser: httpx.Client, waiting: Ops
) -> None:
    waiting.git("rm", "-q", "prerequisites.md")

    page = browser.get(f"/repo/{SLUG}/prerequisites")

    assert page.status_code >= 400
    assert "custodian ops migrate" in page.text


def test_without_an_ops_repo_the_page_says_so(browser: httpx.Client, waiting: Ops) -> None:
    waiting.bench.hub.do(RegisterRepo("plain", "custodian"), ME)
    with browsing(waiting.bench.hub, settings_of(waiting.folder)) as elsewhere:  # type: ignore[arg-type]
        assert "has a checkout on here" in elsewhere.get("/approvals").text


def test_every_edge_ends_where_its_nodes_stand() -> None:
    nodes = [
        {"id": "a", "kind": "issue", "label": "a", "state": "named", "line": None},
        {"id": "b", "kind": "prerequisite", "label": "b" * 90, "state": "open", "line": 3},
        {"id": "c", "kind": "objective", "label": "c", "state": "READY", "line": 1},
    ]
    edges = [
        {"source": "a", "target": "b", "kind": "depends"},
        {"source": "b", "target": "c", "kind": "blocks"},
        {"source": "gone", "target": "c", "kind": "blocks"},
    ]

    places, lines, width, height = drawn({"nodes": nodes, "edges": edges})

    assert [(each.x, each.y) for each in places] == [(0, 0), (300, 0), (600, 0)]
    assert lines == ["M230 15C265 15 265 15 300 15", "M530 15C565 15 565 15 600 15"]
    assert (width, height) == (830, 40)
    assert places[1].label.endswith("…")
