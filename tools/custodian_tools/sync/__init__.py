"""Keeping files, hub and remote in step: one repo, or the whole fleet of a host."""

from .engine import Bench, check, fix
from .fleet import Target, fleet, sweep, target
from .report import Options, Report, State

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
