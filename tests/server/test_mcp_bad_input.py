"""What a real server does with what no client should send, over the pipes that clients use."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.gits import as_ada
from tests.waiting import PATIENCE_S

from .agents import PLAN

PROGRAM = Path(sys.executable).with_name("custodian-mcp")
SECRET = "hunter2-of-the-hub"  # noqa: S105 - no answer may hold these
PASSWORD = "correct-horse"  # noqa: S105
ONE = "DOCS-WP-0001-T01"


@dataclass
class Server:
    """A server that was started as clients start it, and all that it ever said."""

    process: subprocess.Popen[bytes]
    said: list[bytes] = field(default_factory=list[bytes])
    listeners: list[threading.Thread] = field(default_factory=list[threading.Thread])
    answers: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue[dict[str, Any]])
    last: int = 0

    @classmethod
    def start(cls, folder: Path, env: dict[str, str]) -> "Server":
        """One that has shaken hands."""
        pipe = subprocess.PIPE
        server = cls(
            subprocess.Popen([PROGRAM], cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
        )
        server.listeners = [threading.Thread(target=each) for each in (server._hear, server._heed)]
        for each in server.listeners:
            each.start()
        hello: dict[str, Any] = {"protocolVersion": "2025-11-25", "capabilities": {}}
        server.ask("initialize", **hello, clientInfo={"name": "test", "version": "0"})
        server.send(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        return server

    def _hear(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            self.answers.put(json.loads(line))

    def _heed(self) -> None:
        assert self.process.stderr
        self.said.extend(self.process.stderr)

    def send(self, data: bytes) -> None:
        """Those bytes and no others reach the server."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def begin(self, method: str, **params: Any) -> int:
        """A request is on its way."""
        self.last += 1
        told = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.send(json.dumps(told).encode() + b"\n")
        return self.last

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to that request."""
        while True:
            told = self.answers.get(timeout=PATIENCE_S)
            if told.get("id") == number:
                return told

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A request, answered."""
        return self.answer(self.begin(method, **params))

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool does that does what is asked."""
        result = self.ask("tools/call", name=tool, arguments=arguments)["result"]
        assert not result.get("isError"), result
        told: dict[str, Any] = result["structuredContent"]
        return told

    def refusal(self, tool: str, **arguments: Any) -> str:
        """What a tool says that does not do it."""
        result = self.ask("tools/call", name=tool, arguments=arguments)["result"]
        assert result["isError"], result
        text: str = result["content"][0]["text"]
        return text

    def end(self) -> int:
        """The client is gone; how the server ended."""
        with self.process:
            assert self.process.stdin
            self.process.stdin.close()
            code = self.process.wait(PATIENCE_S)
            for each in self.listeners:
                each.join(PATIENCE_S)
        return code


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with a repo in step, one that diverged, one whose remote wants a password."""
    root = tmp_path_factory.mktemp("machine")
    for name in ("docs", "apart", "locked"):
        as_ada(root, "init", "-q", "--bare", "-b", "main", f"{name}.git")
        as_ada(root, "init", "-q", "-b", "main", name)
        as_ada(root / name, "remote", "add", "origin", str(root / f"{name}.git"))
        (root / name / "workplans").mkdir()
        plan = PLAN.replace("DOCS", name.upper()).replace("docs", name)
        (root / name / "workplans/a.md").write_text(plan)
        as_ada(root / name, "add", ".")
        as_ada(root / name, "commit", "-q", "-m", "plan")
        as_ada(root / name, "push", "-q", "-u", "origin", "main")
    as_ada(root / "apart", "commit", "-q", "--allow-empty", "-m", "here")
    as_ada(root, "clone", "-q", "apart.git", "there")
    as_ada(root / "there", "commit", "-q", "--allow-empty", "-m", "there")
    as_ada(root / "there", "push", "-q")
    as_ada(root / "apart", "fetch", "-q")
    locked = f"https://ada:{PASSWORD}@127.0.0.1:9/locked.git"
    as_ada(root / "locked", "remote", "set-url", "origin", locked)
    return root


