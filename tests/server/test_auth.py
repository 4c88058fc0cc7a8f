import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from custodian_core.commands import AddDomain, Caller, MakeToken, RegisterRepo, RevokeToken
from custodian_core.errors import HubTrouble
from custodian_core.hub import open_store
from custodian_core.hub.store import Store
from custodian_core.records import NewToken, Scope
from custodian_core.settings import Settings
from custodian_server.hub_api import create_app
from custodian_server.hub_api.auth import OPEN, SIGNED, is_loopback, needed_scope
from custodian_server.hub_api.guard import SAFETY, OneLine

from .serving import InProcess, browsing, http_hub, served, settings_of

ME = Caller("me")


@pytest.fixture
def local(store: Store, settings: Settings) -> Iterator[httpx.Client]:
    """A client of a hub that only this machine can reach."""
    with browsing(store, settings) as found:
        yield found


@pytest.fixture
def remote(store: Store, settings: Settings) -> Iterator[httpx.Client]:
    """A client of a hub that others can reach."""
    with browsing(store, settings, loopback=False) as found:
        yield found


def secret(store: Store, scope: Scope, name: str | None = None) -> str:
    made: NewToken = store.do(MakeToken(name or scope.value, scope), ME)
    return made.secret


def bearer(shown: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {shown}"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


# --- tokens and scopes


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/repos/", Scope.READ),
        ("HEAD", "/repos", Scope.READ),
        ("POST", "/repos/", Scope.WORK),
        ("PATCH", "/repos/x/", Scope.WORK),
        ("DELETE", "/repos/x", Scope.ADMIN),
        ("DELETE", "/repos/x/", Scope.ADMIN),
        ("DELETE", "/repos/x/goals", Scope.WORK),
        ("GET", "/tokens", Scope.ADMIN),
        ("POST", "/tokens/", Scope.ADMIN),
        ("DELETE", "/tokens/x", Scope.ADMIN),
        ("GET", "/nowhere", Scope.READ),
        ("PUT", "/nowhere", Scope.WORK),
    ],
)
def test_what_a_request_does_decides_the_scope_it_needs(
    method: str, path: str, scope: Scope
) -> None:
    assert needed_scope(method, path) is scope


def test_every_route_tells_the_scope_that_it_needs(local: httpx.Client) -> None:
    for path, methods in local.get("/openapi.json").json()["paths"].items():
        for method, told in methods.items():
            if path in OPEN or path in SIGNED:
                assert "security" not in told
            else:
                assert told["x-custodian-scope"] == needed_scope(method.upper(), path)
                assert method == "get" or told["x-custodian-scope"] != "read"


def test_f101_a_token_does_what_its_scope_allows_and_no_more(
    store: Store, remote: httpx.Client
) -> None:
    store.do(RegisterRepo("one", "d"), ME)
    keys = {scope: bearer(secret(store, scope)) for scope in Scope}

    def tried(scope: Scope) -> list[int]:
        return [
            remote.get("/repos/", headers=keys[scope]).status_code,
            remote.post("/domains/", json={"slug": "d"}, headers=keys[scope]).status_code,
            remote.get("/tokens/", headers=keys[scope]).status_code,
            remote.delete("/repos/one/", headers=keys[scope]).status_code,
        ]

    assert tried(Scope.READ) == [200, 403, 403, 403]
    assert tried(Scope.WORK) == [200, 200, 403, 403]
    assert tried(Scope.ADMIN) == [200, 200, 200, 200]


def test_too_small_a_scope_is_told_with_the_one_that_is_needed(
    store: Store, remote: httpx.Client
) -> None:
    headers = bearer(secret(store, Scope.READ, "reader"))
    refused = remote.post("/domains/", json={"slug": "d"}, headers=headers)

    assert code(refused) == (403, "scope_too_small")
    assert refused.json()["error"]["details"] == {
        "token": "reader",
        "scope": "read",
        "needed": "work",
    }


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/repos/", "/tokens/", "/nowhere", "/state/healthy"]
)
def test_f101_others_are_answered_nothing_without_a_token(remote: httpx.Client, path: str) -> None:
    refused = remote.get(path)

    assert code(refused) == (401, "token_needed")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/docs", "/about", "/repo/marki-docx"])
