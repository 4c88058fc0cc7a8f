"""The environment of whoever asked: the program's own, or that of a client which it serves."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_said: ContextVar[Mapping[str, str] | None] = ContextVar("surroundings", default=None)


def surroundings() -> Mapping[str, str]:
    """What git, and what git starts, is to find: how this user reaches remotes from there."""
    said = _said.get()
    return os.environ if said is None else said


@contextmanager
def surrounded(env: Mapping[str, str]) -> Generator[None]:
    """Whatever is done for a client is done as in its own environment."""
    token = _said.set(env)
    try:
        yield
    finally:
        _said.reset(token)
