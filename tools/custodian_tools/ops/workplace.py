"""What stands around where agents work on this host, looked at and left as it is."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from custodian_core.errors import (
    CustodianError,
)
from custodian_core.git.runner import Ran
from custodian_core.git.state import Folders, NotHere, find
from custodian_core.ops.host import Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.workplace import (
    Lock,
    Place,
    Places,
    Process,
    Processes,
    Worktree,
)
from custodian_core.text import printable
from custodian_tools.checkouts import Target

#: how many checkouts and repos are looked at, and how many of git's locks in one
MOST, MOST_LOCKS = 500, 20
#: what git says of a worktree before its path, and of one whose folder is gone
_PATH, _GONE = "worktree ", "prunable"
#: what stands while something is half done, as git's own folder of a checkout has it
_HALF_DONE = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry_pick",
}
#: the files that move whenever somebody works in a worktree
_TOUCHED = ("index", "HEAD", "logs/HEAD")
_TOLD = 200


# --- checkouts


def look_at_places(
    ask: Callable[[], Sequence[Target]], now: float, answer_s: float, proc: Path
) -> Places:
    """How the checkouts of this host stand; each is asked for so long and no longer."""
    try:
        targets = ask()
    except CustodianError as error:
        return Places(Probe.FAILED, f"which checkouts there are is not known: {error}")
    gits = _gits(proc)
    with ThreadPoolExecutor(4) as pool:
        looked = pool.map(partial(_place, now, answer_s, gits), targets[:MOST])
        return Places(Probe.OK, None, tuple(looked), max(0, len(targets) - MOST))


def _place(
    now: float, answer_s: float, gits: "Sequence[Path | None] | None", target: Target
) -> Place:
    name, path = printable(target.repo or str(target.path), _TOLD), str(target.path)
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return Place(name, path, Probe.FAILED, printable(folders.why, _TOLD))
    ran = folders.git.run("worktree", "list", "--porcelain", limit_s=answer_s)
    status, why = Probe.OK, None
    if not ran.ok:
        status = Probe.TIMEOUT if ran.timed_out else Probe.FAILED
        why = f"git did not answer within {answer_s:g} s" if ran.timed_out else ran.told
    half_done, since = _half_done(folders.own)
    return Place(
        name,
        path,
        status,
        why,
        tuple(_locks(folders, now, gits)),
        tuple(_worktrees(ran, now)) if ran.ok else (),
        half_done,
        None if since is None else int(now - since),
    )


def _half_done(own: Path) -> tuple[str | None, float | None]:
    for name, what in _HALF_DONE.items():
        if (at := _moved(own / name)) is not None:
            return what, at
    return None, None


def _locks(folders: Folders, now: float, gits: "Sequence[Path | None] | None") -> Iterator[Lock]:
    """The locks that git left or holds, and whether a git that works there may hold them."""
    found = {*folders.own.glob("*.lock"), *folders.common.glob("*.lock")}
    found.update(islice((folders.common / "refs").rglob("*.lock"), MOST_LOCKS))
    roots = (folders.top, folders.own, folders.common)
    for path in sorted(found)[:MOST_LOCKS]:
        if (at := _moved(path)) is not None:
            yield Lock(str(path), int(now - at), _owned(roots, gits))


def _owned(roots: Sequence[Path], gits: "Sequence[Path | None] | None") -> bool | None:
    if gits is None:
        return None
    if any(at and at.is_relative_to(root) for at in gits for root in roots):
        return True
    return None if None in gits else False


def _worktrees(ran: Ran, now: float) -> Iterator[Worktree]:
    """The worktrees beside the checkout, and when something last happened in each."""
    for told in ran.text.split("\n\n")[1:]:
        rows = told.split("\n")
        path = Path(rows[0].removeprefix(_PATH))
        if any(row.startswith(_GONE) for row in rows):
            yield Worktree(str(path), None, gone=True)
            continue
        there = find(path)
        if isinstance(there, NotHere):
            yield Worktree(str(path), None)
            continue
        times = [_moved(there.own / name) for name in _TOUCHED] + [_moved(path)]
        last = max((at for at in times if at is not None), default=None)
        yield Worktree(str(path), None if last is None else int(now - last))


def _moved(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except OSError:
        return None


# --- processes


def look_at_processes(limits: Limits, proc: Path) -> Processes:
    """The processes whose program is called as agents are; of their words nothing is told."""
    names = frozenset(limits.programs.split())
    try:
        up = float((proc / "uptime").read_text().split()[0])
        found = [each for each in proc.iterdir() if each.name.isdecimal()]
    except (OSError, ValueError, IndexError) as error:
        return Processes(Probe.FAILED, f"processes cannot be looked at: {error}")
    told = (_process(each, names, up) for each in found)
    return Processes(Probe.OK, None, tuple(sorted(filter(None, told), key=lambda p: p.pid)))


def _process(folder: Path, names: frozenset[str], up: float) -> Process | None:
    with suppress(OSError, ValueError, IndexError):  # (it may have ended just now)
        words = (folder / "cmdline").read_bytes().split(b"\0")[:2]
        called = [Path(os.fsdecode(word)).name for word in words]
        # (an agent may be a script, whose program is an interpreter)
        name = next((each for each in called if each in names), None)
        if name is None:
            return None
        row = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        began = int(row[19]) / os.sysconf("SC_CLK_TCK")
        return Process(int(folder.name), name, max(0, int(up - began)))
    return None


def _gits(proc: Path) -> "list[Path | None] | None":
    """Where each git of this host works, None where that is not to be seen; None for nowhere."""
    gits: list[Path | None] = []
    try:
        found = [each for each in proc.iterdir() if each.name.isdecimal()]
    except OSError:
        return None
    for each in found:
        with suppress(OSError):
            if not (each / "comm").read_text(errors="replace").startswith("git"):
                continue
            try:
                gits.append((each / "cwd").readlink())
            except FileNotFoundError:
                continue
            except OSError:
                gits.append(None)
    return gits
