"""Custodian's lines in the git hooks of checkouts: put in, looked at, taken out again."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from custodian_core import hookscript
from custodian_core.errors import Conflict, CustodianError, FileTrouble
from custodian_core.fenced import State
from custodian_core.files import (
    create_file,
    make_folder,
    read_file,
    remove_file,
    replace_file,
    shown,
)
from custodian_core.git.state import Folders
from custodian_core.hookscript import HOOKS, Folder, Place, shared
from custodian_core.settings import Settings

from .checkouts import Target

#: a hook larger than this is nobody's script
MAX_HOOK = 1_000_000


@dataclass(frozen=True, slots=True)
class Hook:
    """How one hook stands, why, and whether this call changed it."""

    name: str
    state: State
    why: str | None = None
    changed: bool = False
    #: what was asked could not be done
    refused: bool = False

    def to_json(self) -> dict[str, Any]:
        """The hook as `--json` shows it."""
        return {
            "hook": self.name,
            "state": self.state.value,
            "why": self.why,
            "changed": self.changed,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of one checkout; none, and why, where nothing can be said of them."""

    target: Target
    folder: str | None
    hooks: tuple[Hook, ...]
    why: str | None = None

    @property
    def refused(self) -> bool:
        """Whether what was asked could not be done for all of them."""
        return self.why is not None or any(hook.refused for hook in self.hooks)

    def to_json(self) -> dict[str, Any]:
        """The checkout as `--json` shows it."""
        return {
            "repo": self.target.repo,
            "path": str(self.target.path),
            "folder": self.folder,
            "why": self.why,
            "hooks": [hook.to_json() for hook in self.hooks],
        }


@dataclass(frozen=True, slots=True)
class _File:
    """A hook's file as it was read; `data` is None where there is none."""

    path: Path
    data: bytes | None
    mode: int


def status(target: Target, program: str, settings: Settings) -> Hooks:
    """How the checkout's hooks stand; nothing is changed."""

    def look(hook: str, path: Path) -> Hook:
        return _state(hook, program, _read(path))

    return _each(target, settings, look)


def install(target: Target, program: str, settings: Settings) -> Hooks:
    """Each hook of the checkout starts `program`, where our lines can be added safely."""

    def add(hook: str, path: Path) -> Hook:
        if not path.parent.exists():
            make_folder(path.parent)
        return _install(hook, program, _read(path))

    return _each(target, settings, add)


def uninstall(target: Target, settings: Settings) -> Hooks:
    """Our lines are out of the checkout's hooks, which are as they were.

    Where git looks elsewhere now than when they were put in, they are taken out of both places.
    """
    try:
        folders = target.folders(settings)
        now, before = (
            Path(os.path.realpath(_asked(folders).path)),
            folders.common.resolve() / "hooks",
        )
    except CustodianError as error:
        return Hooks(target, None, (), str(error))
    hooks = tuple(_one(hook, now / hook, _uninstall) for hook in HOOKS)
    if now != before:
        older = (_one(hook, before / hook, _uninstall) for hook in HOOKS)
        pairs = zip(hooks, older, strict=True)
        hooks = tuple(old if old.changed or old.refused else new for new, old in pairs)
    return Hooks(target, str(now), hooks)


def _each(target: Target, settings: Settings, act: Callable[[str, Path], Hook]) -> Hooks:
    """What the act says of each hook."""
    try:
        folder = _folder(target.folders(settings))
    except CustodianError as error:
        return Hooks(target, None, (), str(error))
    return Hooks(target, str(folder), tuple(_one(hook, folder / hook, act) for hook in HOOKS))


def _one(hook: str, path: Path, act: Callable[[str, Path], Hook]) -> Hook:
    """What the act says of the hook; trouble with one does not keep it from the others."""
    try:
        return act(hook, path)
    except FileTrouble as trouble:
        return Hook(hook, State.FOREIGN, trouble.reason, refused=True)


def _read(path: Path) -> _File:
    if not os.path.lexists(path):
        return _File(path, None, 0)
    data = read_file(path, MAX_HOOK)
    if len(data) > MAX_HOOK:
        raise FileTrouble(shown(path), "it is too large for a hook")
    return _File(path, data, stat.S_IMODE(path.stat().st_mode))


def _state(hook: str, program: str, file: _File) -> Hook:
    state, why = hookscript.state(hook, program, file.data, file.mode)
    return Hook(hook, state, why, refused=state is State.FOREIGN)


def _install(hook: str, program: str, file: _File) -> Hook:
    now = _state(hook, program, file)
    if now.state in (State.FOREIGN, State.INSTALLED):
        return now
    new = hookscript.installed(hook, program, file.data, file.mode)
    if file.data is None:
        create_file(file.path, new)
    elif new != file.data:
        replace_file(file.path, file.data, new)
    _make_executable(file.path)
    return Hook(hook, State.INSTALLED, changed=True)


def _make_executable(path: Path) -> None:
    """Whoever may read the file may execute it; a mode that its owner can execute stays."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & stat.S_IXUSR:
        _chmod(path, mode | (mode & 0o444) >> 2)


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        raise FileTrouble(shown(path), f"its mode cannot be changed: {error.strerror}") from error


def _uninstall(hook: str, path: Path) -> Hook:
    if path.is_symlink() or not path.is_file():
        return Hook(hook, State.ABSENT)
    file = _read(path)
    assert file.data is not None  # noqa: S101 - it is a file
    if reason := hookscript.damage(file.data):
        return Hook(hook, State.FOREIGN, f"{reason}; take it out by hand", refused=True)
    data, mode = hookscript.uninstalled(file.data)
    if data == file.data:
        return Hook(hook, State.ABSENT)
    if mode is not None:  # first, so that what slept is never awake
        _chmod(path, mode)
    if data is not None:
        replace_file(path, file.data, data)
    else:
        remove_file(path, file.data)
    return Hook(hook, State.ABSENT, changed=True)


def _folder(folders: Folders) -> Path:
    """The folder of hooks that is this checkout's alone; `Conflict` where others use it too."""
    asked = _asked(folders)
    if reason := shared(asked):
        raise Conflict("its hooks", reason)
    real = Path(os.path.realpath(asked.path))  # it never raises, as over links in a circle
    if os.path.lexists(real) and not real.is_dir():
        raise FileTrouble(shown(real), "core.hooksPath says that hooks are there; it is no folder")
    return real


def _asked(folders: Folders) -> Folder:
    """The folder in which git looks for this checkout's hooks, and who has to do with it."""
    git, top = folders.git, folders.top.resolve()
    answer = git.run("rev-parse", "--git-path", "hooks", hooks=True)
    if not answer.ok:
        raise FileTrouble(shown(top), f"git does not say where its hooks are: {answer.told}")
    path = folders.top / os.fsdecode(answer.out.removesuffix(b"\n"))
    folder, real = Folder(str(path), Place.ELSEWHERE), Path(os.path.realpath(path))
    said = git.run("config", "--show-scope", "-z", "--get", "core.hooksPath", hooks=True)
    if said.ok:
        scope, value = (os.fsdecode(word) for word in said.out.split(b"\0")[:2])
        folder = replace(folder, said=value, scope=scope)
    if real.is_relative_to(folders.common.resolve()):
        return replace(folder, place=Place.GIT)
    if real.is_relative_to(top):
        listed = git.ask("--literal-pathspecs", "ls-files", "-z", "--", str(real.relative_to(top)))
        return replace(folder, place=Place.TREE, tracked=bool(listed))
    return folder
