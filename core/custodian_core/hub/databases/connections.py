"""A connection for each thread."""

import threading
from collections.abc import Callable
from typing import Any


class _Held:
    """A thread's connection, closed when the thread ends."""

    def __init__(self, connection: Any, held: dict[int, Any]) -> None:
        self.connection = connection
        self._held = held
        held[id(connection)] = connection

    def __del__(self) -> None:
        if self._held.pop(id(self.connection), None) is not None:
            self.connection.close()


class Connections:
    """One connection a thread, and none once the hub is closed."""

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened
        self._here = threading.local()
        self._held: dict[int, Any] = {}

    def mine(self) -> Any:
        """The connection of this thread, opened on first use."""
        held: _Held | None = getattr(self._here, "held", None)
        if held is None or id(held.connection) not in self._held:
            self._here.held = held = _Held(self._opened(), self._held)
        return held.connection

    def drop(self) -> None:
        """The thread has no connection; it opens another when it needs one."""
        self._here.held = None

    def close(self) -> None:
        """Every thread's connection is closed."""
        while self._held:
            self._held.popitem()[1].close()
