"""What can be read by address: a workplan of a checkout on this host; and the names there are."""

from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Any

from custodian_core.blob import MAX_FILE
from custodian_core.errors import NoCheckout, UnknownThing
from custodian_core.files import read_file
from custodian_core.findings import Finding
from custodian_core.workplan.read import read
from custodian_tools.registering import below_roots
from custodian_tools.workplans import FOLDER, workplan_files

from .answers import text
from .desk import Desk

#: how much of a workplan is told at once
LONGEST_PLAN = 40_000
#: how many names a completion offers
MOST_NAMES = 100


def workplan(desk: Desk, repo: str, path: str) -> dict[str, Any]:
    """A workplan as it lies in the repo's checkout on this host, its text made safe to show.

    Nothing else can be read this way: no other file of the repo, and none outside it.
    """
    top = _checkout(desk, repo)
    files = _plans(top)
    if path not in files:
        raise UnknownThing("workplan", path, tuple(get_close_matches(path, files, 3)))
    data = read_file(files[path], MAX_FILE)
    if read(data, path).not_a_plan:
        raise UnknownThing("workplan", path, ())
    said = data.decode(errors="replace")
    told = {"repo": repo, "checkout": str(top), "path": path}
    if len(said) > LONGEST_PLAN:
        told |= {"hint": f"cut: it has {len(said)} characters; the rest stands in the file"}
    return {**told, "truncated": len(said) > LONGEST_PLAN, "text": text(said, LONGEST_PLAN)}


def _checkout(desk: Desk, repo: str) -> Path:
    """The repo's top folder on this host, below the folders where checkouts may live."""
    settings = desk.settings
    path = desk.hub.repo(repo).host_paths.get(settings.host)
    if path is None:
        raise NoCheckout(f"repo {repo}", f"it has no checkout on {settings.host}")
    return below_roots(Path(path), settings)


def _plans(top: Path) -> dict[str, Path]:
    """The Markdown files below `workplans/`, by their paths in the repo; links are none."""
    files = workplan_files(top) if (top / FOLDER).is_dir() else ()
    plain = (file for file in files if not isinstance(file, Finding))
    return {file.relative_to(top).as_posix(): file for file in plain}


def slugs(desk: Desk, begun: str) -> list[str]:
    """The names of repos that begin so."""
    return [repo.slug for repo in desk.hub.repos(limit=1000).items if repo.slug.startswith(begun)]


def task_keys(desk: Desk, begun: str) -> list[str]:
    """The keys of tasks that begin so, as many as are offered."""
    # Keys come in their order, and a cursor need not name a task that is there.
    page = desk.hub.tasks(after=f"{begun}~" if begun else None, limit=MOST_NAMES)
    return list(takewhile(lambda key: key.startswith(begun), (task.key for task in page.items)))


def plan_paths(desk: Desk, repo: str, begun: str) -> list[str]:
    """The paths of the repo's workplans on this host that begin so."""
    return [path for path in _plans(_checkout(desk, repo)) if path.startswith(begun)]
