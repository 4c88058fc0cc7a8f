"""What a balancer and a program that watches are told of a server of the hub."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from custodian_core.commands import (
    AskHuman,
    ClaimTask,
    MakeToken,
    RecordSync,
    RegisterRepo,
    RequestSync,
)
from custodian_core.errors import HubTrouble
from custodian_core.hub.store import SCHEMA, Store
from custodian_core.jobs import Job, JobState, Wish
from custodian_core.queueing.embedded import EmbeddedQueue
from custodian_core.records import HostSync, NewToken, Scope
from custodian_core.settings import Settings
from custodian_server.hub_api import create_app
from custodian_server.hub_api.guard import OneLine
from custodian_server.hub_api.metrics import Measured
from custodian_server.hub_api.queue import Workers
from custodian_server.hub_api.traffic import BOUNDS
from custodian_tools.measures import measures
from tests.server.serving import InProcess, browsing

from .asked import ME, error

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')


def measured(text: str) -> dict[str, float]:
    """Each sample by its name and labels; every line is one, or tells of those that follow."""
    samples: dict[str, float] = {}
    about = set[str]()
    for line in text.splitlines():
        if line.startswith("# "):
            about.add(line.split()[2])
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert re.sub("_(bucket|sum|count)$", "", match[1]) in about
        samples[f"{match[1]}{{{match[2] or ''}}}"] = float(match[3])
    return samples


def test_a_server_is_ready_whose_database_has_the_schema_that_it_knows(
    client: httpx.Client, store: Store
) -> None:
    connection = store.database.connection()
    answers: dict[int, int] = {}
    for version in (SCHEMA - 1, SCHEMA, SCHEMA + 1, SCHEMA + 2):
        connection.execute("update hub set schema_version = ?", [version])
        answers[version - SCHEMA] = client.get("/state/ready").status_code

    # (one that was just upgraded is served by those who run, until newer ones have come)
    assert answers == {-1: 503, 0: 200, 1: 200, 2: 503}
    told = error(client.get("/state/ready"))
    assert told["code"] == "wrong_schema"
    assert told["message"].endswith(f"this program knows {SCHEMA}; update it")
    assert client.get("/state/health").status_code == 200


def test_a_server_that_is_about_to_stop_is_well_and_not_ready(
    store: Store, settings: Settings
) -> None:
    app = create_app(store, settings=settings, loopback=True)
    with httpx.Client(transport=InProcess(app), base_url="http://localhost") as client:
        app.state.traffic.draining = True
        ready, health = client.get("/state/ready"), client.get("/state/health")

    assert (ready.status_code, error(ready)["code"]) == (503, "draining")
    assert (health.status_code, health.headers["connection"]) == (200, "close")


def test_a_server_whose_database_is_away_lives_and_is_not_ready(
    client: httpx.Client, store: Store
) -> None:
    store.database.connection().execute("alter table hub rename to gone")
    paths = ("/state/live", "/state/health", "/state/ready")

    assert [client.get(path).status_code for path in paths] == [200, 503, 503]


def test_whether_it_is_ready_needs_no_token_and_its_numbers_need_one(
    store: Store, settings: Settings
) -> None:
    made: NewToken = store.do(MakeToken("prometheus", Scope.READ), ME)
    with browsing(store, settings, loopback=False) as client:
        assert client.get("/state/ready").status_code == 200
        assert client.get("/state/live").status_code == 200
        assert client.get("/metrics").status_code == 401
        shown = {"Authorization": f"Bearer {made.secret}"}
        assert client.get("/metrics", headers=shown).status_code == 200


def test_a_balancer_that_names_no_host_hears_whether_a_server_is_ready_and_no_more(
    store: Store, settings: Settings
) -> None:
    with browsing(store, settings, loopback=False) as client:
        paths = ("/state/ready", "/state/health", "/state/flow", "/")
        answers = [client.get(path, headers={"Host": ""}) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 200, 421, 421]
    assert "custodian serve --name NAME" in error(answers[2])["message"]


def test_the_fleet_is_told_in_numbers(client: httpx.Client, repo: Store, tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    finding = {"code": "C-17", "severity": "WARN", "message": "C-17 x", "path": None, "line": None}
    path = str(tmp_path / "marki-docx")
    sync = HostSync('he"re', path, at, None, "offline", sealed=False, findings=(finding,))
    repo.do(RecordSync("marki-docx", sync, stamp=False), ME)
    repo.do(ClaimTask("ada", task="MRKD-WP-0001-T01"), ME)
    repo.do(AskHuman("Which fonts?", repo="marki-docx"), ME)
    repo.do(RequestSync("marki-docx", "main was pushed"), ME)
    answer = client.get("/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = measured(answer.text)
    for name, value in {
        'repos{status="active"}': 1,
        "repos_unsealed{}": 1,
        "repos_halted{}": 1,
        'repos_by_age{age="never"}': 1,
        'tasks{status="todo"}': 1,
        'tasks{status="in_progress"}': 1,
        "claims_live{}": 1,
        "questions_open{}": 1,
        'runs_last_hour{outcome="offline"}': 1,
        'host_last_run_timestamp_seconds{host="he\\"re"}': at.timestamp(),
        "sync_requests_waiting{}": 1,
    }.items():
        assert told[f"custodian_{name}"] == value, name
    assert 'custodian_findings{code="C-17"} 1' in answer.text


def test_the_queue_is_told_in_numbers_and_one_that_cannot_be_read_in_none(
    store: Store, settings: Settings
) -> None:
    def opened(_settings: Settings) -> EmbeddedQueue:
        raise HubTrouble("the queue", "gone")

    app = create_app(store, settings=settings, loopback=True)
    with httpx.Client(transport=InProcess(app), base_url="http://localhost") as client:
        app.state.workers.queue.request_syncs([Wish("docs", "laptop", "main was pushed")])
        told = measured(client.get("/metrics").text)
    app.state.workers.queue.close()

    assert told['custodian_queue_jobs{state="waiting"}'] == 1
    assert told['custodian_queue_jobs{state="running"}'] == 0
    assert told["custodian_queue_oldest_running_seconds{}"] == 0
    assert told["custodian_queue_readable{}"] == 1
    blind = Measured(store, Workers(settings, opened)).now()
    assert [each.samples for each in blind if "queue" in each.name] == [(({}, 0),)]


def test_a_host_is_late_with_what_nothing_there_has_synced_since_it_was_asked_for(
    repo: Store, tmp_path: Path
) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    asked, path = at - timedelta(hours=1), str(tmp_path / "marki-docx")
    repo.do(RegisterRepo("marki-docx", "custodian", host="desk", path="/docs"), ME)
    ran = HostSync("here", path, at - timedelta(minutes=1), outcome="ok", sealed=True)
    repo.do(RecordSync("marki-docx", ran, stamp=True), ME)
    jobs = [
        Job("marki-docx", host, "a push", JobState.WAITING, 0, asked, asked)
        for host in ("here", "desk")
    ]
    told = {each.name: each.samples for each in measures(repo, jobs, at)}
    due = told["custodian_queue_oldest_due_seconds"]

    # (a timer has made what no worker took)
    assert {said["host"]: late for said, late in due} == {"here": 0, "desk": 3600}


def test_answers_are_counted_by_how_soon_they_begin(client: httpx.Client) -> None:
    for path in ("/repos/", "/repos/nowhere", "/made-up/1", "/made-up/2", "/live"):
        client.get(path)
    client.request("BREW", "/repos/")
    told = measured(client.get("/metrics").text)

    def count(**labels: str) -> float:
        said = ",".join(f'{name}="{value}"' for name, value in labels.items())
        assert told[f'custodian_http_answer_seconds_bucket{{{said},le="+Inf"}}'] >= 1
        return told[f"custodian_http_answer_seconds_count{{{said}}}"]

    assert count(area="repos", method="GET", status="200") == 1
    assert count(area="repos", method="GET", status="404") == 1
    assert count(area="repos", method="OTHER", status="405") == 1
    assert count(area="elsewhere", method="GET", status="404") == 2
    assert "made-up" not in "".join(told)
    buckets = [
        told[
            f'custodian_http_answer_seconds_bucket{{area="repos",method="GET",status="200",le="{b}"}}'
        ]
        for b in BOUNDS
    ]
    assert buckets == sorted(buckets)


def test_a_request_without_an_id_gets_one_that_its_events_and_its_line_in_the_log_tell(
    client: httpx.Client, repo: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custodian_server.hub_api")
    own = client.post("/repos/marki-docx/goals", json={"title": "Level 1"})
    named = client.post(
        "/repos/marki-docx/goals", json={"title": "Level 2"}, headers={"X-Request-Id": "run-7"}
    )

    lines = [json.loads(OneLine().format(each)) for each in caplog.records]
    ids = [own.headers["x-request-id"], named.headers["x-request-id"]]
    assert re.fullmatch("[0-9a-f]{32}", ids[0])
    assert ids[1] == "run-7"
    assert [line["request_id"] for line in lines if line["event"] == "request"] == ids
    set_ = [event.request_id for event in repo.events(type="goal.set").items]
    assert set_ == ids
