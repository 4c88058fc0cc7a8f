"""Listening on a port and serving the app there, until a signal comes."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from custodian_core.errors import BadValue
from custodian_core.settings import Settings

from .auth import is_loopback
from .guard import OneLine
from .traffic import Traffic

__all__ = ["is_loopback", "listening", "own_names", "run", "url"]

#: how long what was asked may take once a signal has come
DRAIN_S = 20
#: connections are kept for a client's next question
KEEP_S = 30


def own_names(settings: Settings, *, loopback: bool) -> frozenset[str]:
    """What this machine is called by those who can reach it."""
    if loopback:
        return frozenset()
    return frozenset({settings.host, socket.gethostname(), socket.getfqdn()})


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections there already."""
    try:
        kind = socket.SOCK_STREAM
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        # (who listens at every address of IPv6 means those of IPv4 too)
        both = address[0] == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            address[:2], family=family, backlog=2048, dualstack_ipv6=both
        )
    except OSError as error:
        # Python adds the address to the system's words; getaddrinfo numbers faults its own way.
        number = 0 if isinstance(error, socket.gaierror) else error.errno or 0
        reason = (os.strerror(number) if number else error.strerror or str(error)).lower()
        raise BadValue(f"{host}:{port}", f"{reason}; choose with --host and --port") from error
    # Each connection inherits it; else an answer's body waits 40 ms for its head to be received.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url(host: str, listener: socket.socket) -> str:
    """Where the socket is reached."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """A server that does not wait for streams which nobody would end."""

    def __init__(
        self,
        config: uvicorn.Config,
        end_streams: Callable[[], None],
        traffic: Traffic,
        leave_s: float,
    ) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self._traffic = traffic
        self._leave_s = leave_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """It leaves, first as one that is merely not ready; whoever says it twice is in haste."""
        if not self._leave_s or self._traffic.draining:
            super().handle_exit(sig, frame)
            return
        self._traffic.draining = True
        timer = threading.Timer(self._leave_s, setattr, (self, "should_exit", True))
        timer.daemon = True
        timer.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Streams are ended, and what was asked is answered; then the server is gone."""
        self._end_streams()
        await super().shutdown(sockets)


def run(app: FastAPI, listener: socket.socket, leave_s: float = 0) -> None:
    """Serve until a signal comes, then answer what was asked and end.

    For `leave_s` seconds after the signal it is merely not ready: what balances a load between
    several servers asks the others then, and what is on its way is answered like any other.
    """
    log_to_stderr()
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who asks is never taken from headers that anybody can send.
        proxy_headers=False,
        timeout_keep_alive=KEEP_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = _Server(config, app.state.end_streams, app.state.traffic, leave_s)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # The server takes signals over while it runs and hands them back at its end: they mean no harm.
    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listener])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def log_to_stderr() -> None:
    """Whatever is logged is a line of JSON, by what is loaded later and would log otherwise too."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)
    for name, level in (
        ("custodian_server.hub_api", logging.INFO),
        ("uvicorn", logging.WARNING),
        ("mcp", logging.WARNING),
    ):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
