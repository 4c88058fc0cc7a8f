"""Starting: the command line against a bare interpreter, the MCP server against the bare SDK."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench_hub import filled
from harness import CannotMeasure, Row, compared, held, spent_by
from session import HELLO, Session, spoken

from custodian_core.model_tokens import count

_BIN = Path(sys.executable).parent
_BAR_MS = 100
#: what each way of serving is held to: the lists, and the first call
_LISTS_MS, _RESIDENT_MS, _TIMES_BARE = 60, 40, 1.1
#: how many tasks the hub has, and what a call may take once the server is warm
_TASKS, _WARM_MS, _TOKENS, _WARM_CALLS = 10_000, 15, 1_500, 100
_CLAIM_MS = 50
#: what a model pays, in tokens: for all tools of the default sets, for one, for a usual dispatch
_ALL_TOOLS, _ONE_TOOL, _DISPATCH = 2_500, 250, 600

#: what answers with no more than the standard library: nothing in Python can be quicker
FLOOR = """\
import json, sys
for line in sys.stdin:
    said = json.loads(line)
    if "id" in said:
        print(json.dumps({"jsonrpc": "2.0", "id": said["id"], "result": {}}), flush=True)
"""
#: the SDK with one tool that does nothing
BARE = """\
from mcp.server import MCPServer
server = MCPServer("bare")
@server.tool()
def list_tasks() -> dict:
    return {}
server.run()
"""
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("initialize", HELLO),
    ("tools/list", {}),
    ("tools/call", {"name": "list_tasks", "arguments": {}}),
)


def rows(rounds: int = 20) -> list[Row]:
    """`custodian --version` and `custodian --help`; `custodian-mcp` in each way of serving."""
    found: list[Row] = []
    for flag in ("--version", "--help"):
        ours = partial(spent_by, [str(_BIN / "custodian"), flag])
        floor = partial(spent_by, [sys.executable, "-c", "pass"])
        costs = compared(ours, floor, rounds)
        bar = f"<= {_BAR_MS} ms CPU"
        name = f"custodian {flag}"
        holds = costs[0].cpu_ms <= _BAR_MS
        found.append(held(name, costs, "a bare interpreter", bar, holds, rounds))
    return found + _served(rounds // 2)


def _served(rounds: int) -> list[Row]:
    """Spawned to answered, the median of each, all measured in turn."""
    with _machine() as (folder, env, resident):
        program, python = [str(_BIN / "custodian-mcp")], [sys.executable, "-c"]
        alone = {**env, "CUSTODIAN_HOST": "alone"}
        ways: dict[str, Callable[[], list[float]]] = {
            "floor": partial(_times, [*python, FLOOR], folder, env),
            "bare": partial(_times, [*python, BARE], folder, env),
            "front": partial(_times, program, folder, alone),
            "resident": partial(_times, program, folder, resident),
        }
        told: dict[str, list[list[float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, measure in ways.items():
                told[name].append(measure())
        warm = _warm(program, folder, alone)
    took = {
        name: [statistics.median(each) for each in zip(*all_, strict=True)]
        for name, all_ in told.items()
    }
    floor, bare, front, through = (took[name] for name in ("floor", "bare", "front", "resident"))
    return [
        _row("spawn -> initialize, front", front[0], floor[0], _LISTS_MS, rounds),
        _row("spawn -> tools/list, front", front[1], floor[1], _LISTS_MS, rounds),
        Row(
            "spawn -> first call, in process",
            front[2],
            "the bare SDK",
            bare[2],
            f"<= {_TIMES_BARE}x",
            front[2] <= _TIMES_BARE * bare[2],
            rounds,
        ),
        _row("spawn -> tools/list, resident", through[1], floor[1], _RESIDENT_MS, rounds),
        _row("spawn -> first call, resident", through[2], floor[2], _RESIDENT_MS, rounds),
        *warm,
    ]


def _warm(command: list[str], folder: Path, env: dict[str, str]) -> list[Row]:
    """Calls of a server that is warm, among many tasks, and how long the list of tasks is."""
    asked = {"repo": "repo-07"}
    with spoken(command, folder, env) as server:
        server.ask(*STEPS[0])
        shown = [tokens_of_tool(tool) for tool in server.ask(*STEPS[1])["result"]["tools"]]
        rows = [_call_row(server, tool, asked) for tool in ("get_repo_dispatch", "list_tasks")]
        rows.append(_claim_row(server, asked))
        dispatch, _ = server.call("get_repo_dispatch", asked)
        listed, _ = server.call("list_tasks", asked)
    return [
        *rows,
        _tokens(f"tools/list, {len(shown)} tools", sum(shown), _ALL_TOOLS),
        _tokens("the dearest tool", max(shown), _ONE_TOOL),
        _tokens("get_repo_dispatch", count(dispatch), _DISPATCH),
        _tokens("list_tasks", count(listed), _TOKENS),
    ]


def tokens_of_tool(tool: dict[str, Any]) -> int:
    """What a model sees of a tool: its name, description and schema."""
    seen = {"name": tool["name"], "description": tool.get("description", "")}
    told = {**seen, "input_schema": tool["inputSchema"]}
    return count(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _tokens(name: str, tokens: int, bar: int) -> Row:
    said = f"<= {bar:,} tokens"
    return Row(name, tokens, "the bar alone", None, said, tokens <= bar, 1, unit="tokens")


def _call_row(server: Session, tool: str, arguments: dict[str, Any]) -> Row:
    took: list[float] = []
    for _ in range(_WARM_CALLS):
        begin = time.perf_counter()
        said, good = server.call(tool, arguments)
        took.append((time.perf_counter() - begin) * 1000)
        assert good, said
    ours, bar = statistics.median(took), f"<= {_WARM_MS} ms, median"
    name = f"warm {tool}, {_TASKS} tasks"
    return Row(name, ours, "the bar alone", None, bar, ours <= _WARM_MS, _WARM_CALLS)


def _claim_row(server: Session, repo: dict[str, Any]) -> Row:
    """A repo's next task, chosen and claimed in one call; it is released again."""
    took: list[float] = []
    for number in range(_WARM_CALLS):
        agent = {"agent": f"agent-{number}"}
        begin = time.perf_counter()
        said, good = server.call("claim_task", {**repo, **agent})
        took.append((time.perf_counter() - begin) * 1000)
        assert good, said
        server.call("release_task", {"task": json.loads(said)["task"]["key"], **agent})
    ours, bar = statistics.median(took), f"<= {_CLAIM_MS} ms, median"
    name = f"warm claim_task of a repo's next, {_TASKS} tasks in 50 repos"
    return Row(name, ours, "the bar alone", None, bar, ours <= _CLAIM_MS, _WARM_CALLS)


