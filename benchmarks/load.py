"""A crowd of clients that costs little: one process, plain sockets, requests made beforehand."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import quantiles
from typing import cast
from urllib.parse import urlsplit

#: how long what was asked in time is waited for
_PATIENCE_S = 10


@dataclass(slots=True)
class Crowd:
    """Who asks: so many connections to each server, for so long."""

    urls: Sequence[str]
    #: whole requests; each is sent once, in this order, until they or the time are over
    requests: Sequence[bytes]
    seconds: float
    connections: int = 8
    #: how many are sent a second, whether or not those before were answered; None: each connection
    #: asks again once it is answered
    rate: float | None = None


@dataclass(slots=True)
class Told:
    """What the crowd was answered."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    took_ms: list[float] = field(default_factory=list[float])
    seconds: float = 0.0
    #: what the clients needed themselves: where it is near to `seconds`, they were measured
    cpu_s: float = 0.0
    #: how many were to be sent, or were, and had no answer long after
    unanswered: int = 0

    @property
    def a_second(self) -> float:
        """How many were answered as wished, a second."""
        return sum(n for status, n in self.statuses.items() if status < 300) / self.seconds

    @property
    def failed(self) -> int:
        """How many were not answered as wished."""
        return sum(n for status, n in self.statuses.items() if status >= 300) + self.unanswered

    @property
    def p99_ms(self) -> float:
        """Within how long 99 of 100 were answered."""
        return quantiles(self.took_ms, n=100)[98]


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole request, as it goes through the wire."""
    told = {"host": "localhost", "content-length": str(len(body)), **headers}
    if body:
        told["content-type"] = "application/json"
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(crowd: Crowd) -> Told:
    """What the crowd was answered; it works in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_asked, crowd).result()


def _asked(crowd: Crowd) -> Told:
    return asyncio.run(_Asking(crowd).run())


class _Asking:
    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.told = Told()
        self.left: Iterator[bytes] = iter(crowd.requests)
        #: connections that wait for something to ask
        self.free: list[_Connection] = []
        #: when each was to be sent that waits for a connection
        self.late: list[float] = []
        self.until = 0.0

    async def run(self) -> Told:
        loop = asyncio.get_running_loop()
        every: list[_Connection] = []
        for url in self.crowd.connections * list(self.crowd.urls):
            place = urlsplit(url)
            _, made = await loop.create_connection(
                lambda: _Connection(self), place.hostname or "", place.port or 80
            )
            every.append(made)
        began, cpu = time.perf_counter(), time.process_time()
        self.until = began + self.crowd.seconds
        if self.crowd.rate is None:
            for each in every:
                each.ask(time.perf_counter())
        else:
            self.free = every
            await self._keep_rate(self.crowd.rate, began)
        # (what was asked in time is waited for: it counts among what was slow)
        while self._goes_on(every):  # noqa: ASYNC110 - a look now and then costs the others least
            await asyncio.sleep(0.005)
        self.told.seconds = time.perf_counter() - began
        self.told.cpu_s = time.process_time() - cpu
        self.told.unanswered = len(self.late) + sum(each.asked is not None for each in every)
        for each in every:
            each.transport.close()
        return self.told

    def _goes_on(self, every: "list[_Connection]") -> bool:
        waits = any(each.asked is not None for each in every)
        return waits and time.perf_counter() < self.until + _PATIENCE_S

    async def _keep_rate(self, rate: float, began: float) -> None:
        for number in range(int(rate * self.crowd.seconds)):
            due = began + number / rate
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            if self.free:
                self.free.pop().ask(due)
            else:
                self.late.append(due)

    def answered(self, connection: "_Connection", status: int, began: float) -> None:
        """It is counted, and the connection goes on."""
        now = time.perf_counter()
        self.told.statuses[status] += 1
        self.told.took_ms.append((now - began) * 1000)
        if self.crowd.rate is None:
            if now < self.until:
                connection.ask(now)
        elif self.late:
            connection.ask(self.late.pop(0))
        else:
            self.free.append(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, asking: _Asking) -> None:
        self.asking = asking
        self.transport: asyncio.Transport
        self.asked: float | None = None
        self.seen = bytearray()
        self.whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self, due: float) -> None:
        """Send the next; the time is counted from when it was to be sent."""
        sent = next(self.asking.left, None)
        if sent is not None:
            self.asked = due
            self.transport.write(sent)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        if not self.whole:
            end = self.seen.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.seen[:end]).lower()
            self.whole = end + 4 + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self.seen) >= self.whole and self.asked is not None:
            status, began = int(self.seen[9:12]), self.asked
            self.seen.clear()
            self.whole, self.asked = 0, None
            self.asking.answered(self, status, began)
