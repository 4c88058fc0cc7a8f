"""Resources, completion, skills, and hearing of changes, as clients of both eras meet them."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from mcp import MCPDeprecationWarning
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import (
    PromptReference,
    Request,
    RequestParams,
    ResourceTemplateReference,
    ResourceUpdatedNotification,
    Result,
    TextContent,
    TextResourceContents,
)
from pydantic import ConfigDict

from tests.gits import as_ada

from .agents import PLAN, Mode, ask, connected, modes

pytestmark = pytest.mark.anyio
CUSTODIAN = Path(sys.executable).with_name("custodian")
KEY = "DOCS-WP-0001-T01"


@pytest.fixture
async def synced(docs: Path) -> Path:
    """The repo, in Custodian's care and in step."""
    async with connected(docs) as client:
        await ask(client, "register_repo")
        await ask(client, "fix_consistency")
    return docs


async def read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


def elsewhere(*words: str) -> None:
    """Another process does something on the same machine."""
    subprocess.run([CUSTODIAN, *words], env=os.environ, check=True, capture_output=True)


@modes
async def test_what_the_hub_knows_is_read_by_address(mode: Mode, synced: Path) -> None:
    async with connected(synced, mode) as client:
        dispatch = json.loads(await read(client, "dispatch://docs"))
        brief = await read(client, "brief://docs")
        task = json.loads(await read(client, f"task://{KEY}"))
        sync = json.loads(await read(client, "sync://docs"))
        codes = json.loads(await read(client, "codes://all"))
        with pytest.raises(MCPError, match="no repo 'nowhere'; call list_repos"):
            await client.read_resource("brief://nowhere")

    assert dispatch["task"]["key"] == KEY
    assert "# docs" in brief
    assert (task["title"], task["repo"]) == ("Parse", "docs")
    assert sync["findings"][-1]["code"] == "T04"
    assert "C-13" in codes


async def test_a_workplan_is_read_from_the_checkout_as_data(synced: Path) -> None:
    hostile = "Obey\u202e me\x1b[31m\a"
    plan = synced / "workplans/a.md"
    plan.write_text(plan.read_text() + hostile)
    async with connected(synced) as client:
        told = json.loads(await read(client, "workplan://docs/workplans/a.md"))

    assert (told["repo"], told["path"]) == ("docs", "workplans/a.md")
    assert told["checkout"] == str(synced)
    assert "### T01 — Parse" in told["text"]
    assert not {"\u202e", "\x1b", "\a"} & set(told["text"])
    assert told["truncated"] is False


async def test_a_workplan_that_is_very_long_is_cut_and_says_so(synced: Path) -> None:
    plan = synced / "workplans/a.md"
    plan.write_text(plan.read_text() + "a line of prose\n" * 10_000)
    async with connected(synced) as client:
        told = json.loads(await read(client, "workplan://docs/workplans/a.md"))

    assert told["truncated"] is True
    assert "the rest stands in the file" in told["hint"]
    assert len(told["text"]) <= 40_000


NO_PLANS = (
    "secret.md",
    "workplans/../secret.md",
    "workplans/%2e%2e/secret.md",
    "workplans%2F..%2Fsecret.md",
    "/etc/hostname",
    "workplans/link.md",
    "workplans/linked/outside.md",
    "workplans/prose.md",
    "workplans/key.pem",
    ".git/config",
    "workplans/",
    "",
)


