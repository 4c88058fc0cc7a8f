"""How a client's program and the resident find each other, and what they say first."""

import os

from custodian_core import __version__

#: counted up when what is said first changes
PROTOCOL = 1
YES = b"yes\n"
#: how long the other may take for its part
PATIENCE_S = 1.0
#: an environment that is larger is nobody's
LONGEST = 4 * 1024 * 1024

#: where this code lies: other code may do other things under the same version
CODE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

_HEAD = b"custodian-mcp %d %d\n"


class Hello:
    """Who asks to be served: which program, with which flags, where, in which environment."""

    __slots__ = ("arguments", "code", "env", "folder", "version")

    def __init__(
        self, version: str, code: str, folder: str, arguments: list[str], env: dict[str, str]
    ) -> None:
        self.version, self.code = version, code
        self.folder, self.arguments, self.env = folder, arguments, env


def place(home: str) -> str:
    """Where the resident of that data folder listens.

    It is not XDG_RUNTIME_DIR: clients start their servers with little of the user's environment.
    """
    return os.path.join(home, "run", "mcp.sock")  # noqa: PTH118


def is_private(folder: str) -> bool:
    """Whether nobody but this user can have put anything there."""
    found = os.lstat(folder)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def said(arguments: list[str]) -> bytes:
    """The words of this program to the resident."""
    words = [__version__, CODE, os.getcwd(), str(len(arguments)), *arguments]  # noqa: PTH109
    words += [f"{name}={value}" for name, value in os.environ.items()]
    block = b"\0".join(map(os.fsencode, words))  # (no word of them can hold the separator)
    return _HEAD % (PROTOCOL, len(block)) + block


def announced(line: bytes) -> int | None:
    """How long the words are that follow such a line; None where it is none that is known."""
    words = line.split()
    if len(words) != 3 or words[:2] != (_HEAD % (PROTOCOL, 0)).split()[:2]:
        return None
    return int(words[2]) if words[2].isdigit() and int(words[2]) <= LONGEST else None


def understood(block: bytes) -> Hello:
    """Who said that; `ValueError` where nobody can have."""
    version, code, folder, count, *rest = map(os.fsdecode, block.split(b"\0"))
    arguments, env = rest[: int(count)], rest[int(count) :]
    return Hello(version, code, folder, arguments, dict(_pair(each) for each in env))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(text)
    return name, value
