import base64
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import anyio
import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from schemathesis import GenerationMode

from custodian_core import __version__, errors
from custodian_core.codec import from_json
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    AnswerHuman,
    ApplyPlan,
    AskHuman,
    Caller,
    ChangeRepo,
    ChangeTask,
    ChangeWorkstream,
    ClaimTask,
    Command,
    EndGoal,
    MakeToken,
    NoteTask,
    RegisterRepo,
    RenewClaim,
    ReopenTask,
    SetGoal,
)
from custodian_core.errors import (
    BadValue,
    CustodianError,
    Denied,
    HubTrouble,
    HubUnreachable,
    UnknownThing,
)
from custodian_core.hub import open_store
from custodian_core.hub.client import HttpHub
from custodian_core.hub.store import HANDLERS, Store
from custodian_core.ports import Hub
from custodian_core.records import Dispatch, Scope
from custodian_core.settings import Settings
from custodian_core.wire import WAYS, code_of, details_of, error_json, error_of
from custodian_server.hub_api import create_app
from custodian_server.hub_api.guard import LIMIT

from .serving import InProcess, browsing, http_hub, no_pause, served, settings_of

ME = Caller("me")
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    found = open_store(settings)
    yield found
    found.close()


@pytest.fixture
def client(store: Store, settings: Settings) -> Iterator[httpx.Client]:
    with browsing(store, settings) as found:
        yield found


@pytest.fixture
def hub(store: Store, settings: Settings) -> Iterator[HttpHub]:
    found = http_hub(store, settings)
    yield found
    found.close()


@pytest.fixture
def repo(store: Store, tmp_path: Path) -> Store:
    """A hub that knows one repo with two tasks."""
    path = str(tmp_path / "marki-docx")
    store.do(RegisterRepo("marki-docx", "custodian", host="here", path=path), ME)
    store.do(AddWorkstream("marki-docx", "MRKD-WP-0001", "Level 1", "workplans/a.md"), ME)
    for key in ("MRKD-WP-0001-T01", "MRKD-WP-0001-T02"):
        store.do(AddTask("MRKD-WP-0001", key, f"Title of {key}"), ME)
    return store


def error(response: httpx.Response) -> Any:
    told = response.json()
    assert set(told) == {"error"}
    assert set(told["error"]) == {"code", "message", "details"}
    return told["error"]


# --- what the seeds' clients rely on


def test_health_says_that_the_hub_answers_and_which_one_it_is(
    client: httpx.Client, store: Store
) -> None:
    told = client.get("/state/health").json()

    assert (told["status"], told["hub_id"]) == ("ok", store.hub_id)


def test_repos_are_an_array_with_host_paths_and_the_time_of_sync(
    client: httpx.Client, repo: Store, tmp_path: Path
) -> None:
    response = client.get("/repos/")
    (told,) = response.json()

    assert (told["slug"], told["domain"]) == ("marki-docx", "custodian")
    assert told["host_paths"] == {"here": str(tmp_path / "marki-docx")}
    assert told["local_path"] == str(tmp_path / "marki-docx")
    assert (told["last_state_synced_at"], told["kaizen_schedule_enabled"]) == (None, False)
    assert response.headers["X-Total-Count"] == "1"
    assert "X-Next-Cursor" not in response.headers


def test_repos_come_in_pages_whose_headers_lead_on(client: httpx.Client, store: Store) -> None:
    for slug in ("a", "b", "c"):
        store.do(RegisterRepo(slug, "custodian"), ME)
    first = client.get("/repos/", params={"limit": 2})
    last = client.get("/repos/", params={"limit": 2, "after": first.headers["X-Next-Cursor"]})

    assert [each["slug"] for each in first.json() + last.json()] == ["a", "b", "c"]
    assert (first.headers["X-Total-Count"], "X-Next-Cursor" in last.headers) == ("3", False)


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["one", "two"]),
        ("slug=two", ["two"]),
        ("domain=other", ["two"]),
        ("kaizen_schedule_enabled=true&domain=custodian", ["one"]),
        ("host=there", ["two"]),
        ("status=archived", []),
        ("stale=24", ["two"]),
        ("synced_before=2000-01-01T00:00:00Z", ["two"]),
    ],
)
def test_repos_are_filtered(
    client: httpx.Client, store: Store, query: str, slugs: list[str]
) -> None:
    store.do(RegisterRepo("one", "custodian"), ME)
    store.do(RegisterRepo("two", "other", host="there", path="/two"), ME)
    synced = {"last_state_synced_at": store.clock(), "kaizen_schedule_enabled": True}
    store.do(ChangeRepo("one", synced), ME)

    assert [each["slug"] for each in client.get(f"/repos/?{query}").json()] == slugs


