"""When the program has to end, and that it does, whatever is still at work."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Never

#: how long what is being written may take to its end once nobody listens any more
GRACE_S = 1.5
#: how long it may go unnoticed that whoever started the program is gone
LOOK_S = 0.3

_PARENT = os.getppid()


def orphaned() -> bool:
    """Whether whoever started the program is gone: its pipes may be held open by others."""
    return os.getppid() != _PARENT


def leave(code: int) -> "Never":
    """The program has ended; nothing that runs beside is waited for.

    Answers are written straight to their descriptor, and the hub and the checkouts hold at any
    moment what they would after a power cut. So nothing is lost, and taking the interpreter down,
    which takes longer than most calls, is spared.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


def leave_soon(code: int) -> None:
    """The program has ended by the time that what is being written may take."""
    import threading
    import time

    def wait() -> None:
        time.sleep(GRACE_S)
        os._exit(code)

    threading.Thread(target=wait, daemon=True).start()
