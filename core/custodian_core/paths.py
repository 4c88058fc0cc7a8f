"""Paths as people, settings and agents name them: with `~` filled in, or refused in words."""

import os
from pathlib import Path

from .errors import BadValue
from .text import printable

_NO_PATH = "it holds a character that no path can have"


def expanded(name: str, what: str = "path") -> Path:
    """The path that is meant; `BadValue` where nothing can have that name."""
    try:
        path = Path(name).expanduser()
        is_plain = b"\0" not in os.fsencode(path)
    except RuntimeError:
        user = printable(name.partition("/")[0], 60)
        raise BadValue(what, f"{user} names no user of this machine") from None
    except UnicodeEncodeError:
        raise BadValue(what, _NO_PATH) from None
    if not is_plain:
        raise BadValue(what, _NO_PATH)
    return path


def followed(path: Path, what: str = "path") -> Path:
    """Where the path leads when every link is followed."""
    try:
        return path.resolve()
    except (
        OSError,
        RuntimeError,
    ) as error:  # (links in a circle; which of the two, versions differ)
        raise BadValue(what, "it cannot be followed to a folder") from error
