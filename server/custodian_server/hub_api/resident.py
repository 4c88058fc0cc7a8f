"""Custodian's tools for this user's own agents: a socket beside the hub, one session a client.

The MCP server takes a second to load, and here it is loaded. `custodian mcp` hands a client's
bytes to it where it finds it.
"""

import errno
import fcntl
import gc
import logging
import os
import socket
import struct
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketListener, SocketStream, TaskStatus
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.to_thread import run_sync
from fastapi import FastAPI

from custodian_core import __version__
from custodian_core.errors import CustodianError
from custodian_core.ports import Hub
from custodian_core.settings import Settings, load
from custodian_core.surroundings import surrounded
from custodian_core.text import printable
from custodian_server.choosing import Chosen, chosen
from custodian_server.front import flags, meeting
from custodian_tools.agent.desk import Desk

#: settings that say which hub and which forge are meant, and where to work: who has others serves
#: himself
SAME = (
    "CUSTODIAN_HOME",
    "CUSTODIAN_HUB_URL",
    "CUSTODIAN_DATABASE_URL",
    "CUSTODIAN_ROOTS",
    "CUSTODIAN_HOST",
    "GITEA_URL",
    "GITEA_TOKEN",
)
#: what is said to whoever has to serve himself
NO = b"no\n"
#: how long the line may be with which a client begins
HEAD = 100
#: how many different choices of tools are kept ready
MOST = 16

log = logging.getLogger(__name__)

#: the folder and the environment of the client that asks
_client: ContextVar[tuple[Path, dict[str, str]]] = ContextVar("client")


class VisitedDesk(Desk):
    """A desk at which each client finds its own folder and environment, and all the same hub."""

    def __init__(self, store: Hub) -> None:
        self._nobody: tuple[Path, dict[str, str]] = Path("/"), {}
        super().__init__(*self._nobody, _hub=store)

    @property
    def folder(self) -> Path:
        """Where the client that asks is at work."""
        return _client.get(self._nobody)[0]

    @folder.setter
    def folder(self, folder: Path) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The client's own counts."""

    @property
    def env(self) -> dict[str, str]:
        """The environment of the client that asks."""
        return _client.get(self._nobody)[1]

    @env.setter
    def env(self, env: dict[str, str]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The client's own counts."""


@dataclass
class Resident:
    """Serves the programs of this user that ask at the socket, while the hub is served."""

    store: Hub
    settings: Settings
    _servers: dict[Chosen, "_Ready"] = field(default_factory=dict[Chosen, "_Ready"])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """While the hub is served, so are those who ask, once the server for them has loaded."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._serve)
            yield
            tasks.cancel_scope.cancel()

    async def _serve(self) -> None:
        path = meeting.place(str(self.settings.home))
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._keep, Chosen())
            # What was loaded by now stays: to look for garbage among it takes a sixth of the time.
            gc.collect()
            gc.freeze()
            try:
                with bound(path) as listening:
                    log.info("agents of this account are served at %s", printable(path))
                    async with await SocketListener.from_socket(listening) as listener:
                        await listener.serve(lambda stream: self._meet(stream, tasks), tasks)
            except OSError as error:  # (each agent's program then serves itself)
                log.warning("agents of this account are not served here: %s", error)
                tasks.cancel_scope.cancel()

    async def _keep(
        self, choice: Chosen, *, task_status: TaskStatus["_Ready"] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        """A server with those tools stands ready."""
        server = await run_sync(self._build, choice)
        from custodian_server.front.serving import low_level

        low = low_level(server)
        async with low.lifespan(low) as state:
            self._servers[choice] = ready = _Ready(server, state)
            task_status.started(ready)
            await anyio.sleep_forever()

    def _build(self, choice: Chosen) -> Any:
        from custodian_server.mcp_app import build

        return build(VisitedDesk(self.store), choice, listen=True)

    async def _meet(self, stream: Any, tasks: Any) -> None:
        """One client is served until it is gone, whatever becomes of it."""
        try:
            async with stream:
                await self._welcome(stream, tasks)
        except Exception as error:  # one client's trouble is not another's
            log.debug("a client's session ended: %r", error)

    async def _welcome(self, stream: SocketStream, tasks: Any) -> None:
        buffered = BufferedByteReceiveStream(stream)
        hello = await _hello(stream, buffered)
        choice = await run_sync(self._choice, hello) if hello else None
        if hello is None or choice is None:
            await stream.send(NO)
            return
        ready = self._servers.get(choice) or await tasks.start(self._keep, choice)
        await stream.send(meeting.YES)
        _client.set((Path(hello.folder), hello.env))
        with surrounded(hello.env):
            await ready.serve(buffered, stream)

    def _choice(self, hello: meeting.Hello) -> Chosen | None:
        """The tools for that client; None where it has to serve itself, and to tell its trouble."""
        if (hello.version, hello.code) != (__version__, meeting.CODE):
            return None
        from custodian_server.mcp_app import TOOL_NAMES

        said = flags.read(hello.arguments)
        try:
            theirs = load(hello.env, Path(hello.folder)).values
            choice = said and chosen(
                hello.env,
                TOOL_NAMES,
                said.toolsets,
                said.tools,
                said.exclude_tools,
                read_only=said.read_only,
            )
        except CustodianError:
            return None
        if not choice or any(theirs.get(name) != self.settings.values.get(name) for name in SAME):
            return None
        return choice if choice in self._servers or len(self._servers) < MOST else None


async def _hello(stream: SocketStream, buffered: BufferedByteReceiveStream) -> meeting.Hello | None:
    """Who asks; None where it is somebody else, or nobody that says so in time."""
    if _is_other(stream.extra(SocketAttribute.raw_socket)):  # noqa: S610 - it is no database's
        return None
    with anyio.move_on_after(meeting.PATIENCE_S), suppress(ValueError):
        length = meeting.announced(await buffered.receive_until(b"\n", HEAD))
        if length is not None:
            return meeting.understood(await buffered.receive_exactly(length))
    return None


def _is_other(client: socket.socket) -> bool:
    """Whether another user asks; where the system does not tell, the folder vouches for it."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return False
    _pid, uid, _gid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, option, 12))
    return bool(uid != os.geteuid())


