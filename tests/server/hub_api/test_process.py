"""`custodian serve` as a process of its own."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

from custodian_core.commands import RegisterRepo
from custodian_core.hub.client import HttpHub
from tests.server.serving import served
from tests.waiting import PATIENCE_S

from .asked import ME


def test_a_real_server_serves_the_client_and_stops_when_told(tmp_path: Path) -> None:
    with served(tmp_path) as (process, url):
        hub = HttpHub(url, agent="tester")
        registered = hub.do(RegisterRepo("one", "custodian"), ME)
        assert hub.repo("one") == registered
        hub.close()
        process.send_signal(signal.SIGTERM)
        assert process.stdout
        assert process.stderr
        out, err = process.stdout.read(), process.stderr.read()

    assert process.returncode == 0
    assert f"  {url}/docs  every route of its HTTP API\n" in out
    assert f"  export CUSTODIAN_HUB_URL={url}\n" in out
    assert f"keeps them in\n{tmp_path}/hub.db\n" in out
    (line,) = [json.loads(line) for line in err.splitlines()]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/repos/", 200)
    assert line["caller"] == "me"


def test_what_was_asked_before_the_signal_is_still_answered(tmp_path: Path) -> None:
    body = b'{"slug": "late"}'
    head = (
        b"POST /domains/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with served(tmp_path) as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head)
            # The server says so once the route waits for the body: the request is on its way.
            assert connection.recv(1000).startswith(b"HTTP/1.1 100")
            process.send_signal(signal.SIGINT)
            connection.sendall(body)
            assert b"HTTP/1.1 200" in connection.recv(10_000)
        process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0


def refused_to_serve(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    program = Path(sys.executable).with_name("custodian")
    env = {"PATH": "/usr/bin:/bin", "CUSTODIAN_HOME": str(tmp_path)}
    done = subprocess.run(
        [program, "serve", *arguments], capture_output=True, text=True, env=env, timeout=60
    )
    return done.returncode, done.stderr


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = refused_to_serve(tmp_path, "--port", port)

    assert code == 2
    assert told.startswith(f"custodian: 127.0.0.1:{port}: address already in use; choose")


def test_f101_without_tokens_nothing_is_served_to_others(tmp_path: Path) -> None:
    code, told = refused_to_serve(tmp_path, "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert code == 2
    assert "run `custodian token create`" in told
