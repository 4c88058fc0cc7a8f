"""`custodian queue`: what waits, page after page."""

import json
import os
from pathlib import Path

import pytest

from custodian_core.commands import RegisterRepo
from custodian_core.errors import BadValue
from custodian_core.hub import open_hub
from custodian_core.jobs import Wish
from custodian_core.queueing import open_queue
from custodian_core.settings import load

from .desk import Do, data, refusal, run, say


def ask_for(*repos: str) -> None:
    queue = open_queue(load(os.environ, Path.cwd()))
    queue.request_syncs([Wish(repo, "tower", "a push") for repo in repos])
    queue.close()


def test_a_queue_is_listed_in_pages_with_the_way_to_go_on() -> None:
    ask_for("one", "two", "three")

    told = say("queue", "list", "--limit", "2")
    assert [line.split()[0] for line in told.splitlines()[:2]] == ["one", "two"]
    assert "2 of 3 syncs; go on with --after '1~2'" in told
    assert say("queue", "list", "--after", "1~2").startswith("three  tower  waiting")
    assert json.loads(say("queue", "list", "--json", "--limit", "1"))["data"]["cursor"] == "1~1"
    assert "custodian worker" in run("queue", "list").stderr


def test_an_empty_queue_says_so_and_how_it_is_filled() -> None:
    assert say("queue", "list").splitlines()[0] == "no syncs"
    assert "custodian queue request REPO" in run("queue", "list").stderr


def test_a_cursor_of_another_list_is_refused() -> None:
    assert "cursor" in str(refusal(BadValue, "queue", "list", "--after", "T01~x"))


@pytest.mark.parametrize(("host", "told"), [("tower", 1), ("laptop", 0)])
def test_a_host_with_a_queue_of_its_own_hears_by_the_log_of_what_it_is_asked(
    do: Do, host: str, told: int
) -> None:
    do(RegisterRepo("docs", "custodian", host="tower", path="/src/docs"))

    assert data("queue", "request", "docs", "--host", host)["hosts"] == [host]
    hub = open_hub(load(os.environ, Path.cwd()))
    assert hub.events(type="sync.requested").total == told
    hub.close()
