"""One run for each repo on a host: a lock that dies with its process, and a note of who waits."""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from custodian_core.errors import FileTrouble

from .state import Folders

#: how often a taken lock is tried again
STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Locked:
    """The right to write in this repo; whoever writes takes it as an argument."""

    folders: Folders


class RepoLock:
    """A lock on a repo and all its worktrees, held while this is open."""

    def __init__(self, folders: Folders, name: str = "lock") -> None:
        self.folders = folders
        self.path = folders.ours / name
        self._handle: int | None = None

    def take(self, patience_s: float, sleep: Callable[[float], None] = time.sleep) -> bool:
        """Whether the lock was free, or became free while this waited."""
        handle = self._open()
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(handle)
                    return False
                sleep(STEP_S)
            else:
                self._handle = handle
                return True

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FileTrouble(str(self.path), f"the repo cannot be locked: {reason}") from error

    def give_back(self) -> None:
        """Somebody else may take it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Locked:
        return Locked(self.folders)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()


def want(folders: Folders) -> None:
    """A run is wanted: whoever holds the lock makes one more when it is done."""
    folders.ours.mkdir(exist_ok=True)
    (folders.ours / "wanted").touch()


def is_wanted(folders: Folders) -> bool:
    """Whether a run is wanted, which from now on is yours to make."""
    try:
        (folders.ours / "wanted").unlink()
    except OSError:
        return False
    return True


def wanted_since(folders: Folders) -> float | None:
    """When a run was wanted last, if one is."""
    try:
        return Path(folders.ours / "wanted").stat().st_mtime
    except OSError:
        return None
