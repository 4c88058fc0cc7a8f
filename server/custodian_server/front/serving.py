"""One session of the MCP server with a client at the other end of a stream of lines."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, cast

from mcp.server import MCPServer
from mcp.server.runner import serve_dual_era_loop
from mcp.server.stdio import stdio_server

Receive = Callable[[], Awaitable[bytes]]
Send = Callable[[bytes], Awaitable[None]]


class Lines:
    """What a client sends, by the line: first what was held, then what comes; empty is the end."""

    def __init__(self, receive: Receive, held: Iterable[bytes] = (), begun: bytes = b"") -> None:
        self._receive = receive
        self._held = list(held)
        #: a line that has begun to come
        self._begun = bytearray(begun)

    async def __aiter__(self) -> AsyncIterator[str]:
        for line in self._held:
            yield line.decode(errors="replace")
        while True:
            looked_at = len(self._begun)
            data = await self._receive()
            self._begun += data
            end = self._begun.rfind(b"\n", looked_at) + 1
            if end:
                whole = bytes(self._begun[: end - 1])
                del self._begun[:end]
                for line in whole.split(b"\n"):
                    yield line.decode(errors="replace")
            if not data:
                if self._begun:
                    yield self._begun.decode(errors="replace")
                return


class Answers:
    """What the server says, without its answer to the request that was answered before."""

    def __init__(self, send: Send, answered: object = None) -> None:
        self._send = send
        self._answered = answered

    async def write(self, text: str) -> None:
        """The line is on its way, unless the client has heard it."""
        if self._answered is not None and self._is_heard(text):
            self._answered = None
        else:
            await self._send(text.encode())

    def _is_heard(self, text: str) -> bool:
        said = json.loads(text)
        return "method" not in said and said.get("id") == self._answered

    async def flush(self) -> None:
        """Nothing is kept back."""


async def serve(server: MCPServer, lines: Lines, answers: Answers, state: Any) -> None:
    """The client is served until it says no more; `state` is what the server's lifespan gave."""
    low = low_level(server)
    async with stdio_server(cast("Any", lines), cast("Any", answers)) as (read, write):
        await serve_dual_era_loop(low, read, write, lifespan_state=state, init_options=None)


def low_level(server: MCPServer) -> Any:
    """The part of the server that speaks the protocol over any stream."""
    return cast("Any", server)._lowlevel_server
