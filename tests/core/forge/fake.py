"""A forge on a real socket of this machine, and what can go wrong with it on demand."""

import socket
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from custodian_server.demo.forge import DemoForge
from custodian_server.demo.forge_api import forge_app

from .contract import Contract, Validating

Answer = Callable[[Request], Awaitable[Response | None]]


@dataclass(slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class Rule:
    """What comes instead of the forge's own answer, where it fits, so often."""

    fits: Callable[[Request], bool]
    answer: Answer
    times: int


@dataclass(slots=True)
class Fake:
    """A forge with switches; `forge` is what it knows, `rules` what it does instead."""

    forge: DemoForge
    url: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])
    rules: list[Rule] = field(default_factory=list[Rule])
    #: headers that no answer has, as behind a proxy
    without: set[str] = field(default_factory=set[str])
    #: what did not fit the forge's description
    wrong: list[str] = field(default_factory=list[str])

    def instead(
        self,
        path: str,
        status: int = 200,
        body: bytes | str = b"",
        *,
        page: int | None = None,
        times: int = 10**9,
        **headers: str,
    ) -> None:
        """Answer so at the path below the API, `times` times."""

        async def answer(_request: Request) -> Response:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            return Response(body, status, told)

        self.meanwhile(path, answer, page=page, times=times)

    def meanwhile(
        self, path: str, answer: Answer, *, page: int | None = None, times: int = 1
    ) -> None:
        """Do something when the path is asked for; an answer of None is left to the forge."""

        def fits(request: Request) -> bool:
            here = request.url.path.removeprefix("/api/v1") == path
            return here and (page is None or request.query_params.get("page") == str(page))

        self.rules.append(Rule(fits, answer, times))

    def paths(self) -> list[str]:
        """What was asked for, below the API."""
        return [each.path.removeprefix("/api/v1") for each in self.asked]


class Misbehaving:
    """An application whose answers are replaced where a rule says so."""

    def __init__(self, app: ASGIApp, fake: Fake) -> None:
        self.app, self.fake = app, fake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing of ours begins or ends with the server
        request = Request(scope, receive)
        query, headers = dict(request.query_params), dict(request.headers)
        self.fake.asked.append(Asked(request.method, request.url.path, query, headers))
        rule = next((r for r in self.fake.rules if r.times > 0 and r.fits(request)), None)
        if rule is not None:
            rule.times -= 1
            response = await rule.answer(request)
            if response is not None:
                await response(scope, receive, send)
                return
        await self.app(scope, receive, self._cut(send))

    def _cut(self, send: Send) -> Send:
        async def cut(message: Any) -> None:
            if message["type"] == "http.response.start":
                gone = {name.lower().encode() for name in self.fake.without}
                message["headers"] = [h for h in message["headers"] if h[0] not in gone]
            await send(message)

        return cut


class Switch:
    """An application that is another one in each test, so that one server is enough for all."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app
        await self.app(scope, receive, send)


def faked(forge: DemoForge, url: str, contract: str) -> tuple[Fake, ASGIApp]:
    """The forge with its switches, and the application to serve."""
    fake = Fake(forge, url)
    return fake, Misbehaving(Validating(forge_app(forge), Contract(contract), fake.wrong), fake)


@contextmanager
def faking(server: tuple[Switch, str], forge: DemoForge, contract: str) -> Generator[Fake]:
    """The forge at that server; nothing that is asked or answered breaks its contract."""
    switch, url = server
    fake, switch.app = faked(forge, url, contract)
    yield fake
    assert not fake.wrong


@contextmanager
def serving(app: ASGIApp) -> Generator[str]:
    """The application on a free port of this machine, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
            access_log=False,
            date_header=False,  # a test may have a clock of its own
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
