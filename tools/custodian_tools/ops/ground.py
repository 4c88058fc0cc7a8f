"""What an ops repo holds: as it lies on disk, which people see, or in a commit, which is written.

Both answer the same two questions, so that whatever is decided is decided alike.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from custodian_core.errors import FileTrouble
from custodian_core.files import read_file, shown
from custodian_core.git.listing import PLAIN, Entry, blobs
from custodian_core.git.runner import Git

#: how large a file is read, and how many are listed
MAX_FILE, MAX_FILES = 1024 * 1024, 100_000
NOT_FOLLOWED = "it is a link or another repo, which is not followed"


class Ground(Protocol):
    """The plain files of an ops repo."""

    def paths(self) -> list[str]:
        """Their paths, sorted."""
        ...

    def data(self, path: str) -> bytes | None:
        """The bytes of one; None where there is none."""
        ...

    def others(self) -> frozenset[str]:
        """What is there and is no plain file of the repo: links, and repos inside of it."""
        ...

    def have_at_hand(self, paths: Iterable[str]) -> None:
        """The bytes of these are to be asked for soon."""
        ...


@dataclass(slots=True)
class OnDisk:
    """The files as they lie in the checkout; links are not followed."""

    top: Path
    _paths: list[str] | None = field(default=None, repr=False)
    _others: frozenset[str] = field(default=frozenset(), repr=False)

    def paths(self) -> list[str]:
        """Their paths, sorted; what git keeps for itself is none of them."""
        if self._paths is None:
            found: list[str] = []
            links: set[str] = set()
            for folder, folders, files in os.walk(self.top):
                at = Path(folder).relative_to(self.top)
                links |= _links(self.top / at, at, (*folders, *files))
                folders[:] = [name for name in folders if name != ".git"]
                found += (path for name in files if (path := (at / name).as_posix()) not in links)
                if len(found) > MAX_FILES:
                    raise FileTrouble(shown(self.top), f"it holds more than {MAX_FILES} files")
            self._paths = sorted(path for path in found if _is_text(path))
            self._others = frozenset(path for path in links if _is_text(path))
        return self._paths

    def others(self) -> frozenset[str]:
        """What is there and is no plain file of the repo."""
        self.paths()
        return self._others

    def have_at_hand(self, paths: Iterable[str]) -> None:
        """Nothing is needed: a file is at hand when it is asked for."""

    def data(self, path: str) -> bytes | None:
        """The bytes of one; None where there is none."""
        file = self.top / path
        if not os.path.lexists(file):
            return None
        data = read_file(file, MAX_FILE)
        if len(data) > MAX_FILE:
            raise FileTrouble(shown(file), f"it is larger than {MAX_FILE // 1024} KiB")
        return data


@dataclass(slots=True)
class Committed:
    """The files of one commit."""

    git: Git
    commit: str
    _entries: dict[str, Entry] | None = field(default=None, repr=False)
    _others: frozenset[str] = field(default=frozenset(), repr=False)
    #: the bytes that are at hand, by their blob
    _texts: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def _listed(self) -> dict[str, Entry]:
        if self._entries is None:
            out = self.git.ask("ls-tree", "-r", "-l", "-z", "--full-tree", self.commit)
            self._entries = {}
            others: list[str] = []
            for row in out.split(b"\0")[:-1]:
                told, _, raw = row.partition(b"\t")
                mode, _kind, blob, size = told.decode().split()
                path = os.fsdecode(raw)
                if mode in PLAIN and _is_text(path):
                    self._entries[path] = Entry(mode, blob, path, int(size))
                elif _is_text(path):
                    others.append(path)
            self._others = frozenset(others)
        return self._entries

    def paths(self) -> list[str]:
        """Their paths, sorted."""
        return sorted(self._listed())

    def data(self, path: str) -> bytes | None:
        """The bytes of one; None where there is none."""
        known = self._listed().get(path)
        if known is None:
            return None
        if known.blob not in self._texts:
            return self.git.ask("cat-file", "blob", known.blob)
        return self._texts[known.blob]

    def have_at_hand(self, paths: Iterable[str]) -> None:
        """The bytes of these, but for large ones, are asked for at once and not one by one."""
        known = map(self._listed().get, paths)
        self._texts |= blobs(self.git, (entry for entry in known if entry is not None))

    def others(self) -> frozenset[str]:
        """What is there and is no plain file of the repo."""
        self._listed()
        return self._others

    def mode(self, path: str) -> str:
        """How the file is kept; a new one is a plain file."""
        known = self._listed().get(path)
        return known.mode if known else PLAIN[0]

    def entry(self, path: str) -> Entry | None:
        """The file as the commit names it."""
        return self._listed().get(path)


def read_or_why(ground: Ground, path: str) -> bytes | str:
    """The bytes of a file that is listed, or why it cannot be read, for which none is hidden."""
    return there_or_why(ground, path) or b""


def there_or_why(ground: Ground, path: str) -> bytes | str | None:
    """The bytes of the file, or why it cannot be read; None where there is none."""
    if path in ground.others():
        return NOT_FOLLOWED
    try:
        return ground.data(path)
    except FileTrouble as error:
        return error.reason


def _links(folder: Path, at: Path, names: Iterable[str]) -> set[str]:
    return {(at / name).as_posix() for name in names if (folder / name).is_symlink()}


def _is_text(path: str) -> bool:
    """Whether the name can be told; one that is not UTF-8 is nothing that we wrote or read."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
