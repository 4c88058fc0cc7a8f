"""Real workers, real repos, real databases: syncs are made as they are asked for, come what may."""

import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from custodian_core.jobs import Pace
from custodian_core.queueing import open_queue
from custodian_core.queueing.team import prepare_queue
from custodian_core.settings import load
from custodian_server.worker import pause_after
from tests.server.serving import served
from tests.tools.managed.conftest import TOKEN, Forge
from tests.tools.sync.conftest import git, plan_text
from tests.waiting import PATIENCE_S, until

PROGRAM = Path(sys.executable).with_name("custodian")
#: how long anything may take that is to happen soon
SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing


@dataclass(frozen=True, slots=True)
class House:
    """A host with its environment, a remote and somebody's clone of it."""

    folder: Path
    env: dict[str, str]

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """A command and how it ended."""
        return subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            text=True,
            env=self.env | more,
            cwd=self.folder,
            check=False,
        )

    def say(self, *arguments: str, **more: str) -> Any:
        """What a command that went well tells as JSON."""
        done = self.run(*arguments, "--json", **more)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)["data"]

    @contextmanager
    def worker(self, *arguments: str, **more: str) -> Generator["subprocess.Popen[str]"]:
        """A worker that serves already; it is killed at the end, if it still lives."""
        command = [str(PROGRAM), "worker", "--every", "never", *arguments]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.env | more,
            cwd=self.folder,
        ) as process:
            try:
                assert process.stdout
                assert "worker of" in process.stdout.readline()
                yield process
            finally:
                process.kill()

    def push(self, status: str) -> None:
        """Somebody gives the first task that status, and pushes."""
        dev = self.folder / "dev"
        git(dev, "pull", "-q", "--rebase", "origin", "main", env=self.env)
        plan = dev / "workplans/MRKD-WP-0001.md"
        head, _, tail = plan.read_text().partition("status: todo\npriority")
        plan.write_text(f"{head}status: {status}\npriority{tail}")
        git(dev, "commit", "-qam", status, env=self.env)
        git(dev, "push", "-q", "origin", "HEAD:main", env=self.env)

    def status(self) -> str:
        return str(self.say("task", "list", "--repo", "docs")["items"][0]["status"])


