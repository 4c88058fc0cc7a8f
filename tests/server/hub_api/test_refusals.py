"""What the API refuses, and how it is told."""

import json
import logging
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI

from custodian_core.commands import RegisterRepo
from custodian_core.hub.store import Store
from custodian_core.settings import Settings
from custodian_server.hub_api import create_app
from custodian_server.hub_api.guard import LIMIT, OneLine
from tests.server.serving import InProcess

from .asked import JSON, ME, error


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
        ("/tokens/", {"name": "x", "scope": "root"}, "scope: it must be one of read, work, admin"),
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


@pytest.mark.parametrize("time", ["0.5", "1763726400", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_time_is_refused_in_a_filter_too(client: httpx.Client, time: str) -> None:
    refused = client.get("/repos", params={"synced_before": time})

    assert refused.status_code == 422
    assert error(refused)["message"].startswith("synced_before: ")


def test_a_path_that_takes_no_body_says_so_before_it_asks_for_json(client: httpx.Client) -> None:
    assert client.post("/claims").status_code == 405
    assert client.post("/nowhere").status_code == 404
    assert client.post("/domains").status_code == 415


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
def test_f103_a_write_that_is_not_json_is_refused(client: httpx.Client, kind: str | None) -> None:
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
def test_f100_a_folder_outside_the_roots_is_never_registered(
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


def test_a_database_that_is_gone_is_told_as_trouble_and_why_stands_in_the_log(
    client: httpx.Client, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custodian_server.hub_api")
    store.database.connection().execute("drop table topics")
    response = client.get("/topics/")

    assert (response.status_code, error(response)["code"]) == (503, "hub_trouble")
    (line,) = [json.loads(OneLine().format(each)) for each in caplog.records]
    assert (line["status"], line["trouble"]) == (503, error(response)["message"])
