"""Clients of the older era of MCP, whose sessions only the server remembers that opened them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION = "mcp-session-id"


class Sessions:
    """Open to all that the guard lets in: within a session, or without it where it is unknown here.

    Another server behind the same balancer opened it, or this one before it was started anew. What
    a client may do is told by the token of each request and never by its session, so all that it
    loses here is what is told between its requests.
    """

    def __init__(self, server: Any, path: str) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        from custodian_server.front.serving import low_level

        # The guard has looked at Host and Origin already, and knows the hub's other names.
        looked_at = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._inside: ASGIApp = server.streamable_http_app(
            streamable_http_path=path, transport_security=looked_at
        )
        self._known: StreamableHTTPSessionManager = server.session_manager
        self._alone = StreamableHTTPSessionManager(
            low_level(server), stateless=True, security_settings=looked_at
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Requests can be answered meanwhile."""
        async with self._known.run(), self._alone.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if SESSION not in Headers(scope=scope):
            await self._inside(scope, receive, send)
            return
        heard, unknown = _Heard(receive), _Unknown(send)
        await self._inside(scope, heard, unknown)
        if not unknown.seen:
            return
        if scope["method"] == "POST":
            await self._alone.handle_request(scope, heard.again, send)
        elif scope["method"] == "GET":
            # (by this a client knows that it may go on without listening)
            nobody = Response(status_code=405, headers={"Allow": "POST, DELETE"})
            await nobody(scope, receive, send)
        else:
            await Response(status_code=404)(scope, receive, send)


class _Heard:
    """What was received, so that it can be received once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: list[Message] = []

    async def __call__(self) -> Message:
        message = await self._receive()
        self._kept.append(message)
        return message

    async def again(self) -> Message:
        """From the beginning."""
        return self._kept.pop(0) if self._kept else await self._receive()


class _Unknown:
    """Sends on whatever is not the answer to a session that nobody knows here."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.seen = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 404:
            self.seen = True
        if not self.seen:
            await self._send(message)
