"""Keeping files, hub and remote in step: one repo, or the whole fleet of a host.

Names are imported when they are first used: a check in which nothing moved needs few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .bench import Bench
    from .fixing import fix
    from .looking import check
    from .report import Options, Report, State
    from .sweeping import Target, fleet, sweep, target

_HOMES = {
    "Bench": "bench",
    "Options": "report",
    "Report": "report",
    "State": "report",
    "Target": "sweeping",
    "check": "looking",
    "fix": "fixing",
    "fleet": "sweeping",
    "sweep": "sweeping",
    "target": "sweeping",
}

__all__ = [
    "Bench",
    "Options",
    "Report",
    "State",
    "Target",
    "check",
    "fix",
    "fleet",
    "sweep",
    "target",
]


def __getattr__(name: str) -> Any:
    """The name, from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