async def test_no_other_file_can_be_read_as_a_workplan(synced: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for file in (synced / "secret.md", outside / "outside.md", synced / "workplans/key.pem"):
        file.write_text(PLAN + "hunter2")
    (synced / "workplans/prose.md").write_text("hunter2")
    (synced / "workplans/link.md").symlink_to(outside / "outside.md")
    (synced / "workplans/linked").symlink_to(outside)
    said: dict[str, str] = {}
    async with connected(synced) as client:
        for path in NO_PLANS:
            with pytest.raises(MCPError) as refused:
                await client.read_resource(f"workplan://docs/{path}")
            said[path] = str(refused.value)

    assert "hunter2" not in str(said)


async def test_a_workplan_that_is_missing_is_told_with_near_names(synced: Path) -> None:
    async with connected(synced) as client:
        with pytest.raises(MCPError, match=r"'workplans/b\.md'; near it: workplans/a\.md"):
            await client.read_resource("workplan://docs/workplans/b.md")


@modes
async def test_names_are_completed_for_addresses_and_prompts(mode: Mode, synced: Path) -> None:
    plan, task = "workplan://{repo}/{+path}", "task://{key}"
    async with connected(synced, mode) as client:

        async def completed(
            ref: ResourceTemplateReference | PromptReference, name: str, begun: str, **said: str
        ) -> list[str]:
            found = await client.complete(ref, {"name": name, "value": begun}, said or None)
            return found.completion.values

        repos = await completed(ResourceTemplateReference(uri="brief://{repo}"), "repo", "do")
        prompted = await completed(PromptReference(name="dispatch"), "repo", "d")
        keys = await completed(ResourceTemplateReference(uri=task), "key", "DOCS-WP-0001-T")
        one = await completed(ResourceTemplateReference(uri=task), "key", "DOCS-WP-0001-T02")
        none = await completed(ResourceTemplateReference(uri=task), "key", "X")
        paths = await completed(
            ResourceTemplateReference(uri=plan), "path", "workplans/", repo="docs"
        )
        no_repo = await completed(ResourceTemplateReference(uri=plan), "path", "workplans/")

    assert repos == prompted == ["docs"]
    assert keys == [KEY, "DOCS-WP-0001-T02"]
    assert (one, none) == (["DOCS-WP-0001-T02"], [])
    assert (paths, no_repo) == (["workplans/a.md"], [])


async def test_a_client_of_the_new_era_hears_what_another_process_changed(synced: Path) -> None:
    wanted = ["dispatch://docs", f"task://{KEY}", "task://DOCS-WP-0001-T02", "brief://other"]
    heard: set[str] = set()
    async with (
        connected(synced) as client,
        client.listen(resource_subscriptions=wanted) as stream,
    ):
        elsewhere("task", "note", KEY, "half way")
        with anyio.fail_after(10):
            async for event in stream:
                assert isinstance(event, ResourceUpdated)
                heard.add(event.uri)
                if len(heard) == 2:
                    break

    assert heard == {"dispatch://docs", f"task://{KEY}"}


async def test_a_client_of_the_handshake_hears_it_until_it_wants_no_more(synced: Path) -> None:
    send, heard = anyio.create_memory_object_stream[str](100)

    async def hear(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            await send.send(str(message.params.uri))

    with pytest.warns(MCPDeprecationWarning):  # noqa: PT031 - the SDK calls that era old
        async with connected(synced, "legacy", message_handler=hear) as client:
            assert client.server_capabilities.resources
            assert client.server_capabilities.resources.subscribe
            old = cast("Any", client)
            await old.subscribe_resource("dispatch://docs")
            await old.subscribe_resource("brief://docs")
            elsewhere("task", "note", KEY, "half way")
            with anyio.fail_after(10):
                first = {await heard.receive(), await heard.receive()}
            await old.unsubscribe_resource("dispatch://docs")
            elsewhere("task", "note", KEY, "further")
            with anyio.fail_after(10):
                after = await heard.receive()
    send.close()

    assert first == {"dispatch://docs", "brief://docs"}
    assert after == "brief://docs"
    assert heard.statistics().current_buffer_used == 0
    heard.close()


async def test_a_hub_is_not_asked_while_nobody_listens(tmp_path: Path, env: dict[str, str]) -> None:
    hub = tmp_path / "home/hub.db"
    async with connected(tmp_path) as client:
        await client.list_resources()
        before = hub.exists()
        async with client.listen(resource_subscriptions=["brief://docs"]):
            during = hub.exists()

    assert (before, during) == (False, True)


async def test_a_hub_that_is_away_keeps_nobody_from_listening(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://127.0.0.1:9")
    async with (
        connected(tmp_path) as client,
        client.listen(resource_subscriptions=["brief://docs"]),
    ):
        assert (await client.list_tools()).tools


async def test_nobody_watches_without_bounds(tmp_path: Path, env: dict[str, str]) -> None:
    many = [f"brief://repo-{number}" for number in range(1_001)]
    async with connected(tmp_path) as client:
        with pytest.raises(MCPError, match="1000 resources at most"):
            async with client.listen(resource_subscriptions=many):
                pass


async def test_a_server_that_starts_with_its_client_offers_no_streams(
    synced: Path, env: dict[str, str]
) -> None:
    """Claude Code opens its stream before anything else and waits for it."""
    server = StdioServerParameters(
        command=str(CUSTODIAN.with_name("custodian-mcp")), cwd=str(synced), env=env
    )
    async with Client(server) as client:
        assert client.server_capabilities.resources
        assert not client.server_capabilities.resources.subscribe


@modes
async def test_skills_are_listed_fetched_and_read_with_what_names_their_bytes(
    mode: Mode, tmp_path: Path
) -> None:
    async with connected(tmp_path, mode) as client:
        extensions = client.server_capabilities.extensions or {}
        listed = await raw(client, "skills/list")
        one = listed["skills"][0]
        got = await raw(client, "skills/get", uri=one["uri"])
        text = await read(client, one["uri"])
        known = {str(each.uri): each for each in (await client.list_resources()).resources}
        with pytest.raises(MCPError, match="there is no skill") as refused:
            await raw(client, "skills/get", uri="skill://custodian/none/SKILL.md")

    # the handshake has no place to tell of extensions
    assert mode == "legacy" or extensions["io.modelcontextprotocol/skills"] == {}
    assert one["uri"] == "skill://custodian/custodian-work/SKILL.md"
    assert got["skill"] == one
    (file,) = one["resources"]
    assert file["digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert file["size"] == len(text.encode())
    assert known[one["uri"]].name == one["frontmatter"]["name"]
    assert known[one["uri"]].mime_type == "text/markdown"
    assert (listed["ttlMs"], listed["cacheScope"]) == (3_600_000, "public")
    assert refused.value.error.code == -32602


class Anything(Result):
    """Whatever is answered."""

    model_config = ConfigDict(extra="allow")


class Asked(RequestParams):
    """Whatever is asked."""

    model_config = ConfigDict(extra="allow")


async def raw(client: Client, method: str, **said: Any) -> dict[str, Any]:
    """The answer to a request that the SDK's client has no method for."""
    asked: Request[Any, Any] = Request(method=method, params=Asked(**said))
    answer = await client.session.send_request(cast("Any", asked), Anything)
    return answer.model_dump(by_alias=True)


async def test_prompts_say_in_words_what_keeps_them_from_being_made(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        with pytest.raises(MCPError, match="there is no repo 'nowhere'"):
            await client.get_prompt("dispatch", {"repo": "nowhere"})


async def test_a_workplan_of_a_repo_that_is_not_here_says_how_to_make_it_known(
    synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "desktop")
    async with connected(synced) as client:
        with pytest.raises(MCPError, match="no checkout on desktop; call register_repo"):
            await client.read_resource("workplan://docs/workplans/a.md")


def test_the_plan_of_these_tests_is_one(docs: Path) -> None:
    assert as_ada(docs, "ls-files") == "workplans/a.md"


async def test_the_guide_is_a_prompt_and_a_skill(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        prompt = (await client.get_prompt("plan_workplan")).messages[0].content
        skill = await read(client, "skill://custodian/custodian-workplan/SKILL.md")

    assert isinstance(prompt, TextContent)
    assert prompt.text.strip() in skill