def test_the_time_of_sync_is_patched_and_shown(client: httpx.Client, repo: Store) -> None:
    at = "2026-03-16T10:00:00Z"
    patched = client.patch("/repos/marki-docx/", json={"last_state_synced_at": at})

    assert patched.json()["last_state_synced_at"] == at
    assert client.get("/repos/marki-docx/").json() == patched.json()
    assert repo.repo("marki-docx").last_state_synced_at == datetime(2026, 3, 16, 10, tzinfo=UTC)


def test_a_dispatch_has_the_shape_that_the_seed_names(client: httpx.Client, repo: Store) -> None:
    goal = repo.do(SetGoal("marki-docx", "Level 1", "in full"), ME)
    repo.do(AskHuman("Which font?", repo="marki-docx"), ME)
    told = client.get("/repos/marki-docx/dispatch").json()

    assert (told["repo_slug"], told["last_state_synced_at"]) == ("marki-docx", None)
    assert (
        told["active_goal"].items()
        >= {
            "id": goal.id,
            "title": "Level 1",
            "description": "in full",
        }.items()
    )
    (stream,) = told["active_workstreams"]
    assert (stream["title"], stream["workplan_file"]) == ("Level 1", "workplans/a.md")
    assert (
        stream["pending_tasks"][0].items()
        >= {
            "title": "Title of MRKD-WP-0001-T01",
            "priority": "medium",
            "needs_human": False,
        }.items()
    )
    assert [each["question"] for each in told["human_interventions"]] == ["Which font?"]
    assert from_json(Dispatch, told) == repo.dispatch("marki-docx")


def test_claiming_the_next_task_answers_with_the_dispatch_and_the_claim(
    client: httpx.Client, repo: Store
) -> None:
    def claim(holder: str) -> httpx.Response:
        return client.post("/repos/marki-docx/dispatch", json={"holder": holder, "kind": "runner"})

    mine, yours, again = claim("me").json(), claim("you").json(), claim("me").json()
    assert (mine["directive"], mine["task"]["key"]) == ("work", "MRKD-WP-0001-T01")
    assert (mine["claim"]["holder"], mine["claim"]["ttl_s"]) == ("me", 15 * 60)
    assert yours["task"]["key"] == "MRKD-WP-0001-T02"
    assert (again["directive"], again["claim"]["id"]) == ("resume", mine["claim"]["id"])
    refused = claim("third")
    assert (refused.status_code, error(refused)["code"]) == (409, "nothing_to_do")
    assert error(refused)["details"]["repo"] == "marki-docx"


def test_every_path_answers_with_and_without_the_slash_at_its_end(
    client: httpx.Client, repo: Store
) -> None:
    asked = repo.do(AskHuman("Which font?", repo="marki-docx"), ME)
    names = {"slug": "marki-docx", "name": "MRKD-WP-0001-T01", "id": asked.id}
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "get" in methods:
            given = {**names, "name": "MRKD-WP-0001"} if "/workstreams/" in path else names
            plain = path.format(**given).rstrip("/")
            bare, slashed = client.get(plain), client.get(f"{plain}/")
            assert (bare.status_code, slashed.status_code) == (200, 200), path
            assert bare.json() == slashed.json(), path


def test_lists_other_than_repos_are_pages(client: httpx.Client, repo: Store) -> None:
    for path in ("/domains", "/workstreams", "/tasks", "/claims", "/interventions", "/events"):
        assert set(client.get(path).json()) == {"items", "total", "cursor"}, path


def test_a_tasks_history_is_its_own_events_in_order(client: httpx.Client, repo: Store) -> None:
    repo.do(NoteTask("MRKD-WP-0001-T01", "tests are green"), ME)
    told = client.get("/tasks/MRKD-WP-0001-T01/history").json()

    assert [event["type"] for event in told["items"]] == ["task.added", "task.note"]


def test_answered_questions_are_found_when_asked_for(client: httpx.Client, repo: Store) -> None:
    asked = repo.do(AskHuman("Which font?", repo="marki-docx"), ME)
    repo.do(AnswerHuman(asked.id, "the first"), ME)

    assert client.get("/interventions").json()["total"] == 0
    assert client.get("/interventions?is_open=false").json()["total"] == 1
    assert client.get("/interventions?is_open=any").json()["total"] == 1


