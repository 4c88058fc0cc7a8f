"""What opens one origin, for the git commands of one piece of work: in no argument and no file."""

from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

Config = tuple[tuple[str, str], ...]

_said: ContextVar[Config] = ContextVar("entrusted", default=())


def entrusted() -> Config:
    """What git is told beside its own configuration, through its environment."""
    return _said.get()


@contextmanager
def entrusting(origin: str | None, token: str | None) -> Generator[None]:
    """As long as this is open, git shows that origin the token, and no other place."""
    if not origin or not token or not origin.startswith(("http://", "https://")):
        yield
        return
    place = f"http.{origin.rstrip('/')}/"
    # (the name is of no interest to a Gitea, where the password is a token)
    shown = b64encode(f"custodian:{token}".encode()).decode()
    kept = _said.set(
        (
            (f"{place}.extraHeader", f"Authorization: Basic {shown}"),
            # Whoever is led elsewhere would take the header along.
            (f"{place}.followRedirects", "false"),
        )
    )
    try:
        yield
    finally:
        _said.reset(kept)
