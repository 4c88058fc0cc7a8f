"""The server over standard input and output, which answers before it is there."""

import gc
import os
import select
import signal
import sys

from .ending import LOOK_S, leave, leave_soon, orphaned
from .flags import Flags
from .handshake import Handshake
from .snapshot import load
from .wire import Wire

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Never

    from .session import Session

#: how long the thread that loads keeps the interpreter while a client's question waits
_SWITCH_S = 0.0005
_LOOK_MS = int(LOOK_S * 1000)


def run(flags: Flags) -> "Never":
    """The client is served until it is gone."""
    wire = Wire.taken()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave_at_once)
    # What is imported stays: to look for garbage among it takes a tenth of the time.
    gc.disable()
    try:
        handshake = Handshake(load(flags, os.environ))
    except Exception as trouble:  # (only what was chosen can be wrong)
        _fail(trouble)
    loading = _Loading(flags)
    begun, ended = _listen(wire, handshake, loading)
    session = loading.session or _fail(loading.trouble)
    gc.enable()
    gc.freeze()
    leave(session.run(wire, handshake, begun, ended=ended))


def _leave_at_once(number: int, _frame: object) -> None:
    leave(128 + number)  # nothing was begun yet


def _listen(wire: Wire, handshake: Handshake, loading: "_Loading") -> tuple[bytes, bool]:
    """What is known is answered until the server is there; the line that has begun, and the end."""
    poll = select.poll()
    poll.register(wire.input, select.POLLIN)
    poll.register(loading.told, select.POLLIN)
    begun, ended = b"", False
    while True:
        ready = dict(poll.poll(_LOOK_MS if loading.begun else 0))
        if wire.input in ready:
            data = wire.read()
            *lines, begun = (begun + data).split(b"\n")
            _answer(wire, handshake, lines)
            if not data:
                ended = True
                poll.unregister(wire.input)
                _end(handshake, begun)
        elif loading.told in ready:
            return begun, ended
        elif not loading.begun:
            loading.begin()  # a client that has asked is answered first
        elif orphaned():
            leave(0)


def _answer(wire: Wire, handshake: Handshake, lines: list[bytes]) -> None:
    told = [answer for answer in map(handshake.hear, lines) if answer is not None]
    try:
        wire.write(b"".join(told))
    except OSError:
        leave(0)  # nobody reads any more


def _end(handshake: Handshake, begun: bytes) -> None:
    """Nobody will ask any more; what was asked and not answered is the server's."""
    if not handshake.owed and not begun.strip():
        leave(0)
    leave_soon(0)


class _Loading:
    """A thread that makes the server; `told` can be read from once it has."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self.told, self._tell = os.pipe()
        self.begun = False
        self.session: Session | None = None
        self.trouble: BaseException | None = None

    def begin(self) -> None:
        """The server is being made."""
        # (in this thread: whichever loads it first is taken for the main one)
        import threading

        self.begun = True
        sys.setswitchinterval(_SWITCH_S)
        threading.Thread(target=self._load, daemon=True).start()

    def _load(self) -> None:
        try:
            from .session import Session

            self.session = Session.prepared(self._flags)
        except BaseException as error:  # (it is told by the thread that waits)
            self.trouble = error
        os.write(self._tell, b"!")


def _fail(trouble: "BaseException | None") -> "Never":
    from custodian_core.errors import CustodianError
    from custodian_core.text import printable

    reason = str(trouble)
    if not isinstance(trouble, CustodianError):
        reason = f"the MCP server cannot be loaded ({type(trouble).__name__}: {reason})"
    sys.stderr.write(f"custodian: {printable(reason)}\n")
    leave(2)