def _row(name: str, ours: float, floor: float, bar: float, rounds: int) -> Row:
    said = f"<= {bar} ms, median"
    return Row(name, ours, "a loop over JSON lines", floor, said, ours <= bar, rounds)


def _times(command: list[str], folder: Path, env: dict[str, str]) -> list[float]:
    """Milliseconds from the start until each step was answered."""
    begin = time.perf_counter()
    took: list[float] = []
    with spoken(command, folder, env) as server:
        for step in STEPS:
            server.ask(*step)
            took.append((time.perf_counter() - begin) * 1000)
    return took


@contextmanager
def _machine() -> Generator[tuple[Path, dict[str, str], dict[str, str]]]:
    """A folder, an environment, and one in which a hub is served beside."""
    others = ("CUSTODIAN_", "XDG_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    folder = Path(tempfile.mkdtemp())
    env = {**plain, "CUSTODIAN_HOME": str(folder / "home"), "CUSTODIAN_ROOTS": str(folder)}
    (folder / "home").mkdir()
    with filled(_TASKS, folder / "home"):
        pass
    command = [str(_BIN / "custodian"), "serve", "--port", "0"]
    try:
        with subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as hub:
            assert hub.stderr
            if b"mcp.sock" not in hub.stderr.readline():
                raise CannotMeasure("the hub does not serve agents")
            yield folder, {**env, "CUSTODIAN_HOST": "other"}, env
            hub.terminate()
    finally:
        shutil.rmtree(folder)