def test_reading_never_changes_the_hub(client: httpx.Client, repo: Store) -> None:
    before = list(repo.database.connection().iterdump())
    for path in client.get("/openapi.json").json()["paths"]:
        client.get(path.format(slug="marki-docx", name="MRKD-WP-0001-T01", id="x"))

    assert list(repo.database.connection().iterdump()) == before


# --- what is refused, and how it is told


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "no_such_path"),
        ("GET", "/repos/nowhere", None, 404, "unknown_thing"),
        ("PUT", "/repos/", None, 405, "method_not_allowed"),
        ("POST", "/repos/", {"slug": "A b", "domain": "d"}, 422, "bad_value"),
        ("POST", "/repos/", {"slug": "a"}, 422, "bad_value"),
        ("POST", "/repos/", [], 422, "bad_value"),
        ("PATCH", "/tasks/MRKD-WP-0001-T01", {"version": 9}, 409, "conflict"),
        ("PATCH", "/tasks/MRKD-WP-0001-T01", {"fence": 9}, 409, "stale_fence"),
        ("POST", "/tasks/MRKD-WP-0001-T01/reopen", {"reason": "x"}, 409, "conflict"),
        ("DELETE", "/repos/marki-docx/goals", None, 409, "conflict"),
        ("DELETE", "/repos/marki-docx/goals?status=active", None, 422, "bad_value"),
        ("GET", "/tasks?limit=0", None, 422, "bad_value"),
        ("GET", "/tasks?after=nonsense", None, 422, "bad_value"),
        ("GET", "/events?after=-1", None, 422, "bad_value"),
    ],
)
def test_every_refusal_has_one_shape(
    client: httpx.Client, repo: Store, method: str, path: str, body: Any, status: int, code: str
) -> None:
    response = client.request(method, path, json=body)

    assert (response.status_code, error(response)["code"]) == (status, code)


def test_a_regression_is_refused_with_both_statuses(client: httpx.Client, repo: Store) -> None:
    client.patch("/tasks/MRKD-WP-0001-T01", json={"status": "done"})
    refused = client.patch("/tasks/MRKD-WP-0001-T01", json={"status": "todo"})

    assert refused.status_code == 409
    assert error(refused)["details"] == {"task": "MRKD-WP-0001-T01", "old": "done", "new": "todo"}


def test_a_claimed_task_is_refused_with_who_holds_it(client: httpx.Client, repo: Store) -> None:
    client.post("/tasks/MRKD-WP-0001-T01/claim", json={"holder": "me"})
    refused = client.post("/tasks/MRKD-WP-0001-T01/claim", json={"holder": "you"})

    assert (refused.status_code, error(refused)["code"]) == (409, "claimed")
    assert error(refused)["details"]["holder"] == "me"


def test_an_unknown_name_is_told_with_names_near_it(client: httpx.Client, repo: Store) -> None:
    told = error(client.get("/repos/marki-doc/dispatch"))

    assert told["details"] == {"kind": "repo", "name": "marki-doc", "near": ["marki-docx"]}
    assert told["message"] == "there is no repo 'marki-doc'; near it: marki-docx"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/domains/", {"slug": "d", "tilte": "x"}, "AddDomain: unknown: tilte"),
        ("/tasks/T/notes", {"task": "U", "text": "x"}, "task: it stands in the path; leave it"),
        (
            "/tokens/",
            {"name": "x", "scope": "root"},
            "scope: it must be one of read, work, admin",
        ),
        ("/repos/", {"slug": "r", "domain": 1}, "domain: it must be text"),
        ("/tasks/", {"key": "K"}, "workstream, title: they are missing"),
    ],
)
def test_a_wrong_body_is_told_by_name_and_allowed_words(
    client: httpx.Client, path: str, body: Any, message: str
) -> None:
    refused = client.post(path, json=body)

    assert refused.status_code == 422
    assert error(refused)["message"].startswith(message)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("statsu=todo", "statsu: it is not known here; /docs lists what is"),
        ("status=gone", "status: it must be one of todo, in_progress, blocked, done, cancelled"),
        ("priority=x", "priority: it must be one of critical, high, medium, low"),
        ("needs_human=perhaps", "needs_human: it must be true or false"),
        ("limit=many", "limit: it must be a number"),
        ("limit=1001", "limit: it must be between 1 and 1000"),
        ("repo=%00", "repo: it holds a character that no text can have"),
    ],
)
def test_a_wrong_filter_is_told_instead_of_listing_everything(
    client: httpx.Client, query: str, told: str
) -> None:
    refused = client.get(f"/tasks?{query}")

    assert (refused.status_code, error(refused)["message"]) == (422, told)


