"""The checkouts on this host that a command is to work in, by the names that people give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custodian_core.errors import FileTrouble, NoCheckout, NotRegistered
from custodian_core.files import shown
from custodian_core.git.state import Folders, find
from custodian_core.ports import Hub
from custodian_core.records import RepoStatus
from custodian_core.settings import Settings

from .hub import checkouts, every
from .registering import below_roots


@dataclass(frozen=True, slots=True)
class Target:
    """A checkout's top folder, and the repo's name where the hub knows it."""

    path: Path
    repo: str | None

    @property
    def name(self) -> str:
        """What to call it."""
        return self.repo or shown(self.path)

    def folders(self, settings: Settings) -> Folders:
        """Where its git keeps things; an error where it is no checkout that may be worked in."""
        found = find(below_roots(self.path, settings))
        if not isinstance(found, Folders):
            raise FileTrouble(shown(self.path), found.why)
        return found


def named(hub: Hub, settings: Settings, names: Sequence[str]) -> tuple[Target, ...]:
    """The checkouts that are meant by slugs, or by paths in them or in worktrees of theirs."""
    found = (_named(hub, settings, name) for name in names)
    return tuple({target.path: target for target in found}.values())


def all_here(hub: Hub, settings: Settings, *, idle: bool) -> tuple[Target, ...]:
    """Every checkout on this host; those of repos that are not active only where `idle` says so."""
    return tuple(
        Target(Path(repo.host_paths[settings.host]), repo.slug)
        for repo in every(hub.repos, host=settings.host)
        if idle or repo.status is RepoStatus.ACTIVE
    )


def registered(target: Target) -> Target:
    """The same target, which the hub knows; an error where it does not."""
    if target.repo is None:
        reason = "no repo is registered there on this host; `custodian register` does it"
        raise NotRegistered(f"path {shown(target.path)}", reason)
    return target


def _named(hub: Hub, settings: Settings, name: str) -> Target:
    if "/" in name or name in ("", ".", "..", "~"):
        top = _top(below_roots(Path(name), settings))
        return Target(top.top, _slug(hub, settings, top))
    repo = hub.repo(name)
    path = repo.host_paths.get(settings.host)
    if path is None:
        reason = f"it has no checkout on {settings.host}; `custodian register PATH` makes one known"
        raise NoCheckout(f"repo {repo.slug}", reason)
    return Target(Path(path), repo.slug)


def _top(path: Path) -> Folders:
    """The checkout in which the folder lies."""
    for folder in (path, *path.parents):
        found = find(folder)
        if isinstance(found, Folders):
            return found
        if found.reason != "not-a-repo":
            raise FileTrouble(shown(folder), found.why)
    raise FileTrouble(shown(path), "it lies in no checkout of a git repo")


def _slug(hub: Hub, settings: Settings, here: Folders) -> str | None:
    """The repo that is registered with this checkout, or with one that this is a worktree of."""
    known = checkouts(hub, settings.host)
    if here.top in known:
        return known[here.top].slug
    for path, repo in known.items():
        folders = find(path)
        if isinstance(folders, Folders) and folders.common.resolve() == here.common.resolve():
            return repo.slug
    return None
