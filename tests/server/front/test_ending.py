"""A server ends with its client, in each of the ways in which it can run, and writes wholly."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.gits import as_ada
from tests.server.front.clients import CUSTODIAN, FRONT, Spoken, asked, handshake, running, told

FIRST = [handshake(), told("notifications/initialized")]
CHECK = asked(5, "tools/call", name="check_consistency", arguments={})
FIX = asked(6, "tools/call", name="fix_consistency", arguments={})

#: longer than any server may take to end, and shorter than the calls that it is asked for
PATIENCE_S = 40
#: the server with no snapshot to answer from
ASIDE = (
    "import sys; from custodian_server.front import snapshot; snapshot.FILE = '/dev/null';"
    " from custodian_server.front.entry import custodian_mcp; sys.argv[1:] = [];"
    " custodian_mcp()"
)
WAYS: dict[str, list[str | Path]] = {
    "front": [FRONT],
    "aside": [sys.executable, "-c", ASIDE],
    "pump": [FRONT],
}


def end_of_input(spoken: Spoken) -> None:
    spoken.input.close()


def stopped(spoken: Spoken) -> None:
    spoken.process.send_signal(signal.SIGTERM)


def interrupted(spoken: Spoken) -> None:
    spoken.process.send_signal(signal.SIGINT)


def reads_no_more(spoken: Spoken) -> None:
    spoken.output.close()
    with suppress(BrokenPipeError):  # it may have seen that nobody reads before it is told more
        spoken.say(asked(8, "tools/list"))


Ending = Callable[[Spoken], None]
endings = pytest.mark.parametrize("end", [end_of_input, stopped, interrupted, reads_no_more])


@pytest.fixture
def alone(env: dict[str, str]) -> dict[str, str]:
    """An environment that no resident serves."""
    return {**env, "CUSTODIAN_ROOTS": f"{env['CUSTODIAN_ROOTS']}:{env['CUSTODIAN_HOME']}"}


@pytest.fixture
def slow(
    way: str, docs: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Generator[dict[str, str]]:
    """An environment in which asking a remote takes longer than anybody waits."""
    env = request.getfixturevalue("alone")
    if way == "pump":
        request.getfixturevalue("resident")
        env = request.getfixturevalue("env")
    begun, ssh = tmp_path / "begun", tmp_path / "ssh"
    os.mkfifo(begun)
    ssh.write_text(f"#!/bin/sh\necho >{begun}\nexec sleep 120\n")
    ssh.chmod(0o755)
    path = as_ada(docs, "remote", "get-url", "origin")
    as_ada(docs, "remote", "set-url", "origin", "ssh://nowhere/docs.git")
    yield {**env, "GIT_SSH_COMMAND": str(ssh), "BEGUN": str(begun)}
    as_ada(docs, "remote", "set-url", "origin", path)


@pytest.mark.parametrize("way", ["front", "pump"])
@endings
def test_a_server_ends_in_the_midst_of_a_call(
    way: str, end: Ending, docs: Path, slow: dict[str, str]
) -> None:
    with running(WAYS[way], docs, slow) as spoken:
        spoken.answers(FIRST)
        spoken.say(CHECK)
        Path(slow["BEGUN"]).read_text()
        end(spoken)

        spoken.process.wait(PATIENCE_S)


@pytest.mark.parametrize("way", WAYS)
def test_a_server_whose_client_is_killed_ends(way: str, docs: Path, slow: dict[str, str]) -> None:
    launcher = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    with running([sys.executable, "-c", launcher, *WAYS[way]], docs, slow) as client:
        client.answers(FIRST)
        client.say(CHECK)
        Path(slow["BEGUN"]).read_text()
        client.process.kill()

        # (its standard streams are held open here, and it closes its own when it ends)
        assert all(b"jsonrpc" in line for line in client.output.readlines())


@endings
def test_a_server_ends_while_it_loads(end: Ending, empty: Path, alone: dict[str, str]) -> None:
    with running([FRONT], empty, alone) as spoken:
        spoken.answers([handshake()])
        end(spoken)

        spoken.process.wait(PATIENCE_S)


@pytest.fixture
def gate(docs: Path, tmp_path: Path) -> Generator[Path]:
    """A push comes to its end once this exists; `begun` beside it tells that one has begun."""
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    os.mkfifo(begun)
    bare = docs.parent / "docs.git"
    hook = bare / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\necho >{begun}\nwhile [ ! -e {gate} ]; do sleep 0.05; done\n")
    hook.chmod(0o755)
    yield gate
    gate.touch()
    hook.unlink()


def to_be_pushed(docs: Path, name: str) -> None:
    (docs / name).write_text("more")
    as_ada(docs, "add", ".")
    as_ada(docs, "commit", "-q", "-m", name)


def test_what_is_being_written_may_come_to_its_end(
    docs: Path, gate: Path, alone: dict[str, str]
) -> None:
    to_be_pushed(docs, "one")
    with running([FRONT], docs, alone) as spoken:
        spoken.answers(FIRST)
        spoken.say(FIX)
        gate.with_name("begun").read_text()
        spoken.input.close()
        gate.touch()
        spoken.process.wait(PATIENCE_S)

    assert as_ada(docs.parent / "docs.git", "rev-parse", "main") == as_ada(
        docs, "rev-parse", "main"
    )


@endings
def test_a_server_that_ends_in_the_midst_of_a_push_leaves_what_the_next_run_mends(
    end: Ending, docs: Path, gate: Path, alone: dict[str, str]
) -> None:
    to_be_pushed(docs, end.__name__)
    with running([FRONT], docs, alone) as spoken:
        spoken.answers(FIRST)
        spoken.say(FIX)
        gate.with_name("begun").read_text()
        end(spoken)
        spoken.process.wait(PATIENCE_S)
    gate.touch()

    mended = subprocess.run([CUSTODIAN, "fix"], cwd=docs, env=alone, capture_output=True, text=True)
    assert "docs: ok, local is remote" in mended.stdout, mended.stderr
    assert as_ada(docs, "status", "--porcelain") == ""


@pytest.mark.parametrize("loaded", [False, True])
def test_what_else_is_printed_is_no_protocol(
    loaded: bool, empty: Path, alone: dict[str, str]
) -> None:
    noisy = (
        "import os, sys; from custodian_server.front import {0};"
        " held = {1};\n"
        "def noise(*said, **more):\n"
        "    print('stray'); os.system('echo stray'); return held(*said, **more)\n"
        "{1} = noise\n"
        "from custodian_server.front.entry import custodian_mcp; sys.argv[1:] = []; custodian_mcp()"
    )
    where = ("session", "session.build") if loaded else ("snapshot", "snapshot.json.load")
    with running([sys.executable, "-c", noisy.format(*where)], empty, alone) as spoken:
        spoken.answers(FIRST)
        spoken.call(3, "lint_workplans")
        spoken.input.close()
        spoken.process.wait(PATIENCE_S)

        assert spoken.output.read() == b""
        assert spoken.process.stderr
        assert b"stray\n" in spoken.process.stderr.read()