@pytest.fixture(scope="module")
def env(machine: Path) -> dict[str, str]:
    """What its processes are told."""
    return {
        **os.environ,
        "CUSTODIAN_HOME": str(machine / "home"),
        "CUSTODIAN_ROOTS": str(machine),
        "CUSTODIAN_HOST": "laptop",
        "CUSTODIAN_HUB_TOKEN": SECRET,
        "XDG_CONFIG_HOME": str(machine / "config"),
    }


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    """Every server of these tests; none of them ever tells a secret, or ends in a traceback."""
    started: list[Server] = []
    yield started
    codes = [server.end() for server in started]
    said = b"".join(line for server in started for line in server.said)
    assert codes == [0] * len(started)
    assert SECRET.encode() not in said
    assert PASSWORD.encode() not in said
    assert b"Traceback" not in said
    assert b"pydantic" not in said


@pytest.fixture(scope="module")
def server(machine: Path, env: dict[str, str], servers: list[Server]) -> Server:
    """A server in a repo that is in step."""
    servers.append(Server.start(machine / "docs", env))
    for name in ("docs", "apart", "locked"):
        servers[-1].call("register_repo", path=str(machine / name))
    servers[-1].call("fix_consistency", repos=["docs"])
    return servers[-1]


@pytest.fixture(scope="module")
def other(machine: Path, env: dict[str, str], server: Server, servers: list[Server]) -> Server:
    """Another server there, of another agent."""
    servers.append(Server.start(machine / "docs", env))
    return servers[-1]


@pytest.fixture(scope="module")
def lonely(machine: Path, env: dict[str, str], servers: list[Server]) -> Server:
    """A server whose hub does not answer."""
    servers.append(
        Server.start(machine / "docs", env | {"CUSTODIAN_HUB_URL": "http://127.0.0.1:9"})
    )
    return servers[-1]


@pytest.mark.parametrize("tool", ["get_repo_dispatch", "list_tasks", "claim_task", "set_goal"])
def test_a_wrong_slug_is_told_with_near_names_and_the_call_that_lists_all(
    tool: str, server: Server
) -> None:
    more = {"title": "x"} if tool == "set_goal" else {}
    told = server.refusal(tool, repo="dosc", **more)

    assert "there is no repo 'dosc'; near it: docs" in told
    assert "call list_repos" in told


def test_two_agents_at_once_get_one_task_between_them(server: Server, other: Server) -> None:
    numbers = [
        (each, each.begin("tools/call", name="claim_task", arguments={"task": ONE, "agent": name}))
        for each, name in ((server, "ada"), (other, "bob"))
    ]
    results = [each.answer(number)["result"] for each, number in numbers]
    won = [result for result in results if not result.get("isError")]
    lost = [result for result in results if result.get("isError")]

    assert len(won) == len(lost) == 1
    holder = won[0]["structuredContent"]["lease"]["holder"]
    assert f"is claimed by {holder} until" in lost[0]["content"][0]["text"]
    assert "call claim_task with repo instead" in lost[0]["content"][0]["text"]


def test_a_stale_fence_says_who_holds_the_task(server: Server, other: Server) -> None:
    claimed = server.call("claim_task", repo="docs", agent="eve")["task"]["key"]
    told = other.refusal("update_task", task=claimed, status="done", fence=99, agent="mallory")
    task = other.call("get_task", task=claimed)

    assert "fence 99" in told
    assert "eve holds it now" in told
    assert "call get_task" in told
    assert (task["status"], task["lease"]["holder"]) == ("in_progress", "eve")