def test_others_are_led_from_every_page_to_the_login(remote: httpx.Client, path: str) -> None:
    refused = remote.get(path)

    assert refused.status_code == 303
    assert refused.headers["Location"].startswith("/login?next=")
    assert refused.content == b""


def test_whether_the_hub_is_there_may_be_asked_by_everybody(remote: httpx.Client) -> None:
    assert remote.get("/state/health").status_code == 200
    assert remote.get("/state/health/").status_code == 200


@pytest.mark.parametrize(
    "shown", ["Bearer cust_wrong", "Bearer ", "", "Basic YTpi", "cust_wrong", "Bearer é"]
)
def test_a_wrong_token_is_refused_everywhere(
    local: httpx.Client, remote: httpx.Client, shown: str
) -> None:
    for client in (local, remote):
        for path in ("/state/health", "/repos/", "/nowhere"):
            headers = {b"Authorization": shown.encode()}
            assert code(client.get(path, headers=headers)) == (401, "wrong_token")


def test_a_revoked_token_opens_nothing(store: Store, remote: httpx.Client) -> None:
    headers = bearer(secret(store, Scope.READ))
    assert remote.get("/repos/", headers=headers).status_code == 200
    store.do(RevokeToken("read"), ME)

    assert code(remote.get("/repos/", headers=headers)) == (401, "wrong_token")


def test_a_token_is_asked_for_before_a_body_is_looked_at(remote: httpx.Client) -> None:
    refused = remote.post("/domains/", content=b"{", headers={"Content-Type": "application/json"})

    assert code(refused) == (401, "token_needed")


def test_a_secret_is_told_once_and_never_listed(local: httpx.Client) -> None:
    once = {"Idempotency-Key": "k-1"}
    body = {"name": "agent", "scope": "work"}
    made = local.post("/tokens/", json=body, headers=once).json()
    again = local.post("/tokens/", json=body, headers=once).json()

    assert made["secret"].startswith("cust_")
    assert (again["token"], again["secret"]) == (made["token"], "")
    for path in ("/tokens/", "/events/", "/docs", "/"):
        assert made["secret"] not in local.get(path).text


def test_the_client_is_told_why_a_token_does_not_do(store: Store, settings: Settings) -> None:
    reader = secret(store, Scope.READ)
    for token, reason in (
        (None, "a token is needed"),
        ("cust_wrong", "the token opens nothing here"),
        (reader, "token read has scope read, this needs work"),
    ):
        hub = http_hub(store, settings, token=token, loopback=False)
        with pytest.raises(HubTrouble, match=reason) as told:
            hub.do(AddDomain("d"), ME)
        hub.close()
        assert reader not in str(told.value)


# --- who is told to have done it


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "anonymous"),
        ({"X-Custodian-Agent": "claude"}, "claude"),
        ({"X-Custodian-Agent": "Zoë"}, "Zoë"),
    ],
)
def test_a_caller_on_this_machine_is_who_it_says(
    store: Store, local: httpx.Client, headers: dict[str, str], name: str
) -> None:
    encoded = {key.encode(): value.encode() for key, value in headers.items()}
    local.post("/domains/", json={"slug": "d"}, headers=encoded)

    assert store.events(type="domain.added").items[0].actor == name


def test_a_caller_with_a_token_is_who_the_token_names(store: Store, local: httpx.Client) -> None:
    headers = bearer(secret(store, Scope.WORK, "runner-1")) | {"X-Custodian-Agent": "somebody"}
    local.post("/domains/", json={"slug": "d"}, headers=headers)

    assert store.events(type="domain.added").items[0].actor == "runner-1"


@pytest.mark.parametrize("name", ["x" * 101, "a\x1b[31m", "a\tb"])
def test_a_name_that_could_harm_a_log_is_refused(local: httpx.Client, name: str) -> None:
    headers = {b"X-Custodian-Agent": name.encode()}

    assert code(local.get("/repos/", headers=headers)) == (422, "bad_value")