def test_stale_and_synced_before_are_not_mixed(client: httpx.Client) -> None:
    refused = client.get("/repos?stale=1&synced_before=2026-01-01T00:00:00Z")

    assert error(refused)["message"] == "stale: give it or synced_before, not both"


@pytest.mark.parametrize(
    "body",
    [
        b'{"slug": "a\\u0000", "domain": "d"}',
        b'{"slug": "a", "domain": "d", "remote_url": "\\ud800"}',
        b'{"slug": "a", "domain": "d", "forge_id": 1e999}',
        b'{"slug": "a", "domain": "d", "forge_id": NaN}',
        b'{"slug": "a", "domain": "d", "forge_id": 99999999999999999999}',
        b'{"slug": "a", "domain": "d", "remote_url": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 100_000,
        b"{",
        b"\xff",
        b"",
        b"null",
    ],
)
def test_a_body_that_no_database_could_hold_is_the_callers_fault(
    client: httpx.Client, store: Store, body: bytes
) -> None:
    refused = client.post("/repos/", content=body, headers=JSON)

    assert refused.status_code in (400, 422)
    assert error(refused)["code"] in ("bad_request", "bad_value")
    assert store.repos().total == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_write_that_is_not_json_is_refused(client: httpx.Client, kind: str | None) -> None:
    body = b'{"slug": "d"}'
    headers = {"Content-Type": kind} if kind else {}
    refused = client.post("/domains/", content=body, headers=headers)

    assert (refused.status_code, error(refused)["code"]) == (415, "not_json")


