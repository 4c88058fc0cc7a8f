"""A hub that is served serves this user's agents as well, each as if it were alone."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from custodian_server.front import meeting
from tests.gits import as_ada
from tests.server.front.clients import (
    CUSTODIAN,
    FRONT,
    LISTS,
    Spoken,
    asked,
    envelope,
    handshake,
    new_era,
    old_era,
    running,
    told,
)
from tests.waiting import PATIENCE_S

FIRST = [handshake(), told("notifications/initialized")]


def is_pumping(spoken: Spoken) -> bool:
    """Whether the program only hands on what it reads: else its input is put out of reach."""
    return str(Path(f"/proc/{spoken.process.pid}/fd/0").readlink()) != os.devnull


def linted(spoken: Spoken) -> int:
    plans: int = spoken.call(9, "lint_workplans")["structuredContent"]["workplans"]
    return plans


def test_each_client_finds_its_own_folder(
    resident: Path, docs: Path, empty: Path, env: dict[str, str]
) -> None:
    with running([FRONT], docs, env) as one, running([FRONT], empty, env) as other:
        for each in (one, other):
            each.answers(FIRST)
            assert is_pumping(each)
        assert (linted(one), linted(other)) == (1, 0)
        assert one.call(3, "list_tasks")["structuredContent"]["total"] == 1


def test_what_a_resident_says_is_what_the_program_says_itself(
    resident: Path, empty: Path, env: dict[str, str]
) -> None:
    lists = [asked(method, method) for method in LISTS]
    # (to hear of changes is offered by what runs already: server/discover says so)
    newer = [message for message in new_era() if message["method"] != "server/discover"]
    for said in ([*FIRST, *lists], newer, [asked(1, "tools/list", **envelope("1999-01-01"))]):
        with (
            running([FRONT, "--read-only"], empty, env) as pumped,
            running([FRONT, "--read-only"], empty, {**env, "CUSTODIAN_HOST": "x"}) as alone,
        ):
            assert pumped.answers(said) == alone.answers(said)
            assert (is_pumping(pumped), is_pumping(alone)) == (True, False)


@pytest.mark.parametrize(
    "name", ["CUSTODIAN_ROOTS", "CUSTODIAN_HUB_URL", "CUSTODIAN_DATABASE_URL", "CUSTODIAN_HOST"]
)
def test_who_has_other_settings_serves_himself(
    name: str, resident: Path, empty: Path, env: dict[str, str]
) -> None:
    value = "http://127.0.0.1:9" if name.endswith("URL") else str(empty)
    with running([FRONT], empty, {**env, name: value}) as alone:
        alone.answers(FIRST)
        assert not is_pumping(alone)


def test_who_has_another_version_serves_himself(
    resident: Path, empty: Path, env: dict[str, str]
) -> None:
    newer = (
        "import custodian_core; custodian_core.__version__ = '9';"
        " from custodian_server.front.entry import custodian_mcp; custodian_mcp()"
    )
    with running([sys.executable, "-c", newer], empty, env) as alone:
        alone.answers(FIRST)
        assert not is_pumping(alone)


def test_a_home_that_a_file_names_is_found(
    resident: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    config = tmp_path / "custodian/config.toml"
    config.parent.mkdir()
    config.write_text(f'custodian_home = "{env["CUSTODIAN_HOME"]}"\n')
    without = {name: value for name, value in env.items() if name != "CUSTODIAN_HOME"}
    without["XDG_CONFIG_HOME"] = str(tmp_path)
    with running([FRONT], tmp_path, without) as pumped:
        pumped.answers(FIRST)
        assert is_pumping(pumped)


@pytest.mark.parametrize("left", ["nothing", "a file", "a socket", "a folder of all"])
def test_what_is_left_of_a_resident_stops_nobody(
    left: str, tmp_path: Path, env: dict[str, str]
) -> None:
    env = {**env, "CUSTODIAN_HOME": str(tmp_path)}
    place = Path(meeting.place(str(tmp_path)))
    place.parent.mkdir(parents=True, mode=0o700)
    if left == "a file":
        place.write_text("")
    elif left == "a socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
    elif left == "a folder of all":
        place.parent.chmod(0o755)
    with running([FRONT], tmp_path, env) as alone:
        assert alone.answers(old_era()).keys() == {0, 1, 2, 3, 4}
        assert not is_pumping(alone)


def test_a_client_that_is_killed_leaves_the_others_served(
    resident: Path, docs: Path, env: dict[str, str]
) -> None:
    with running([FRONT], docs, env) as killed, running([FRONT], docs, env) as left:
        killed.answers(FIRST)
        left.answers(FIRST)
        killed.say(asked(5, "tools/call", name="check_consistency", arguments={}))
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait(PATIENCE_S)

        assert linted(left) == 1
    with running([FRONT], docs, env) as later:
        later.answers(FIRST)
        assert is_pumping(later)


@pytest.mark.parametrize(
    "garbage", [b"", b"GET / HTTP/1.1\r\n\r\n", b"custodian-mcp 1 9\nx", b"\0"]
)
def test_who_says_something_else_at_the_socket_is_sent_away(
    garbage: bytes, resident: Path, docs: Path, env: dict[str, str]
) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(resident))
        stranger.sendall(garbage)
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(5)
        assert stranger.recv(100) in (b"no\n", b"")
    with running([FRONT], docs, env) as later:
        later.answers(FIRST)
        assert is_pumping(later)


def test_only_this_user_can_reach_the_socket(resident: Path) -> None:
    assert resident.stat().st_mode & 0o777 == 0o600
    assert resident.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("all_", [False, True])
def test_git_works_in_the_clients_environment(
    all_: bool, resident: Path, docs: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    ssh, heard = tmp_path / "ssh", tmp_path / "heard"
    ssh.write_text(f'#!/bin/sh\necho "$AGENT_SAID" >>{heard}\nexit 1\n')
    ssh.chmod(0o755)
    path = as_ada(docs, "remote", "get-url", "origin")
    as_ada(docs, "remote", "set-url", "origin", "ssh://nowhere/docs.git")
    own = {**env, "GIT_SSH_COMMAND": str(ssh), "AGENT_SAID": "it is me"}
    with running([FRONT], docs, own) as client:
        client.answers(FIRST)
        assert is_pumping(client)
        client.call(4, "check_consistency", **({"all": True} if all_ else {}))
    as_ada(docs, "remote", "set-url", "origin", path)

    assert set(heard.read_text().splitlines()) == {"it is me"}


def test_a_second_hub_of_the_same_home_leaves_the_first_its_socket(
    resident: Path, empty: Path, env: dict[str, str]
) -> None:
    with running([CUSTODIAN, "serve", "--port", "0"], empty, env) as second:
        assert second.process.stderr
        assert b"not served here" in second.process.stderr.readline()
    with running([FRONT], empty, env) as client:
        client.answers(FIRST)
        assert is_pumping(client)