# --- what a foreign web page could have a browser ask


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("127.8.8.8", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.168.1.9", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_f102_a_local_hub_answers_only_to_local_names(
    local: httpx.Client, host: str, status: int
) -> None:
    response = local.get("/repos/", headers={"Host": host})

    assert response.status_code == status
    assert status == 200 or code(response) == (421, "foreign_host")


@pytest.mark.parametrize(
    ("host", "status"),
    [("hub.example:8000", 200), ("10.0.0.7:8000", 200), ("evil.example", 421)],
)
def test_f102_a_hub_for_others_answers_to_its_own_names_and_addresses(
    store: Store, settings: Settings, host: str, status: int
) -> None:
    names = frozenset({"Hub.example"})
    app = create_app(store, settings=settings, loopback=False, names=names)
    with httpx.Client(transport=InProcess(app), base_url="http://localhost") as client:
        assert client.get("/state/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 200),
        ("http://localhost:3000", 200),
        ("http://[::1]:3000", 200),
        ("http://evil.example", 403),
        ("https://localhost.evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
def test_f102_a_page_of_another_origin_is_refused_even_reading(
    local: httpx.Client, origin: str, status: int
) -> None:
    response = local.get("/repos/", headers={"Origin": origin})

    assert response.status_code == status
    assert status == 200 or code(response) == (403, "foreign_origin")


def test_a_local_page_may_not_ask_a_hub_for_others(store: Store, remote: httpx.Client) -> None:
    headers = bearer(secret(store, Scope.READ))

    own = remote.get("/repos/", headers={**headers, "Origin": "https://localhost"})
    other = remote.get("/repos/", headers={**headers, "Origin": "http://localhost:3000"})
    assert (own.status_code, other.status_code) == (200, 403)


def test_every_answer_keeps_browsers_from_harm(local: httpx.Client) -> None:
    for response in (
        local.get("/repos/"),
        local.get("/nowhere"),
        local.get("/", headers={"Host": "evil.example"}),
        local.put("/repos/"),
        local.get("/docs"),
    ):
        for name in SAFETY:
            assert name in response.headers, (response.url, name)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("10.0.0.1", False),
        ("hub.example", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here


# --- the log


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    told = [OneLine().format(record) for record in caplog.records]
    assert all("\n" not in line for line in told)
    return [json.loads(line) for line in told]


def test_the_log_has_one_line_for_a_write_and_no_secret(
    store: Store, remote: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custodian_server.hub_api")
    key = secret(store, Scope.WORK)
    remote.post("/domains/", json={"slug": "d"}, headers=bearer(key) | {"X-Request-Id": "r-1"})
    remote.get("/repos/", headers=bearer(key))
    remote.get("/repos/?x=cust_mistaken", headers=bearer("cust_other"))

    written, refused = lines(caplog)
    assert (written["method"], written["path"], written["status"]) == ("POST", "/domains/", 200)
    assert (written["caller"], written["request_id"]) == ("work", "r-1")
    assert (refused["status"], refused["caller"]) == (401, None)
    assert "cust_" not in json.dumps([written, refused])


def test_f110_nobody_can_forge_a_line_of_the_log(
    local: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custodian_server.hub_api")
    local.get('/nowhere%0A{"event": "request"}%1b[31m')

    (line,) = lines(caplog)
    assert line["path"] == '/nowhere {"event": "request"}\N{REPLACEMENT CHARACTER}[31m'


# --- the real process


def test_a_hub_with_a_token_may_be_served_to_others(tmp_path: Path) -> None:
    store = open_store(settings_of(tmp_path))
    headers = bearer(secret(store, Scope.READ))
    store.close()
    with served(tmp_path, "--host", "0.0.0.0", "--name", "hub.example") as (_, url):  # noqa: S104
        there = url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        with httpx.Client(base_url=there, trust_env=False) as client:
            assert client.get("/repos/").status_code == 401
            assert client.get("/repos/", headers=headers).json() == []
            named = client.get("/repos/", headers={**headers, "Host": "hub.example"})
            assert named.status_code == 200
