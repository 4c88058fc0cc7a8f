"""A client of a resident: bytes go to it and come back, and nothing else is loaded."""

# Of the standard library only what is compiled in: `socket` and `selectors` take longer to load
# than the resident takes to answer.
import _socket
import os
import select
import sys

from .ending import GRACE_S, LOOK_S, leave, orphaned
from .flags import Flags
from .meeting import PATIENCE_S, YES, is_private, place, said
from .wire import CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Never

#: pid, uid and gid of the other end, as Linux tells them
_CREDENTIALS = 12


def meet(flags: Flags) -> _socket.socket | None:
    """A resident that serves this program as it would serve itself; None where there is none."""
    try:
        home = _home()
        path = place(home)
        if not is_private(os.path.dirname(path)):  # noqa: PTH120
            return None
        resident = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        resident.settimeout(PATIENCE_S)
        resident.connect(path)
        if _is_other(resident):
            return None
        resident.sendall(said(flags.arguments()))
        if resident.recv(len(YES)) != YES:
            return None
        resident.settimeout(None)
    except (OSError, ValueError):  # none is there, or it is at an end, or too busy
        return None
    return resident


def _is_other(resident: _socket.socket) -> bool:
    """Whether somebody else listens; where the system does not tell, the folder vouches for it."""
    option = getattr(_socket, "SO_PEERCRED", None)
    if option is None:
        return False
    told = resident.getsockopt(_socket.SOL_SOCKET, option, _CREDENTIALS)
    return int.from_bytes(told[4:8], sys.byteorder) != os.geteuid()


def _home() -> str:
    """The data folder as the settings have it; they are read in full where a file speaks of it."""
    env = os.environ
    config = os.path.expanduser(env.get("XDG_CONFIG_HOME") or "~/.config")  # noqa: PTH111
    config = os.path.join(config, "custodian", "config.toml")  # noqa: PTH118
    if _speaks(config, b"custodian_home") or _speaks(".env", b"CUSTODIAN_HOME"):
        from pathlib import Path

        from custodian_core.settings import load

        return str(load(env, Path.cwd()).home)
    data = env.get("XDG_DATA_HOME") or "~/.local/share"
    return os.path.expanduser(env.get("CUSTODIAN_HOME") or os.path.join(data, "custodian"))  # noqa: PTH111, PTH118


def _speaks(path: str, word: bytes) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to load
            return word in file.read()
    except FileNotFoundError:
        return False


def run(resident: _socket.socket) -> "Never":
    """The client's bytes go to the resident and its bytes to the client, until either is gone."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(1, 0)  # (told of when nobody reads it any more)
    poll.register(resident, select.POLLIN)
    while not orphaned():
        ready = dict(poll.poll(LOOK_S * 1000))
        if resident.fileno() in ready:
            _to_client(resident)
        if 0 in ready and not _to_resident(resident):
            poll.unregister(0)
            _drain(resident)
        if 1 in ready:
            break
    leave(0)


def _to_client(resident: _socket.socket) -> None:
    """What the resident said is written; where either is gone, this program is too."""
    try:
        data = resident.recv(CHUNK)
        if not data:
            leave(0)
        _write(data)
    except OSError:
        leave(0)


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def _to_resident(resident: _socket.socket) -> bool:
    """Whether there was anything that the client said."""
    data = os.read(0, CHUNK)
    try:
        if data:
            resident.sendall(data)
    except OSError:
        leave(0)
    return bool(data)


def _drain(resident: _socket.socket) -> "Never":
    """The client says no more: what the resident still answers is told it."""
    resident.shutdown(_socket.SHUT_WR)
    resident.settimeout(GRACE_S)
    while True:
        _to_client(resident)
