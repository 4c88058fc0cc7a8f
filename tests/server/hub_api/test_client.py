"""The client: the store's own words over HTTP, whatever the wire does."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core import errors
from custodian_core.commands import (
    AddTask,
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
)
from custodian_core.errors import (
    BadValue,
    CustodianError,
    Denied,
    HubTrouble,
    HubUnreachable,
    UnknownThing,
)
from custodian_core.hub.client import HttpHub
from custodian_core.hub.store import HANDLERS, Store
from custodian_core.ports import Hub
from custodian_core.records import Dispatch, Scope
from custodian_core.settings import Settings
from custodian_core.wire import WAYS, code_of, details_of, error_json, error_of
from tests.server.serving import http_hub, no_pause

from .asked import ME


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


def test_f89_a_question_is_asked_again_twice(store: Store, settings: Settings) -> None:
    hub, wire = flaky(store, settings, 2)
    assert hub.health().hub_id == store.hub_id
    hub.close()
    hub, wire = flaky(store, settings, 3)
    with pytest.raises(HubUnreachable, match="connection refused"):
        hub.health()
    hub.close()

    assert len(wire.seen) == 3


def test_f89_a_write_whose_answer_was_lost_is_done_once(repo: Store, settings: Settings) -> None:
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


class TellingMore(httpx.BaseTransport):
    """A hub of a later version: each object that it answers says something more."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        said = json.loads(response.content, object_hook=lambda told: {**told, "colour": "red"})
        headers = {key: value for key, value in response.headers.items() if "length" not in key}
        return httpx.Response(response.status_code, headers=headers, json=said)

    def close(self) -> None:
        self.inner.close()


def test_a_client_understands_a_hub_of_a_later_version(repo: Store, settings: Settings) -> None:
    hub = http_hub(repo, settings, wrap=TellingMore)
    noted = hub.do(NoteTask("MRKD-WP-0001-T01", "half way"), ME)

    assert noted == repo.task("MRKD-WP-0001-T01")
    assert hub.repo("marki-docx") == repo.repo("marki-docx")
    assert hub.tasks(repo="marki-docx").items == repo.tasks(repo="marki-docx").items
    assert hub.dispatch("marki-docx") == repo.dispatch("marki-docx")
    with pytest.raises(UnknownThing):
        hub.repo("nowhere")
    hub.close()
