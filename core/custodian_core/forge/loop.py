"""An event loop in a thread of its own: callers wait, what they asked for runs side by side."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from custodian_core.ports import ListingProgress

from .listing import Reading

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")

#: how often it is looked whether a listing is still wanted
_LOOK_S = 0.05


class Ended(StrEnum):
    """Why the reading of a list was over."""

    READ = "read"
    TIME = "its time was over"
    CANCELLED = "it was cancelled"


class Loop:
    """Runs what is handed to it; whoever is interrupted while waiting takes it back."""

    def __init__(self) -> None:
        from anyio.from_thread import start_blocking_portal

        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())

    def close(self) -> None:
        """The thread has ended."""
        self._stack.close()

    def run(self, work: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """What comes of the work."""
        future = self._portal.start_task_soon(work, *arguments)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def read(
        self,
        reading: Reading[Any],
        within_s: float,
        progress: ListingProgress | None,
        cancelled: Callable[[], bool] | None,
    ) -> Ended:
        """The list is read, as far as there is time; the caller is told how it goes meanwhile.

        Both callbacks are called here, in the caller's thread: there they may do what they like.
        """
        told = SimpleQueue[tuple[int, int | None] | None]()
        reading.tell = lambda done, total: told.put((done, total))
        scopes: list[anyio.CancelScope] = []
        future = self._portal.start_task_soon(_within, reading, within_s, scopes)
        future.add_done_callback(lambda _future: told.put(None))
        stopped = False
        try:
            while (step := _next(told, _LOOK_S if cancelled else None)) is not None:
                if step and progress:
                    progress(*step)
                if cancelled and not stopped and scopes and cancelled():
                    stopped = True
                    self._portal.call(scopes[0].cancel)
            ended = future.result()
        except BaseException:
            future.cancel()
            raise
        return Ended.CANCELLED if stopped and ended is Ended.TIME else ended


def _next(
    told: "SimpleQueue[tuple[int, int | None] | None]", wait_s: float | None
) -> tuple[int, int | None] | tuple[()] | None:
    """How far it is; nothing new, or None at the end."""
    try:
        return told.get(timeout=wait_s)
    except Empty:
        return ()


async def _within(
    reading: Reading[Any], within_s: float, scopes: "list[anyio.CancelScope]"
) -> Ended:
    import anyio

    with anyio.move_on_after(within_s) as scope:
        scopes.append(scope)
        await reading.run()
    return Ended.TIME if scope.cancelled_caught else Ended.READ
