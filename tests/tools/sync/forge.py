"""A forge on this machine: git over HTTP, and what can go wrong with it on demand."""

import os
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

#: what is asked of the forge: reading or writing
FETCH, PUSH = "git-upload-pack", "git-receive-pack"


class Forge:
    """Serves the bare repos of a folder; `answers` says with which status it refuses what."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: git itself, whatever stands in for it later
        self.program = str(shutil.which("git"))
        self.answers: dict[str, int] = {}
        #: is called with what was asked before it is answered
        self.before: Callable[[str], None] = lambda _what: None
        self.asked: list[str] = []
        self.port = 0

    def url(self, user: str = "") -> str:
        """The address of the repo, with whoever asks."""
        return f"http://{user}127.0.0.1:{self.port}/remote.git"


class _Handler(BaseHTTPRequestHandler):
    forge: Forge
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body, parts = self._body(), urlsplit(self.path)
        what = PUSH if PUSH in self.path else FETCH
        self.forge.asked.append(what)
        self.forge.before(what)
        refused = self.forge.answers.get(what) or self.forge.answers.get(parts.path)
        if refused:
            self._say(refused, [("WWW-Authenticate", 'Basic realm="x"')], b"no")
            return
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.forge.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "x",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        ran = subprocess.run(
            [self.forge.program, "http-backend"],
            env=env,
            input=body,
            capture_output=True,
            check=False,
        )
        head, _, data = ran.stdout.partition(b"\r\n\r\n")
        headers = [
            (name, value)
            for name, _, value in (row.partition(": ") for row in head.decode().split("\r\n"))
        ]
        status = next((int(v.split()[0]) for n, v in headers if n == "Status"), 200)
        self._say(status, [each for each in headers if each[0] != "Status"], data)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            return zlib.decompress(body, 31)
        return body

    def _say(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is written down."""


@contextmanager
def serving(folder: Path) -> Generator[Forge]:
    """The forge answers while this is open."""
    forge = Forge(folder)
    handler = type("Handler", (_Handler,), {"forge": forge})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        forge.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield forge
        finally:
            server.shutdown()