@pytest.fixture(params=["embedded", "team"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CUSTODIAN_HOME": str(tmp_path / "data"),
        "CUSTODIAN_ROOTS": str(tmp_path),
        "CUSTODIAN_HOST": "here",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    if request.param == "team":
        env["CUSTODIAN_DATABASE_URL"] = request.getfixturevalue("postgres_url")
        prepare_queue(env["CUSTODIAN_DATABASE_URL"])
    made = House(tmp_path, env)
    text = "[init]\n\tdefaultBranch = main\n[user]\n\tname = Ada\n\temail = ada@example.org\n"
    (tmp_path / ".gitconfig").write_text(text)
    git(tmp_path, "init", "-q", "--bare", "docs.git", env=env)
    git(tmp_path, "clone", "-q", "docs.git", "dev", env=env)
    (tmp_path / "dev/workplans").mkdir()
    plan = plan_text({"MRKD-WP-0001-T01": "todo"}).replace("repo: marki-docx", "repo: docs")
    (tmp_path / "dev/workplans/MRKD-WP-0001.md").write_text(plan)
    git(tmp_path / "dev", "add", ".", env=env)
    git(tmp_path / "dev", "commit", "-qm", "begin", env=env)
    git(tmp_path / "dev", "push", "-q", "origin", "HEAD:main", env=env)
    remote = str(tmp_path / "docs.git")
    made.say("repo", "register", "--managed", "--slug", "docs", "--remote-url", remote)
    return made


def test_a_worker_makes_what_is_asked_for_and_ends_when_it_is_told_to(house: House) -> None:
    with house.worker() as worker:
        asked = house.say("queue", "request", "docs")
        until(lambda: house.say("task", "list", "--repo", "docs")["total"] == 1)
        house.push("done")
        house.say("queue", "request", "docs", "--host", "here", "--reason", "a push")
        until(lambda: house.status() == "done")
        worker.send_signal(signal.SIGTERM)
        told, _ = worker.communicate(timeout=PATIENCE_S)

    assert asked == {"repo": "docs", "hosts": ["here"]}
    assert worker.returncode == 0
    assert "docs: ok, sealed" in told or "docs: findings, sealed" in told
    assert told.endswith("stopped; nothing was left half done\n")
    assert "Traceback" not in told
    assert house.say("queue", "list")["items"] == []


def test_a_worker_run_once_makes_what_is_due_and_what_the_log_asked_for(house: House) -> None:
    nothing = house.run("worker", "--once")
    house.say("queue", "request", "docs")
    (house.folder / "data/queue.db").unlink(missing_ok=True)
    once = house.run("worker", "--once")

    assert (nothing.returncode, nothing.stdout) == (0, "ran no jobs\n")
    assert once.stdout.endswith("ran 1 job\n")
    assert house.status() == "todo"


def _shim(house: House, script: str) -> dict[str, str]:
    """A stand-in for git that runs the script before each push."""
    folder = house.folder / "bin"
    folder.mkdir()
    real = shutil.which("git")
    (folder / "git").write_text(
        f'#!/bin/sh\ncase "$1" in push) {script};; esac\nexec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{house.env['PATH']}"}


def test_a_worker_killed_in_the_midst_of_a_sync_loses_nothing(house: House) -> None:
    at_it = house.folder / "at-it"
    house.say("queue", "request", "docs")
    more = _shim(house, f"touch {at_it}; sleep 15")
    with house.worker(**more) as worker:
        until(at_it.exists)
        (running,) = house.say("queue", "list")["items"]
        worker.kill()
    # (what is noticed after 20 s of silence is noticed sooner here)
    queue = open_queue(load(house.env, house.folder), Pace(lost_s=0.5))
    until(lambda: queue.reap() == 1)
    queue.close()
    another = house.run("worker", "--once")

    assert another.stdout.endswith("ran 1 job\n")
    assert running["state"] == "running"
    assert house.say("task", "list", "--repo", "docs")["total"] == 1
    (host,) = house.say("repo", "show", "docs")["hosts"]
    assert host["sealed"] is True
    local = git(house.folder / "data/checkouts/docs", "rev-parse", "HEAD", env=house.env)
    assert local == git(house.folder / "docs.git", "rev-parse", "main", env=house.env)


def test_a_worker_told_to_stop_ends_the_sync_that_it_is_at(house: House) -> None:
    at_it = house.folder / "at-it"
    house.say("queue", "request", "docs")
    with house.worker(**_shim(house, f"touch {at_it}; sleep 1")) as worker:
        until(at_it.exists)
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=PATIENCE_S)

    assert worker.returncode == 0
    assert house.say("queue", "list")["items"] == []
    (host,) = house.say("repo", "show", "docs")["hosts"]
    assert host["sealed"] is True


def test_a_worker_asks_for_every_repo_of_its_host_when_it_begins(house: House) -> None:
    with subprocess.Popen(
        [PROGRAM, "worker"], stdout=subprocess.PIPE, text=True, env=house.env, cwd=house.folder
    ) as worker:
        until(lambda: house.say("task", "list", "--repo", "docs")["total"] == 1)
        worker.terminate()
        worker.communicate(timeout=PATIENCE_S)

    assert worker.returncode == 0


def test_what_cannot_be_served_is_said_in_a_line(house: House, tmp_path: Path) -> None:
    nowhere = house.run(
        "worker", "--once", CUSTODIAN_DATABASE_URL="postgresql://ada:secret@127.0.0.1:9/x"
    )
    interval = house.run("worker", "--every", "7m")
    repo = house.run("queue", "request", "docs", "--host", "tower")

    assert nowhere.returncode == interval.returncode == 2
    assert repo.returncode == 1
    assert "tower; it has one on here" in repo.stderr
    told = nowhere.stderr + interval.stderr + repo.stderr
    assert "secret" not in told
    assert "Traceback" not in told
    assert len(told.splitlines()) == 3


@contextmanager
def _forge(house: House) -> Generator[Forge]:
    """The remote is on a forge that wants a token, and the hub knows it by that address."""
    bare = house.folder / "remotes/ada/docs.git"
    bare.parent.mkdir(parents=True)
    (house.folder / "docs.git").rename(bare)
    git(bare, "config", "http.receivepack", "true", env=house.env)
    git(house.folder / "dev", "remote", "set-url", "origin", str(bare), env=house.env)
    with Forge(house.folder / "remotes") as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        remote = f"{server.url}/ada/docs.git"
        house.say("repo", "set", "docs", f"remote_url={remote}", "forge_id=7")
        yield server
        server.shutdown()
        thread.join()


def _delivery(site: str) -> tuple[bytes, dict[str, str]]:
    """What the forge sends after a push, signed."""
    repository = {
        "id": 7,
        "name": "docs",
        "full_name": "ada/docs",
        "owner": {"login": "ada"},
        "clone_url": f"{site}/ada/docs.git",
        "html_url": f"{site}/ada/docs",
    }
    told = {"ref": "refs/heads/main", "before": "1" * 40, "after": "2" * 40}
    body = json.dumps(told | {"pusher": {"login": "ada"}, "repository": repository}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Gitea-Event": "push",
        "X-Gitea-Delivery": "d-1",
        "X-Gitea-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }
    return body, headers


def test_a_push_of_which_the_forge_tells_is_soon_in_the_hub(house: House) -> None:
    names = ("CUSTODIAN_DATABASE_URL", "HOME")
    more = {name: value for name, value in house.env.items() if name in names}
    more["CUSTODIAN_WEBHOOK_SECRET"] = SECRET
    with (
        _forge(house) as forge,
        house.worker(GITEA_URL=forge.url, GITEA_TOKEN=TOKEN) as worker,
        served(house.folder / "data", **more) as (_, url),
    ):
        house.say("queue", "request", "docs")
        until(lambda: house.say("task", "list", "--repo", "docs")["total"] == 1)
        until(lambda: house.say("queue", "list")["items"] == [])
        house.push("done")
        body, headers = _delivery(forge.url)
        answer = httpx.post(f"{url}/hooks/gitea", content=body, headers=headers)
        until(lambda: house.status() == "done")
        worker.terminate()
        told, _ = worker.communicate(timeout=PATIENCE_S)

    assert answer.status_code == 202
    assert "cloned it anew: its remote is another now" in told
    assert TOKEN not in told


def test_a_database_is_waited_for_ever_longer_and_from_the_beginning_once_it_was_there() -> None:
    pauses, served = [0], [0.1, 10, 10, 10, 10, 10, 10, 3600, 10]
    for seconds in served:
        pauses.append(pause_after(pauses[-1], seconds))

    assert pauses[1:] == [1, 2, 4, 8, 16, 30, 30, 1, 2]