def test_without_a_hub_a_dispatch_is_advice_from_the_files(lonely: Server, machine: Path) -> None:
    told = lonely.call("get_repo_dispatch")
    named = lonely.call("get_repo_dispatch", repo="docs")
    elsewhere = lonely.call("get_repo_dispatch", repo=str(machine / "apart"))

    assert (told["advisory"], told["lease"], told["hub_id"]) == (True, None, None)
    assert (told["directive"], told["task"]["key"]) == ("work", ONE)
    assert "does not answer" in told["hub"]
    assert "nobody can claim" in told["lease_why"]
    command = f"custodian workplan set-status workplans/a.md STATUS --task {ONE}"
    assert told["report_back"]["cli"] == {"status": command}
    assert named["task"] == told["task"]
    assert (elsewhere["directive"], elsewhere["task"]) == ("sync_first", None)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_repos", {}),
        ("claim_task", {"repo": "docs"}),
        ("get_repo_dispatch", {"repo": "apart"}),
        ("fix_consistency", {"all": True}),
    ],
)
def test_without_a_hub_whatever_needs_one_says_how_to_start_it(
    tool: str, arguments: dict[str, Any], lonely: Server
) -> None:
    told = lonely.refusal(tool, **arguments)

    assert "does not answer" in told
    assert "start the hub (`custodian serve`) or mend CUSTODIAN_HUB_URL" in told


def test_a_repo_that_is_not_on_this_host_says_how_to_make_it_known(
    machine: Path, env: dict[str, str], server: Server, servers: list[Server]
) -> None:
    servers.append(Server.start(machine, env | {"CUSTODIAN_HOST": "desktop"}))
    told = servers[-1].refusal("fix_consistency", repos=["docs"])
    dispatch = servers[-1].call("get_repo_dispatch", repo="docs")

    assert "it has no checkout on desktop" in told
    assert "call register_repo with path" in told
    assert dispatch["sync"] is None
    assert "no checkout on desktop" in dispatch["sync_why"]


def test_a_repo_that_has_diverged_is_to_be_synced_first_and_nothing_is_claimed(
    server: Server,
) -> None:
    told = server.call("get_repo_dispatch", repo="apart")
    (fixed,) = server.call("fix_consistency", repos=["apart"])["repos"]

    assert (told["directive"], told["reason_code"]) == ("sync_first", "diverged")
    assert (told["task"], told["lease"]) == (None, None)
    assert told["report_back"]["mcp"]["look"] == "check_consistency repos=['apart']"
    assert (fixed["outcome"], fixed["ahead"], fixed["behind"]) == ("diverged", 1, 1)
    assert fixed["findings"][0]["todo"]


