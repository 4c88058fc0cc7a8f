"""The doors of this machine: settings, other programs' files, and what git prints."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from custodian_core import hookscript, timing, unit
from custodian_core.errors import CustodianError
from custodian_core.git.ancestry import own_commits
from custodian_core.git.aside import recover
from custodian_core.git.author import Author
from custodian_core.git.history import other_hub
from custodian_core.git.listing import blobs, kept_listing, list_plans
from custodian_core.git.lock import Locked
from custodian_core.git.peek import commit_of, upstream_of
from custodian_core.git.remote import ask
from custodian_core.git.state import Checkout, Folders, NotHere, find, half_done, probe
from custodian_core.hub.seen import Seen
from custodian_core.settings import load
from custodian_core.surroundings import surrounded
from custodian_core.timing import Job

from .door import Door

PROGRAM = "/opt/custodian/bin/custodian"
COMMIT = "1234567890" * 4


@cache
def _kept() -> Any:
    return TemporaryDirectory(prefix="custodian-fuzz-")


@cache
def folder(name: str) -> Path:
    """A folder of this process's own."""
    made = Path(_kept().name, name)
    made.mkdir(parents=True)
    return made


def _settings(data: bytes) -> None:
    """The bytes as a `.env`, as config.toml, and as each value."""
    top = folder("settings")
    (top / "custodian").mkdir(exist_ok=True)
    env = {"XDG_CONFIG_HOME": str(top)}
    value = data.decode("utf-8", "replace").replace("\0", "")
    places = ((".env", env), ("custodian/config.toml", env), ("none", env))
    for name, said in places:
        (top / name).write_bytes(data)
        more = {} if name != "none" else _each(value)
        with suppress(CustodianError):
            _asked(load({**said, **more}, top))
        (top / name).unlink()


def _each(value: str) -> dict[str, str]:
    names = ("CUSTODIAN_ROOTS", "CUSTODIAN_HOME", "CUSTODIAN_AUTHOR", "CUSTODIAN_SILENT_HOURS")
    return dict.fromkeys((*names, "CUSTODIAN_REQUESTS_PER_SECOND", "GITEA_TOKEN_FILE"), value)


def _asked(settings: Any) -> None:
    for name in (
        "home",
        "roots",
        "managed",
        "grounds",
        "author",
        "forge_token",
        "webhook_secret",
        "silent_after",
        "requests_per_second",
    ):
        with suppress(CustodianError):
            getattr(settings, name)


def _hook(data: bytes) -> None:
    hookscript.state("post-commit", PROGRAM, data, 0o755)
    hookscript.damage(data)
    hookscript.uninstalled(data)
    if hookscript.unfit(data) is None:
        hookscript.installed("post-commit", PROGRAM, data, 0o644)


def _crontab(data: bytes) -> None:
    timing.said_every(data)
    timing.is_ours(data)
    unit.is_ours(data)
    with suppress(CustodianError):
        timing.unscheduled(data)
    with suppress(CustodianError):
        timing.every(data.decode("utf-8", "replace"))
    timing.scheduled(data, Job(PROGRAM, timing.every("15m"), ()))


def _seen(data: bytes) -> None:
    seen = Seen(folder("seen"))
    seen.note("http://hub", "id")
    (place,) = (folder("seen") / "hubs").iterdir()
    place.write_bytes(data)
    seen.hub_at("http://hub")


# --- what lies in .git


@cache
def _dot_git() -> Folders:
    top = folder("checkout")
    own = top / ".git"
    for name in ("objects", "refs/heads", "refs/remotes/origin", "custodian"):
        (own / name).mkdir(parents=True)
    return Folders(top, own, own)


def _git_files(data: bytes) -> None:
    """The bytes in place of each small file that is read without asking git."""
    folders = _dot_git()
    with _with_git(b"", code=1):
        for name in ("HEAD", "config", "packed-refs", "commondir", "refs/heads/main"):
            (folders.own / "HEAD").write_text("ref: refs/heads/main\n")
            (folders.own / name).write_bytes(data)
            upstream_of(folders.common, "main")
            commit_of(folders.common, "refs/heads/main")
            assert isinstance(probe(folders.top), (NotHere, Checkout))
            (folders.own / name).unlink()


def _worktree(data: bytes) -> None:
    """The bytes as the file `.git` of a linked worktree."""
    top = folder("worktree")
    (top / ".git").write_bytes(data)
    found = find(top)
    assert isinstance(found, (NotHere, Folders))


