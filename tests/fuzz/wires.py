"""The doors to the network: what forges, hubs and clients say, and who they say they are."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from starlette.datastructures import Headers
from starlette.requests import Request

from custodian_core.commands import AddTask, AddWorkstream, Caller, MakeToken, RegisterRepo
from custodian_core.endpoint import endpoint, fit_for_header, is_here
from custodian_core.errors import BadValue
from custodian_core.forge import hearing, webhooks
from custodian_core.forge import reading as forge
from custodian_core.hub import portable
from custodian_core.hub.client import HttpHub
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.jobs import Wish, check_wish
from custodian_core.queueing.team import queue_of, within_schema
from custodian_core.records import NewToken, Scope
from custodian_core.remotes import moved, remote_of
from custodian_core.wire import WAYS, command_of, error_of, object_of, read_answer
from custodian_server.choosing import Chosen, Toolset
from custodian_server.dashboard.visitors import visitor
from custodian_server.front import flags, meeting
from custodian_server.front.handshake import Handshake
from custodian_server.front.snapshot import load
from custodian_server.hub_api.auth import Door as Entrance
from custodian_server.hub_api.bodies import check_plain
from custodian_server.hub_api.errors import Rejected
from custodian_server.mcp_app import build
from custodian_tools.agent.desk import Desk

from .door import Door, refused
from .repos import text

ME = Caller("me")
KEY = "MRKD-WP-0001-T01"
FORGE = "https://git.example"
REPO: dict[str, Any] = {
    "id": 7,
    "name": "marki-docx",
    "owner": {"login": "coulomb"},
    "clone_url": "https://git.example/coulomb/marki-docx.git",
    "ssh_url": "git@git.example:coulomb/marki-docx.git",
    "default_branch": "main",
    "permissions": {"pull": True, "push": True, "admin": False},
    "updated_at": "2026-05-02T12:00:00+02:00",
    "size": 12,
}
PUSH = {
    "ref": "refs/heads/main",
    "after": "0" * 40,
    "pusher": {"login": "ada"},
    "repository": REPO,
}
THINGS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "repo": (forge.read_repo, REPO),
    "server": (forge.read_server, {"version": "1.26.4+gitea-1.22.0"}),
    "settings": (forge.read_settings, {"max_response_items": 50, "default_paging_num": 30}),
    "identity": (forge.read_identity, {"id": 1, "login": "ada", "is_admin": False}),
    "branch": (forge.read_branch, {"name": "main", "protected": True, "user_can_push": False}),
    "entry": (forge.read_entry, {"name": "a", "path": "a", "type": "file", "size": 3}),
    "label": (forge.read_label, {"id": 1, "name": "backlog", "color": "00ff00"}),
    "issue": (
        forge.read_issue,
        {"id": 1, "number": 31, "title": "t", "labels": [{"name": "x"}], "user": {"login": "a"}},
    ),
    "webhook": (forge.read_webhook, {"id": 1, "config": {"url": "http://x"}, "events": ["push"]}),
    "protection": (forge.read_protection, {"rule_name": "main", "required_approvals": 1}),
}


def said(data: bytes) -> Any:
    """What the bytes spell in JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadValue("body", "it is not JSON") from error


def spelled(*values: Any) -> tuple[bytes, ...]:
    """The values as JSON."""
    return tuple(json.dumps(value).encode() for value in values)


