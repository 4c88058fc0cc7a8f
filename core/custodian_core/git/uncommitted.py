"""Workplans that lie in a checkout and in no commit, so that nobody else knows of them."""

import os
from collections.abc import Iterator
from pathlib import Path

from custodian_core.blob import MAX_FILE
from custodian_core.errors import FileTrouble
from custodian_core.files import read_file

from .listing import FOLDER, Listing
from .state import Folders


def uncommitted(folders: Folders, listing: Listing) -> tuple[str, ...]:
    """The paths of the workplans on disk that the commit does not hold and git is not to ignore."""
    known = {entry.path for entry in listing.entries}
    new = {path for path in _on_disk(folders.top) if path not in known}
    if not new:
        return ()
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", FOLDER)
    # (git knows what it is told to ignore, and how this disk spells names)
    told = folders.git.run("--literal-pathspecs", *words).out.split(b"\0")
    seen = new & {os.fsdecode(name) for name in told}
    return tuple(sorted(path for path in seen if _is_plan(folders.top, path)))


def _on_disk(top: Path) -> Iterator[str]:
    """The Markdown files below the workplans' folder; no link is followed."""
    folder = os.path.join(top, FOLDER)  # noqa: PTH118 - each quiet check comes here
    if os.path.islink(folder):  # noqa: PTH114
        return
    start = len(str(top)) + 1
    for place, _, names in os.walk(folder):
        for name in names:
            path = f"{place}/{name}"
            if name.lower().endswith(".md") and not os.path.islink(path):  # noqa: PTH114
                yield path[start:]


def _is_plan(top: Path, path: str) -> bool:
    """Whether the file is meant for a workplan, even if it is one that cannot be read."""
    from custodian_core.workplan.read import read  # (a checkout without news needs none of it)

    try:
        data = read_file(Path(top, path), MAX_FILE)
    except FileTrouble:
        return False
    return len(data) > MAX_FILE or read(data, path).not_a_plan is None