def _journals(data: bytes) -> None:
    """The bytes in place of what Custodian itself left there."""
    folders = _dot_git()
    (folders.ours / "listing").write_bytes(data)
    kept_listing(folders, COMMIT)
    (folders.own / "custodian-move").write_bytes(data)
    with _with_git(b""):
        recover(Locked(folders), folders.git)
    half_done(folders)


# --- what git prints


@contextmanager
def _with_git(said: bytes, code: int = 0) -> Generator[None]:
    """A git on PATH that prints the bytes, whatever it is asked."""
    place = folder("bin")
    program = place / "git"
    if not program.exists():
        program.write_text('#!/bin/sh\ncat "$FUZZ_SAID"\nexit "$FUZZ_CODE"\n')
        program.chmod(0o755)
    (place / "said").write_bytes(said)
    env = {
        "PATH": f"{place}:{os.environ['PATH']}",
        "FUZZ_SAID": str(place / "said"),
        "FUZZ_CODE": str(code),
    }
    with surrounded(env):
        yield


def _printed(data: bytes) -> None:
    folders = _dot_git()
    git = folders.git
    place = ("origin", "refs/heads/main", "refs/remotes/origin/main")
    checkout = Checkout(folders, "main", COMMIT, *place, ahead=1, behind=0)
    acts: tuple[Callable[[], object], ...] = (
        lambda: blobs(git, list_plans(git, COMMIT).entries),
        lambda: own_commits(checkout, Author("Ada", "ada@example.org")),
        lambda: other_hub(git, COMMIT, "hub"),
        lambda: ask(checkout),
        lambda: probe(folders.top),
    )
    (folders.own / "HEAD").write_text("ref: refs/heads/main\n")
    with _with_git(data):
        for act in acts:
            with suppress(CustodianError):
                act()


def _config(data: bytes) -> None:
    """What `git config` prints of programs that are named."""
    folders = _dot_git()
    (folders.own / "config").write_text("[filter]\n")
    try:
        with _with_git(data):
            assert folders.git.config is not None
    finally:
        (folders.own / "config").unlink()


ROW = f"100644 blob {COMMIT} 7\tworkplans/a.md".encode() + b"\0"

DOORS = (
    Door(
        "settings",
        _settings,
        (b"CUSTODIAN_HOST=", b"custodian_home = ", b"export ", b"~", b"~nobody", b":", b"[", b"a="),
        (b"CUSTODIAN_HOST=b\nCUSTODIAN_HUB_URL=http://b\n", b'custodian_host = "a"\n'),
    ),
    Door(
        "hook",
        _hook,
        (b"#!/bin/sh\n", b"exit 0\n", b"# >>> custodian-sync-hook v1 mode=755 >>>\n"),
        (hookscript.installed("post-commit", PROGRAM, None, 0),),
    ),
    Door(
        "crontab or unit",
        _crontab,
        (b"*/15 * * * * a\n", b"# >>> custodian", b"# <<< custodian", b"OnUnitActiveSec=15m\n"),
        (timing.scheduled(None, Job(PROGRAM, timing.every("15m"), ())),),
    ),
    Door("which hub was seen", _seen, (b"id http://hub\n",)),
    Door(
        "files of git",
        _git_files,
        (b"ref: refs/heads/", b"main\n", COMMIT.encode(), b'[remote "origin"]\n', b"[include]\n"),
        (b'[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n',),
        most=0,
    ),
    Door("file of a worktree", _worktree, (b"gitdir: ", b"/", b"..", b"a"), (b"gitdir: /a/b\n",)),
    Door(
        "journals",
        _journals,
        (b"{", b"[", b'"old": '),
        (
            b'{"commit": "' + COMMIT.encode() + b'", "entries": [], "brief": null, "schedule": '
            b'null, "digest": "x"}',
            b'{"old": "' + COMMIT.encode() + b'", "new": "HEAD"}',
        ),
    ),
    Door(
        "what git prints",
        _printed,
        (ROW, b"\0", b"\t", COMMIT.encode(), b" 7\n", b"missing\n"),
        (ROW, f"{COMMIT} 3\nabc\n".encode(), b"2\t3\n", b"\0".join([b"x"] * 8)),
        most=0,
    ),
    Door(
        "what git config prints",
        _config,
        (b"local\0", b"filter.a.clean\n", b"cat\0", b"global\0", b"credential.helper\n"),
        (b"local\0filter.a.clean\ncat\0",),
        most=0,
    ),
)
