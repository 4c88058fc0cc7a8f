"""What people are told by themselves, through a real server to a real address."""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from custodian_core.codec import now
from custodian_core.commands import AskHuman, RegisterRepo
from custodian_core.errors import BadValue
from custodian_core.hub.store import Store
from custodian_core.notices import Notice, NoticeKind
from custodian_core.notifying import Teller, open_teller, signature
from custodian_core.secrets import HIDDEN
from custodian_core.settings import load
from custodian_tools.telling import tell_due
from tests.server.serving import served
from tests.waiting import PATIENCE_S

from .asked import ME

SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing
ASKED = Notice("event-7", now(), NoticeKind.QUESTION, "Which fonts, ☃?", "docs")


class Receiver:
    """An address that takes notices, or does what it is told instead."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 204
        self.heard: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()


@contextmanager
def receiving() -> Generator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.heard.put(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(here.status)
            self.send_header("Location", f"{here.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Receiver(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def teller(receiver: Receiver) -> Iterator[Teller]:
    found = Teller(f"{receiver.url}/hooks/geheim?key=geheim", SECRET, "hub-1")
    yield found
    found.close()


def test_a_notice_is_signed_with_its_time_and_says_which_it_is(
    teller: Teller, receiver: Receiver
) -> None:
    at = now()
    assert teller.tell(ASKED, at) is None

    headers, body = receiver.heard.get(timeout=PATIENCE_S)
    assert headers["x-custodian-signature"] == signature(
        SECRET, headers["x-custodian-timestamp"], body
    )
    assert (headers["x-custodian-delivery"], headers["x-custodian-notice"]) == (
        "event-7",
        "question.asked",
    )
    told = json.loads(body)
    assert (told["hub"], told["repo"], told["text"]) == ("hub-1", "docs", "Which fonts, ☃?")
    assert told["schema_version"] == 1


def test_a_notice_from_before_the_hub_hid_secrets_is_told_without_its_secret(
    teller: Teller, receiver: Receiver
) -> None:
    token = "gh" + "p_" + "a1B2c3D4" * 5
    assert teller.tell(replace(ASKED, text=f"Is {token} right?"), now()) is None

    headers, body = receiver.heard.get(timeout=PATIENCE_S)
    assert json.loads(body)["text"] == f"Is {HIDDEN} right?"
    assert headers["x-custodian-signature"] == signature(
        SECRET, headers["x-custodian-timestamp"], body
    )


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (302, "it sends elsewhere (302), where nothing is told"),
        (307, "it sends elsewhere (307), where nothing is told"),
        (404, "it answers 404"),
        (500, "it answers 500"),
    ],
)
def test_an_address_that_does_not_take_it_is_not_followed_anywhere(
    teller: Teller, receiver: Receiver, status: int, why: str
) -> None:
    receiver.status = status

    assert teller.tell(ASKED, now()) == why
    receiver.heard.get(timeout=PATIENCE_S)
    assert receiver.heard.empty()


def test_an_address_that_is_not_there_is_told_without_its_key() -> None:
    teller = Teller("http://127.0.0.1:9/hooks/geheim", SECRET, "hub-1")

    assert teller.tell(ASKED, now()) == "it does not answer (ConnectError)"
    assert teller.name == "http://127.0.0.1:9"
    teller.close()


@pytest.mark.parametrize(
    "url", ["geheim", "ftp://x/geheim", "http://", "http://me:geheim@x/", "http://x:y/geheim"]
)
def test_an_address_that_is_none_is_refused_without_saying_it(url: str, tmp_path: Path) -> None:
    settings = load({"CUSTODIAN_NOTIFY_URL": url, "CUSTODIAN_NOTIFY_SECRET": SECRET}, tmp_path)
    with pytest.raises(BadValue, match="CUSTODIAN_NOTIFY_URL: it must be as") as told:
        open_teller(settings, "hub-1")

    assert "geheim" not in str(told.value)


def test_an_address_needs_a_secret_and_hours_are_hours(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="NOTIFY_SECRET: it is not set; make one"):
        open_teller(load({"CUSTODIAN_NOTIFY_URL": "https://x.example"}, tmp_path), "hub-1")
    assert open_teller(load({}, tmp_path), "hub-1") is None
    assert load({}, tmp_path).silent_after == timedelta(hours=24)
    for wrong in ("0", "-1", "soon", "9999999"):
        with pytest.raises(BadValue, match="SILENT_HOURS: it must be a whole number"):
            _ = load({"CUSTODIAN_SILENT_HOURS": wrong}, tmp_path).silent_after


def test_trouble_is_tried_again_and_what_was_taken_is_not(
    store: Store, teller: Teller, receiver: Receiver
) -> None:
    store.do(RegisterRepo("docs", "papers"), ME)
    store.gather_notices(timedelta(days=1), ME)
    store.do(AskHuman("Which fonts?", repo="docs"), ME)
    receiver.status = 500
    (failed,) = tell_due(store, teller, timedelta(days=1))
    assert (failed.trouble, failed.again) == ("it answers 500", True)
    assert not list(tell_due(store, teller, timedelta(days=1)))

    receiver.status = 200
    at = now() + timedelta(seconds=10)
    store.clock = lambda: at
    (told,) = tell_due(store, teller, timedelta(days=1))
    assert told.trouble is None
    at += timedelta(days=1)
    assert not list(tell_due(store, teller, timedelta(days=1)))


def test_two_servers_tell_a_question_once_and_a_new_start_misses_none(
    store: Store, receiver: Receiver, tmp_path: Path
) -> None:
    """The embedded hub here: several servers of one file are as good as several of one database."""
    store.do(RegisterRepo("docs", "papers"), ME)
    said = {"CUSTODIAN_NOTIFY_URL": receiver.url, "CUSTODIAN_NOTIFY_SECRET": SECRET}

    def heard() -> str:
        text: str = json.loads(receiver.heard.get(timeout=PATIENCE_S)[1])["text"]
        return text

    store.gather_notices(timedelta(days=1), ME)
    store.do(AskHuman("While nobody served?", repo="docs"), ME)
    with served(tmp_path, **said) as (_, one), served(tmp_path, **said):
        assert heard() == "While nobody served?"
        asked = {"question": "Which fonts?", "repo": "docs"}
        assert httpx.post(f"{one}/interventions/", json=asked).status_code == 201
        assert heard() == "Which fonts?"

    assert receiver.heard.empty()
