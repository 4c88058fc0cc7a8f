"""Git over HTTP for the demo's remotes: the program that git itself brings, behind one path."""

from collections.abc import Mapping
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response

#: what a push or fetch may send at once
LONGEST = 64 * 1024 * 1024


class GitOverHttp:
    """Serves the bare repos of a folder to whoever reaches this machine's own address."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = dict(env)

    async def answer(self, request: Request) -> Response:
        """What git answers."""
        body = await request.body()
        if len(body) > LONGEST:
            return Response("too much at once", 413)
        done = await anyio.run_process(
            ["git", "http-backend"], input=body, env=self._env(request, len(body)), check=False
        )
        return _answer(done.stdout)

    def _env(self, request: Request, length: int) -> dict[str, str]:
        """The request as the gateway interface tells it."""
        headers = request.headers
        return {
            **self.env,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            # (to push, git wants to know that somebody was let in; here everybody is)
            "REMOTE_USER": "demo",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.url.path,
            "QUERY_STRING": request.url.query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
        }


def _answer(said: bytes) -> Response:
    """The gateway's answer: headers, an empty line, the body."""
    head, _, body = said.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines())
    headers = {name.strip(): value.strip() for name, _, value in lines if name}
    status = int(headers.pop("Status", "200").partition(" ")[0])
    return Response(body, status if headers else 500, headers)
