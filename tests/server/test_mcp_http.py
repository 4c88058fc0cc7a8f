"""MCP over HTTP: `/mcp` of a real `custodian serve`, asked by the SDK's own client."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx
import httpx2
import pytest
from anyio import create_task_group, fail_after, run_process, sleep, to_thread
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import ResourceUpdated

from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    Caller,
    MakeToken,
    NoteTask,
    RegisterRepo,
    RevokeToken,
)
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.records import NewToken, Scope
from custodian_server.hub_api import create_app

from .serving import served, settings_of

pytestmark = pytest.mark.anyio
Mode = Literal["auto", "legacy"]
modes = pytest.mark.parametrize("mode", ["auto", "legacy"])
ME = Caller("me")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    made = Store(SQLite(tmp_path / "hub.db"))
    made.do(RegisterRepo("docs", "docs"), ME)
    made.do(AddWorkstream("docs", "DOCS-WP-0001", "Level 1"), ME)
    made.do(AddTask("DOCS-WP-0001", "DOCS-WP-0001-T01", "Parse"), ME)
    yield made
    made.close()


@pytest.fixture
def url(tmp_path: Path, store: Store) -> Generator[str]:
    with served(tmp_path) as (_, url):
        yield url


@asynccontextmanager
async def connected(
    url: str, token: str | None = None, mode: Mode = "auto"
) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    answer: dict[str, Any] = result.structured_content or {}
    return answer


async def test_an_agent_elsewhere_claims_and_reports(url: str, store: Store) -> None:
    async with connected(url) as client:
        claimed = await ask(client, "claim_task", repo="docs", agent="ada")
        fence = claimed["lease"]["fence"]
        await ask(
            client, "update_task", task="DOCS-WP-0001-T01", status="done", fence=fence, agent="ada"
        )

    assert store.task("DOCS-WP-0001-T01").status == "done"


@modes
async def test_a_sweep_tells_how_far_it_is(mode: Mode, tmp_path: Path, url: str) -> None:
    await run_process(["git", "init", "-q", str(tmp_path / "docs")])
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with connected(url, mode=mode) as client:
        await ask(client, "register_repo", path=str(tmp_path / "docs"))
        await client.call_tool("check_consistency", {"all": True}, progress_callback=hear)

    assert [(done, total) for done, total, _ in heard] == [(1, 1)]
    assert (heard[0][2] or "").startswith("docs: ")


def told(answer: httpx.Response) -> dict[str, Any]:
    """The one message of a stream that answers."""
    (data,) = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    message: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return message


def test_a_session_is_closed_to_all_but_who_opened_it(url: str, store: Store) -> None:
    ada, bob = (
        {"Authorization": f"Bearer {store.do(MakeToken(name, Scope.WORK), ME).secret}"}
        for name in ("ada", "bob")
    )
    opened = httpx.post(f"{url}/mcp", json=HELLO, headers=OLDER | ada)
    session = OLDER | {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
    listening = httpx.get(f"{url}/mcp", headers=session | bob)
    noted = httpx.post(f"{url}/mcp", json=NOTED, headers=session | bob)
    ended = httpx.delete(f"{url}/mcp", headers=session | bob)
    asked = httpx.post(f"{url}/mcp", json=PING, headers=session | ada)

    assert (listening.status_code, ended.status_code) == (405, 404)
    # bob is answered as whoever has no session, and is who asked
    assert noted.status_code == 200
    assert store.events(type="task.note").items[-1].actor == "bob"
    assert asked.headers["mcp-session-id"] == opened.headers["mcp-session-id"]


async def test_whoever_listens_hears_no_more_once_their_token_is_revoked(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodian_server.hub_api.mcp.LOOK_S", 0.05)
    made: NewToken = store.do(MakeToken("ada", Scope.READ), ME)
    ada = OLDER | {"Authorization": f"Bearer {made.secret}"}
    app = create_app(store, settings=settings_of(tmp_path), loopback=False)
    listening: list[httpx.Response] = []
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http,
    ):
        opened = await http.post("/mcp", json=HELLO, headers=ada, timeout=60)
        session = ada | {"Mcp-Session-Id": opened.headers["mcp-session-id"]}

        async def listen() -> None:
            listening.append(await http.get("/mcp", headers=session, timeout=60))

        with fail_after(60):
            async with create_task_group() as tasks:
                tasks.start_soon(listen)
                while ("mcp", "GET", 200) not in app.state.traffic.spreads:  # noqa: ASYNC110
                    await sleep(0.01)
                store.do(RevokeToken("ada"), ME)

    assert [answer.status_code for answer in listening] == [200]


def test_a_client_of_the_older_era_goes_on_where_nobody_knows_its_session(
    url: str, store: Store
) -> None:
    reading = store.do(MakeToken("reader", Scope.READ), ME).secret
    session = OLDER | {"Mcp-Session-Id": "of-a-server-that-was-replaced"}
    pinged = httpx.post(f"{url}/mcp", json=PING, headers=session)
    begun = httpx.post(f"{url}/mcp", json=BEGUN, headers=session)
    writing = httpx.post(
        f"{url}/mcp", json=NOTED, headers=session | {"Authorization": f"Bearer {reading}"}
    )

    assert told(pinged) == {"jsonrpc": "2.0", "id": 2, "result": {}}
    assert begun.status_code == 202
    assert told(writing)["result"]["isError"]
    assert store.events(type="task.note").total == 0


@modes
async def test_a_client_that_listens_does_not_hold_up_the_end(
    mode: Mode, tmp_path: Path, store: Store
) -> None:
    with served(tmp_path) as (server, url):
        async with connected(url, mode=mode) as client, AsyncExitStack() as listening:
            if mode == "auto":
                await listening.enter_async_context(client.listen(tools_list_changed=True))
            server.terminate()
            _, told = await to_thread.run_sync(partial(server.communicate, timeout=60))

    assert server.returncode == 0
    # A server that had waited for streams until it gave up would say so as an error.
    assert '"level": "error"' not in told
    assert "Traceback" not in told


async def test_a_token_is_who_asks_and_its_scope_is_what_can_be_asked(
    url: str, store: Store
) -> None:
    reading = store.do(MakeToken("reader", Scope.READ), ME).secret
    working = store.do(MakeToken("worker", Scope.WORK), ME).secret
    async with connected(url, reading) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        listed = await ask(client, "list_tasks")
    async with connected(url, working) as client:
        await ask(client, "update_task", task="DOCS-WP-0001-T01", note="half way")

    assert "list_tasks" in names
    assert "update_task" not in names
    assert listed["total"] == 1
    assert "worker" in {event.actor for event in store.events(limit=100).items}


OLDER = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
PING = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
BEGUN = {"jsonrpc": "2.0", "method": "notifications/initialized"}
NOTED = {
    "jsonrpc": "2.0",
    "id": 3,
    "method": "tools/call",
    "params": {
        "name": "update_task",
        "arguments": {"task": "DOCS-WP-0001-T01", "note": "half way"},
    },
}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "0"},
    },
}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Authorization": "Bearer none"}, 401),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_what_the_hub_refuses_is_refused_here_too(
    url: str, headers: dict[str, str], status: int
) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    plain = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{url}/mcp", json=hello, headers=plain | headers)

    assert answer.status_code == status


async def test_a_client_elsewhere_hears_what_another_process_changed(
    url: str, store: Store
) -> None:
    async with (
        connected(url) as client,
        client.listen(resource_subscriptions=["dispatch://docs"]) as stream,
    ):
        store.do(NoteTask("DOCS-WP-0001-T01", "half way"), ME)
        with fail_after(10):
            event = await anext(aiter(stream))

    assert isinstance(event, ResourceUpdated)
    assert event.uri == "dispatch://docs"


def test_a_server_that_cannot_load_the_sdk_says_so_and_serves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ImportError('half of it is missing')")
    with served(tmp_path, PYTHONPATH=str(tmp_path)) as (_, url):
        asked = [httpx.post(f"{url}/mcp", json=HELLO, timeout=30) for _ in range(2)]
        repos = httpx.get(f"{url}/repos")

    assert [answer.status_code for answer in asked] == [503, 503]
    assert "did not load" in asked[0].text
    assert repos.status_code == 200
