"""The queue as whoever reaches the hub sees and fills it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.errors import BadValue, HubTrouble, NoCheckout, UnknownThing
from custodian_core.hub.client import HttpHub
from custodian_core.hub.store import Store
from custodian_core.jobs import JobState, Requested, Wish
from custodian_core.ports import Queue
from custodian_core.queueing import open_queue
from custodian_core.queueing.remote import RemoteQueue
from custodian_tools.requesting import sync_requested
from tests.server.serving import browsing, http_hub, settings_of

from .asked import ME, error

SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """The queue as the server's own machine sees it."""
    opened = open_queue(settings_of(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def docs(store: Store) -> None:
    for host in ("here", "there"):
        store.do(RegisterRepo("docs", "papers", host=host, path="/x/docs", forge_id=7), ME)
    store.do(RegisterRepo("nowhere", "papers"), ME)


@dataclass(frozen=True, slots=True)
class Door:
    """The hub's API, asked plainly and by its client."""

    plain: httpx.Client
    hub: HttpHub


@pytest.fixture
def door(store: Store, docs: None, tmp_path: Path) -> Iterator[Door]:
    settings = settings_of(tmp_path)
    hub = http_hub(store, settings)
    with browsing(store, settings) as plain:
        yield Door(plain, hub)
    hub.close()


def waiting(queue: Queue) -> list[tuple[str, str, str]]:
    return [(job.repo, job.host, job.reason) for job in queue.jobs()]


def test_a_sync_asked_for_over_http_waits_for_that_hosts_worker(door: Door, queue: Queue) -> None:
    remote = RemoteQueue(door.hub)

    assert remote.request_syncs([Wish("docs", "there", "a test")]) == Requested(1, 0)
    assert remote.request_syncs([Wish("docs", "there", "again")]) == Requested(0, 1)
    assert waiting(queue) == [("docs", "there", "again")]
    assert remote.jobs() == queue.jobs()
    assert remote.jobs("here") == ()
    assert remote.jobs("there")[0].state is JobState.WAITING


def test_a_long_queue_comes_over_http_in_pages_and_whole(door: Door, queue: Queue) -> None:
    queue.request_syncs([Wish(f"repo-{n:04}", "here", "a test") for n in range(1005)])
    remote = RemoteQueue(door.hub)

    page = remote.page(limit=3)
    assert ([job.repo for job in page.items], page.total) == (
        ["repo-0000", "repo-0001", "repo-0002"],
        1005,
    )
    assert remote.page(after=page.cursor, limit=1).items[0].repo == "repo-0003"
    assert [job.repo for job in remote.jobs()] == [f"repo-{n:04}" for n in range(1005)]
    assert door.plain.get("/queue/", params={"after": "x"}).status_code == 422


def test_a_request_lets_the_workers_of_every_host_hear_of_it(door: Door, queue: Queue) -> None:
    sync_requested(door.hub, "docs", "main was pushed", Caller("ada"))

    assert waiting(queue) == [
        ("docs", "here", "main was pushed"),
        ("docs", "there", "main was pushed"),
    ]


def test_a_request_for_a_repo_without_a_checkout_stands_in_the_log_alone(
    door: Door, queue: Queue, store: Store
) -> None:
    sync_requested(door.hub, "nowhere", "main was pushed", Caller("ada"))

    assert waiting(queue) == []
    assert [event.subject for event in store.events(type="sync.requested").items] == ["nowhere"]


def test_what_cannot_be_synced_is_refused_in_the_hubs_words(door: Door) -> None:
    remote = RemoteQueue(door.hub)

    with pytest.raises(NoCheckout, match="no checkout on elsewhere; it has one on here, there"):
        remote.request_syncs([Wish("docs", "elsewhere", "a test")])
    with pytest.raises(UnknownThing, match="no repo 'dogs'; near it: docs"):
        remote.request_syncs([Wish("dogs", "here", "a test")])
    with pytest.raises(BadValue, match="reason"):
        remote.request_syncs([Wish("docs", "here", " ")])


@pytest.mark.parametrize(
    "body",
    [{}, {"repo": "docs"}, {"repo": "docs", "host": "here", "reason": "x", "more": 1}, [], "x"],
)
def test_a_body_that_is_no_wish_is_refused(door: Door, body: Any, queue: Queue) -> None:
    answer = door.plain.post("/queue/", json=body)

    assert answer.status_code == 422
    assert error(answer)
    assert waiting(queue) == []


def test_a_worker_cannot_take_from_a_hub_that_is_elsewhere(door: Door) -> None:
    with pytest.raises(HubTrouble, match="set CUSTODIAN_DATABASE_URL"):
        RemoteQueue(door.hub).run_due("here", lambda _job: True)


def test_a_webhook_lets_workers_hear_of_a_push_at_once(
    store: Store, docs: None, queue: Queue, tmp_path: Path
) -> None:
    told = {
        "ref": "refs/heads/main",
        "before": "1" * 40,
        "after": "2" * 40,
        "pusher": {"login": "ada"},
        "repository": {
            "id": 7,
            "name": "docs",
            "full_name": "ada/docs",
            "owner": {"login": "ada"},
            "html_url": "http://forge.example/ada/docs",
        },
    }
    body = json.dumps(told).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Gitea-Event": "push",
        "X-Gitea-Delivery": "d-1",
        "X-Gitea-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }
    with browsing(store, settings_of(tmp_path, CUSTODIAN_WEBHOOK_SECRET=SECRET)) as client:
        assert client.post("/hooks/gitea", content=body, headers=headers).status_code == 202

    assert sorted(host for _, host, _ in waiting(queue)) == ["here", "there"]


def test_a_hub_whose_queue_is_broken_still_takes_a_request(
    store: Store, docs: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "queue.db").write_text("this is no database, but it is long enough to be one" * 9)
    with browsing(store, settings_of(tmp_path)) as client:
        asked = client.post("/repos/docs/sync-requests", json={"reason": "a test"})
        listed = client.get("/queue/")

    assert asked.status_code == 202
    assert [event.subject for event in store.events(type="sync.requested").items] == ["docs"]
    assert "workers do not hear of a sync" in caplog.text
    assert listed.status_code == 503
