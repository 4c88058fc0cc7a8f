"""The hub's API in this process: the real app and the real client, with no socket between."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI

from custodian_core.hub.client import HttpHub
from custodian_core.hub.seen import Seen
from custodian_core.settings import Settings
from custodian_server.hub_api import create_app
from custodian_server.hub_api.auth import HubStore


class InProcess(httpx.BaseTransport):
    """Hands each request to an app that runs in a thread of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())
        self._app = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._app.handle_async_request(request)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)

    def close(self) -> None:
        self._stack.close()


def no_pause(_seconds: float) -> None:
    """Tests do not wait."""


def http_hub(
    store: HubStore,
    settings: Settings,
    *,
    token: str | None = None,
    loopback: bool = True,
    seen: Seen | None = None,
    wrap: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda transport: transport,
) -> HttpHub:
    """The store behind the real app, asked by the real client; close it when done."""
    app = create_app(store, settings=settings, loopback=loopback)
    transport = wrap(InProcess(app))
    return HttpHub("http://localhost", token, seen=seen, transport=transport, pause=no_pause)


def settings_of(folder: Path, **values: str) -> Settings:
    """Settings for a hub in that folder, on a host called `here` whose checkouts lie below it."""
    set_ = {"CUSTODIAN_HOME": str(folder), "CUSTODIAN_HOST": "here", "CUSTODIAN_ROOTS": str(folder)}
    return Settings(set_ | values, {})


@contextmanager
def browsing(
    store: HubStore, settings: Settings, *, loopback: bool = True
) -> Generator[httpx.Client]:
    """A plain HTTP client of the real app."""
    app = create_app(store, settings=settings, loopback=loopback)
    with httpx.Client(transport=InProcess(app), base_url="http://localhost") as client:
        yield client


@contextmanager
def served(
    folder: Path, *arguments: str, **more: str
) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A real `custodian serve` on a free port, and its URL; it is told to stop at the end."""
    program = Path(sys.executable).with_name("custodian")
    env = {"PATH": os.environ["PATH"], "CUSTODIAN_HOST": "here"}
    env |= {"CUSTODIAN_HOME": str(folder), "CUSTODIAN_ROOTS": str(folder)} | more
    command = [str(program), "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=folder
    ) as process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            yield process, line.partition(" at ")[2].partition(" ")[0]
        finally:
            process.terminate()