def sent_in_parts(app: FastAPI, *headers: tuple[bytes, bytes]) -> tuple[int, int]:
    """The status that an endless body gets, and how many parts of it were read."""
    parts, answers = 0, list[Any]()

    async def receive() -> dict[str, Any]:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b" " * (LIMIT // 4), "more_body": True}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/domains/", "query_string": b""}
    common = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    anyio.run(lambda: app({**scope, "headers": [*common, *headers]}, receive, send))
    return answers[0]["status"], parts


def test_a_body_that_is_too_large_is_read_no_further(store: Store, settings: Settings) -> None:
    app = create_app(store, settings=settings, loopback=True)

    assert sent_in_parts(app) == (413, 5)
    assert sent_in_parts(app, (b"content-length", b"10")) == (413, 5)
    assert sent_in_parts(app, (b"content-length", b"%d" % (LIMIT + 1))) == (413, 0)
    assert sent_in_parts(app, (b"content-length", b"9" * 5000)) == (413, 0)
    assert sent_in_parts(app, (b"content-length", b"-1")) == (413, 0)


@pytest.mark.parametrize(
    "path",
    [
        "relative",
        "/etc/passwd",
        "{root}/../elsewhere",
        "{root}/a/./b",
        "{root}/a/",
        "//{root}/a",
        "{root}/out/a",
        "{root}/a\nb",
        "{root}-beside/a",
    ],
)
def test_a_folder_outside_the_roots_is_never_registered(
    client: httpx.Client, store: Store, tmp_path: Path, path: str
) -> None:
    (tmp_path / "out").symlink_to("/etc")
    store.do(RegisterRepo("known", "custodian"), ME)
    said = path.format(root=tmp_path)

    refused = [
        client.post("/repos/", json={"slug": "x", "domain": "d", "host": "here", "path": said}),
        client.post("/repos/", json={"slug": "x", "domain": "d", "path": said}),
        client.patch("/repos/known/", json={"host_paths": {"here": said}}),
        client.post(
            "/repos/known/sync", json={"sync": {"host": "here", "path": said}, "stamp": True}
        ),
    ]

    assert [each.status_code for each in refused] == [422] * 4
    wrong = [error(each)["details"]["what"] for each in refused]
    assert [wrong[0], *wrong[2:]] == ["path"] * 3
    assert [(each.slug, each.host_paths) for each in store.repos().items] == [("known", {})]


def test_another_hosts_folder_may_lie_anywhere_when_it_is_plainly_spelled(
    client: httpx.Client, store: Store
) -> None:
    def register(path: str) -> int:
        body = {"slug": "x", "domain": "d", "host": "there", "path": path}
        return client.post("/repos/", json=body).status_code

    assert [register(path) for path in ("/srv/x", "srv/x", "/srv/../x")] == [200, 422, 422]
    assert store.repo("x").host_paths == {"there": "/srv/x"}


def test_a_fault_of_the_server_tells_nothing_of_its_insides(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("the secret is 42")

    app = create_app(store, settings=settings, loopback=True)
    app.add_api_route("/broken", broken)
    with httpx.Client(transport=InProcess(app), base_url="http://localhost") as client:
        response = client.get("/broken")

    assert (response.status_code, error(response)["code"]) == (500, "fault")
    assert "42" not in response.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_is_gone_is_told_as_trouble(
    client: httpx.Client, store: Store, tmp_path: Path
) -> None:
    store.database.connection().execute("drop table topics")
    response = client.get("/topics/")

    assert (response.status_code, error(response)["code"]) == (503, "hub_trouble")


# --- repeated requests


def test_a_repeated_write_with_its_key_gets_the_first_answer(
    client: httpx.Client, repo: Store
) -> None:
    body = {"question": "Which font?", "repo": "marki-docx"}
    once = {"Idempotency-Key": "k-1"}
    first = client.post("/interventions/", json=body, headers=once)
    again = client.post("/interventions/", json=body, headers=once)
    other = client.post("/interventions/", json={**body, "question": "Really?"}, headers=once)

    assert (first.status_code, again.json()) == (201, first.json())
    assert (other.status_code, repo.interventions().total) == (409, 1)


def test_a_request_id_reaches_the_answer_and_the_events(client: httpx.Client, repo: Store) -> None:
    response = client.post(
        "/tasks/MRKD-WP-0001-T01/notes", json={"text": "x"}, headers={"X-Request-Id": "r-17"}
    )

    assert response.headers["X-Request-Id"] == "r-17"
    assert repo.events(type="task.note").items[0].request_id == "r-17"


# --- the description, and pages for people


def test_no_route_breaks_what_its_description_promises(store: Store, settings: Settings) -> None:
    store.do(RegisterRepo("0", "d"), ME)
    app = create_app(store, settings=settings, loopback=True, names=frozenset({"testserver"}))
    description: Any = schemathesis.openapi.from_asgi("/openapi.json", app)
    # That a path must lie below the roots, or a cursor be one, is more than a schema can say.
    description.config.checks.positive_data_acceptance.enabled = False
    for found in description.get_all_operations():
        operation = found.ok()
        _probe(operation.as_strategy(), 10)
        if operation.body or operation.query:
            _probe(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), 4)


def _probe(cases: st.SearchStrategy[Any], examples: int) -> None:
    @given(case=cases)
    @bounded(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.filter_too_much, HealthCheck.too_slow),
    )
    def probe(case: Any) -> None:
        case.call_and_validate()

    probe()


