"""What a forge tells by webhook, through the door that it uses."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from custodian_core.commands import RecordSync, RegisterRepo
from custodian_core.hub.store import Store
from custodian_core.records import Event, HostSync
from tests.server.serving import browsing, settings_of

from .asked import ME, error

SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing
SITE = "http://forge.example"


@pytest.fixture
def forge(store: Store, tmp_path: Path) -> Iterator[httpx.Client]:
    """The hub as its forge reaches it, from another machine and without a token."""
    remote = f"{SITE}/coulomb/docs.git"
    store.do(RegisterRepo("docs", "papers", remote_url=remote, forge_id=7), ME)
    settings = settings_of(tmp_path, CUSTODIAN_WEBHOOK_SECRET=SECRET)
    with browsing(store, settings, loopback=False) as client:
        yield client


def repository(**said: Any) -> dict[str, Any]:
    name = said.pop("full_name", "coulomb/docs")
    owner, _, last = name.partition("/")
    return {
        "id": 7,
        "name": last,
        "full_name": name,
        "owner": {"login": owner},
        "clone_url": f"{SITE}/{name}.git",
        "html_url": f"{SITE}/{name}",
        **said,
    }


def pushed(ref: str = "refs/heads/main", **said: Any) -> dict[str, Any]:
    told = {"ref": ref, "before": "1" * 40, "after": "2" * 40, "pusher": {"login": "ada"}}
    return {**told, "repository": repository(), **said}


def send(
    client: httpx.Client,
    told: Any,
    *,
    event: str = "push",
    delivery: str = "d-1",
    family: str = "Gitea",
    **headers: str,
) -> httpx.Response:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    said = {
        "Content-Type": "application/json",
        f"X-{family}-Event": event,
        f"X-{family}-Delivery": delivery,
        f"X-{family}-Signature": signature,
    }
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/hooks/gitea", content=body, headers=said | changed)


def asked_for(store: Store) -> list[Event]:
    return list(store.events(type="sync.requested").items)


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(each)["told"] for each in caplog.records if each.message == "delivery"]


def test_a_push_asks_for_a_sync_and_says_whose_it_was(forge: httpx.Client, store: Store) -> None:
    answer = send(forge, pushed())

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    (event,) = asked_for(store)
    assert (event.actor, event.subject) == ("gitea", "docs")
    assert event.reason == "main was pushed by ada"


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Gitea_Signature": ""},
        {"X_Gitea_Signature": "0" * 64},
        {"X_Gitea_Signature": "é" * 32},
        {"X_Gitea_Signature": "0" * 10_000},
        {"X_Gitea_Signature": hmac.new(b"another", b"{}", hashlib.sha256).hexdigest()},
        {"X_Gitea_Signature": "", "Authorization": "Bearer cust_guessed"},
    ],
)
def test_f107_without_a_true_signature_nothing_is_heard_and_nothing_told(
    forge: httpx.Client, store: Store, headers: dict[str, str]
) -> None:
    shown = {name.replace("_", "-"): value.encode("latin-1") for name, value in headers.items()}
    said = {"Content-Type": "application/json", "X-Gitea-Event": "push", "X-Gitea-Delivery": "d"}
    body = json.dumps(pushed()).encode()
    every: Any = [*said.items(), *shown.items()]
    answer = forge.post("/hooks/gitea", content=body, headers=every)

    assert answer.status_code == 401
    assert error(answer)["message"] == "the signature is not the forge's"
    assert not asked_for(store)


def test_f107_a_body_that_was_changed_by_one_byte_is_not_heard(
    forge: httpx.Client, store: Store
) -> None:
    body = json.dumps(pushed()).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    answer = send(forge, body + b" ", X_Gitea_Signature=signature)

    assert answer.status_code == 401
    assert not asked_for(store)


def test_f107_a_hub_that_has_no_secret_hears_nobody_and_says_so_in_its_log(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with browsing(store, settings_of(tmp_path)) as client:
        empty = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
        answer = send(client, b"{}", X_Gitea_Signature=empty)

    assert answer.status_code == 401
    assert "CUSTODIAN_WEBHOOK_SECRET is not set" in caplog.text


def test_the_other_family_and_the_prefixed_signature_are_heard_too(
    forge: httpx.Client, store: Store
) -> None:
    assert send(forge, pushed(), family="Forgejo").status_code == 202
    body = json.dumps(pushed()).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    said = {
        "Content-Type": "application/json",
        "X-Gitea-Event": "push",
        "X-Hub-Signature-256": f"sha256={digest}",
    }
    assert forge.post("/hooks/gitea", content=body, headers=said).status_code == 202
    assert len(asked_for(store)) == 1


def test_f107_a_delivery_that_comes_again_does_nothing_more(
    forge: httpx.Client, store: Store
) -> None:
    send(forge, pushed(), delivery="d-1")
    store.clock = lambda: datetime(2099, 1, 1, tzinfo=UTC)
    store.do(RecordSync("docs", HostSync("laptop", "/repos/docs"), stamp=False), ME)
    again = send(forge, pushed(), delivery="d-1")
    other = send(forge, pushed("refs/heads/next"), delivery="d-1")

    assert (again.status_code, other.status_code) == (202, 202)
    assert len(asked_for(store)) == 1
    send(forge, pushed("refs/heads/next"), delivery="d-2")
    assert [event.reason for event in asked_for(store)] == [
        "main was pushed by ada",
        "next was pushed by ada",
    ]


def test_a_repo_that_nobody_registered_is_accepted_alike_and_named_in_the_log(
    forge: httpx.Client, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custodian_server.hub_api")
    other = repository(full_name="newton/docs", id=8)
    answer = send(forge, pushed(repository=other))

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert not asked_for(store)
    (line,) = told(caplog)
    assert (line["name"], line["repo"], line["delivery"]) == ("newton/docs", "unknown here", "d-1")


@pytest.mark.parametrize(
    ("event", "body", "reason"),
    [
        ("create", {"ref": "next", "ref_type": "branch"}, "branch next was created"),
        ("delete", {"ref": "next", "ref_type": "branch"}, "branch next was deleted"),
        ("push", {"ref": "refs/heads/next", "after": "0" * 40}, "next was deleted by somebody"),
        ("repository", {"action": "deleted"}, "the repo was deleted"),
    ],
)
def test_branches_that_come_and_go_ask_for_a_sync(
    forge: httpx.Client, store: Store, event: str, body: dict[str, str], reason: str
) -> None:
    send(forge, {**body, "repository": repository()}, event=event)

    assert [each.reason for each in asked_for(store)] == [reason]


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("push", pushed("refs/tags/v1")),
        ("create", {"ref": "v1", "ref_type": "tag", "repository": repository()}),
        ("issues", {"action": "opened", "repository": repository()}),
        ("package", {"action": "created"}),
    ],
)
def test_what_moves_no_branch_asks_for_nothing(
    forge: httpx.Client, store: Store, event: str, body: dict[str, Any]
) -> None:
    assert send(forge, body, event=event).status_code == 202
    assert not asked_for(store)


def test_a_repo_that_was_renamed_on_the_forge_is_found_where_it_is_now(
    forge: httpx.Client, store: Store
) -> None:
    renamed = repository(full_name="coulomb/Papers")
    send(forge, pushed(repository=renamed))

    assert store.repo("docs").remote_url == f"{SITE}/coulomb/Papers.git"
    assert len(asked_for(store)) == 1


def test_a_repo_that_is_known_by_its_remote_alone_gets_its_number(
    forge: httpx.Client, store: Store
) -> None:
    ssh = "git@forge.example:coulomb/tools.git"
    store.do(RegisterRepo("tools", "papers", remote_url=ssh), ME)
    send(forge, pushed(repository=repository(full_name="coulomb/tools", id=9)))

    assert store.repo("tools").forge_id == 9
    assert store.repo("tools").remote_url == ssh
    assert [event.subject for event in asked_for(store)] == ["tools"]


def test_an_archived_repo_is_told_as_such(forge: httpx.Client, store: Store) -> None:
    send(forge, pushed(repository=repository(archived=True)))

    (event,) = asked_for(store)
    assert event.reason == "main was pushed by ada; it is archived there"


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"[" * 100_000, b'{"repository": {"id": 7}}', b"\xff\xfe"],
)
def test_a_genuine_body_that_nobody_can_read_is_refused_and_harms_nothing(
    forge: httpx.Client, store: Store, body: bytes
) -> None:
    answer = send(forge, body)

    assert answer.status_code == 422
    assert not asked_for(store)


def test_a_body_beyond_the_bound_is_not_read(forge: httpx.Client) -> None:
    assert send(forge, b"x" * (4 * 1024 * 1024 + 1)).status_code == 413


def test_names_that_the_forge_tells_steer_no_terminal(forge: httpx.Client, store: Store) -> None:
    red = pushed("refs/heads/\x1b[31mred" + "x" * 9000)
    assert send(forge, red).status_code == 202

    (event,) = asked_for(store)
    assert "\x1b" not in str(event.reason)
    assert len(str(event.reason)) < 300


def test_only_a_delivery_is_let_in_by_its_signature(forge: httpx.Client) -> None:
    assert forge.get("/hooks/gitea").status_code == 401
    assert forge.post("/hooks/other", json={}).status_code == 401
