"""The page of the chat: how clients are told of it, what it is made of, how the hub serves it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from mcp.types import TextResourceContents

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.findings import CATALOGUE
from custodian_core.hub import open_store
from custodian_server.chat import HEALTH
from custodian_server.chat.page import page, policy

from .agents import Mode, ask, connected, modes
from .serving import browsing, settings_of

#: what hosts take, and how much of it
KIND, MOST = "text/html;profile=mcp-app", 130_000


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.anyio
@modes
async def test_list_repos_names_a_page_that_every_host_can_show(mode: Mode, tmp_path: Path) -> None:
    async with connected(tmp_path, mode) as client:
        tools = {tool.name: tool.meta for tool in (await client.list_tools()).tools}
        (contents,) = (await client.read_resource(HEALTH)).contents

    assert tools["list_repos"] == {"ui": {"resourceUri": HEALTH}}
    assert [name for name, meta in tools.items() if meta] == ["list_repos"]
    assert isinstance(contents, TextResourceContents)
    assert (contents.mime_type, contents.text) == (KIND, page())
    assert len(contents.text.encode()) < MOST
    assert contents.meta
    nothing: list[str] = []
    assert contents.meta["ui"]["csp"] == {
        "connectDomains": nothing,
        "resourceDomains": nothing,
        "frameDomains": nothing,
        "baseUriDomains": nothing,
    }


@pytest.mark.anyio
async def test_what_the_page_shows_is_told_of_every_repo(docs: Path) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        (new,) = (await ask(client, "list_repos"))["repos"]
        await ask(client, "fix_consistency")
        (synced,) = (await ask(client, "list_repos"))["repos"]

    assert (new["freshness"], new["sealed"]) == ("never", None)
    assert (synced["freshness"], synced["sealed"]) == ("fresh", True)
    assert "codes" not in synced
    assert "halted" not in synced


def test_the_page_loads_nothing_and_makes_no_markup_of_text() -> None:
    elements = Elements(page()).found

    loading = [(tag, name) for tag, said in elements for name in said if name in ("src", "srcset")]
    assert loading == []
    assert not {tag for tag, _ in elements} & {"link", "img", "iframe", "object", "form", "base"}
    assert {said["href"] for tag, said in elements if tag == "a"} == {"/inventory", "/"}
    assert [name for _, said in elements for name in said if name.startswith("on")] == []
    assert [name for _, said in elements for name in said if name == "style"] == []
    making = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|@import|url\("
    )
    assert re.findall(making, page()) == []


def test_the_page_knows_what_every_code_asks_for() -> None:
    told = re.search(r'id="codes">(.*?)</script>', page(), re.DOTALL)

    assert told
    assert json.loads(told[1]) == {
        code: [each.title, each.todo] for code, each in CATALOGUE.items()
    }


def test_the_hub_serves_the_page_under_a_policy_by_hash(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    store = open_store(settings)
    with browsing(store, settings) as client:
        answer = client.get("/chat/health")
    store.close()

    told = answer.headers["content-security-policy"]
    assert (answer.status_code, answer.text, told) == (200, page(), policy())
    assert re.findall(r"'unsafe|https?:|\*|data:", told) == []
    assert len(re.findall(r"'sha256-[\w+/]{43}='", told)) == 2


def test_the_hub_tells_the_page_what_list_repos_tells_a_chat(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    store = open_store(settings)
    for number in range(103):
        store.do(RegisterRepo(f"repo-{number:03}", "papers"), Caller("ada"))
    with browsing(store, settings) as client:
        first = client.get("/chat/repos").json()
        second = client.get("/chat/repos", params={"cursor": first["cursor"]}).json()
    store.close()

    assert (len(first["repos"]), first["total"]) == (100, 103)
    assert [row["repo"] for row in second["repos"]] == ["repo-100", "repo-101", "repo-102"]


@pytest.mark.parametrize("path", ["/chat/health", "/chat/repos"])
def test_a_stranger_has_to_log_in_for_it(path: str, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    store = open_store(settings)
    with browsing(store, settings, loopback=False) as client:
        answer: httpx.Response = client.get(path)
    store.close()

    assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login")