def test_every_route_says_what_it_is_and_how_it_fails(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["summary"], path
            assert len(told["tags"]) == 1, path
            assert {"401", "403", "421", "422", "500", "503"} <= set(told["responses"]), path
            refused = told["responses"]["422"]["content"]["application/json"]["schema"]
            assert refused == {"$ref": "#/components/schemas/ErrorAnswer"}
            assert ("413" in told["responses"]) == (method != "get"), path
    assert "HTTPValidationError" not in described["components"]["schemas"]
    ids = re.findall(r'"operationId": ?"(\w+)"', json.dumps(described))
    assert len(ids) == len(set(ids))


def test_the_bodies_described_name_every_field_of_their_commands(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    body = described["paths"]["/tasks/{name}"]["patch"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]

    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= {"status", "priority", "depends_on", "version", "fence"}


def test_the_page_of_routes_lists_all_and_loads_nothing(client: httpx.Client) -> None:
    page = client.get("/docs")
    described = client.get("/openapi.json").json()

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert all(f"<code>{path}</code>" in page.text for path in described["paths"])
    assert not re.search(r"<script|src=|href=\"(?!/)|url\(|@import", page.text)


def test_the_style_of_a_page_is_the_one_that_its_policy_allows(client: httpx.Client) -> None:
    for path in ("/", "/docs"):
        page = client.get(path)
        style = page.text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert f"style-src 'sha256-{digest}'" in policy


def test_the_front_page_says_which_hub_it_is_and_how_much_it_knows(
    client: httpx.Client, repo: Store
) -> None:
    page = client.get("/").text

    assert f"It is well: Custodian {__version__}, hub <code>{repo.hub_id}</code>, sqlite" in page
    for noun, number in (("repos", 1), ("tasks", 2), ("open questions", 0)):
        assert f"<tr><td>{noun}</td><td>{number}</td></tr>" in page
    assert "export CUSTODIAN_HUB_URL=http://localhost\n" in page
    assert all(f'href="{link}"' in page for link in ("/docs", "/repos/", "/state/health"))


def test_a_path_that_does_not_take_a_method_says_which_it_takes(client: httpx.Client) -> None:
    for method, path, takes in (
        ("PUT", "/repos/", "GET, HEAD, POST"),
        ("PUT", "/repos/x", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/claims/x/renew", "POST"),
        ("DELETE", "/", "GET, HEAD"),
    ):
        refused = client.request(method, path, json={})

        assert (refused.status_code, error(refused)["code"]) == (405, "method_not_allowed")
        assert refused.headers["Allow"] == takes


def test_whatever_can_be_read_can_be_asked_for_without_its_body(
    client: httpx.Client, repo: Store
) -> None:
    for path in ("/", "/docs", "/openapi.json", "/repos/", "/repos/marki-docx", "/tasks"):
        read, asked = client.get(path), client.head(path)

        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["Content-Length"] == str(len(read.content))
    assert client.head("/repos/nowhere").status_code == 404
    assert client.head("/claims/x/renew").status_code == 405


# --- the client


def test_every_command_has_a_way_that_answers_what_the_store_does(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert {way.command for way in WAYS} == set(get_args(Command))
    for way in WAYS:
        assert way.method.lower() in paths[way.path]
        assert way.answer in (HANDLERS[way.command][1], Dispatch)


REFUSED: dict[str, Callable[[Hub], object]] = {
    "unknown repo": lambda hub: hub.repo("marki-doc"),
    "unknown task": lambda hub: hub.task("MRKD-WP-0001-T0"),
    "unknown question": lambda hub: hub.intervention("x"),
    "unknown repo's tasks": lambda hub: hub.tasks(repo="nowhere"),
    "bad limit": lambda hub: hub.tasks(limit=1001),
    "bad cursor": lambda hub: hub.tasks(after="x"),
    "bad slug": lambda hub: hub.do(RegisterRepo("A/b", "d"), ME),
    "bad change": lambda hub: hub.do(ChangeRepo("marki-docx", {"slug": "x"}), ME),
    "bad status": lambda hub: hub.do(ChangeTask("MRKD-WP-0001-T01", {"status": "x"}), ME),
    "a task's version": lambda hub: hub.do(ChangeTask("MRKD-WP-0001-T01", {"version": 1}), ME),
    "a plan's version": lambda hub: hub.do(ChangeWorkstream("MRKD-WP-0001", {"version": 1}), ME),
    "a repo's version": lambda hub: hub.do(ChangeRepo("marki-docx", {"version": 1}), ME),
    "another hub's plan": lambda hub: hub.do(ApplyPlan("marki-docx", "another"), ME),
    "old version": lambda hub: hub.do(ChangeTask("MRKD-WP-0001-T01", {"title": "x"}, 9), ME),
    "regression": lambda hub: hub.do(ChangeTask("MRKD-WP-0001-T02", {"status": "todo"}), ME),
    "stale fence": lambda hub: hub.do(NoteTask("MRKD-WP-0001-T02", "x", fence=7), ME),
    "claimed": lambda hub: hub.do(ClaimTask("you", task="MRKD-WP-0001-T02"), ME),
    "claim of both": lambda hub: hub.do(ClaimTask("you", task="T", repo="r"), ME),
    "claim of nothing": lambda hub: hub.do(ClaimTask("you"), ME),
    "unknown claim": lambda hub: hub.do(RenewClaim("x", 1), ME),
    "no reason": lambda hub: hub.do(ReopenTask("MRKD-WP-0001-T02", " "), ME),
    "added again": lambda hub: hub.do(AddTask("MRKD-WP-0001", "MRKD-WP-0001-T01", "x"), ME),
    "no goal": lambda hub: hub.do(EndGoal("marki-docx"), ME),
    "bad token name": lambda hub: hub.do(MakeToken("a b", Scope.READ), ME),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED.keys())
def test_the_client_is_refused_in_the_stores_own_words(
    repo: Store, hub: HttpHub, act: Callable[[Hub], object]
) -> None:
    repo.do(ClaimTask("me", task="MRKD-WP-0001-T02"), ME)
    with pytest.raises(CustodianError) as here:
        act(repo)
    with pytest.raises(CustodianError) as there:
        act(hub)

    assert type(there.value) is type(here.value)
    assert str(there.value) == str(here.value)
    assert details_of(there.value) == details_of(here.value)


#: every error that has fields, with any values for them
ERRORS = st.one_of(
    [
        st.builds(kind, **{each.name: ... for each in fields(kind)})
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, CustodianError) and is_dataclass(kind)
    ]
)


@given(here=ERRORS)
def test_an_error_reads_the_same_on_both_sides(here: CustodianError) -> None:
    wire = json.dumps(error_json(code_of(type(here)), str(here), details_of(here)))
    there = error_of(json.loads(wire))

    assert type(there) is type(here)
    assert str(there) == str(here)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "../x"])
def test_a_name_that_no_path_can_hold_names_nothing(hub: HttpHub, name: str) -> None:
    for ask in (hub.repo, hub.task, hub.workstream, hub.dispatch, hub.intervention):
        with pytest.raises(UnknownThing):
            ask(name)


def test_names_with_every_kind_of_character_are_asked_for_as_they_are(hub: HttpHub) -> None:
    for name in ("a b", "ünï☃", "%2F", "a?b", "a#b", "a%b", "a+b", "a;b"):
        with pytest.raises(UnknownThing) as unknown:
            hub.task(name)
        assert unknown.value.name == name


def test_the_caller_is_told_by_a_name_in_any_script(repo: Store, hub: HttpHub) -> None:
    hub.do(NoteTask("MRKD-WP-0001-T01", "x"), Caller("Zoë ☃"))

    assert repo.events(type="task.note").items[0].actor == "Zoë ☃"
    for name in ("", "x" * 101, "a\nb"):
        with pytest.raises(BadValue):
            hub.do(NoteTask("MRKD-WP-0001-T01", "x"), Caller(name))


class Flaky(httpx.BaseTransport):
    """Loses the first requests, or their answers."""

    def __init__(self, inner: httpx.BaseTransport, losses: int, *, after: bool) -> None:
        self.inner, self.losses, self.after = inner, losses, after
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        lost = len(self.seen) <= self.losses
        if lost and not self.after:
            raise httpx.ConnectError("connection refused")
        response = self.inner.handle_request(request)
        if lost:
            raise httpx.ReadError("connection reset")
        return response

    def close(self) -> None:
        self.inner.close()


def flaky(
    store: Store, settings: Settings, losses: int, *, after: bool = False
) -> tuple[HttpHub, Flaky]:
    made: list[Flaky] = []

    def wrap(inner: httpx.BaseTransport) -> Flaky:
        made.append(Flaky(inner, losses, after=after))
        return made[0]

    return http_hub(store, settings, wrap=wrap), made[0]


def test_a_question_is_asked_again_twice(store: Store, settings: Settings) -> None:
    hub, wire = flaky(store, settings, 2)
    assert hub.health().hub_id == store.hub_id
    hub.close()
    hub, wire = flaky(store, settings, 3)
    with pytest.raises(HubUnreachable, match="connection refused"):
        hub.health()
    hub.close()

    assert len(wire.seen) == 3


def test_a_write_whose_answer_was_lost_is_done_once(repo: Store, settings: Settings) -> None:
    hub, wire = flaky(repo, settings, 2, after=True)
    asked = hub.do(AskHuman("Which font?", repo="marki-docx"), ME)
    hub.close()

    assert repo.interventions().items == (asked,)
    assert len({request.headers["Idempotency-Key"] for request in wire.seen}) == 1


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> HttpHub:
    transport = httpx.MockTransport(answer)
    return HttpHub("http://hub.example", "cust_secret", transport=transport, pause=no_pause)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, text="<html>hello"), HubUnreachable),
        (httpx.Response(500, text="oops"), HubUnreachable),
        (httpx.Response(502, text="bad gateway"), HubUnreachable),
        (httpx.Response(302, headers={"Location": "http://evil.example/"}), HubUnreachable),
        (httpx.Response(404, json={"detail": "Not Found"}), HubUnreachable),
        (httpx.Response(500, json=error_json("fault", "a fault", {})), HubUnreachable),
        (httpx.Response(401, json=error_json("wrong_token", "it opens nothing", {})), Denied),
        (httpx.Response(403, json=error_json("scope_too_small", "it is read", {})), Denied),
        (httpx.Response(418, json=error_json("teapot", "it brews tea", {})), HubTrouble),
        (httpx.Response(200, json={"hub_id": "x"}), HubTrouble),
        (
            httpx.Response(503, json=error_json("hub_trouble", "", {"hub": "h", "reason": "r"})),
            HubTrouble,
        ),
        (httpx.Response(404, json=error_json("unknown_thing", "", {"kind": 1})), HubTrouble),
    ],
)
def test_an_answer_that_is_none_of_a_hubs_is_told(
    answer: httpx.Response, kind: type[HubTrouble]
) -> None:
    with pytest.raises(HubTrouble) as told:
        answering(lambda _: answer).health()

    assert type(told.value) is kind


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.LocalProtocolError("Illegal header value b'Bearer cust_secret'"),
        httpx.DecodingError("bad gzip"),
    ],
)
def test_no_trouble_ever_says_the_token(fault: httpx.RequestError) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(HubUnreachable) as told:
        answering(fail).health()

    assert "secret" not in f"{told.value!r}{told.value}"
    assert (told.value.__cause__, told.value.__context__) == (None, None)


