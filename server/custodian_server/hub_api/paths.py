"""Which folders the API takes for a checkout: plain absolute paths, here only below the roots."""

import os
from pathlib import Path
from typing import Any

from custodian_core.commands import ChangeRepo, RecordSync, RecordSyncs, RegisterRepo
from custodian_core.errors import BadValue
from custodian_core.settings import Settings
from custodian_core.wire import object_of


def check_paths(command: Any, settings: Settings) -> None:
    """Raise `BadValue` for a path that no sync should ever visit."""
    for host, path in _paths(command):
        _check_spelling(path)
        if host == settings.host:
            _check_root(path, settings)


def _paths(command: Any) -> list[tuple[str | None, str]]:
    """The hosts and paths that the command would make known."""
    match command:
        case RegisterRepo(host=host, path=str(path)):
            return [(host, path)]
        case RecordSync(sync=sync):
            return [(sync.host, sync.path)]
        case RecordSyncs(syncs=syncs):
            return [(each.sync.host, each.sync.path) for each in syncs]
        case ChangeRepo(changes=changes):
            known = object_of(changes.get("host_paths")).items()
            return [(host, path) for host, path in known if isinstance(path, str)]
        case _:
            return []


def _check_spelling(path: str) -> None:
    if not path.isprintable() or not path.startswith("/") or path.startswith("//"):
        raise BadValue("path", "it must be absolute and printable, as /home/you/repo")
    if os.path.normpath(path) != path:
        raise BadValue("path", "it must be spelled without `.`, `..`, `//` and a slash at its end")


def _check_root(path: str, settings: Settings) -> None:
    """Links are followed first, so that none leads out of the roots."""
    try:
        real = Path(path).resolve()
    except (OSError, RuntimeError) as error:
        raise BadValue("path", "it cannot be followed to a folder") from error
    if not any(real.is_relative_to(root) for root in settings.grounds):
        reason = f"on {settings.host} it must lie below one of CUSTODIAN_ROOTS"
        raise BadValue("path", reason)
