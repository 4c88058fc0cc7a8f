"""A remote with a workplan, a hub, and a forge's git that asks for a token."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.git.author import Author
from custodian_core.hub import open_store
from custodian_core.hub.store import Store
from custodian_core.records import Repo
from custodian_core.settings import Settings
from custodian_tools.managed import adopt
from custodian_tools.sync import Bench
from custodian_tools.working import Worker
from tests.server.serving import settings_of
from tests.tools.sync.conftest import git, plan_text

ME = Caller("me")
TOKEN = "a-token-that-nobody-should-see"  # noqa: S105 - it opens nothing


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the machine's reaches these repos."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))
    text = "[init]\n\tdefaultBranch = main\n[user]\n\tname = Ada\n\temail = ada@example.org\n"
    (tmp_path / "gitconfig").write_text(text)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repo with a workplan of two tasks."""
    bare, dev = tmp_path / "remotes/docs.git", tmp_path / "dev"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(bare, "config", "http.receivepack", "true")
    git(tmp_path, "clone", "-q", str(bare), str(dev))
    (dev / "workplans").mkdir()
    text = plan_text({"MRKD-WP-0001-T01": "todo", "MRKD-WP-0001-T02": "todo"})
    (dev / "workplans/MRKD-WP-0001.md").write_text(text.replace("repo: marki-docx", "repo: docs"))
    git(dev, "add", ".")
    git(dev, "commit", "-qm", "begin")
    git(dev, "push", "-q", "origin", "HEAD:main")
    return bare


@dataclass
class House:
    """A host with its worker, and the hub."""

    settings: Settings
    hub: Store
    told: list[str] = field(default_factory=list[str])

    def adopt(self, remote: str | None, slug: str = "docs") -> Repo:
        said = RegisterRepo(slug, "", remote_url=remote)
        repo: Repo = self.hub.do(adopt(self.hub, self.settings, said, self.told.append), ME)
        return repo

    @property
    def checkout(self) -> Path:
        return self.settings.managed / "docs"

    @property
    def worker(self) -> Worker:
        author = Author("Custodian", "custodian@localhost")
        bench = Bench(hub=self.hub, by=ME, host=self.settings.host, author=author)
        return Worker(bench, self.settings, self.told.append)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = settings_of(tmp_path / "data", CUSTODIAN_ROOTS=str(tmp_path / "remotes"))
    hub = open_store(settings)
    yield House(settings, hub)
    hub.close()


class Forge(ThreadingHTTPServer):
    """Git over HTTP for whoever shows the token; what came is kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.folder = folder
        self.shown: list[str | None] = []
        #: where a request is sent on to, if anywhere
        self.elsewhere = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Asked(BaseHTTPRequestHandler):
    server: Forge  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        shown = self.headers.get("Authorization")
        self.server.shown.append(shown)
        if self.server.elsewhere:
            self.send_response(301)
            self.send_header("Location", self.server.elsewhere + self.path)
            self.end_headers()
            return
        if not shown or base64.b64decode(shown.partition(" ")[2]).decode() != f"custodian:{TOKEN}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="Gitea"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._run()

    def _run(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length", 0))
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "worker",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=self.rfile.read(length), capture_output=True, env=env
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode().splitlines())
        headers = {name: value.strip() for name, _, value in lines}
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Nothing is told."""


@pytest.fixture
def forge(remote: Path) -> Iterator[Forge]:
    server = Forge(remote.parent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
