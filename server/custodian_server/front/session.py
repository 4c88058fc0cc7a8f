"""The server, once it is loaded, over standard input and output until the client is gone."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from mcp.server import MCPServer

from custodian_server.choosing import chosen
from custodian_server.mcp_app import TOOL_NAMES, build
from custodian_tools.agent.desk import Desk

from .ending import LOOK_S, leave_soon, orphaned
from .flags import Flags
from .handshake import Handshake
from .serving import Answers, Lines, low_level, serve
from .wire import Wire

#: what Python itself has: how long a thread keeps the interpreter while others want it
_SWITCH_S = 0.005


@dataclass(frozen=True, slots=True)
class Session:
    """A server that was made for one client, and the desk at which its tools are called."""

    server: MCPServer
    desk: Desk

    @classmethod
    def prepared(cls, flags: Flags) -> "Session":
        """The server with the tools that flags and environment choose."""
        choice = chosen(
            os.environ,
            TOOL_NAMES,
            flags.toolsets,
            flags.tools,
            flags.exclude_tools,
            read_only=flags.read_only,
        )
        desk = Desk(Path.cwd())
        return cls(build(desk, choice, patient=True), desk)

    def run(self, wire: Wire, handshake: Handshake, begun: bytes, *, ended: bool) -> int:
        """Serve the client, who has said so much already, and say how the program is to end."""
        sys.setswitchinterval(_SWITCH_S)
        code = anyio.run(self._run, wire, handshake, begun, ended)
        self.desk.close()
        return code

    async def _run(self, wire: Wire, handshake: Handshake, begun: bytes, ended: bool) -> int:
        low = low_level(self.server)
        code = 0
        async with low.lifespan(low) as state, anyio.create_task_group() as tasks:

            def end(number: int = 0) -> None:
                """Calls are let go of, and what they write has a moment to its end."""
                nonlocal code
                code = 128 + number if number else 0
                leave_soon(code)
                tasks.cancel_scope.cancel()

            tasks.start_soon(_heed_signals, end)
            tasks.start_soon(_heed_parent, end)
            lines = Lines(_receiving(wire, ended=ended), handshake.held, begun)
            await serve(self.server, lines, Answers(_sending(wire, end), handshake.answered), state)
            tasks.cancel_scope.cancel()
        return code


def _receiving(wire: Wire, *, ended: bool) -> Callable[[], Awaitable[bytes]]:
    """How the client's next bytes are had; none once it has closed its end."""

    async def receive() -> bytes:
        if ended:
            return b""
        try:
            await anyio.wait_readable(wire.input)
        except OSError:  # a file: it is never waited for
            await anyio.lowlevel.checkpoint()
        data = wire.read()
        if not data:
            leave_soon(0)
        return data

    return receive


def _sending(wire: Wire, end: Callable[[], None]) -> Callable[[bytes], Awaitable[None]]:
    """How bytes are sent to the client; where it reads no more, all ends."""

    async def send(data: bytes) -> None:
        try:
            # (in a thread: a client may take its time to read)
            await run_sync(wire.write, data, abandon_on_cancel=True)
        except OSError:
            end()
            raise anyio.ClosedResourceError from None

    return send


async def _heed_signals(end: Callable[[int], None]) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            end(number)


async def _heed_parent(end: Callable[[], None]) -> None:
    while not orphaned():  # noqa: ASYNC110 - nothing tells of it
        await anyio.sleep(LOOK_S)
    end()
