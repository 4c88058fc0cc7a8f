"""A process's clock as its host has it: a file says by how many seconds it is off.

Python imports this before anything else, where this folder is on its path.
"""

import datetime
import os
import time
from typing import Any

_FILE = os.environ["CHAOS_CLOCK"]
_time, _real = time.time, datetime.datetime


def _off() -> float:
    with open(_FILE) as file:  # noqa: PTH123 - pathlib takes long to load
        return float(file.read() or 0)


class _Kind(type):
    """Every time is one of the stepped kind too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _real)


class _Stepped(datetime.datetime, metaclass=_Kind):
    """The time as this host has it; made and read as ever."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return _real.now(tz) + datetime.timedelta(seconds=_off())


_Stepped.__name__ = _Stepped.__qualname__ = "datetime"
_Stepped.__module__ = "datetime"
datetime.datetime = _Stepped  # type: ignore[misc]
time.time = lambda: _time() + _off()