def _reads(read: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda data: forge.read_each([said(data)], read)


def _response(data: bytes) -> None:
    """The first line is taken for headers, the rest for the body."""
    head, _, body = data.partition(b"\n")
    line = head.decode("latin-1")
    names: list[str] = ["X-Total-Count", "Retry-After", "Date", "Location"]
    headers = dict.fromkeys(names, line)
    for status in (200, 201, 301, 401, 403, 404, 422, 423, 429, 500, 503):
        heard = hearing.Heard(status, headers, body)
        said_ = [
            refused(partial(hearing.understood, FORGE, heard, "GET", None)),
            refused(partial(hearing.led_to, FORGE, heard, "/user", "GET")),
        ]
        assert all(words is None or words.isprintable() for words in said_)


def _webhook(data: bytes) -> None:
    for event in ("push", "create", "repository", "x"):
        heard = webhooks.heard(event, data)
        assert heard is None or heard.what.isprintable()


def _signature(data: bytes) -> None:
    headers = {"x-gitea-signature": data.decode("latin-1"), "x-gitea-event": "push"}
    assert not webhooks.is_genuine(b"{}", "a secret of some length", headers)
    webhooks.event_of({"x-gitea-event": data.decode("latin-1")})
    webhooks.delivery_of({"x-gitea-delivery": data.decode("latin-1")})


def _remote(url: str) -> None:
    remote = remote_of(url)
    if remote and remote.full_name:
        moved(url, "owner/name")


def _address(url: str) -> None:
    is_here(endpoint(url, "GITEA_URL", "GITEA_TOKEN", "https://git.example"))
    fit_for_header(url, "GITEA_TOKEN")


def _command(data: bytes) -> None:
    """A body as the API takes it, for each way in turn."""
    body = said(data)
    if not isinstance(body, dict):
        raise BadValue("body", "it must be an object")
    check_plain(body)
    for way in WAYS:
        refused(partial(command_of, way, "x" if way.subject else None, body))


def _answer(data: bytes) -> None:
    """A hub's answer as its client takes it, whole and as an error."""
    told = said(data)
    error_of(told)
    for way in WAYS:
        refused(partial(read_answer, way.answer, told))


def _always(answer: httpx.Response, _request: httpx.Request) -> httpx.Response:
    return answer


def _foreign_hub(data: bytes) -> None:
    """Whatever answers at the address of a hub."""
    for status in (200, 409, 503):
        headers = {"X-Total-Count": "1", "Content-Type": "application/json"}
        answer = httpx.Response(status, headers=headers, content=data)
        transport = httpx.MockTransport(partial(_always, answer))
        hub = HttpHub("http://localhost", transport=transport, pause=lambda _seconds: None)
        for ask in (hub.health, hub.repos, partial(hub.dispatch, "docs"), hub.domains):
            refused(ask)
        hub.close()


@cache
def _home() -> tuple[Any, Path]:
    """A folder of this process's own; the first value keeps it there."""
    kept = TemporaryDirectory(prefix="custodian-fuzz-")
    return kept, Path(kept.name)


@cache
def hub() -> Store:
    """A hub with a repo, a task and a token."""
    store = Store(SQLite(_home()[1] / "hub.db"))
    store.do(RegisterRepo("docs", "custodian"), ME)
    store.do(AddWorkstream("docs", "MRKD-WP-0001", "Level 1", "workplans/a.md"), ME)
    store.do(AddTask("MRKD-WP-0001", KEY, "Parse"), ME)
    made: NewToken = store.do(MakeToken("ada", Scope.READ), ME)
    assert made.secret
    return store


def _cursor(after: str) -> None:
    store = hub()
    lists: Iterable[Callable[..., object]] = (
        store.repos,
        store.tasks,
        store.workstreams,
        store.interventions,
        partial(store.forge_repos, FORGE),
    )
    for pages in lists:
        refused(partial(pages, after=after, limit=1))
    for ask in (store.task, store.repo, store.workstream, store.goals, store.dispatch):
        refused(partial(ask, after))


def _token(data: bytes) -> None:
    shown = data.decode("latin-1")
    entrance = Entrance(hub(), loopback=False)
    headers = Headers({"authorization": f"Bearer {shown}", "host": "10.0.0.7"})
    assert refused(lambda: entrance.caller("GET", "/repos", headers), Rejected)
    cookie = [(b"cookie", b"custodian_http=" + data)]
    scope = {"type": "http", "headers": cookie, "server": ("h", 80), "scheme": "http", "path": "/"}
    assert visitor(Request(scope), entrance, hub(), "here") is None


def _header(data: bytes) -> None:
    value = data.decode("latin-1")
    entrance = Entrance(hub(), loopback=True)
    for name in ("host", "origin"):
        headers = Headers({"host": "localhost", name: value})
        refused(partial(entrance.check_headers, headers, "/repos"), Rejected)


def _wish(said_: str) -> None:
    queue_of(said_)
    within_schema(f"postgresql:///{said_}")
    check_wish(Wish("docs", said_, said_))


def _import(data: bytes) -> None:
    kept = TemporaryDirectory(prefix="custodian-fuzz-")
    with kept:
        database = SQLite(Path(kept.name, "hub.db"))
        try:
            lines = data.decode("utf-8", "replace").splitlines()
            portable.restore(database, lines, datetime(2026, 5, 2, tzinfo=UTC))
        finally:
            database.close()


def _first_words(data: bytes) -> None:
    meeting.announced(data)
    flags.read(data.decode("utf-8", "replace").split())
    meeting.understood(data)


def _handshake(data: bytes) -> None:
    front = Handshake(load(flags.Flags(), {}))
    for line in data.splitlines():
        told = front.hear(line)
        assert told is None or json.loads(told)["jsonrpc"] == "2.0"


@cache
def _tools() -> Any:
    """The tools of a server whose hub and roots are this process's own."""
    home = _home()[1]
    env = {
        "CUSTODIAN_HOME": str(home),
        "CUSTODIAN_ROOTS": str(home),
        "CUSTODIAN_HOST": "here",
        "XDG_CONFIG_HOME": str(home),
    }
    hub()
    return build(Desk(home, env), Chosen(frozenset(Toolset), read_only=True))


def _tool_call(data: bytes) -> None:
    """A call of a tool that reads: answered, or refused in words."""
    call = object_of(said(data))
    name, arguments = str(call.get("name")), object_of(call.get("arguments"))
    if name not in ARGUMENTS:
        raise BadValue("call", "it names no tool that only reads")
    server = _tools()
    try:
        anyio.run(server.call_tool, name, arguments)
    except UnexpectedToolError:  # (a fault of ours, in words that hide it)
        raise
    except ToolError as refusal:
        raise BadValue("call", str(refusal)) from refusal


#: what tools that read are asked
ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_tasks": {"repo": "docs", "status": "todo", "limit": 3, "cursor": "x"},
    "get_task": {"task": KEY},
    "list_interventions": {"repo": "docs", "limit": 3},
    "list_repos": {"limit": 3},
    "get_repo_dispatch": {"repo": "docs"},
    "check_consistency": {"repos": ["docs"]},
    "lint_workplans": {"path": "."},
    "check_ops_repo": {"repo": "docs"},
    "read_prerequisites": {"repo": "./x"},
    "list_vault": {"repo": "~/x"},
    "get_vault_item": {"repo": "docs", "name": "a"},
    "classify_action": {"repo": "docs", "formula": "a"},
    "parse_dependencies": {"body": "depends on #3"},
    "list_evidence": {"repo": "docs"},
    "get_evidence": {"repo": "docs", "domain": "a"},
    "collect_engagement": {"logs": ["access.log"], "hours": 3},
    "scan_secrets": {"body": "password=hunter2", "path": "a"},
    "list_schedules": {"domain": "d", "due_within_hours": 3},
    "validate_schedule": {"repo": "docs"},
}
JSON = (b"{", b"}", b"[", b"]", b'"a":', b'"a"', b",", b"null", b"1e999", b"[[")

