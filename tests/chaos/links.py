"""An address in front of another one, and the weather between the two."""

import math
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

#: how much is carried at once, how long slow weather holds each such piece, how often to look
PIECE, SLOW_S, LOOK_S = 65536, 0.08, 0.02


class Weather(StrEnum):
    """What becomes of what is sent."""

    FAIR = "fair"
    SLOW = "slow"
    #: nothing gets through, and whoever tries is told at once
    CUT = "cut"
    #: what is asked for is done, and the answer is lost
    DEAF = "deaf"
    #: nothing gets through, and nobody is told
    STALLED = "stalled"


class Link:
    """A port of this machine; `reach` connects to what lies behind it."""

    def __init__(self, reach: Callable[[], socket.socket]) -> None:
        self._reach = reach
        self._weather, self._until = Weather.FAIR, math.inf
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def weather(self) -> Weather:
        """The weather now."""
        return self._weather if time.monotonic() < self._until else Weather.FAIR

    def turn(self, weather: Weather, for_s: float = math.inf) -> None:
        """The weather from now on, and for how long."""
        self._weather, self._until = weather, time.monotonic() + for_s
        if weather is Weather.CUT:
            for each in tuple(self._open):
                _end(each)

    def close(self) -> None:
        """Nobody gets through any more."""
        self._until = math.inf
        self.turn(Weather.CUT)
        _end(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            try:
                far = None if self.weather is Weather.CUT else self._reach()
            except OSError:
                far = None
            if far is None:
                return
            with far:
                self._open |= {near, far}
                reads = threading.Event()
                back = threading.Thread(target=self._answers, args=(far, near, reads), daemon=True)
                back.start()
                self._asks(near, far, reads)
                back.join()
                self._open -= {near, far}

    def _asks(self, near: socket.socket, far: socket.socket, reads: threading.Event) -> None:
        """What is asked for goes on; what only reads over HTTP is known as such."""

        def passes(piece: bytes) -> bool:
            (reads.set if piece.startswith(b"GET ") else reads.clear)()
            return self.weather is not Weather.CUT

        self._pump(near, far, passes)

    def _answers(self, far: socket.socket, near: socket.socket, reads: threading.Event) -> None:
        """Answers come back, but for those that deaf weather loses: of what may have changed it."""

        def passes(_piece: bytes) -> bool:
            deaf = self.weather is Weather.DEAF and not reads.is_set()
            return self.weather is not Weather.CUT and not deaf

        self._pump(far, near, passes)

    def _pump(
        self, source: socket.socket, sink: socket.socket, passes: Callable[[bytes], bool]
    ) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                while self.weather is Weather.STALLED:
                    time.sleep(LOOK_S)
                if self.weather is Weather.SLOW:
                    time.sleep(SLOW_S)
                if not passes(piece):
                    break
                sink.sendall(piece)
            else:
                sink.shutdown(socket.SHUT_WR)
                return
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    """Whoever waits at the other side is told that nothing more comes."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