def test_a_password_in_a_remotes_address_is_not_told(server: Server) -> None:
    (fixed,) = server.call("fix_consistency", repos=["locked"])["repos"]
    server.call("list_repos")

    assert fixed["sealed"] is not True
    assert fixed["findings"]
    assert PASSWORD not in json.dumps(fixed)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("update_task", {"task": ONE, "note": "x" * 10_001}, "'note': string should have at most"),
        ("get_task", {"task": "x" * 1_001}, "'task': string should have at most 1000"),
        ("list_tasks", {"cursor": "x" * 5_000_000}, "'cursor': string should have at most 1000"),
        ("fix_consistency", {"repos": ["docs"] * 501}, "'repos': list should have at most 500"),
        ("create_workplan", {"title": "x", "tasks": ["x" * 1_001]}, "'tasks.0': string should"),
        ("list_tasks", {"limit": 10**30}, "'limit': input should be less than or equal to 100"),
        ("list_tasks", {"limit": "many"}, "'limit': input should be a valid integer"),
        ("list_tasks", {"status": ["todo"]}, "'status': input should be 'todo'"),
        ("get_task", {"task": None}, "'task': input should be a valid string"),
        ("get_task", {"task": {"key": ONE}}, "'task': input should be a valid string"),
        ("update_task", {"task": ONE, "fence": "one"}, "'fence': input should be a valid integer"),
        ("fix_consistency", {"all": "perhaps"}, "'all': input should be a valid boolean"),
        ("get_task", {}, "'task' is missing"),
        ("list_tasks", {"stauts": "todo"}, "there is no argument 'stauts'"),
        ("list_tasks", {"cursor": "nonsense"}, "it is not a cursor of this list"),
        ("update_task", {"task": ONE}, "give a status, a note or evidence"),
        ("install_hooks", {"repos": ["../../etc"]}, "no repo is registered there"),
        ("register_repo", {"path": "/etc"}, "it is not below"),
        ("get_task", {"task": "\u202e' or 1=1 --"}, "there is no task"),
        ("get_task", {"task": "a\x00"}, "it holds a character that no text can have"),
    ],
)
def test_what_no_tool_takes_is_refused_in_words(
    tool: str, arguments: dict[str, Any], said: str, server: Server
) -> None:
    told = server.refusal(tool, **arguments)

    assert said in told
    assert len(told) < 2_500
    assert all(char.isprintable() for char in told)


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("tools/call", {"name": "rm", "arguments": {}}, "rm"),
        ("tools/call", {"arguments": {}}, "nvalid"),
        ("tools/call", {"name": "list_tasks", "arguments": [1]}, "nvalid"),
        ("no/such/method", {}, "Method not found"),
        ("resources/read", {"uri": "workplan://docs/../../etc/passwd"}, "etc/passwd"),
        ("resources/read", {"uri": "file:///etc/passwd"}, "etc/passwd"),
        ("prompts/get", {"name": "dispatch", "arguments": {"repo": "dosc"}}, "near it: docs"),
        ("prompts/get", {"name": "none"}, "unknown prompt: none; prompts/list"),
        ("prompts/get", {"name": "dispatch"}, "missing required arguments"),
    ],
)
def test_what_the_protocol_does_not_have_is_an_error_and_not_the_end(
    method: str, params: dict[str, Any], said: str, server: Server
) -> None:
    told = server.ask(method, **params)

    assert said in json.dumps(told.get("error") or told["result"])
    assert "root:" not in json.dumps(told)
    assert server.call("list_repos")["total"] == 3


@pytest.mark.parametrize(
    "garbage",
    [
        b"not json\n",
        b"\n\n\n",
        b"\xff\xfe\x00\x01\n",
        b"[]\n",
        b"null\n",
        b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}\n',
        b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}\n',
        b'{"jsonrpc": "2.0", "id": 999, "result": {}}\n',
        b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 998}}\n',
        b"{" * 100_000 + b"\n",
        b'{"jsonrpc": "2.0", "id": 7, "method": "' + b"x" * 5_000_000 + b'"}\n',
    ],
    ids=lambda garbage: repr(garbage[:30]),
)
def test_garbage_between_messages_changes_nothing(garbage: bytes, server: Server) -> None:
    server.send(garbage)

    assert server.call("list_repos")["total"] == 3


@pytest.mark.parametrize("after", [b"", b"not json\n", b'{"jsonrpc": "2.0", "id": 2, "meth'])
def test_a_server_whose_input_ends_is_gone_and_printed_only_protocol(
    after: bytes, machine: Path, env: dict[str, str], servers: list[Server]
) -> None:
    server = Server.start(machine, env)
    server.send(after)

    assert server.end() == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in server.said)


@pytest.mark.parametrize(
    ("amiss", "said"),
    [
        ({"CUSTODIAN_HUB_URL": "ftp://hub"}, "CUSTODIAN_HUB_URL"),
        ({"CUSTODIAN_DATABASE_URL": f"oracle://ada:{PASSWORD}@x"}, "CUSTODIAN_DATABASE_URL"),
        ({"XDG_CONFIG_HOME": "amiss"}, "unknown_key"),
    ],
)
def test_what_is_not_set_right_stops_the_call_and_not_the_start(
    amiss: dict[str, str],
    said: str,
    machine: Path,
    env: dict[str, str],
    servers: list[Server],
) -> None:
    (machine / "amiss/custodian").mkdir(parents=True, exist_ok=True)
    (machine / "amiss/custodian/config.toml").write_text('unknown_key = "x"\n')
    servers.append(Server.start(machine, env | amiss))
    tools = servers[-1].ask("tools/list")["result"]["tools"]
    told = servers[-1].refusal("list_repos")

    assert len(tools) > 10
    assert said in told
