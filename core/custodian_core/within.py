"""Reading what a repo names by path: no link leads to anything outside its folder."""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .blob import MAX_FILE
from .errors import FileTrouble
from .text import printable

#: how many files of a folder are read
MOST_FILES = 50


def read_within(top: Path, path: str, limit: int = MAX_FILE) -> bytes:
    """The bytes of a plain file below `top`; links are followed only where they stay there."""
    with _opened(top, path) as handle:
        return _bytes(handle, path, limit)


def files_within(top: Path, path: str) -> Iterator[tuple[str, bytes]]:
    """The plain file at `path`, or those that lie in the folder there, by name."""
    with _opened(top, path) as handle:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            yield path, _bytes(handle, path, MAX_FILE)
            return
        names = sorted(name for name in os.listdir(handle) if name[0] != ".")  # noqa: PTH208
    if len(names) > MOST_FILES:
        raise FileTrouble(printable(path), f"it holds more than {MOST_FILES} files")
    for name in names:
        with suppress(IsADirectoryError):
            yield f"{path}/{name}", _file(top, f"{path}/{name}")


def _file(top: Path, path: str) -> bytes:
    with _opened(top, path) as handle:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise IsADirectoryError
        return _bytes(handle, path, MAX_FILE)


def _bytes(handle: int, path: str, limit: int) -> bytes:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise FileTrouble(printable(path), "it is not a regular file")
    with os.fdopen(handle, "rb", closefd=False) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FileTrouble(printable(path), f"it is larger than {limit // 1024} KiB")
    return data


@contextmanager
def _opened(top: Path, path: str) -> Generator[int]:
    """What lies at the path, opened step by step: a link put there meanwhile is not followed."""
    parts = _parts(top, path)
    handles: list[int] = []
    try:
        handles.append(os.open(os.path.realpath(top), os.O_RDONLY | os.O_DIRECTORY))
        for part in parts:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            handles.append(os.open(part, flags, dir_fd=handles[-1]))
        yield handles[-1]
    except IsADirectoryError:
        raise
    except OSError as error:
        raise FileTrouble(printable(path), (error.strerror or str(error)).lower()) from error
    finally:
        for handle in handles:
            os.close(handle)


def _parts(top: Path, path: str) -> list[str]:
    """The path's parts once links are followed, which is no way out of the folder or into .git."""
    begin = os.path.realpath(top)
    real = os.path.realpath(os.path.join(begin, path))  # noqa: PTH118 - pathlib follows links later
    if real == begin or not real.startswith(f"{begin}{os.sep}"):
        raise FileTrouble(printable(path), "it leads out of the repo")
    parts = list(Path(real).relative_to(begin).parts)
    if any(part.lower() == ".git" for part in parts):
        raise FileTrouble(printable(path), "it leads into .git")
    return parts
