"""Which workplans a commit holds, by blob, and which of them differ on disk."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from custodian_core.blob import MAX_FILE, blob_id
from custodian_core.errors import FileTrouble, GitTrouble
from custodian_core.files import put_file, read_file
from custodian_core.schedule.grammar import PATH as SCHEDULE

from .lock import Locked
from .runner import Git
from .state import Folders

FOLDER = "workplans"
BRIEF = ".custodian-brief.md"
PLAIN = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit."""

    mode: str
    blob: str
    path: str
    size: int

    @property
    def unsafe(self) -> str | None:
        """Why the file is left alone, where it is none that a checkout of the repo holds."""
        if self.mode not in PLAIN:
            return "it is a symbolic link"
        parts = self.path.split("/")
        if {"", ".", ".."} & {*parts} or any(part.lower() == ".git" for part in parts):
            return "its path leaves the repo"
        try:
            self.path.encode()
        except UnicodeEncodeError:
            return "its name is not UTF-8"
        return None


@dataclass(frozen=True, slots=True)
class Listing:
    """The Markdown files below `workplans/` in one commit."""

    commit: str
    entries: tuple[Entry, ...]
    #: the brief that the repo carries, where it does
    brief: Entry | None
    #: the schedule of agents, where the repo has one
    schedule: Entry | None
    #: names this very listing: the same digest means the same files with the same bytes
    digest: str

    @property
    def plain(self) -> tuple[Entry, ...]:
        """Those that are plain files of the repo."""
        return tuple(entry for entry in self.entries if entry.unsafe is None)


def list_plans(git: Git, commit: str) -> Listing:
    """The Markdown files below `workplans/` in the commit."""
    out = git.ask("ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", FOLDER, BRIEF, SCHEDULE)
    entries: list[Entry] = []
    brief: Entry | None = None
    schedule: Entry | None = None
    with git.understood("ls-tree"):
        for row in out.split(b"\0")[:-1]:
            told, _, name = row.partition(b"\t")
            mode, kind, blob, size = told.decode("ascii").split()
            path = os.fsdecode(name)
            if kind == "blob" and not size.isdecimal():
                raise _missing(git, blob)
            if path == BRIEF:
                brief = Entry(mode, blob, path, int(size)) if mode in PLAIN else None
            elif path.startswith(SCHEDULE):
                schedule = Entry(mode, blob, path, int(size)) if path == SCHEDULE else schedule
            elif kind == "blob" and (path == FOLDER or path.lower().endswith(".md")):
                entries.append(Entry(mode, blob, path, int(size)))
    digest = hashlib.sha256(out).hexdigest()[:32]
    return Listing(commit, tuple(entries), brief, schedule, digest)


def kept_listing(folders: Folders, commit: str) -> Listing | None:
    """The listing of that commit, if it is the one that was kept last."""
    try:
        said = json.loads(read_file(folders.ours / "listing", MAX_FILE))
        if said["commit"] != commit:
            return None
        entries = tuple(Entry(**each) for each in said["entries"])
        brief = Entry(**said["brief"]) if said["brief"] else None
        schedule = Entry(**said["schedule"]) if said["schedule"] else None
        return Listing(commit, entries, brief, schedule, said["digest"])
    except (FileTrouble, ValueError, KeyError, TypeError, RecursionError):
        return None


def keep_listing(held: Locked, listing: Listing) -> None:
    """The next look at this commit needs not ask git for its files."""
    put_file(held.folders.ours / "listing", json.dumps(asdict(listing)).encode())


def blobs(git: Git, entries: Iterable[Entry]) -> dict[str, bytes]:
    """The bytes of each file that is not too large for a workplan, by its blob."""
    wanted = dict.fromkeys(entry.blob for entry in entries if entry.size <= MAX_FILE)
    if not wanted:
        return {}
    rows = "".join(f"{blob}\n" for blob in wanted).encode()
    out = git.ask("cat-file", "--batch=%(objectname) %(objectsize)", data=rows)
    texts: dict[str, bytes] = {}
    at = 0
    with git.understood("cat-file"):
        while at < len(out):
            end = out.index(b"\n", at)
            blob, size = out[at:end].decode("ascii").split(" ")
            if not size.isdecimal():
                raise _missing(git, blob)
            texts[blob] = out[end + 1 : end + 1 + int(size)]
            at = end + 2 + int(size)
    return texts


def _missing(git: Git, blob: str) -> GitTrouble:
    return GitTrouble(str(git.folder), "cat-file", f"object {blob} is missing; try `git fsck`")


def is_dirty(folders: Folders, entry: Entry) -> bool:
    """Whether the file on disk says something else than the commit.

    Bytes are compared here, since git would run the filters that the repo names; line ends that a
    checkout turned into the system's own are no difference.
    """
    try:
        data = read_file(Path(folders.top, entry.path), MAX_FILE)
    except FileTrouble:
        return True
    if _same(data, entry.blob):
        return False
    if b"\r\n" not in data or not _same(data.replace(b"\r\n", b"\n"), entry.blob):
        return _differs_in_another_hash(folders, data, entry)
    return False


def _same(data: bytes, blob: str) -> bool:
    return len(blob) == 40 and blob_id(data) == blob


def _differs_in_another_hash(folders: Folders, data: bytes, entry: Entry) -> bool:
    """The same question to git, in a repo whose ids are no SHA-1."""
    if len(entry.blob) == 40:
        return True
    blob = folders.git.word("hash-object", "--no-filters", "--stdin", data=data)
    return blob != entry.blob
