"""Custodian's tools over HTTP: `/mcp` of the hub, with the hub's own tokens, names and limits."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custodian_core.commands import Caller
from custodian_core.errors import HubTrouble
from custodian_core.ports import Hub
from custodian_core.settings import Settings
from custodian_tools.agent.desk import Desk

from .auth import Door
from .errors import Rejected
from .guard import CALLER
from .sessions import Sessions

PATH = "/mcp"
#: how often it is looked whether whoever listens still may
LOOK_S = 30.0

#: who asks, while a tool answers
_caller: ContextVar[str] = ContextVar("caller", default="anonymous")


@dataclass
class ServedDesk(Desk):
    """The desk of a server: its hub is this one, and who asks is who showed the token."""

    store: Hub | None = None
    kept: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The server's settings."""
        assert self.kept is not None  # noqa: S101 - given when it is made
        return self.kept

    @property
    def hub(self) -> Hub:
        """The hub that is served."""
        assert self.store is not None  # noqa: S101 - given when it is made
        return self.store

    def by(self, agent: str | None = None) -> Caller:
        """Who asks, as the token or the caller on this machine says."""
        return Caller(agent or _caller.get())


@dataclass
class McpOverHttp:
    """The ASGI application at `/mcp`, built when first asked: it takes a second to import."""

    hub: Hub
    settings: Settings
    door: Door
    _apps: dict[bool, Sessions] = field(default_factory=dict[bool, Sessions])
    _wanted: anyio.Event | None = None
    _ready: anyio.Event | None = None
    _ending: anyio.Event | None = None

    @asynccontextmanager
    async def running(self, _app: Any) -> AsyncGenerator[None]:
        """While the server runs, one task owns what the sessions need, once anybody asks."""
        self._wanted, self._ready, self._ending = anyio.Event(), anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._own)
            yield
            tasks.cancel_scope.cancel()

    def end(self) -> None:
        """Streams to which clients only listen are ended; what they asked is answered yet."""
        if self._ending is not None:
            self._ending.set()

    async def _own(self) -> None:
        assert self._wanted is not None  # noqa: S101 - made before this task is started
        assert self._ready is not None  # noqa: S101
        try:
            await self._wanted.wait()
            full, read_only = await run_sync(self._build)
            async with full.running(), read_only.running():
                self._ready.set()
                await anyio.sleep_forever()
        finally:
            self._ready.set()  # nobody waits for what will not come

    def _build(self) -> tuple[Sessions, Sessions]:
        # Whoever loads the SDK enters by mcp_app: two threads that import its parts in orders of
        # their own stop each other.
        from custodian_server.choosing import Chosen
        from custodian_server.mcp_app import build

        desk = ServedDesk(Path("/"), store=self.hub, kept=self.settings)
        choices = (Chosen(), replace(Chosen(), read_only=True))
        full, read_only = (Sessions(build(desk, each, listen=True), PATH) for each in choices)
        self._apps = {False: full, True: read_only}
        return full, read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the tools that the caller's token allows."""
        if self._wanted is None or self._ready is None:
            raise Rejected(503, "not_ready", "the server has not started; ask again")
        self._wanted.set()
        await self._ready.wait()
        if not self._apps:
            raise Rejected(503, "not_loaded", "the MCP server did not load; see the hub's log")
        headers = Headers(scope=scope)
        app = self._apps[await run_sync(self._only_reads, headers)]
        caller = scope.get(CALLER, "anonymous")
        token = _caller.set(caller)
        try:
            if _only_listens(scope, headers):
                await self._until_the_end(app, _asked(scope, caller), receive, send)
            else:
                await app(_asked(scope, caller), receive, send)
        finally:
            _caller.reset(token)

    async def _until_the_end(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the client listen until it goes or the server ends, and close the stream then."""
        open_ = False

        async def tell(message: Message) -> None:
            nonlocal open_
            open_ = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_at_the_end, tasks.cancel_scope)
            tasks.start_soon(self._cancel_once_shut_out, tasks.cancel_scope, Headers(scope=scope))
            await app(scope, receive, tell)
            tasks.cancel_scope.cancel()
        if open_:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _cancel_at_the_end(self, scope: anyio.CancelScope) -> None:
        assert self._ending is not None  # noqa: S101 - made before anybody is answered
        await self._ending.wait()
        scope.cancel()

    async def _cancel_once_shut_out(self, scope: anyio.CancelScope, headers: Headers) -> None:
        """Whose token was revoked hears no more."""
        is_let_in = True
        while is_let_in:
            await anyio.sleep(LOOK_S)
            is_let_in = await run_sync(self._is_let_in, headers)
        scope.cancel()

    def _is_let_in(self, headers: Headers) -> bool:
        """Whether the caller may still ask; while the hub cannot tell, it may."""
        try:
            self.door.caller("GET", PATH, headers)
        except Rejected:
            return False
        except HubTrouble:
            pass
        return True

    def _only_reads(self, headers: Headers) -> bool:
        """Whether the caller may read and no more."""
        try:
            self.door.caller("POST", "/tasks", headers)
        except Rejected as refused:
            if refused.status_code != 403:
                raise
            return True
        return False


def _only_listens(scope: Scope, headers: Headers) -> bool:
    """Whether the answer is a stream that has no end of its own, in either era."""
    return scope["method"] == "GET" or headers.get("mcp-method") == "subscriptions/listen"


def _asked(scope: Scope, caller: str) -> Scope:
    """The request at the SDK's path, from a user whose sessions are closed to all others."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
    from mcp.server.auth.provider import AccessToken

    user = AuthenticatedUser(AccessToken(token="", client_id=caller, scopes=[]))
    path = {"path": PATH, "raw_path": PATH.encode(), "root_path": ""}
    return {**scope, **path, "user": user}