@dataclass(frozen=True, slots=True)
class _Ready:
    """A server, and what its lifespan gave."""

    server: Any
    state: Any

    async def serve(self, buffered: BufferedByteReceiveStream, stream: SocketStream) -> None:
        """The client is served until it says no more."""
        from custodian_server.front.serving import Answers, Lines, serve

        async def receive() -> bytes:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                return await buffered.receive()
            return b""

        async def send(data: bytes) -> None:
            try:
                await stream.send(data)
            except anyio.BrokenResourceError:
                raise anyio.ClosedResourceError from None

        await serve(self.server, Lines(receive), Answers(send), self.state)


@contextmanager
def bound(path: str) -> Generator[socket.socket]:
    """A socket there that takes connections of this user alone; `OSError` where another does."""
    folder = os.path.dirname(path)  # noqa: PTH120 - it is text
    os.makedirs(folder, 0o700, exist_ok=True)  # noqa: PTH103
    if not meeting.is_private(folder):
        raise PermissionError(errno.EPERM, "others can reach it; chmod 700", folder)
    with open(f"{path}.lock", "w") as lock, socket.socket(socket.AF_UNIX) as listening:  # noqa: PTH123
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError(error.errno, "another hub's server is there", path) from error
        with suppress(FileNotFoundError):  # whoever left it there has ended
            os.unlink(path)  # noqa: PTH108
        listening.bind(path)
        os.chmod(path, 0o600)  # noqa: PTH101
        listening.listen(128)
        listening.setblocking(False)
        try:
            yield listening
        finally:
            os.unlink(path)  # noqa: PTH108


def beside(app: FastAPI, resident: Resident) -> None:
    """While the application runs, so does the resident."""
    alone = app.router.lifespan_context

    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncGenerator[Any]:
        async with alone(app) as state, resident.running():
            yield state

    app.router.lifespan_context = both
