"""Commits built aside, without the checkout's index, and moved into the checkout in one step."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from custodian_core.codec import stamp
from custodian_core.errors import FileTrouble, GitTrouble
from custodian_core.files import create_file, read_file, replace_file
from custodian_core.secrets import redact

from .author import Author
from .lock import Locked
from .runner import Git
from .state import Checkout
from .trust import in_the_way

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: how large a file a broken-off move is put back in
LARGEST = 64 * 1024 * 1024
#: how long a message's editor is thought to be open where no process can be seen
EDITING_S = 15 * 60


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a file is to hold."""

    mode: str
    data: bytes


def build(
    git: Git,
    parent: str,
    files: Mapping[str, NewFile | None],
    message: str,
    author: Author,
    at: datetime,
) -> str:
    """A commit on `parent` in which only these files differ; nobody's index or files know of it.

    A file may be new, and None takes one out. No secret is in the message, which all will read.
    """
    tree = git.word("rev-parse", "--verify", "--quiet", f"{parent}^{{tree}}")
    blobs = {path: _blob(git, file) if file else None for path, file in files.items()}
    new = _tree_with(git, tree, blobs) or git.word("mktree", "-z", data=b"")
    who = {
        f"GIT_{role}_{fact}": value
        for role in ("AUTHOR", "COMMITTER")
        for fact, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", stamp(at)))
    }
    said = redact(message).encode()
    ran = git.run("commit-tree", "--no-gpg-sign", "-p", parent, new, data=said, env=who)
    if not ran.ok:
        raise GitTrouble(str(git.folder), "commit-tree", ran.told)
    return ran.text.strip()


def _blob(git: Git, file: NewFile) -> tuple[str, str]:
    """The mode of the file, and the name of its bytes, which git keeps from now on."""
    return file.mode, git.word("hash-object", "-w", "--no-filters", "--stdin", data=file.data)


def _tree_with(
    git: Git, tree: str | None, blobs: Mapping[str, tuple[str, str] | None]
) -> str | None:
    """The tree with these files in place of its own, folder by folder; None where none is left."""
    here = {path: entry for path, entry in blobs.items() if "/" not in path}
    below: dict[str, dict[str, tuple[str, str] | None]] = {}
    for path, entry in blobs.items():
        folder, slash, rest = path.partition("/")
        if slash:
            below.setdefault(folder, {})[rest] = entry
    rows: list[bytes] = []
    for row in git.ask("ls-tree", "-z", tree).split(b"\0")[:-1] if tree else ():
        told, _, raw = row.partition(b"\t")
        name = os.fsdecode(raw)
        _mode, kind, old = told.decode().split(" ")
        if name not in here and name not in below:
            rows.append(row)
        elif (kind == "tree") is (name in here):
            what = "is a folder" if kind == "tree" else "is no folder"
            raise GitTrouble(str(git.folder), "mktree", f"{name} {what}")
        elif name in below:
            rows += _row(name, _folder(git, old, below.pop(name)))
        else:
            rows += _row(name, _file(here.pop(name)))
    for name, entries in below.items():
        rows += _row(name, _folder(git, None, entries))
    for name, entry in here.items():
        rows += _row(name, _file(entry))
    if not rows:
        return None
    return git.word("mktree", "-z", "--missing", data=b"\0".join(rows) + b"\0")


def _folder(git: Git, tree: str | None, blobs: Mapping[str, tuple[str, str] | None]) -> str | None:
    """What a tree's row says of a folder with these files; None where it would be empty."""
    found = _tree_with(git, tree, blobs)
    return found and f"040000 tree {found}"


def _file(entry: tuple[str, str] | None) -> str | None:
    """What a tree's row says of a file; None where it is taken out."""
    return entry and f"{entry[0]} blob {entry[1]}"


def _row(name: str, told: str | None) -> list[bytes]:
    return [f"{told}\t".encode() + os.fsencode(name)] if told else []


