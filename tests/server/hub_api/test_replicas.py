"""Several servers of one hub: whichever answers, the answer is the hub's."""

import hashlib
import hmac
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import httpx
import httpx2
import psycopg
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from custodian_core.commands import AddTask, AddWorkstream, MakeToken, RegisterRepo
from custodian_core.hub.databases import PostgreSQL
from custodian_core.hub.store import SCHEMA, Store
from custodian_core.records import NewToken, Scope
from tests.postgres import copied
from tests.server.serving import served
from tests.waiting import until

from .asked import ME, error

SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing
HUB = {"Host": "localhost:8000"}


@pytest.fixture(scope="module")
def database_url(postgres: str) -> str:
    """The database that all of them share."""
    return copied(postgres)


@pytest.fixture(scope="module")
def hub(database_url: str) -> Iterator[Store]:
    """A hub on PostgreSQL that knows one repo with a task for an agent of each era."""
    store = Store(PostgreSQL(database_url))
    store.do(RegisterRepo("docs", "papers", remote_url="http://f.example/c/docs.git"), ME)
    store.do(AddWorkstream("docs", "DOCS-WP-0001", "Level 1"), ME)
    for key in ("DOCS-WP-0001-T01", "DOCS-WP-0001-T02"):
        store.do(AddTask("DOCS-WP-0001", key, "Parse"), ME)
    yield store
    store.close()


Serving = subprocess.Popen[str]


Replicas = tuple[tuple[Serving, str], tuple[Serving, str]]


@pytest.fixture(scope="module")
def replicas(
    hub: Store, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    """Two real servers of that hub, each with a data folder of its own; the last test ends one."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    said = {"CUSTODIAN_DATABASE_URL": database_url, "CUSTODIAN_WEBHOOK_SECRET": SECRET}
    with served(one, "--leave", "1", **said) as first, served(two, **said) as second:
        yield first, second


def test_what_one_was_told_the_other_knows_and_a_key_is_known_to_both(
    replicas: Replicas, hub: Store
) -> None:
    (_, one), (_, two) = replicas
    goal, key = {"title": "Level 1 by Friday"}, {"Idempotency-Key": "k-1"}
    answers = [httpx.post(f"{url}/repos/docs/goals", json=goal, headers=key) for url in (one, two)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert hub.events(type="goal.set").total == 1
    assert (
        httpx.get(f"{two}/repos/docs/goals").json() == httpx.get(f"{one}/repos/docs/goals").json()
    )


def test_a_delivery_that_reaches_both_is_heard_once(replicas: Replicas, hub: Store) -> None:
    repo = {"id": 7, "name": "docs", "owner": {"login": "c"}, "html_url": "http://f.example/c/docs"}
    body = json.dumps({"ref": "refs/heads/main", "repository": repo}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Gitea-Event": "push",
        "X-Gitea-Delivery": "d-1",
        "X-Gitea-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }
    for _, url in replicas:
        assert httpx.post(f"{url}/hooks/gitea", content=body, headers=headers).status_code == 202

    assert hub.events(type="sync.requested").total == 1


def test_a_browser_that_came_in_at_one_is_in_at_the_other(replicas: Replicas, hub: Store) -> None:
    (_, one), (_, two) = replicas
    made: NewToken = hub.do(MakeToken("ada-laptop", Scope.WORK), ME)
    entered = httpx.post(f"{one}/login", data={"token": made.secret}, headers=HUB)
    cookie = entered.headers.get_list("set-cookie")[0]
    assert made.token.id in cookie
    shown = {**HUB, "Cookie": cookie.partition(";")[0]}

    assert "ada-laptop" in httpx.get(f"{two}/", headers=shown).text
    assert "ada-laptop" not in httpx.get(f"{two}/", headers=HUB).text


class Alternating(httpx2.AsyncHTTPTransport):
    """Sends each request to the next of several servers, as a plain balancer does."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        super().__init__()
        self.urls, self.asked = cycle(urls), list[str]()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpx2.URL(next(self.urls))
        self.asked.append(str(url))
        request.url = request.url.copy_with(host=url.host, port=url.port)
        request.headers["Host"] = f"{url.host}:{url.port}"
        return await super().handle_async_request(request)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("mode", "key"), [("auto", "DOCS-WP-0001-T01"), ("legacy", "DOCS-WP-0001-T02")]
)
async def test_an_agent_of_either_era_is_answered_by_whichever_it_reaches(
    replicas: Replicas, hub: Store, mode: Literal["auto", "legacy"], key: str
) -> None:
    transport = Alternating(tuple(url for _, url in replicas))
    async with (
        httpx2.AsyncClient(transport=transport, timeout=30) as http,
        Client(streamable_http_client("http://hub/mcp", http_client=http), mode=mode) as client,
    ):
        claimed = await client.call_tool("claim_task", {"task": key, "agent": "ada"})
        told: dict[str, Any] = claimed.structured_content or {}
        said = {"task": key, "status": "done", "fence": told["lease"]["fence"], "agent": "ada"}
        done = await client.call_tool("update_task", said)

    assert not done.is_error
    assert len(set(transport.asked)) == 2
    assert hub.task(key).status == "done"


