"""Builds and idle pull requests, as a forge on a real socket tells them, or does not."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from custodian_core.forge.client import HttpForge
from custodian_core.ops.host import Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.waiting import IdlePull
from custodian_core.ops.workplace import BuildState
from custodian_tools.ops.forge_probes import Asked, look_at_builds, look_at_pulls

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
API, GONE = Asked("api", "acme/api", "main"), Asked("gone", "acme/gone", "main")
REPO = "/api/v1/repos/acme/api"


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def status(state: str, minutes: int, context: str = "ci/unit", told: str = "") -> dict[str, str]:
    said = {"context": context, "status": state, "description": told}
    return said | {"updated_at": stamp(ago(minutes))}


def pull(number: int, minutes: int, **more: Any) -> dict[str, Any]:
    """A pull request in which something last happened so long ago."""
    branch = {"label": f"fix/issue-{number}", "sha": f"{number:040x}", "repo_id": 1}
    return {
        "id": number, "number": number, "state": "open", "head": branch, "base": {"repo_id": 1},
        "created_at": stamp(ago(9000)), "updated_at": stamp(ago(minutes)), **more,
    }  # fmt: skip


@contextmanager
def forge(answers: dict[str, Any], asked: list[str] | None = None) -> Generator[HttpForge]:
    """A forge that has these answers by path, and nothing else."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if asked is not None:
                asked.append(path.removeprefix(REPO))
            known = answers.get(path.removeprefix(REPO)) if path.startswith(REPO) else None
            body = json.dumps({"message": "not found"} if known is None else known).encode()
            self.send_response(404 if known is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own word
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with HttpForge(f"http://127.0.0.1:{server.server_port}", "token") as client:
            yield client
        server.shutdown()


async def _no_pause(_seconds: float) -> None:
    return None


def test_builds_that_have_not_ended_are_told_and_a_repo_of_which_nothing_is_told_is_named() -> None:
    statuses = [
        status("pending", 60, told="Has started running"),
        status("pending", 60, "ci/lint", "Waiting to run"),
        status("success", 60, "ci/docs"),
    ]
    with forge({"/commits/main/status": {"statuses": statuses}}) as there:
        told = look_at_builds(there, lambda: [API, GONE], 5)

    assert [(each.repo, each.name, each.state) for each in told.builds] == [
        ("api", "ci/unit", BuildState.RUNNING),
        ("api", "ci/lint", BuildState.PENDING),
    ]
    assert (told.status, told.not_told) == (Probe.OK, ("gone",))


def commit(number: int) -> str:
    return f"/commits/{number:040x}/status"


def test_a_green_pull_request_in_which_nothing_happens_is_told_by_its_newest_commit() -> None:
    asked: list[str] = []
    answers = {
        "/pulls": [
            pull(1, 100),
            pull(2, 100),
            pull(3, 5),
            pull(4, 100, draft=True),
            pull(5, 100),
        ],
        commit(1): {"statuses": [status("success", 90), status("success", 95, "ci/lint")]},
        commit(2): {"statuses": [status("success", 90), status("failure", 95, "ci/lint")]},
        commit(5): {"statuses": [status("success", 10)]},
    }
    with forge(answers, asked) as there:
        told = look_at_pulls(there, lambda: [API, GONE], Limits(), NOW, 5)

    assert told.idle == (IdlePull("api", 1, ago(90)),)
    assert (told.status, told.not_told) == (Probe.OK, ("gone",))
    # (of what was touched lately, and of what its maker calls a draft, no build is asked)
    builds = {path for path in asked if path.startswith("/commits")}
    assert builds == {commit(number) for number in (1, 2, 5)}


def test_a_pull_request_whose_builds_nobody_tells_of_is_not_told_and_its_repo_is_named() -> None:
    with forge({"/pulls": [pull(1, 100)]}) as there:
        told = look_at_pulls(there, lambda: [API], Limits(), NOW, 5)

    assert (told.idle, told.not_told) == ((), ("api",))
    assert told.why == "1 repo was not asked in time, or did not say"


def test_a_forge_that_has_none_of_the_repos_is_not_asked_and_is_not_said_to_be_well() -> None:
    with forge({}) as known:
        builds = look_at_builds(known, tuple, 5)
        pulls = look_at_pulls(known, tuple, Limits(), NOW, 5)

    assert (builds.status, pulls.status) == (Probe.ABSENT, Probe.ABSENT)
    assert "no repo of this host" in (builds.why or "")


@pytest.mark.parametrize("what", ["builds", "pulls"])
def test_a_forge_that_does_not_answer_tells_nothing_and_not_none(what: str) -> None:
    with HttpForge("http://127.0.0.1:9", "token", pause=_no_pause) as there:
        if what == "builds":
            told = look_at_builds(there, lambda: [API], 5)
            status, why = told.status, told.why
        else:
            found = look_at_pulls(there, lambda: [API], Limits(), NOW, 5)
            status, why = found.status, found.why

    assert status is Probe.TIMEOUT
    assert "does not answer" in (why or "")


def test_repos_for_which_there_was_no_time_are_named_and_not_asked() -> None:
    asked: list[str] = []
    with forge({"/pulls": []}, asked) as there:
        told = look_at_pulls(there, lambda: [API, GONE], Limits(), NOW, 0)

    assert (told.not_told, asked) == (("api", "gone"), [])
