"""A disk of a host's own that can be filled up: a small file system in memory, where root may."""

import os
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

#: how large a disk is, and how much is written at once to fill it
SIZE_MB, PIECE = 48, 64 * 1024


@cache
def may_mount() -> bool:
    """Whether file systems can be mounted here."""
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(probe, capture_output=True).returncode == 0


class Disk:
    """A folder that is a file system of its own, or at least behaves like a full one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.mounted = may_mount()
        self.full = False
        if self.mounted:
            size = f"size={SIZE_MB}m"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)

    def fill(self, but: int = 0) -> None:
        """Nothing more can be written but so many bytes."""
        self.full = True
        if not self.mounted:
            return  # (who starts a process there bounds its files instead)
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(PIECE))
        with suppress(OSError), (self.folder / "filler").open("r+b") as file:
            file.truncate(max(0, (self.folder / "filler").stat().st_size - but))

    def free(self) -> None:
        """There is room again."""
        self.full = False
        (self.folder / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """The file system is gone, with all that was in it."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