@pytest.mark.parametrize("token", ["cust_secret\n", "cust secret", "cust_sécret", "cust_secret\0"])
def test_a_token_that_is_none_is_refused_without_being_said(token: str) -> None:
    with pytest.raises(BadValue) as told:
        HttpHub("http://hub.example", token)

    assert "cret" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "hub.example:8000",
        "ftp://hub.example",
        "http://",
        "http://me:cust_secret@hub.example",
        "http://hub.example?token=cust_secret",
        "http://hub.example:99999",
        "http://hub example/",
        "http://[::1",
    ],
)
def test_a_hubs_address_that_is_none_is_refused_without_secrets(url: str) -> None:
    with pytest.raises(BadValue) as told:
        HttpHub(url)

    assert "secret" not in str(told.value)


# --- the real process


def test_a_real_server_serves_the_client_and_stops_when_told(tmp_path: Path) -> None:
    with served(tmp_path) as (process, url):
        hub = HttpHub(url, agent="tester")
        registered = hub.do(RegisterRepo("one", "custodian"), ME)
        assert hub.repo("one") == registered
        hub.close()
        process.send_signal(signal.SIGTERM)
        assert process.stdout
        assert process.stderr
        out, err = process.stdout.read(), process.stderr.read()

    assert process.returncode == 0
    assert f"  {url}/docs  every route of its HTTP API\n" in out
    assert f"  export CUSTODIAN_HUB_URL={url}\n" in out
    assert f"keeps them in\n{tmp_path}/hub.db\n" in out
    (line,) = [json.loads(line) for line in err.splitlines()]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/repos/", 200)
    assert line["caller"] == "me"


def test_what_was_asked_before_the_signal_is_still_answered(tmp_path: Path) -> None:
    body = b'{"slug": "late"}'
    head = (
        b"POST /domains/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with served(tmp_path) as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head)
            # The server says so once the route waits for the body: the request is on its way.
            assert connection.recv(1000).startswith(b"HTTP/1.1 100")
            process.send_signal(signal.SIGINT)
            connection.sendall(body)
            assert b"HTTP/1.1 200" in connection.recv(10_000)
        process.communicate(timeout=30)

    assert process.returncode == 0


def refused_to_serve(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    program = Path(sys.executable).with_name("custodian")
    env = {"PATH": "/usr/bin:/bin", "CUSTODIAN_HOME": str(tmp_path)}
    done = subprocess.run(
        [program, "serve", *arguments], capture_output=True, text=True, env=env, timeout=60
    )
    return done.returncode, done.stderr


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = refused_to_serve(tmp_path, "--port", port)

    assert code == 2
    assert told.startswith(f"custodian: 127.0.0.1:{port}: address already in use; choose")


def test_without_tokens_nothing_is_served_to_others(tmp_path: Path) -> None:
    code, told = refused_to_serve(tmp_path, "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert code == 2
    assert "run `custodian token create`" in told