def test_servers_go_on_when_the_schema_is_one_ahead_and_older_ones_do_not_begin(
    replicas: Replicas, database_url: str, tmp_path: Path
) -> None:
    (_, one), _ = replicas

    def upgraded(version: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("alter table repos add column if not exists colour text")
            connection.execute("update hub set schema_version = %s", [version])

    upgraded(SCHEMA + 1)
    assert httpx.get(f"{one}/state/ready").status_code == 200
    assert httpx.post(f"{one}/repos/docs/goals", json={"title": "On"}).status_code == 201
    program = Path(sys.executable).with_name("custodian")
    env = {"PATH": "/usr/bin:/bin", "CUSTODIAN_HOME": str(tmp_path / "three")}
    late = subprocess.run(
        [program, "serve", "--port", "0"],
        env=env | {"CUSTODIAN_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert late.returncode == 2
    assert "was written by a newer Custodian" in late.stderr
    assert "update it" in late.stderr

    upgraded(SCHEMA + 2)
    refused = httpx.get(f"{one}/state/ready")
    upgraded(SCHEMA)
    assert (refused.status_code, error(refused)["code"]) == (503, "wrong_schema")


@dataclass
class Balancer:
    """Asks the servers that say they are ready, as one in front of them would."""

    urls: tuple[str, ...]
    looking: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))
    failed: list[str] = field(default_factory=list[str])
    answered: list[str] = field(default_factory=list[str])
    done: threading.Event = field(default_factory=threading.Event)

    def ready(self) -> tuple[str, ...]:
        """Who should be asked."""
        return tuple(url for url in self.urls if self._is_ready(url))

    def _is_ready(self, url: str) -> bool:
        try:
            return self.looking.get(f"{url}/state/ready").status_code == 200
        except httpx.TransportError:
            return False

    def load(self, ready: Callable[[], tuple[str, ...]]) -> None:
        """Ask as fast as one client can, until it is told that it is enough."""
        with httpx.Client(timeout=30) as client:
            number = 0
            while not self.done.wait(0.005):  # (a breath for who looks at the servers meanwhile)
                there, number = ready(), number + 1
                url = there[number % len(there)]
                try:
                    # (what only reads is not logged: nobody empties the pipe that is written to)
                    client.get(f"{url}/repos/docs").raise_for_status()
                    self.answered.append(url)
                except httpx.HTTPError as trouble:
                    self.failed.append(f"{url}: {trouble!r}")


def test_a_server_that_leaves_under_load_drops_nothing(replicas: Replicas) -> None:
    (leaving, one), (_, two) = replicas
    balancer = Balancer((one, two))
    known = [balancer.ready()]
    threads = [
        threading.Thread(target=balancer.load, args=(lambda: known[0],), daemon=True)
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    until(lambda: {one, two} <= set(balancer.answered))
    leaving.send_signal(signal.SIGTERM)
    while leaving.poll() is None:
        known[0] = balancer.ready()
        time.sleep(0.05)  # (as often as a balancer looks)
    before = len(balancer.answered)
    until(lambda: len(balancer.answered) >= before + 20)
    balancer.done.set()
    for thread in threads:
        thread.join()
    balancer.looking.close()

    assert balancer.failed == []
    assert leaving.returncode == 0
    assert set(balancer.answered[before + 4 :]) == {two}
