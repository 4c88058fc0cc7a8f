"""What the API's callers rely on: paths, shapes, pages, repeated requests."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from custodian_core.codec import from_json
from custodian_core.commands import (
    AnswerHuman,
    AskHuman,
    ChangeRepo,
    NoteTask,
    RegisterRepo,
    SetGoal,
)
from custodian_core.hub.store import Store
from custodian_core.records import Dispatch

from .asked import ME, error


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
        >= {"id": goal.id, "title": "Level 1", "description": "in full"}.items()
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
    names = {"slug": "marki-docx", "name": "MRKD-WP-0001-T01", "id": asked.id, "forge": "x"}
    times = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "get" in methods:
            given = {**names, "name": "MRKD-WP-0001"} if "/workstreams/" in path else names
            plain = path.format(**given).rstrip("/")
            told = methods["get"].get("parameters", ())
            asked_for = [
                each["name"] for each in told if each["in"] == "query" and each["required"]
            ]
            needed = {name: times.get(name, "x") for name in asked_for}
            bare, slashed = (client.get(each, params=needed) for each in (plain, f"{plain}/"))
            assert (bare.status_code, slashed.status_code) == (200, 200), path
            if path != "/metrics":  # (it counts each who asks)
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
        client.get(path.format(slug="marki-docx", name="MRKD-WP-0001-T01", id="x", forge="x"))

    assert list(repo.database.connection().iterdump()) == before


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
    for unfit in ("x" * 101, "é"):
        refused = client.post(
            "/domains", json={"slug": "d"}, headers={b"X-Request-Id": unfit.encode()}
        )
        assert (refused.status_code, "X-Request-Id" in refused.headers) == (422, False)
    assert repo.events(type="task.note").items[0].request_id == "r-17"