# --- moving the checkout


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the checkout from one commit to another."""

    old: str
    new: str


def adopt(held: Locked, checkout: Checkout, new: str) -> str | None:
    """The checkout is at `new`, a descendant of its head; or why not, with nothing changed."""
    filtered = in_the_way(checkout.git, checkout.head, new)
    if filtered:
        return filtered
    journal = _note(held, Move(checkout.head, new))
    ran = checkout.git.run("merge", "--ff-only", "--quiet", "--no-autostash", "--no-stat", new)
    if not ran.ok:
        put_back(held, checkout.git)
    journal.unlink(missing_ok=True)
    return None if ran.ok else ran.told


def rebuild_on(held: Locked, checkout: Checkout, new: str) -> str | None:
    """The checkout is at `new` in place of its own automated commits; or why not.

    Only what differs between the two is touched, and git refuses where that is in somebody's work.
    """
    git, old = checkout.git, checkout.head
    filtered = in_the_way(git, old, new)
    if filtered:
        return filtered
    journal = _note(held, Move(old, new))
    git.run("update-index", "-q", "--refresh")
    ran = git.run("read-tree", "-m", "-u", old, new)
    if ran.ok:
        reason = "custodian: rebuilt on the remote"
        ran = git.run("update-ref", "-m", reason, checkout.ref, new, old)
        if not ran.ok and git.word("rev-parse", "--verify", checkout.ref) == old:
            git.run("read-tree", "-m", "-u", new, old)
    journal.unlink(missing_ok=True)
    return None if ran.ok else ran.told


def _note(held: Locked, move: Move) -> Path:
    """The move stands in the journal, so that the next run can finish what a crash cut short."""
    journal = held.folders.own / "custodian-move"
    journal.unlink(missing_ok=True)
    create_file(journal, json.dumps({"old": move.old, "new": move.new}).encode())
    return journal


def recover(held: Locked, git: Git) -> bool:
    """Whether a run died while it moved the checkout; if so, files and index are as before it."""
    journal = held.folders.own / "custodian-move"
    if not journal.exists():
        return False
    put_back(held, git)
    journal.unlink(missing_ok=True)
    return True


def put_back(held: Locked, git: Git) -> None:
    """No file or index entry holds what a failed move left there; what anybody else wrote stays."""
    journal = held.folders.own / "custodian-move"
    try:
        said = json.loads(read_file(journal, 10_000))
        move = Move(str(said["old"]), str(said["new"]))
    except (FileTrouble, ValueError, KeyError, TypeError, RecursionError):
        return
    if not (_COMMIT.fullmatch(move.old) and _COMMIT.fullmatch(move.new)):
        return  # somebody else wrote it
    if git.run("rev-parse", "--verify", "--quiet", "HEAD").text != move.old:
        return  # it arrived, or somebody went on from there
    for path, (mode, blob), new_blob in _differences(git, move):
        _put_back_in_index(git, path, mode, blob, new_blob)
        _put_back_on_disk(git, path, blob, new_blob)


def _differences(git: Git, move: Move) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Each file that the move changes: its path, what it was, what it is to be; zeros for none."""
    out = git.run("diff-tree", "-r", "-z", "--no-renames", move.old, move.new)
    rows = iter(out.out.split(b"\0")[:-1]) if out.ok else iter(())
    for told in rows:
        mode, _new_mode, old, new, _kind = told.decode().removeprefix(":").split(" ")
        yield os.fsdecode(next(rows)), (mode, old), new


def _put_back_in_index(git: Git, path: str, mode: str, blob: str, new_blob: str) -> None:
    staged = git.run("ls-files", "--stage", "-z", "--", f":(literal){path}").out
    if (staged.split(b" ")[1:2] or [b""]) != [b"" if _none(new_blob) else new_blob.encode()]:
        return
    if _none(blob):
        git.run("update-index", "--force-remove", "--", path)
    else:
        git.run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")


def _put_back_on_disk(git: Git, path: str, blob: str, new_blob: str) -> None:
    """The old text, where the new one stands; other bytes are somebody's work."""
    file = Path(git.folder, path)
    if any(folder.is_symlink() for folder in file.parents if git.folder in folder.parents):
        return  # it lies elsewhere now
    if _none(new_blob):  # the move took the file away
        if not os.path.lexists(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            create_file(file, _text(git, blob))
        return
    new = _text(git, new_blob)
    try:
        data = read_file(file, LARGEST)
    except FileTrouble:
        return
    if data not in (new, _as_crlf(new)):
        return
    if _none(blob):
        file.unlink()
    else:
        old = _text(git, blob)
        replace_file(file, data, old if data == new else _as_crlf(old))


def _none(blob: str) -> bool:
    return not blob.strip("0")


def _text(git: Git, blob: str) -> bytes:
    return git.run("cat-file", "blob", blob).out


def _as_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# --- waiting for quiet


def is_quiet(checkout: Checkout, settle_s: float) -> bool:
    """Whether nobody has touched index, head or commit message for so long, nor is about to."""
    own = checkout.folders.own
    if os.path.lexists(own / "index.lock"):
        return False
    now = time.time()
    touched = [_touched(own / name) for name in ("index", "HEAD", "logs/HEAD", "COMMIT_EDITMSG")]
    # A clock that was set back leaves times in the future: they say nothing of the last seconds.
    if any(0 <= now - at < settle_s for at in touched):
        return False
    return not _message_is_open(checkout, now)


def wait_for_quiet(
    checkout: Checkout,
    settle_s: float,
    patience_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Whether the checkout became quiet in time."""
    until = time.monotonic() + patience_s
    while not is_quiet(checkout, settle_s):
        if time.monotonic() >= until:
            return False
        sleep(min(0.2, max(settle_s / 5, 0.01)))
    return True


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _message_is_open(checkout: Checkout, now: float) -> bool:
    """Whether somebody writes a commit's message: moving the head would make that commit fail."""
    own = checkout.folders.own
    message, moved = _touched(own / "COMMIT_EDITMSG"), _touched(own / "logs/HEAD")
    if message <= moved:
        return False
    committing = _commits_in(checkout.folders.top)
    return now - message < EDITING_S if committing is None else committing


def _commits_in(top: Path) -> bool | None:
    """Whether a `git commit` runs in the checkout; None where processes cannot be looked at."""
    try:
        processes = [each for each in Path("/proc").iterdir() if each.name.isdecimal()]
    except OSError:
        return None
    for process in processes:
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if not words[0].endswith(b"git") or b"commit" not in words:
                continue
            if (process / "cwd").readlink().is_relative_to(top):
                return True
        except OSError:
            continue
    return False
