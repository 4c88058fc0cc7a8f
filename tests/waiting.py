"""Waiting for what happens by itself: only what never comes takes as long as this."""

import time
from collections.abc import Callable

#: how long a test waits before it says that something does not come
PATIENCE_S = 120


def until(holds: Callable[[], object]) -> None:
    """Wait until that holds; a test that waits for what never comes fails in place of hanging."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)
