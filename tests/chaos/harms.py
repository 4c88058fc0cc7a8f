"""What befalls a clone that a worker keeps: power fails, a disk rots, somebody lends a hand."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

#: locks that a git which was killed leaves behind
LOCKS = (
    *("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"),
    *("refs/heads/main.lock", "refs/remotes/origin/main.lock"),
)
#: how long ago whatever left a lock was killed
AGO_S = 8 * 3_600


def _torn(files: list[Path], pick: int) -> bool:
    """Half of one of the files is there, or nothing of it."""
    files = sorted(file for file in files if file.is_file())
    if not files:
        return False
    file = files[pick % len(files)]
    file.chmod(0o644)
    os.truncate(file, (file.stat().st_size // 2) * (pick >> 8 & 1))
    return True


def _torn_object(top: Path, pick: int) -> bool:
    return _torn([*(top / ".git/objects").glob("[0-9a-f][0-9a-f]/*")], pick)


def _torn_pack(top: Path, pick: int) -> bool:
    return _torn([*(top / ".git/objects/pack").iterdir()] if (top / ".git").is_dir() else [], pick)


def _torn_file(top: Path, pick: int) -> bool:
    """What git keeps beside objects."""
    names = (
        *("index", "HEAD", "config", "packed-refs"),
        *("refs/heads/main", "refs/remotes/origin/main"),
    )
    return _torn([top / ".git" / names[pick % len(names)]], pick >> 4)


def _torn_plan(top: Path, pick: int) -> bool:
    return _torn([*top.glob("workplans/*.md")], pick)


def _lock(top: Path, pick: int) -> bool:
    lock = top / ".git" / LOCKS[pick % len(LOCKS)]
    if not lock.parent.is_dir():
        return False
    lock.touch()
    age(lock)
    return True


def _half_done(top: Path, pick: int) -> bool:
    if not (top / ".git").is_dir():
        return False
    (top / ".git" / ("rebase-merge", "rebase-apply")[pick % 2]).mkdir(exist_ok=True)
    return True


def _gone(top: Path, pick: int) -> bool:
    """All of it, or only git's part, is not there."""
    folder = (top, top / ".git", top / ".git/objects", top / "workplans")[pick % 4]
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


HARMS: tuple[Callable[[Path, int], bool], ...] = (
    *(_torn_object, _torn_object, _torn_pack, _torn_file, _torn_file),
    *(_torn_plan, _lock, _lock, _half_done, _gone),
)


def age(path: Path) -> None:
    """It has been there for a good while."""
    then = time.time() - AGO_S
    os.utime(path, (then, then))
