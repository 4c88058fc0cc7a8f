"""How to work with Custodian, kept in the AGENTS.md and CLAUDE.md of checkouts."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core import agents_md
from custodian_core.agents_md import FILES
from custodian_core.errors import CustodianError, FileTrouble
from custodian_core.fenced import State
from custodian_core.files import create_file, read_file, remove_file, replace_file, shown
from custodian_core.settings import Settings

from .checkouts import Target

#: what is larger is read by no agent
MAX_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class Doc:
    """How the lines stand in one file, and whether this call changed that, or would."""

    name: str
    state: State
    why: str | None = None
    changed: bool = False
    #: what was asked could not be done
    refused: bool = False
    #: the other names that lead to it
    also: tuple[str, ...] = ()
    #: the file before and after, where it changed or would
    before: bytes | None = None
    after: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        """The file as `--json` shows it."""
        return {
            "file": self.name,
            "state": self.state.value,
            "why": self.why,
            "changed": self.changed,
            "refused": self.refused,
            "also": list(self.also),
        }


@dataclass(frozen=True, slots=True)
class Docs:
    """The files of one checkout; none, and why, where nothing can be said of them."""

    target: Target
    files: tuple[Doc, ...]
    why: str | None = None

    @property
    def refused(self) -> bool:
        """Whether what was asked could not be done for all of them."""
        return self.why is not None or any(file.refused for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """The checkout as `--json` shows it."""
        return {
            "repo": self.target.repo,
            "path": str(self.target.path),
            "why": self.why,
            "files": [file.to_json() for file in self.files],
        }


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was found; `data` is None where it is to be made, `trouble` where it is odd."""

    name: str
    path: Path
    data: bytes | None = None
    trouble: str | None = None
    also: tuple[str, ...] = ()


def status(target: Target, settings: Settings) -> Docs:
    """How the lines stand in the checkout's files; nothing is changed."""
    return _each(target, settings, "look", write=False)


def install(target: Target, settings: Settings, *, write: bool = True) -> Docs:
    """The lines are in the files that agents read here; AGENTS.md is made where there is none."""
    return _each(target, settings, "install", write=write)


def uninstall(target: Target, settings: Settings, *, write: bool = True) -> Docs:
    """The lines are out of the files, which are as they were."""
    return _each(target, settings, "uninstall", write=write)


def _each(target: Target, settings: Settings, act: str, *, write: bool) -> Docs:
    try:
        top = target.folders(settings).top.resolve()
    except CustodianError as error:
        return Docs(target, (), str(error))
    repo = target.repo or ""
    return Docs(target, tuple(_one(repo, file, act, write=write) for file in _files(top)))


def _one(repo: str, file: _File, act: str, *, write: bool) -> Doc:
    """The file after the act; trouble with one does not keep it from the others."""
    if file.trouble:
        return Doc(file.name, State.FOREIGN, file.trouble, refused=act != "uninstall")
    state, why = agents_md.state(repo, file.data)
    now = Doc(file.name, state, why, also=file.also, refused=state is State.FOREIGN)
    if state is State.FOREIGN or act == "look":
        return now
    if act == "install":
        new: bytes | None = agents_md.installed(repo, file.data)
        after = State.INSTALLED
    else:
        new = None if file.data is None else agents_md.uninstalled(file.data)
        after = State.ABSENT
    if new == file.data:
        return Doc(file.name, after, also=file.also)
    try:
        if write:
            _write(file, new)
    except FileTrouble as trouble:
        return Doc(file.name, state, trouble.reason, refused=True, also=file.also)
    return Doc(
        file.name, after, changed=True, also=file.also, before=file.data or b"", after=new or b""
    )


def _write(file: _File, new: bytes | None) -> None:
    if file.data is None:
        create_file(file.path, new or b"")
    elif new is None:
        remove_file(file.path, file.data)
    else:
        replace_file(file.path, file.data, new)


def _files(top: Path) -> Iterator[_File]:
    """The files to look at, each once: those that are there, or else the first, to be made."""
    by_path: dict[Path, _File] = {}
    for name in FILES:
        file = _found(top, name)
        if file is None:
            continue
        known = by_path.get(file.path)
        if known is None or known.trouble or file.trouble:
            by_path[file.path] = file
        else:
            also = (*known.also, name)
            by_path[file.path] = _File(known.name, known.path, known.data, also=also)
    if not by_path:
        by_path[top / FILES[0]] = _File(FILES[0], top / FILES[0])
    yield from by_path.values()


def _found(top: Path, name: str) -> _File | None:
    """The file of that name, or the one that it leads to; None where there is neither."""
    path = top / name
    if not os.path.lexists(path):
        return None
    real = Path(os.path.realpath(path))
    if real.is_symlink():  # a circle
        return _File(name, path, trouble="it is a link that leads nowhere")
    inside = real.is_relative_to(top) and not real.is_relative_to(top / ".git")
    if not inside:
        return _File(name, path, trouble=f"it is a link out of the repo, to {shown(real)}")
    first = top / FILES[0]
    if not os.path.lexists(real):
        if real == first:
            return _File(FILES[0], first, also=(name,))
        return _File(name, path, trouble="it is a link that leads nowhere")
    try:
        data = read_file(real, MAX_FILE)
    except FileTrouble as error:
        return _File(name, path, trouble=error.reason)
    if len(data) > MAX_FILE:
        return _File(name, path, trouble="it is too large to be read by an agent")
    holds = agents_md.state("", data)[0] is not State.ABSENT
    if name != FILES[0] and not holds and agents_md.reads(data, FILES[0]):
        return _through(top, name)
    return _File(name, real, data)


def _through(top: Path, name: str) -> _File | None:
    """AGENTS.md, as the file that the other one takes in."""
    file = _found(top, FILES[0]) or _File(FILES[0], top / FILES[0])
    return _File(file.name, file.path, file.data, file.trouble, also=(name,))