DOORS = (
    *(
        Door(f"forge {name}", _reads(read), JSON, spelled(sample))
        for name, (read, sample) in THINGS.items()
    ),
    Door(
        "forge response",
        _response,
        (*JSON, b"<html>", b"3\n", b"/api/v1/x\n", b"//evil\n"),
        (b"3\n[]", b'Sat, 02 May 2026 12:00:00 GMT\n{"message": "x", "errors": ["y"]}'),
    ),
    Door("webhook", _webhook, JSON, spelled(PUSH, {"ref": "v1", "ref_type": "tag", **PUSH})),
    Door("webhook signature", _signature, (b"sha256=", b"a" * 64)),
    Door(
        "remote",
        text(_remote),
        (b"https://", b"git@", b"host", b":", b"/", b"a.git", b"ssh://", b"file://", b"[::1]"),
        (b"git@git.example:coulomb/docs.git", b"https://u:p@git.example:3000/coulomb/docs"),
    ),
    Door(
        "address of a server",
        text(_address),
        (b"http://", b"https://", b"@", b"[::1]", b":99999", b"?", b"#", b"host"),
        (b"https://git.example:3000/forge/",),
    ),
    Door(
        "body of a command",
        _command,
        JSON,
        spelled(
            {"slug": "docs", "domain": "custodian", "forge_id": 3, "host": "h", "path": "/a"},
            {"status": "done", "priority": "high", "depends_on": [KEY], "version": 3, "fence": 1},
            {"sync": {"host": "h", "path": "/a"}, "stamp": True, "findings": []},
            {"question": "Which?", "options": ["a", "b"], "repo": "docs"},
        ),
    ),
    Door(
        "answer of a hub",
        _answer,
        JSON,
        spelled(
            {"error": {"code": "bad_value", "message": "m", "details": {"what": "a", "why": "b"}}},
            {"id": "x", "slug": "docs", "domain": "d", "hosts": [], "status": "active"},
        ),
    ),
    Door("what answers as a hub", _foreign_hub, (*JSON, b"<html>"), spelled([REPO], {"a": 1})),
    Door("cursor or name", text(_cursor), (b"~", b"docs", KEY.encode(), b"-", b"1", b"%", b"'")),
    Door("token or session", _token, (b"cust_", b".", b"local.", b"9", b"A" * 20)),
    Door("host or origin", _header, (b"localhost", b":80", b"http://", b"null", b"[::1]")),
    Door("wish of a sync", text(_wish), (b"a", b"\xc3\xa9", b"~")),
    Door(
        "exported hub",
        _import,
        (*JSON, b"\n", b'{"table": "tasks", "row": {}}\n'),
        (b'{"kind": "custodian-hub", "schema_version": 1}\n{"table": "hub", "row": {"id": 1}}\n',),
    ),
    Door(
        "first words of a client",
        _first_words,
        (b"custodian-mcp 1 ", b"\x00", b"a=b", b"--tools=", b"--read-only ", b"2"),
        (b"custodian-mcp 1 20", b"1.0\x00/c\x00/f\x001\x00--read-only\x00A=b"),
        refuses=(ValueError,),
    ),
    Door(
        "handshake",
        _handshake,
        (*JSON, b"\n", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}\n'),
        spelled(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "clientInfo": {"name": "a", "version": "1"},
                },
            }
        ),
    ),
    Door(
        "arguments of a tool",
        _tool_call,
        JSON,
        spelled(*({"name": name, "arguments": said_} for name, said_ in ARGUMENTS.items())),
        most=0,
    ),
)
