"""The one reader and the one writer of files on disk: plain files only, whole or not at all."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from .errors import FileTrouble
from .text import printable


def shown(path: Path) -> str:
    """The path as text that can always be printed, short where it lies below this folder."""
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return printable(os.fsencode(path).decode(errors="replace"))


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a plain file, at most `limit` and one more, so that a larger one shows.

    Links are not followed, and a pipe or a device is never waited for.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if os.path.islink(path):  # noqa: PTH114 - it never raises
            raise FileTrouble(shown(path), "it is a symbolic link") from error
        raise FileTrouble(shown(path), _reason(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileTrouble(shown(path), "it is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limit + 1)
    except OSError as error:
        raise FileTrouble(shown(path), _reason(error)) from error
    finally:
        os.close(handle)


def replace_file(path: Path, old: bytes, new: bytes) -> None:
    """The file holds `new`, with its mode kept; refused where it no longer holds `old`."""
    with _written_beside(path, new) as beside:
        if read_file(path, len(old)) != old:
            raise FileTrouble(shown(path), "it was changed by somebody else meanwhile; try again")
        beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)


def remove_file(path: Path, old: bytes) -> None:
    """The file is gone; refused where it no longer holds `old`."""
    if read_file(path, len(old)) != old:
        raise FileTrouble(shown(path), "it was changed by somebody else meanwhile; try again")
    try:
        path.unlink()
    except OSError as error:
        raise FileTrouble(shown(path), f"it cannot be removed: {_reason(error)}") from error


def make_folder(path: Path) -> None:
    """The folder is there."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise FileTrouble(shown(path), f"it cannot be made: {_reason(error)}") from error


def create_file(path: Path, data: bytes) -> None:
    """The file is there and holds `data`; refused where something is there already."""
    with _written_beside(path, data) as beside:
        beside.chmod(0o666 & ~_umask())
        try:
            os.link(beside, path)
        except FileExistsError as error:
            raise FileTrouble(shown(path), "it is there already and is not overwritten") from error


def put_file(path: Path, data: bytes) -> None:
    """The file holds `data`, whatever it held before, and is its owner's alone."""
    with _written_beside(path, data) as beside:
        beside.replace(path)


@contextmanager
def _written_beside(path: Path, data: bytes) -> Generator[Path]:
    """A file in the same folder that holds `data` for certain; gone afterwards."""
    import tempfile  # (a check that writes nothing goes without)

    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        beside = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    except OSError as error:
        raise FileTrouble(shown(path), f"it cannot be written: {_reason(error)}") from error
    finally:
        if beside:
            beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
