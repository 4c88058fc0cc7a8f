"""Starting: the command line against a bare interpreter, the MCP server against the bare SDK."""

import itertools
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
from harness import Row, child_cpu_ms, in_turn

_BIN = Path(sys.executable).parent
_BAR_MS = 100
#: what each way of serving is held to: the lists, and the first call
_LISTS_MS, _RESIDENT_MS, _TIMES_BARE = 60, 40, 1.1
#: how many tasks the hub has, and what a call may take once the server is warm
_TASKS, _WARM_MS, _TOKENS, _WARM_CALLS = 10_000, 15, 1_500, 100

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
ADA = {"name": "ada", "version": "1"}
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": ADA}),
    ("tools/list", {}),
    ("tools/call", {"name": "list_tasks", "arguments": {}}),
)


def rows(rounds: int = 20) -> list[Row]:
    """`custodian --version` and `custodian --help`; `custodian-mcp` in each way of serving."""
    found: list[Row] = []
    for flag in ("--version", "--help"):
        ours = partial(child_cpu_ms, [str(_BIN / "custodian"), flag])
        floor = partial(child_cpu_ms, [sys.executable, "-c", "pass"])
        mine, bare = in_turn(ours, floor, rounds)
        bar = f"<= {_BAR_MS} ms CPU"
        name = f"custodian {flag}"
        found.append(Row(name, mine, "a bare interpreter", bare, bar, mine <= _BAR_MS, rounds))
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
    with _spoken(command, folder, env) as ask:
        ask(*STEPS[0])
        rows = [
            _call_row(ask, tool, {"repo": "repo-07"})
            for tool in ("get_repo_dispatch", "list_tasks")
        ]
        answer = ask("tools/call", {"name": "list_tasks", "arguments": {"repo": "repo-07"}})
    # (a token is some four bytes of JSON: crude, and the same on every machine)
    tokens = len(json.dumps(answer["result"]["structuredContent"], separators=(",", ":"))) / 4
    bar = f"<= {_TOKENS} tokens"
    return [
        *rows,
        Row("tokens of list_tasks", tokens, "the bar alone", None, bar, tokens <= _TOKENS, 1),
    ]


def _call_row(ask: "Ask", tool: str, arguments: dict[str, Any]) -> Row:
    took: list[float] = []
    for _ in range(_WARM_CALLS):
        begin = time.perf_counter()
        answer = ask("tools/call", {"name": tool, "arguments": arguments})
        took.append((time.perf_counter() - begin) * 1000)
        assert not answer["result"].get("isError"), answer
    ours, bar = statistics.median(took), f"<= {_WARM_MS} ms, median"
    name = f"warm {tool}, {_TASKS} tasks"
    return Row(name, ours, "the bar alone", None, bar, ours <= _WARM_MS, _WARM_CALLS)


def _row(name: str, ours: float, floor: float, bar: float, rounds: int) -> Row:
    said = f"<= {bar} ms, median"
    return Row(name, ours, "a loop over JSON lines", floor, said, ours <= bar, rounds)


def _times(command: list[str], folder: Path, env: dict[str, str]) -> list[float]:
    """Milliseconds from the start until each step was answered."""
    begin = time.perf_counter()
    took: list[float] = []
    with _spoken(command, folder, env) as ask:
        for step in STEPS:
            ask(*step)
            took.append((time.perf_counter() - begin) * 1000)
    return took


Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


@contextmanager
def _spoken(command: list[str], folder: Path, env: dict[str, str]) -> Generator[Ask]:
    """A program that is asked over its standard streams."""
    with subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        input_, output, numbers = process.stdin, process.stdout, itertools.count()

        def ask(method: str, params: dict[str, Any]) -> dict[str, Any]:
            number = next(numbers)
            said = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            input_.write(json.dumps(said).encode() + b"\n")
            input_.flush()
            while (answer := json.loads(output.readline())).get("id") != number:
                pass
            if method == "initialize":
                input_.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            told: dict[str, Any] = answer
            return told

        yield ask
        input_.close()


@contextmanager
def _machine() -> Generator[tuple[Path, dict[str, str], dict[str, str]]]:
    """A folder, an environment, and one in which a hub is served beside."""
    others = ("PYTHONDONTWRITEBYTECODE", "CUSTODIAN_", "XDG_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    # (who installs a program compiles it; what is not compiled takes twice as long to start)
    subprocess.run([sys.executable, "-m", "compileall", "-q", *_SOURCES], env=plain, check=True)
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
                raise SystemExit("the hub does not serve agents")
            yield folder, {**env, "CUSTODIAN_HOST": "other"}, env
            hub.terminate()
    finally:
        shutil.rmtree(folder)


_SOURCES = [
    str(Path(__file__).parents[1] / name) for name in ("core", "tools", "server", "prompts")
]
